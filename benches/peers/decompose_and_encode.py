"""Simulated data for benches/numbers.rs, and the same work by scikit-learn and himalaya. usage: decompose_and_encode.py FOLDER"""
import sys
import time
import warnings

import numpy as np
from himalaya.ridge import RidgeCV
from himalaya.scoring import correlation_score, r2_score
from sklearn.cluster import KMeans
from sklearn.decomposition import FastICA
from sklearn.model_selection import PredefinedSplit

warnings.simplefilter("ignore")
folder = sys.argv[1]
rng = np.random.default_rng(0)
zscore = lambda a: ((a - a.mean(0)) / a.std(0)).astype(np.float32)


def timed(name, work):
    start = time.perf_counter()
    work()
    print(f"peer {name} {time.perf_counter() - start:.3f}", flush=True)


# 20,000 neurons of 300 time points: 40 sparse loadings and noise.
courses = rng.standard_normal((300, 40)).cumsum(0)
series = zscore(zscore(courses) @ rng.laplace(size=(40, 20000)) ** 3 + 2 * rng.standard_normal((300, 20000)))
np.save(f"{folder}/series.npy", series)
neurons = np.ascontiguousarray(series.T)
timed("ica", lambda: FastICA(20, whiten="unit-variance", random_state=0).fit(neurons))
timed("ica_eigh", lambda: FastICA(20, whiten="unit-variance", whiten_solver="eigh", random_state=0).fit(neurons))
timed("kmeans", lambda: KMeans(50, n_init=1, random_state=0).fit(neurons))

# 64 patterns, 30,000 voxels, 5 runs of 300 volumes.
run = np.repeat(np.arange(5), 300)
x = zscore(rng.standard_normal((1500, 64)) @ rng.standard_normal((64, 64)))
y = x @ rng.standard_normal((64, 30000)).astype(np.float32) * np.geomspace(0.005, 0.2, 30000, dtype=np.float32)
y = zscore(y + rng.standard_normal(y.shape, dtype=np.float32))
np.save(f"{folder}/x.npy", x)
np.save(f"{folder}/y.npy", y)


def nested():
    options = dict(alphas=np.logspace(-1, 5, 20), fit_intercept=False)
    options["solver_params"] = dict(score_func=r2_score, n_targets_batch=2000)
    for k in range(5):
        train, test = run != k, run == k
        model = RidgeCV(cv=PredefinedSplit(run[train]), **options).fit(x[train], y[train])
        prediction = model.predict(x[test])
        correlation_score(y[test], prediction), r2_score(y[test], prediction)
    RidgeCV(cv=PredefinedSplit(run), **options).fit(x, y)


timed("ridge", nested)
