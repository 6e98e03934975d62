"""Reference ridge regressions with one alpha per voxel, on simulated data.
Made with numpy 2.4.6, himalaya 0.4.11. Run in this folder: python make_encoding.py
"""
import numpy as np
from himalaya.backend import set_backend
from himalaya.ridge import RidgeCV, solve_ridge_svd
from himalaya.scoring import correlation_score, r2_score
from sklearn.model_selection import PredefinedSplit

set_backend("numpy")
alphas = np.logspace(-1, 5, 20)
save = lambda name, a: np.save(name, np.ascontiguousarray(a, dtype=np.float32))
zscore = lambda a: (a - a.mean(0)) / a.std(0)


def simulated(rng, lengths, p, t):
    n = sum(lengths)
    X = rng.standard_normal((n, p)) @ (np.diag(np.arange(1, p + 1.0) ** -0.5) @ rng.standard_normal((p, p)))
    for i in range(1, n):
        X[i] += 0.6 * X[i - 1]
    Y = zscore(X @ rng.standard_normal((p, t))) * np.geomspace(0.05, 3, t) + rng.standard_normal((n, t))
    return X, Y


# 1. Every run z-scored by itself and of the same length, so that standardising by training rows changes nothing: RidgeCV itself.
rng = np.random.default_rng(3)
lengths = [50, 50, 50, 50]
run = np.repeat(np.arange(4), lengths)
X, Y = simulated(rng, lengths, 12, 40)
for r in range(4):
    X[run == r], Y[run == r] = zscore(X[run == r]), zscore(Y[run == r])
X, Y = X.astype(np.float32), Y.astype(np.float32)
save("runs_x.npy", X), save("runs_y.npy", Y)
X, Y = X.astype(np.float64), Y.astype(np.float64)
options = dict(alphas=alphas, fit_intercept=False, solver_params=dict(score_func=r2_score))
whole = RidgeCV(cv=PredefinedSplit(run), **options).fit(X, Y)
save("runs_alphas.npy", whole.best_alphas_), save("runs_coef.npy", whole.coef_)
r, r2 = np.zeros((4, 40)), np.zeros((4, 40))
for k in range(4):
    train, test = run != k, run == k
    inner = RidgeCV(cv=PredefinedSplit(run[train]), **options).fit(X[train], Y[train])
    r[k], r2[k] = correlation_score(Y[test], inner.predict(X[test])), r2_score(Y[test], inner.predict(X[test]))
save("runs_r.npy", r.mean(0)), save("runs_r2.npy", r2.mean(0))

# 2. Runs of different lengths, means and scales, more regressors than some inner sets can tell apart: standardised by training rows.
rng = np.random.default_rng(4)
lengths = [30, 44, 37]
run = np.repeat(np.arange(3), lengths)
X, Y = simulated(rng, lengths, 60, 30)
X, Y = X + run[:, None] * 0.4, 100 + 5 * Y * (1 + 0.3 * run[:, None]) + 2 * run[:, None] * rng.standard_normal(30)
X, Y = zscore(X).astype(np.float32), Y.astype(np.float32)
save("drift_x.npy", X), save("drift_y.npy", Y)
X, Y = X.astype(np.float64), Y.astype(np.float64)


def fitted(train, test, alpha):
    """Truth and prediction of the test rows, both in the training rows' units."""
    mx, sx, my, sy = X[train].mean(0), X[train].std(0), Y[train].mean(0), Y[train].std(0)
    Xs, Ys = (X - mx) / sx, (Y - my) / sy
    return Ys[test], Xs[test] @ solve_ridge_svd(Xs[train], Ys[train], alpha=alpha)


def chosen(rows, folds):
    """Alpha of each target with the highest mean R2 over folds inside `rows`."""
    scores = np.mean([[r2_score(*fitted(rows & (run != k), rows & (run == k), a)) for a in alphas] for k in folds], 0)
    return alphas[scores.argmax(0)]


r, r2 = np.zeros((3, 30)), np.zeros((3, 30))
for k in range(3):
    train, test = run != k, run == k
    truth, prediction = fitted(train, test, chosen(train, [j for j in range(3) if j != k]))
    r[k], r2[k] = correlation_score(truth, prediction), r2_score(truth, prediction)
save("drift_alphas.npy", chosen(run >= 0, range(3)))
save("drift_r.npy", r.mean(0)), save("drift_r2.npy", r2.mean(0))
