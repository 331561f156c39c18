"""What is minimised."""

import torch
from torch import Tensor

from prompt_confidence_training.task import Settings


def loss_of(settings: Settings, log_probs: Tensor, labels: Tensor, targets: Tensor) -> Tensor:
    """Sum of the losses of some rows.

    label: −ln P(label), with P before normalising over labels, so that label mass is learnt too.
    confidence-aware: that, plus cross-entropy and Brier score of the normalised probabilities against a target
    distribution, so that the model is taught when to be unsure.

    log_probs: (rows, labels); labels: (rows); targets: (rows, labels), each row sums to 1.
    """
    label = -log_probs.gather(1, labels[:, None])[:, 0]
    if settings.loss == "label":
        return label.sum()
    normalised = torch.log_softmax(log_probs, dim=-1)
    cross_entropy = -(targets * normalised).sum(dim=-1)
    brier = (normalised.exp() - targets).square().sum(dim=-1)
    return (label + cross_entropy + brier).sum()
