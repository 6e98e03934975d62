"""Reference clusterings of simulated courses, by scikit-learn, scipy and (spherical k-means) plain numpy.
Made with numpy 2.4.6, scipy 1.17.1, scikit-learn 1.9.1. Run in this folder: python make_cluster.py
"""
import numpy as np
from scipy.cluster.hierarchy import cophenet, fcluster, leaves_list, linkage
from scipy.spatial.distance import pdist
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.metrics import adjusted_rand_score, silhouette_samples

rng = np.random.default_rng(11)
zscore = lambda a: (a - a.mean(0)) / a.std(0)

# 700 neurons (more than a block) of 24 time points around 9 centres, with much noise, so that iterations are many.
centres = rng.standard_normal((24, 9))
noisy = zscore(centres[:, rng.integers(0, 9, 700)] + 0.9 * rng.standard_normal((24, 700))).astype(np.float32)
np.save("noisy.npy", noisy)
x = noisy.T.astype(np.float64)
start = rng.choice(700, 9, replace=False)
np.save("start.npy", start.astype(np.int64))
lloyd = KMeans(9, init=x[start], n_init=1, tol=0, algorithm="lloyd").fit(x)
np.save("lloyd_labels.npy", lloyd.labels_.astype(np.int64))
np.save("lloyd_inertia.npy", np.array([lloyd.inertia_]))
mini = [MiniBatchKMeans(9, batch_size=100, n_init=1, random_state=seed).fit(x).inertia_ for seed in range(20)]
np.save("mini_inertia.npy", np.array([np.mean(mini)]))

# Spherical k-means from the same start, until nothing changes.
unit = x / np.linalg.norm(x, axis=1, keepdims=True)
means, labels = unit[start], None
while True:
    new = (unit @ means.T).argmax(1)
    if labels is not None and np.array_equal(new, labels):
        break
    labels = new
    means = np.stack([unit[labels == k].sum(0) for k in range(9)])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
np.save("spherical_labels.npy", labels.astype(np.int64))
np.save("spherical_inertia.npy", np.array([np.sum(1 - np.sum(unit * means[labels], 1))]))

for metric in ["euclidean", "correlation"]:
    np.save(f"silhouette_{metric}.npy", silhouette_samples(x, lloyd.labels_, metric=metric))

# Pairs of partitions: alike, unlike, one cluster, each by itself.
one = rng.integers(0, 5, 60)
some = one.copy()
some[:15] = rng.integers(0, 5, 15)
pairs = np.stack([np.stack(p) for p in [(one, some), (one, rng.integers(0, 3, 60)), (one, 0 * one), (one, np.arange(60)), (one, one + 7)]])
np.save("partitions.npy", pairs.astype(np.int64))
np.save("rand_index.npy", np.array([adjusted_rand_score(a, b) for a, b in pairs]))

# 14 rows of 50 values, two of them nearly opposite.
rows = (rng.standard_normal((14, 3)) @ rng.standard_normal((3, 50)) + 0.6 * rng.standard_normal((14, 50)) + 3).astype(np.float32)
rows[13] = -rows[0] + 0.1 * rng.standard_normal(50)
np.save("rows.npy", rows)
wide = rows.astype(np.float64)
distances = {
    "correlation": pdist(wide, "correlation"),
    "absolute": 1 - np.abs(1 - pdist(wide, "correlation")),
    "euclidean": pdist(wide),
}
cases = [
    ("average", "correlation"), ("weighted", "correlation"), ("complete", "correlation"), ("single", "correlation"),
    ("average", "absolute"), ("average", "euclidean"), ("complete", "euclidean"), ("ward", "euclidean"),
]
trees = [linkage(distances[d], method) for method, d in cases]
np.save("trees.npy", np.stack(trees))
np.save("leaves.npy", np.stack([leaves_list(z) for z in trees]).astype(np.int64))
np.save("cophenetic.npy", np.array([cophenet(z, distances[d])[0] for z, (_, d) in zip(trees, cases)]))
np.save("cophenetic_distances.npy", np.stack([cophenet(z) for z in trees]))
np.save("cuts.npy", np.stack([[fcluster(z, k, "maxclust") for k in range(1, 8)] for z in trees]).astype(np.int64))
