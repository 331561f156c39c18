"""Losses: against their formulas, and for what their minimum is."""

import dataclasses
import math

import pytest
import tiny
import torch

from prompt_confidence_training.losses import loss_of

AWARE = dataclasses.replace(tiny.SETTINGS, loss="confidence-aware")


def test_label_counts_the_mass_outside_of_all_labels() -> None:
    log_probs = torch.tensor([[0.2, 0.1], [0.4, 0.6]]).log()
    loss = loss_of(tiny.SETTINGS, log_probs, torch.tensor([0, 1]), torch.zeros(2, 2))
    assert float(loss) == pytest.approx(-math.log(0.2) - math.log(0.6), abs=1e-6)


def test_confidence_aware_adds_cross_entropy_and_brier() -> None:
    log_probs = torch.tensor([[0.2, 0.3]]).log()
    loss = loss_of(AWARE, log_probs, torch.tensor([0]), torch.tensor([[0.75, 0.25]]))
    cross = -(0.75 * math.log(0.4) + 0.25 * math.log(0.6))
    assert float(loss) == pytest.approx(-math.log(0.2) + cross + 2 * 0.35**2, abs=1e-5)


def test_confidence_aware_is_less_sure_where_the_target_is() -> None:
    """Of a row whose target is half and half, the best confidence is lower than with the label alone."""
    best = {}
    for name, target in (("sure", [1.0, 0.0]), ("unsure", [0.5, 0.5])):
        grid = torch.linspace(0.01, 0.99, 99)
        losses = [
            float(loss_of(AWARE, torch.stack([p, 1 - p]).log()[None], torch.tensor([0]), torch.tensor([target])))
            for p in grid
        ]
        best[name] = float(grid[losses.index(min(losses))])
    assert best["sure"] > 0.95
    assert 0.5 < best["unsure"] < 0.8
