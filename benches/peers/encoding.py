"""Ridge encoding models by himalaya, and the simulated data for benches/encoding.rs.
usage: encoding.py FOLDER WORK (ridge, kernel, delays or banded)"""
import os
import sys
import time
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")
import numpy as np
from himalaya.backend import set_backend
from himalaya.kernel_ridge import KernelRidgeCV, generate_dirichlet_samples, solve_multiple_kernel_ridge_random_search
from himalaya.ridge import RidgeCV
from himalaya.scoring import r2_score
from sklearn.model_selection import KFold

set_backend("numpy")
folder, work = Path(sys.argv[1]), sys.argv[2]
# rows, regressors, delays, targets
SIZES = {"ridge": (3000, 1000, 1, 30000), "kernel": (1500, 5000, 1, 20000), "delays": (1500, 64, 4, 60000), "banded": (1500, 1500, 1, 5000)}
n, p, delays, t = SIZES[work]


def peak():
    """Peak memory in GB since the last call (Linux)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    most = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1e6
    Path("/proc/self/clear_refs").write_text("5")
    return most


def delayed(x, runs=3):
    """x at delays of 1 to 4 volumes, side by side, 0 before each run's begin."""
    parts = []
    for delay in range(1, delays + 1):
        part = np.zeros_like(x)
        for rows in np.array_split(np.arange(len(x)), runs):
            part[rows[delay:]] = x[rows[:-delay]]
        parts.append(part)
    return np.concatenate(parts, 1)


rng = np.random.default_rng(0)
if not (folder / f"{work}_x.npy").exists():
    x = rng.standard_normal((n, p), dtype=np.float32)
    # Spectra fall as those of features do; half a volume's course remains in the next.
    x *= np.arange(1, p + 1, dtype=np.float32) ** -0.3
    for i in range(1, n):
        x[i] += 0.5 * x[i - 1]
    x /= x.std()
    wide = delayed(x) if delays > 1 else x
    if work == "banded":
        # Three spaces of 500, of which each target follows one, two or all.
        x = x[:, rng.permutation(p)]
        candidates = int(os.environ.get("NEUROCELL_BENCH_CANDIDATES", 100))
        gammas = np.maximum(generate_dirichlet_samples(candidates, 3, [0.1, 1.0], random_state=0), 1e-8)
        gammas[0] = 1 / 3
        np.save(folder / "banded_gammas.npy", gammas.astype(np.float32))
    y = rng.standard_normal((n, t), dtype=np.float32)
    weights = rng.standard_normal((wide.shape[1], t), dtype=np.float32)
    if work == "banded":
        weights *= np.repeat(rng.uniform(size=(3, t)) < 0.5, 500, 0)
    signal = wide @ weights
    y += signal / np.maximum(signal.std(0), 1e-9) * rng.uniform(0.02, 1, t).astype(np.float32)
    np.save(folder / f"{work}_x.npy", x)
    np.save(folder / f"{work}_y.npy", (y - y.mean(0)) / y.std(0))
    del x, wide, y, signal, weights
x, y = np.load(folder / f"{work}_x.npy"), np.load(folder / f"{work}_y.npy")
model = KernelRidgeCV if work == "kernel" else RidgeCV
# Batches as himalaya's own guide has them for CPUs; without them the predictions of 20 alphas do not fit into memory.
options = dict(score_func=r2_score, n_targets_batch=2000, n_alphas_batch=5)
if work == "banded":
    # More regressors than training rows: himalaya itself advises kernels. Of its batch sizes the fastest on two cores.
    gammas = np.load(folder / "banded_gammas.npy")
    peak()
    start = time.perf_counter()
    kernels = np.stack([part @ part.T for part in np.split(x, 3, 1)])
    deltas, _, scores = solve_multiple_kernel_ridge_random_search(
        kernels, y, n_iter=gammas, alphas=np.logspace(-1, 5, 20, dtype=np.float32), cv=KFold(3), score_func=r2_score,
        return_weights="dual", progress_bar=False, n_targets_batch=2000, n_alphas_batch=5)
    print(f"peer banded {time.perf_counter() - start:.3f} s, peak {peak():.2f} GB", flush=True)
    np.save(folder / "banded_scores.npy", scores.astype(np.float32))
    np.save(folder / "banded_peer.npy", np.concatenate([deltas, scores.max(0)[None]]).astype(np.float32))
    raise SystemExit
peak()
start = time.perf_counter()
wide = delayed(x) if delays > 1 else x
fit = model(alphas=np.logspace(-1, 5, 20), cv=KFold(3), fit_intercept=False, solver_params=options).fit(wide, y)
print(f"peer {work} {time.perf_counter() - start:.3f} s, peak {peak():.2f} GB", flush=True)
np.save(folder / f"{work}_peer.npy", np.stack([fit.best_alphas_, fit.cv_scores_]).astype(np.float32))
