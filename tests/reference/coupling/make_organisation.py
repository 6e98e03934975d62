"""Makes references for organisation across models, and for Dice at thresholds and after a test over subjects.

organisation_weights.npy (subject x pattern x voxel), organisation_loadings.npy (pattern x neuron, 4 layers), organisation_counts.npy (subject x network: matched
patterns), organisation_found.npy: diversity with both ends of its 90 % interval, consistency with both ends, compactness, layers covered. Intervals are over all 4^4
draws of subjects, by counting.
match_thresholds.npy (threshold 5, 10, 20 % x pattern x network x (Dice, share of the network)) for match_maps.npy and match_networks.npy.
significant.npy (pattern x network: Dice) and significant_voxels.npy for organisation_weights with three networks of 100 voxels, by t-test and Benjamini-Hochberg at 0.05.
Packages: numpy 2, scipy 1, scikit-learn 1.
"""
import itertools
from pathlib import Path

import numpy as np
from scipy.stats import entropy, false_discovery_control, pearsonr, ttest_1samp
from sklearn.metrics import f1_score, recall_score

here = Path(__file__).parent
rng = np.random.default_rng(8)
subjects, patterns, voxels, neurons, layers = 4, 5, 343, 240, 4
common = rng.standard_normal((patterns, voxels)) * np.array([9, 4, 1, 0.5, 0])[:, None]
weights = (common + rng.standard_normal((subjects, patterns, voxels)) * np.array([0.4, 0.8, 1.2, 2.0])[:, None, None]).astype(np.float32)
loadings = (rng.standard_normal((patterns, neurons)) ** 3 * (rng.uniform(size=(patterns, neurons)) < 0.4)).astype(np.float32)
loadings[1, :60] *= 6
counts = np.array([[3, 1, 0, 0], [2, 2, 0, 0], [0, 0, 0, 0], [1, 1, 1, 1]])


def diversity(drawn):
    sums = counts[list(drawn)].sum(0)
    return np.exp(entropy(sums / sums.sum())) if sums.sum() else 0.0


pair = np.array([[np.mean([pearsonr(weights[a, k].astype(float), weights[b, k].astype(float))[0] for k in range(patterns)])
                  for b in range(subjects)] for a in range(subjects)])


def consistency(drawn):
    found = [pair[a, b] for n, a in enumerate(drawn) for b in drawn[:n] if a != b]
    return np.mean(found) if found else np.nan


every = list(itertools.product(range(subjects), repeat=subjects))
ends = lambda values: list(np.nanquantile(values, [0.05, 0.95]))
sizes = np.sort(abs(loadings.astype(float)), axis=1)[:, ::-1]
compactness = (sizes[:, :2].sum(1) / sizes.sum(1)).mean()
shares = (loadings.astype(float) ** 2).reshape(patterns, layers, -1).sum(2)
shares /= shares.sum(1)[:, None]
covered = (1 / (shares ** 2).sum(1)).mean()
whole = range(subjects)
found = [diversity(whole), *ends([diversity(d) for d in every]), consistency(whole), *ends([consistency(d) for d in every]), compactness, covered]
print(found)
np.save(here / "organisation_weights.npy", weights)
np.save(here / "organisation_loadings.npy", loadings)
np.save(here / "organisation_counts.npy", counts.astype(float))
np.save(here / "organisation_found.npy", np.array([found]))

maps, networks = np.load(here / "match_maps.npy"), np.load(here / "match_networks.npy") > 0.5
table = np.zeros((3, len(maps), len(networks), 2))
for t, share in enumerate([0.05, 0.1, 0.2]):
    for i, m in enumerate(maps):
        for k, n in enumerate(networks):
            sign = np.sign(pearsonr(m.astype(float), n.astype(float))[0])
            kept = np.zeros(len(m), bool)
            kept[np.argsort(-sign * m, kind="stable")[: round(share * len(m))]] = True
            table[t, i, k] = f1_score(n, kept), recall_score(n, kept)
np.save(here / "match_thresholds.npy", table)

p = ttest_1samp(weights.astype(float), 0, axis=0).pvalue
kept = false_discovery_control(p.ravel()).reshape(p.shape) < 0.05
inside = np.array([np.arange(voxels) // 100 == n for n in range(3)])
mean = weights.mean(0)
sign = np.sign([[pearsonr(m.astype(float), n.astype(float))[0] for n in inside] for m in mean])
dice = [[f1_score(n, kept[k] & (sign[k, i] * mean[k] > 0)) for i, n in enumerate(inside)] for k in range(patterns)]
print(kept.sum(1))
np.save(here / "significant.npy", np.array(dice))
np.save(here / "significant_voxels.npy", kept.sum(1).astype(float)[None])
