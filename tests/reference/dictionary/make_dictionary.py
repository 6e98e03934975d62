"""Reference dictionaries of simulated neuron series.
Made with numpy 2.4.6, scikit-learn 1.9.1. Run in this folder: python make_dictionary.py
"""
import warnings

import numpy as np
from sklearn.decomposition import DictionaryLearning, MiniBatchDictionaryLearning, sparse_encode
from sklearn.linear_model import Lasso

warnings.filterwarnings("ignore")
rng = np.random.default_rng(11)
save = lambda name, a: np.save(name, np.ascontiguousarray(a, dtype=np.float32))
zscore = lambda a: (a - a.mean(0)) / a.std(0)
PENALTY = 0.1


def objective(unit, codes, atoms):
    """Mean over neurons of ½‖s − D·a‖² + λ‖a‖₁."""
    return (0.5 * ((unit - codes @ atoms) ** 2).sum() + PENALTY * np.abs(codes).sum()) / len(unit)


def smooth(courses):
    window = np.exp(-0.5 * (np.arange(-4, 5) / 1.5) ** 2)
    return np.stack([np.convolve(course, window, "same") for course in courses])


# Few atoms in each neuron's course.
truth = rng.standard_normal((8, 60))
weights = rng.choice([-1, 1], (300, 8)) * rng.uniform(0.5, 1.5, (300, 8)) * (rng.random((300, 8)) < 0.2)
weights[np.arange(300), rng.integers(0, 8, 300)] += 1
sparse = zscore((weights @ truth + 0.1 * rng.standard_normal((300, 60))).T)
# Courses that have much in common.
common = rng.standard_normal((6, 50)) + 1.5 * rng.standard_normal(50)
correlated = zscore((np.abs(rng.laplace(size=(260, 6))) @ common + 0.3 * rng.standard_normal((260, 50))).T)
# Smooth courses of many dimensions, as those of a network's units on a scan's clock.
latent = smooth(rng.standard_normal((40, 70)))
rich = zscore((rng.laplace(size=(320, 40)) * np.arange(1, 41) ** -0.6 @ latent + 0.1 * rng.standard_normal((320, 70))).T)

save("planted_atoms.npy", zscore(truth.T))
objectives = []
for name, series, atoms in (("sparse", sparse, 8), ("correlated", correlated, 6), ("rich", rich, 12)):
    series = series.astype(np.float32)
    save(f"{name}.npy", series)
    unit = zscore(series.astype(np.float64)).T / np.sqrt(len(series))
    options = dict(alpha=PENALTY, fit_algorithm="cd", transform_algorithm="lasso_cd", transform_alpha=PENALTY)

    def best(learner, **more):
        """Lowest objective of five seeds; with codes to convergence, so that nothing is left to the encoder."""
        found = []
        for seed in range(5):
            dictionary = learner(atoms, random_state=seed, **options, **more).fit(unit).components_
            codes = sparse_encode(unit, dictionary, algorithm="lasso_cd", alpha=PENALTY, max_iter=100_000)
            found.append(objective(unit, codes, dictionary))
        return min(found)

    full = best(DictionaryLearning, max_iter=300, tol=1e-8)
    mini = best(MiniBatchDictionaryLearning, max_iter=50, batch_size=64)
    row = [full, mini]
    objectives.append(row)
np.save("objectives.npy", np.array(objectives))
print(np.array(objectives))

# Codes for a fixed dictionary: 40 neurons, 10 correlated atoms of norm 1.
shared = rng.standard_normal(30)
courses = rng.standard_normal((40, 30)) + shared
courses = (courses / np.linalg.norm(courses, axis=1)[:, None]).astype(np.float32)
dictionary = rng.standard_normal((10, 30)) + shared
dictionary = (dictionary / np.linalg.norm(dictionary, axis=1)[:, None]).astype(np.float32)
save("code_courses.npy", courses.T)
save("code_atoms.npy", dictionary)
wide = courses.astype(np.float64), dictionary.astype(np.float64)
for name, positive in (("code_any.npy", False), ("code_positive.npy", True)):
    # sparse_encode stops by a duality gap; its Lasso to the last digit.
    codes = sparse_encode(*wide, algorithm="lasso_cd", alpha=0.05, max_iter=100_000, positive=positive)
    lasso = Lasso(0.05 / 30, fit_intercept=False, positive=positive, tol=1e-14, max_iter=1_000_000).fit(wide[1].T, wide[0].T)
    assert np.abs(codes - lasso.coef_).max() < 1e-6
    save(name, codes.T)
