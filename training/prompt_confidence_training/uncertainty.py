"""Monte Carlo dropout: many passes with dropout, and what their disagreement says (Gal and Ghahramani 2016)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from prompt_confidence_training.loop import Trainer
from prompt_confidence_training.metrics import Floats
from prompt_confidence_training.task import Example

PASSES = 10


@dataclass(frozen=True)
class Uncertainty:
    """Of some rows, in their order."""

    mean: Floats
    """(rows, labels) mean probability, normalised over the labels."""
    epistemic: Floats
    """(rows) mutual information of label and weights: how far the passes disagree; in nats."""
    aleatoric: Floats
    """(rows) mean entropy of a pass: how unsure each of them is; in nats."""


def decompose(probabilities: npt.NDArray[np.float64]) -> Uncertainty:
    """Split the entropy of the mean into what the passes disagree about and what they agree is unsure.

    probabilities: (passes, rows, labels), normalised over the labels.
    """
    mean = probabilities.mean(axis=0)
    aleatoric = _entropy(probabilities).mean(axis=0)
    # Rounding may leave a hair below 0.
    epistemic = np.maximum(0.0, _entropy(mean) - aleatoric)
    return Uncertainty(mean=mean, epistemic=epistemic, aleatoric=aleatoric)


def _entropy(p: Floats) -> Floats:
    entropy: Floats = -(p * np.log(np.maximum(p, 1e-300))).sum(axis=-1)
    return entropy


def mc_dropout(trainer: Trainer, examples: Sequence[Example]) -> Uncertainty:
    """Predict rows in seeded passes with dropout."""
    passes = []
    for number in range(PASSES):
        torch.manual_seed(trainer.task.settings.seed + 1 + number)
        _only_dropout(trainer.model)
        log_probs = trainer.predict(examples, f"the hold-out with dropout, pass {number + 1} of {PASSES}")
        exp = np.exp(log_probs - log_probs.max(axis=1, keepdims=True))
        passes.append(exp / exp.sum(axis=1, keepdims=True))
    trainer.model.eval()
    return decompose(np.stack(passes))


def _only_dropout(model: nn.Module) -> None:
    model.eval()
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.train()
