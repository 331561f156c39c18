"""The Python side of calibration.mjs: python calibration.py FOLDER ROUNDS REPEATS; writes FOLDER/python.json."""

import json
import resource
import sys
import time
from pathlib import Path

import numpy as np
from scipy.special import expit
from sklearn.calibration import _sigmoid_calibration, _TemperatureScaling
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

folder, rounds, repeats = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
f = np.fromfile(folder / "f.bin")
y = np.fromfile(folder / "y.bin", dtype=np.uint8).astype(int)
z = np.fromfile(folder / "z.bin").reshape(-1, 3)
truth = np.fromfile(folder / "truth.bin", dtype=np.int32)
grid = np.fromfile(folder / "grid.bin")
p = expit(f)
results = {}


def timed(name, library, run, values, times=repeats):
    best = np.inf
    for _ in range(times):
        start = time.perf_counter()
        result = run()
        best = min(best, time.perf_counter() - start)
    results.setdefault(name, {})[library] = {"seconds": best, "values": np.asarray(values(result), float).tolist()}


def bins_of(values):
    """(lo, hi], the first closed on the left."""
    return np.clip(np.searchsorted(np.arange(21) / 20, values, side="left") - 1, 0, 19)


def ece(bins, weight):
    gap = np.bincount(bins, weight * (y - p), 20)
    return np.abs(gap).sum() / weight.sum()


def metrics():
    return [ece(bins_of(p), np.ones(len(p))), brier_score_loss(y, p), log_loss(y, p), roc_auc_score(y, p)]


weights = np.fromfile(folder / "weights.bin", dtype=np.uint8).reshape(-1, len(p))


def bootstrap(draw, count):
    """Poisson weights over one sort; scores are distinct, so AUROC needs no ties. (4, count) metrics."""
    order = np.argsort(-p)
    ys, ps = y[order], p[order]
    bins = bins_of(ps)
    brier = (ps - ys) ** 2
    nll = -np.log(np.where(ys == 1, ps, 1 - ps))
    gap = ys - ps
    replicates = np.zeros((4, count))
    for round in range(count):
        w = draw(round, order).astype(float)
        total = w.sum()
        positive = w * ys
        above = np.cumsum(positive)
        auroc = np.dot(w - positive, above) / (above[-1] * (total - above[-1]))
        error = np.abs(np.bincount(bins, w * gap, 20)).sum() / total
        replicates[:, round] = [error, w @ brier / total, w @ nll / total, auroc]
    return replicates


timed("platt", "scikit-learn", lambda: _sigmoid_calibration(f, y), lambda ab: expit(-(ab[0] * grid + ab[1])))
timed(
    "isotonic",
    "scikit-learn",
    lambda: IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(f, y),
    lambda fit: fit.predict(grid),
)
timed("temperature", "scikit-learn", lambda: _TemperatureScaling().fit(z, truth), lambda fit: [fit.beta_])
timed("metrics", "scikit-learn", metrics, lambda values: values)
# Timed with draws of its own; compared on the draws that the other side used.
rng = np.random.default_rng(1)
compared = bootstrap(lambda round, order: weights[round, order], len(weights)).ravel()
timed(
    "bootstrap",
    "numpy",
    lambda: bootstrap(lambda round, order: rng.poisson(1, len(order)), rounds),
    lambda values: compared,
    times=1,
)
try:
    from netcal.binning import HistogramBinning
    from netcal.scaling import BetaCalibration

    def histogram():
        fit = HistogramBinning(bins=10)
        fit.fit(p, y)
        return fit

    timed("histogram", "netcal", histogram, lambda fit: fit.transform(expit(grid)))

    def beta():
        fit = BetaCalibration()
        fit.fit(p, y)
        return fit

    timed("beta", "netcal", beta, lambda fit: fit.transform(expit(grid)), times=1)
except ImportError as error:
    print(f"netcal left out: {error}", file=sys.stderr)
results["peakMiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
(folder / "python.json").write_text(json.dumps(results))
