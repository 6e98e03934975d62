"""Reference for the elastic net: scikit-learn's ElasticNet and Lasso with intercept on simulated regressors that are correlated, one of them constant; and the
nested choice of lambda on drift_x.npy and drift_y.npy of make_encoding.py, standardised by training rows.
Made with numpy 2.4.6, scikit-learn 1.9.1. Run in this folder: python make_elastic.py
elastic_RATIO.npy: lambda x (regressor, then intercept) x target.
"""
import warnings
import numpy as np
from sklearn.linear_model import ElasticNet
from sklearn.metrics import r2_score
from sklearn.preprocessing import StandardScaler

warnings.filterwarnings("ignore")
rng = np.random.default_rng(5)
n, p, targets = 90, 25, 21
X = rng.standard_normal((n, p))
for i in range(1, n):
    X[i] += 0.5 * X[i - 1]
X[:, 10:15] = X[:, :5] + 0.3 * X[:, 10:15]
X = X * np.geomspace(0.3, 3, p) + rng.standard_normal(p)
X[:, 20] = 1.5
B = rng.standard_normal((p, targets)) * (rng.random((p, targets)) < 0.2)
Y = X @ B + rng.standard_normal((n, targets)) * np.geomspace(0.3, 3, targets) + 5
X, Y = X.astype(np.float32), Y.astype(np.float32)
np.save("elastic_x.npy", X), np.save("elastic_y.npy", Y)
for ratio in (1.0, 0.5, 0.05):
    out = np.zeros((4, p + 1, targets))
    for a, lam in enumerate([0.003, 0.03, 0.3, 3.0]):
        model = ElasticNet(alpha=lam, l1_ratio=ratio, tol=1e-12, max_iter=200000).fit(X.astype(np.float64), Y.astype(np.float64))
        out[a, :p], out[a, p] = model.coef_.T, model.intercept_
    np.save(f"elastic_{ratio}.npy", out.astype(np.float32))

lambdas, ratio = np.logspace(-2, 0, 8), 0.7
run = np.repeat(np.arange(3), [30, 44, 37])
X, Y = np.load("drift_x.npy").astype(np.float64), np.load("drift_y.npy").astype(np.float64)
targets = Y.shape[1]


def predicted(train, X_new):
    """lambda x row x target."""
    of_x, of_y = StandardScaler().fit(X[train]), StandardScaler().fit(Y[train])
    Xs, Ys = of_x.transform(X[train]), of_y.transform(Y[train])
    fit = lambda lam: ElasticNet(alpha=lam, l1_ratio=ratio, tol=1e-10, max_iter=100000, fit_intercept=False).fit(Xs, Ys)
    return np.array([of_y.inverse_transform(fit(lam).predict(of_x.transform(X_new))) for lam in lambdas])


def scores(rows, folds):
    of = lambda k: [r2_score(Y[rows & (run == k)], p, multioutput="raw_values") for p in predicted(rows & (run != k), X[rows & (run == k)])]
    return np.mean([of(k) for k in folds], 0)


r2 = np.zeros((3, targets))
for k in range(3):
    chosen = scores(run != k, [j for j in range(3) if j != k]).argmax(0)
    all_ = predicted(run != k, X[run == k])
    own = np.array([all_[a, :, v] for v, a in enumerate(chosen)]).T
    r2[k] = r2_score(Y[run == k], own, multioutput="raw_values")
np.save("elastic_nested_lambdas.npy", lambdas[scores(run >= 0, range(3)).argmax(0)].astype(np.float32))
np.save("elastic_nested_r2.npy", r2.astype(np.float32))
