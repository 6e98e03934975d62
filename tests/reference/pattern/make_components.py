"""Reference principal and independent components, and spectra beside chance.
Made with numpy 2.4.6, scikit-learn 1.9.1. Run in this folder, after make_pattern.py: python make_components.py
"""
import numpy as np
from sklearn.decomposition import PCA, FastICA

rng = np.random.default_rng(11)
save = lambda name, a: np.save(name, np.ascontiguousarray(a, dtype=np.float32))
zscore = lambda a: (a - a.mean(0)) / a.std(0)
as_bytes = lambda a: np.round(a / np.abs(a).max() * 127).astype(np.int8)

# Larger than what is decomposed in full: 320 × 280, and, transposed, 280 × 320. Six courses and noise.
large = rng.standard_normal((320, 6)) @ (np.linspace(2, 1, 6)[:, None] * rng.standard_normal((6, 280)))
large = as_bytes(large + rng.standard_normal((320, 280)))
np.save("large.npy", large)
for name, data in [("tall", large), ("wide", large.T)]:
    pca = PCA(6, svd_solver="full").fit(zscore(data.astype(np.float64)))
    save(f"large_{name}_scores.npy", pca.transform(zscore(data.astype(np.float64))))
    save(f"large_{name}_components.npy", pca.components_)

# Four courses of nearly one strength: each neuron's four loadings, and these times the units i, j and k of the quaternions, are orthogonal.
courses = np.linalg.qr(np.hstack([np.ones((70, 1)), rng.standard_normal((70, 4))]))[0][:, 1:] * np.sqrt(70)
directions = rng.standard_normal((30, 4))
a, b, c, d = (directions / np.linalg.norm(directions, axis=1, keepdims=True)).T
loadings = np.array([[a, b, c, d], [-b, a, -d, c], [-c, d, a, -b], [-d, -c, b, a]]).transpose(1, 0, 2).reshape(4, -1)
degenerate = zscore(courses @ loadings + 0.02 * rng.standard_normal((70, 120))).astype(np.float32)
save("degenerate.npy", degenerate)
u, s, _ = np.linalg.svd(zscore(degenerate.astype(np.float64)), full_matrices=False)
assert (s[0] - s[3]) / s[0] < 1e-2 and s[4] < 0.1 * s[3]
save("degenerate_space.npy", u[:, :4])

# Every contrast with both algorithms, on the planted mixture; the estimates do not depend on where the iteration starts.
mixture = np.load("mixture.npy").astype(np.float64).T
mixing = []
for fun in ["logcosh", "exp", "cube"]:
    for algorithm in ["parallel", "deflation"]:
        fit = lambda seed: FastICA(5, fun=fun, algorithm=algorithm, whiten="unit-variance", tol=1e-8, max_iter=5000, random_state=seed).fit(mixture).mixing_
        first = fit(0)
        worst = min(np.abs(np.corrcoef(first.T, fit(seed).T)[:5, 5:]).max(1).min() for seed in range(1, 8))
        print(fun, algorithm, worst)
        assert worst > 0.999
        mixing.append(first)
save("contrast_mixing.npy", np.array(mixing))

# Smooth noise: every neuron its own slow course. And Horn's null by hand: shares of permuted neurons.
noise = rng.standard_normal((120, 150))
for t in range(1, 120):
    noise[t] += 0.9 * noise[t - 1]
smooth_noise = as_bytes(zscore(noise))
np.save("smooth_noise.npy", smooth_noise)


def shares(a):
    values = np.linalg.eigvalsh(a.T @ a if a.shape[0] > a.shape[1] else a @ a.T)[::-1]
    return values / values.sum()


def chance(data, surrogate):
    data = zscore(data.astype(np.float64))
    made = [shares(np.stack([surrogate(column) for column in data.T], 1))[:20] for _ in range(300)]
    return np.quantile(made, 0.95, axis=0)


data = np.load("mixture.npy")
shift = lambda column: np.roll(column, rng.integers(len(column)))
save("mixture_shares.npy", shares(zscore(data.astype(np.float64)))[:20])
save("mixture_chance.npy", [chance(data, rng.permutation), chance(data, shift)])
save("smooth_noise_chance.npy", [chance(smooth_noise, rng.permutation), chance(smooth_noise, shift)])
for name, array in [("mixture", data), ("smooth noise", smooth_noise)]:
    own = shares(zscore(array.astype(np.float64)))[:20]
    print(name, "permutation", (own > chance(array, rng.permutation)).sum(), "shift", (own > chance(array, shift)).sum(), "of 20")
