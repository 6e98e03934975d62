"""Reference for lasso and elastic net: scikit-learn, run to convergence. Run: python make_elastic.py"""

import numpy as np
from sklearn.linear_model import ElasticNet, Lasso
from sklearn.metrics import r2_score
from sklearn.preprocessing import StandardScaler


def save(name, array):
    np.save(f"elastic_{name}.npy", np.asarray(array, dtype=np.float32))


def coefficients(model, x, y):
    fits = [model().fit(x, column) for column in y.T]
    return np.vstack([np.stack([fit.coef_ for fit in fits], 1), [[fit.intercept_ for fit in fits]]])


rng = np.random.default_rng(21)
exact = dict(tol=1e-12, max_iter=1_000_000)
# More rows than regressors; more regressors than rows; nearly collinear columns and one that is constant.
for name, rows, regressors, targets in [("tall", 120, 30, 20), ("wide", 50, 90, 18), ("twins", 80, 24, 17)]:
    x = rng.standard_normal((rows, regressors)) * rng.uniform(0.5, 3, regressors) + rng.uniform(-5, 5, regressors)
    if name == "twins":
        x[:, 12:23] = x[:, :11] + 0.05 * rng.standard_normal((rows, 11))
        x[:, 23] = 4
    b = rng.standard_normal((regressors, targets)) * (rng.uniform(size=(regressors, targets)) < 0.15)
    y = x @ b + 2 * rng.standard_normal((rows, targets)) + rng.uniform(-50, 50, targets)
    x, y = x.astype(np.float32), y.astype(np.float32)
    save(f"{name}_x", x)
    save(f"{name}_y", y)
    wide_x, wide_y = x.astype(float), y.astype(float)
    save(f"{name}_lasso", coefficients(lambda: Lasso(alpha=0.3, **exact), wide_x, wide_y))
    save(f"{name}_net", coefficients(lambda: ElasticNet(alpha=0.4, l1_ratio=0.5, **exact), wide_x, wide_y))

# Nested folds by run with everything learned in training rows.
runs = np.repeat(np.arange(4), 40)
x = rng.standard_normal((160, 12)) * rng.uniform(0.5, 3, 12)
b = rng.standard_normal((12, 10)) * (rng.uniform(size=(12, 10)) < 0.3)
y = x @ b + 4 * rng.standard_normal((160, 10)) + 100
x, y = x.astype(np.float32), y.astype(np.float32)
grid = 10 ** np.linspace(-3, -0.1, 20)
rho = 0.7


def path(train, test, column):
    """Predictions of the test rows, in units of the training rows, at every lambda."""
    sx, sy = StandardScaler().fit(x[train].astype(float)), StandardScaler().fit(y[train, column : column + 1].astype(float))
    zx, zy = sx.transform(x[train].astype(float)), sy.transform(y[train, column : column + 1].astype(float)).ravel()
    fits = [ElasticNet(alpha=a, l1_ratio=rho, fit_intercept=False, **exact).fit(zx, zy) for a in grid]
    out = np.stack([fit.predict(sx.transform(x[test].astype(float))) for fit in fits])
    return out, sy.transform(y[test, column : column + 1].astype(float)).ravel(), np.stack([fit.coef_ for fit in fits])


def best(scores):
    return len(grid) - 1 - int(np.argmax(scores[::-1]))


lambdas, r, r2, weights = [], np.zeros((4, 10)), np.zeros((4, 10)), []
for column in range(10):
    over = np.zeros(20)
    for run in range(4):
        inside = np.zeros(20)
        for other in set(range(4)) - {run}:
            predicted, measured, _ = path((runs != run) & (runs != other), runs == other, column)
            inside += [r2_score(measured, p) for p in predicted]
        predicted, measured, _ = path(runs != run, runs == run, column)
        over += [r2_score(measured, p) for p in predicted]
        chosen = best(inside)
        r2[run, column] = r2_score(measured, predicted[chosen])
        r[run, column] = np.corrcoef(measured, predicted[chosen])[0, 1] if predicted[chosen].std() > 0 else 0
    lambdas.append(grid[best(over)])
    weights.append(path(runs >= 0, runs >= 0, column)[2][best(over)])
for name, array in dict(x=x, y=y, lambdas=lambdas, r=r, r2=r2, weights=np.stack(weights, 1)).items():
    save(f"runs_{name}", array)
