# Noise ceilings in numpy from their definitions. The explainable variance is that of the voxelwise tutorials (Dupré la Tour et al. 2024), written
# from its formula: variance of the mean over repeats, by the mean of the repeats' variances, corrected for bias. For the tests of
# src/encoding/ceiling/. Run: python make_ceiling.py  (writes beside itself)
from itertools import combinations
from pathlib import Path

import numpy as np

here = Path(__file__).parent
rng = np.random.default_rng(5)
RUNS, VOXELS, SUBJECTS = (40, 30, 40, 40), 12, 5
TIME = sum(RUNS)
ends = np.cumsum((0, *RUNS))
runs = [slice(a, b) for a, b in zip(ends, ends[1:])]
# Runs 0, 2 and 3 are the same stimulus.
REPEATS = (0, 2, 3)

strength = np.linspace(0.0, 1.6, VOXELS)
common = rng.standard_normal((TIME, VOXELS))
for n in REPEATS[1:]:
    common[runs[n]] = common[runs[0]]
subjects = np.stack([strength * common + rng.standard_normal((TIME, VOXELS)) for _ in range(SUBJECTS)])
subjects = (subjects * rng.uniform(0.5, 30, (SUBJECTS, 1, VOXELS)) + rng.uniform(-50, 800, (SUBJECTS, 1, VOXELS))).astype(np.float32)
np.save(here / "subjects.npy", subjects)


def z(x):
    x = x.astype(np.float64)
    return (x - x.mean(-2, keepdims=True)) / x.std(-2, keepdims=True)


def r(a, b):
    a, b = a - a.mean(0), b - b.mean(0)
    return (a * b).sum(0) / np.sqrt((a**2).sum(0) * (b**2).sum(0))


by_run = [z(subjects[:, run]) for run in runs]

# Each subject against the mean of the others, mean over runs.
loo = [np.mean([r(x[s], np.delete(x, s, 0).mean(0)) for x in by_run], 0) for s in range(SUBJECTS)]
np.save(here / "between.npy", np.array(loo))


# The same, where volumes are censored: each subject's own, left out of its z-score, of its r and of the others' mean.
censored = rng.random((SUBJECTS, TIME)) < 0.15
np.save(here / "censored.npy", censored)
found = np.zeros((SUBJECTS, VOXELS))
for run in runs:
    data, kept = subjects[:, run].astype(np.float64), ~censored[:, run]
    masked = np.stack([np.where(k[:, None], (x - x[k].mean(0)) / x[k].std(0), np.nan) for x, k in zip(data, kept)])
    for s in range(SUBJECTS):
        others = np.nanmean(np.delete(masked, s, 0), 0)
        use = kept[s] & ~np.isnan(others[:, 0])
        found[s] += r(masked[s][use], others[use]) / len(runs)
np.save(here / "between_censored.npy", found)


def explainable_variance(x):
    x = z(x)
    n = len(x)
    ev = x.mean(0).var(0, ddof=1) / x.var(1, ddof=1).mean(0)
    return ev - (1 - ev) / (n - 1)


repeats = np.stack([subjects[0, runs[n]] for n in REPEATS])
np.save(here / "repeats.npy", explainable_variance(repeats))
pairs = np.stack([explainable_variance(np.stack([subjects[0, runs[a]], subjects[0, runs[b]]])) for a, b in ((0, 2), (0, 3))])
np.save(here / "repeats_groups.npy", pairs.mean(0))


def splits(n):
    """All pairs of disjoint halves of n // 2."""
    half = n // 2
    for a in combinations(range(n), half):
        for b in combinations([i for i in range(n) if i not in a], half):
            if a[0] < b[0]:
                yield list(a), list(b)


def of_one(r, half):
    return r / (half - (half - 1) * r)


over = [r(x[a].mean(0), x[b].mean(0)) for x in by_run for a, b in splits(SUBJECTS)]
np.save(here / "split_subjects.npy", of_one(np.mean(over, 0), SUBJECTS // 2))
x = z(repeats)
np.save(here / "split_repeats.npy", of_one(np.mean([r(x[a].mean(0), x[b].mean(0)) for a, b in splits(3)], 0), 1))
