"""How good and how honest predictions are: the definitions of src/core/metrics."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

BINS = 20
NULL_DRAWS = 500
_NODES = 2048
_MOST_TERMS = 1024
_NEGLIGIBLE = 9.0
_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Measured:
    """What one evaluation shows."""

    accuracy: float
    nll: float
    nll_error: float
    """Standard error of the NLL."""
    ece: float
    null_mean: float
    null_q95: float
    smooth_ece: float


def measure(log_probs: Floats, labels: npt.NDArray[np.int64], seed: int) -> Measured:
    """Evaluate (rows, labels) ln P(label); they are normalised over the labels, as the engine's confidence is."""
    shifted = log_probs - log_probs.max(axis=1, keepdims=True)
    normalised = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    predicted = normalised.argmax(axis=1)
    confidence = np.exp(normalised[np.arange(len(labels)), predicted])
    correct = (predicted == labels).astype(np.float64)
    losses = -normalised[np.arange(len(labels)), labels]
    null = _null(confidence, seed)
    return Measured(
        accuracy=float(correct.mean()),
        nll=float(losses.mean()),
        nll_error=float(losses.std(ddof=1) / math.sqrt(len(losses))) if len(losses) > 1 else math.inf,
        ece=ece(confidence, correct),
        null_mean=float(null.mean()),
        null_q95=float(np.quantile(null, 0.95)),
        smooth_ece=smooth_ece(confidence, correct),
    )


def ece(confidence: Floats, correct: Floats) -> float:
    """Compute the expected calibration error in bins of equal width, each closed on its right."""
    return float(_ece(_bins(confidence), confidence, correct[None, :])[0])


def _bins(confidence: Floats) -> npt.NDArray[np.int64]:
    edges = np.arange(1, BINS) / BINS
    return np.searchsorted(edges, confidence, side="left").astype(np.int64)


def _ece(bins: npt.NDArray[np.int64], confidence: Floats, correct: Floats) -> Floats:
    members = (bins[:, None] == np.arange(BINS)[None, :]).astype(np.float64)
    gaps: Floats = (correct - confidence[None, :]) @ members
    error: Floats = np.abs(gaps).sum(axis=1) / len(confidence)
    return error


def _null(confidence: Floats, seed: int) -> Floats:
    """ECE of a perfectly calibrated model with these confidences, drawn again and again."""
    random = np.random.default_rng(seed)
    correct = (random.random((NULL_DRAWS, len(confidence))) < confidence[None, :]).astype(np.float64)
    return _ece(_bins(confidence), confidence, correct)


def smooth_ece(confidence: Floats, correct: Floats) -> float:
    """Błasiok and Nakkiran's smooth ECE: the σ at which ∫|r̂_σ| = σ, with a Gaussian reflected at 0 and 1.

    That kernel's eigenfunctions are cosines, so smoothing is a factor exp(−(πkσ)²/2) for each term.
    """
    residual = (correct - confidence) / len(confidence)
    low, high = abs(float(residual.sum())), float(np.abs(residual).sum())
    t = np.arange(_NODES + 1) / _NODES
    while high - low > _TOLERANCE:
        sigma = (low + high) / 2
        terms = min(_MOST_TERMS, 1 + math.ceil(_NEGLIGIBLE / (math.pi * sigma)))
        k = np.arange(1, terms + 1)
        coefficients = 2 * (np.cos(math.pi * np.outer(k, confidence)) @ residual)
        coefficients *= np.exp(-((math.pi * k * sigma) ** 2) / 2)
        smoothed = residual.sum() + np.cos(math.pi * np.outer(t, k)) @ coefficients
        if float(np.trapezoid(np.abs(smoothed), t)) > sigma:
            low = sigma
        else:
            high = sigma
    return (low + high) / 2
