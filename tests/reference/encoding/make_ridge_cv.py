"""Reference for ridge_cv: himalaya's RidgeCV and KernelRidgeCV on small simulated arrays of awkward shapes.
Made with numpy 2.4.6, himalaya 0.4.11. Run in this folder: python make_ridge_cv.py
For each case NAME: NAME_x, NAME_y (f32), and in NAME_found (row × target) alpha, cv score; himalaya works in f64 on the f32 values.
"""
import warnings
import numpy as np
from himalaya.backend import set_backend
from himalaya.kernel_ridge import KernelRidgeCV
from himalaya.ridge import RidgeCV
from himalaya.scoring import r2_score
from sklearn.model_selection import PredefinedSplit

warnings.filterwarnings("ignore")
set_backend("numpy")
alphas = np.logspace(-1, 5, 20)


def courses(rng, n, p):
    x = rng.standard_normal((n, p))
    for i in range(1, n):
        x[i] += 0.5 * x[i - 1]
    return x


def case(name, lengths, x, targets, rng, kernel=False, alphas=alphas, coef=False):
    n = sum(lengths)
    x = (x / x.std()).astype(np.float32)
    signal = x @ rng.standard_normal((x.shape[1], targets))
    y = signal / signal.std(0) * np.geomspace(0.03, 4, targets) + rng.standard_normal((n, targets))
    y = ((y - y.mean(0)) / y.std(0)).astype(np.float32)
    y[:, 0] = 0  # a target that does not vary
    cv = PredefinedSplit(np.repeat(np.arange(len(lengths)), lengths))
    model = KernelRidgeCV if kernel else RidgeCV
    options = dict(score_func=r2_score)
    found = model(alphas=alphas, cv=cv, fit_intercept=False, solver_params=options)
    found.fit(x.astype(np.float64), y.astype(np.float64))
    np.save(f"{name}_x.npy", x), np.save(f"{name}_y.npy", y)
    np.save(f"{name}_found.npy", np.stack([found.best_alphas_, found.cv_scores_]).astype(np.float64))
    if coef:
        weights = found.dual_coef_ if kernel else found.coef_
        np.save(f"{name}_weights.npy", weights.astype(np.float32))


def rng(seed):
    return np.random.default_rng(seed)


r = rng(0)
case("cv_tall", [60, 70, 50], courses(r, 180, 40), 200, r, coef=True)
r = rng(1)
case("cv_wide", [40, 30, 35], courses(r, 105, 160), 120, r, kernel=True, coef=True)
r = rng(2)  # singular values over seven orders of magnitude
case("cv_ill", [50, 50, 50], courses(r, 150, 50) * np.geomspace(1, 1e-7, 50) @ r.standard_normal((50, 50)), 100, r)
r = rng(3)  # each column twice
x = courses(r, 120, 15)
case("cv_twins", [40, 40, 40], np.concatenate([x, x], 1), 80, r)
r = rng(4)
case("cv_one", [30, 40, 30], courses(r, 100, 1), 60, r)
r = rng(5)  # fewer regressors than rows, more than the training rows of a fold
case("cv_between", [45, 45], courses(r, 90, 60), 60, r)
r = rng(6)
case("cv_single", [40, 40, 40], courses(r, 120, 20), 60, r, alphas=np.array([30.0]))
