"""The metrics: against definitions, and against values of src/core/metrics on the same numbers."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from prompt_confidence_training.metrics import ece, measure, smooth_ece

SAME = json.loads((Path(__file__).parent / "metrics.json").read_text("utf-8"))


@pytest.mark.parametrize("case", SAME, ids=[case["name"] for case in SAME])
def test_are_those_of_the_program(case: dict[str, list[float]]) -> None:
    confidence, correct = np.array(case["confidence"]), np.array(case["correct"], dtype=np.float64)
    assert ece(confidence, correct) == pytest.approx(case["ece"], abs=1e-12)
    assert smooth_ece(confidence, correct) == pytest.approx(case["smoothEce"], abs=1e-4)


def test_measures_label_scores_normalised_over_the_labels() -> None:
    log_probs = np.log(np.array([[0.6, 0.2], [0.1, 0.3], [0.2, 0.2]]))
    found = measure(log_probs, np.array([0, 0, 1]), 0)
    assert found.accuracy == pytest.approx(1 / 3)
    assert found.nll == pytest.approx(-(math.log(0.75) + math.log(0.25) + math.log(0.5)) / 3)


def test_null_is_what_chance_alone_shows() -> None:
    random = np.random.default_rng(1)
    p = random.uniform(0.5, 1, 400)
    log_probs = np.log(np.stack([p, 1 - p], axis=1))
    honest = measure(log_probs, (random.random(400) > p).astype(np.int64), 0)
    assert honest.null_mean < honest.null_q95
    assert honest.ece < 1.5 * honest.null_q95
    wrong = measure(log_probs, (random.random(400) > 0.5).astype(np.int64), 0)
    assert wrong.ece > 1.5 * wrong.null_q95
