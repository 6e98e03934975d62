"""Decompositions by scikit-learn, and the series for benches/patterns.rs.
usage: patterns.py FOLDER WORK (ica, kmeans, dictionary or pca)"""
import os
import sys
import time
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")
import numpy as np
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA, FastICA, MiniBatchDictionaryLearning

folder, work = Path(sys.argv[1]), sys.argv[2]
sizes = {
    "ica": [(5000, 300, 20), (20000, 300, 20), (9216, 2000, 64)],
    "kmeans": [(5000, 300, 50), (20000, 300, 50), (9216, 2000, 64)],
    "dictionary": [(9216, 1500, 64), (23040, 1500, 64), (46080, 1500, 64)],
    "pca": [(2304, 500, 64), (4608, 1000, 64), (9216, 2000, 64)],
}


def series(neurons, time_points, k):
    """Neurons that follow a few of k smooth courses each, and noise; z-scored, neuron x time."""
    rng = np.random.default_rng(neurons + time_points)
    courses = rng.standard_normal((k, time_points))
    for t in range(1, time_points):
        courses[:, t] += 0.7 * courses[:, t - 1]
    codes = rng.laplace(size=(neurons, k)) * (rng.random((neurons, k)) < 0.1)
    values = (codes @ courses + 0.8 * rng.standard_normal((neurons, time_points))).astype(np.float32)
    return (values - values.mean(1, keepdims=True)) / values.std(1, keepdims=True)


def peak():
    """Peak memory in GB since the last call (Linux)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    most = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1e6
    Path("/proc/self/clear_refs").write_text("5")
    return most


def timed(name, fit, figure=lambda model: ""):
    peak()
    start = time.perf_counter()
    model = fit()
    seconds = time.perf_counter() - start
    print(f"peer {name} {seconds:.3f} s, peak {peak():.2f} GB {figure(model)}", flush=True)
    return model


for neurons, time_points, k in sizes[work]:
    name = f"{work}_{neurons}x{time_points}"
    path = folder / f"{name}.npy"
    x = np.ascontiguousarray(np.load(path).T) if path.exists() else series(neurons, time_points, k)
    if not path.exists():
        np.save(path, np.ascontiguousarray(x.T))
    if work == "ica":
        for solver in ("svd", "eigh"):
            ica = lambda: FastICA(k, whiten="unit-variance", whiten_solver=solver, tol=1e-4, max_iter=1000, random_state=0).fit(x)
            timed(f"{name}_{solver}", ica, lambda m: f"{m.n_iter_} iterations")
    if work == "kmeans":
        fit = lambda: KMeans(k, n_init=1, max_iter=30, tol=0, random_state=0, algorithm="lloyd").fit(x)
        timed(name, fit, lambda m: f"inertia {m.inertia_:.5e} after {m.n_iter_} iterations")
    if work == "pca":
        exact = PCA(k, svd_solver="full").fit(x.T).explained_variance_ if neurons < 9000 else None
        for solver in ("randomized", "arpack", "full"):
            model = timed(f"{name}_{solver}", lambda: PCA(k, svd_solver=solver, random_state=0).fit(x.T))
            exact = model.explained_variance_ if exact is None and solver == "full" else exact
            if exact is not None:
                off = np.abs(model.explained_variance_ / exact - 1).max()
                print(f"{name}_{solver}: variances within {off:.1e} of the full solver's", flush=True)
    if work == "dictionary":
        unit, penalty = x / np.float32(np.sqrt(time_points)), 0.1

        def learn():
            model = MiniBatchDictionaryLearning(
                k, alpha=penalty, fit_algorithm="cd", transform_algorithm="lasso_cd", transform_alpha=penalty,
                batch_size=512, max_iter=10, random_state=0).fit(unit)
            return model, model.transform(unit)

        def objective(found):
            model, codes = found
            residual = unit - codes @ model.components_
            return f"objective {(0.5 * (residual**2).sum() + penalty * np.abs(codes).sum()) / neurons:.5f}"

        timed(name, learn, objective)
