"""Reference decompositions of simulated neuron series.
Made with numpy 2.4.6, scikit-learn 1.9.1. Run in this folder: python make_pattern.py
"""
import numpy as np
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA, FastICA

rng = np.random.default_rng(7)
save = lambda name, a: np.save(name, np.ascontiguousarray(a, dtype=np.float32))
zscore = lambda a: (a - a.mean(0)) / a.std(0)

# A planted mixture: 100 of 220 neurons follow one of 5 courses, with either sign, and the others a little; the rest is noise.
loadings = np.zeros((5, 220))
loadings[:, :100] = 0.1 * rng.standard_normal((5, 100))
loadings[rng.integers(0, 5, 100), np.arange(100)] += rng.choice([-1, 1], 100)
courses = zscore(rng.standard_normal((60, 5)))
mixture = zscore(courses @ loadings + 0.2 * rng.standard_normal((60, 220))).astype(np.float32)
save("mixture.npy", mixture)
ica = FastICA(5, algorithm="parallel", fun="logcosh", whiten="unit-variance", tol=1e-8, max_iter=2000, random_state=0).fit(mixture.T.astype(np.float64))
save("ica_mixing.npy", ica.mixing_)
save("planted_courses.npy", courses)
for seed in range(1, 10):  # The estimate does not depend on where the iteration starts.
    other = FastICA(5, whiten="unit-variance", tol=1e-8, max_iter=2000, random_state=seed).fit(mixture.T.astype(np.float64))
    assert np.all(np.abs(np.corrcoef(ica.mixing_.T, other.mixing_.T)[:5, 5:]).max(1) > 0.9999)

# PCA with time points as samples (the columns have mean 0): scores over time, components over neurons.
pca = PCA(6, svd_solver="full").fit(mixture.astype(np.float64))
save("pca_scores.npy", pca.transform(mixture.astype(np.float64)))
save("pca_components.npy", pca.components_)
save("pca_ratio.npy", pca.explained_variance_ratio_)
tall = zscore(rng.standard_normal((90, 25)) @ rng.standard_normal((25, 25))).astype(np.float32)
save("tall.npy", tall)
pca = PCA(4, svd_solver="full").fit(tall.astype(np.float64))
save("tall_scores.npy", pca.transform(tall.astype(np.float64)))
save("tall_components.npy", pca.components_)

# Separated clusters, and a series without clusters.
centres = rng.standard_normal((40, 6))
labels = rng.integers(0, 6, 300)
separated = zscore(centres[:, labels] + 0.3 * rng.standard_normal((40, 300))).astype(np.float32)
save("separated.npy", separated)
np.save("separated_labels.npy", KMeans(6, n_init=10, random_state=0).fit(separated.T).labels_.astype(np.int64))
smooth = zscore(np.cumsum(rng.standard_normal((40, 400)), 0)).astype(np.float32)
save("smooth.npy", smooth)
np.save("smooth_inertia.npy", np.array([KMeans(8, n_init=20, tol=0, random_state=0).fit(smooth.T.astype(np.float64)).inertia_]))
