"""Reference for options of the encoding model, on the data drift_x.npy and drift_y.npy of make_encoding.py: one alpha for all voxels or for groups of
them, principal components learned in the training rows, predictions of held-out rows, and of new ones.
Made with numpy 2.4.6, scikit-learn 1.9.1. Run in this folder: python make_options.py
"""
import numpy as np
from sklearn.decomposition import PCA
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

alphas = np.logspace(-1, 5, 20)
run = np.repeat(np.arange(3), [30, 44, 37])
X, Y = np.load("drift_x.npy").astype(np.float64), np.load("drift_y.npy").astype(np.float64)
targets = Y.shape[1]
save = lambda name, a: np.save(name, np.ascontiguousarray(a, dtype=np.float32))


def predicted(train, X_new, alpha, components=None):
    """In the voxels' units; everything is learned in the rows `train`."""
    steps = [StandardScaler()] + ([PCA(components, svd_solver="full")] if components else [])
    scaler = StandardScaler().fit(Y[train])
    model = make_pipeline(*steps, Ridge(alpha=alpha, fit_intercept=False))
    model.fit(X[train], scaler.transform(Y[train]))
    return scaler.inverse_transform(model.predict(X_new))


def scores(rows, folds, components=None):
    """Mean R2 over folds inside `rows`, alpha x target."""
    of = lambda k, a: r2_score(
        Y[rows & (run == k)], predicted(rows & (run != k), X[rows & (run == k)], a, components), multioutput="raw_values"
    )
    return np.mean([[of(k, a) for a in alphas] for k in folds], 0)


def elected(table, groups):
    out = np.zeros(targets, int)
    for group in np.unique(groups):
        out[groups == group] = table[:, groups == group].mean(1).argmax()
    return out


def nested(name, groups, components=None):
    held_out = np.zeros_like(Y)
    r = np.zeros((3, targets))
    for k in range(3):
        chosen = elected(scores(run != k, [j for j in range(3) if j != k], components), groups)
        for a in np.unique(chosen):
            held_out[np.ix_(run == k, chosen == a)] = predicted(run != k, X[run == k], alphas[a], components)[:, chosen == a]
        r[k] = [np.corrcoef(Y[run == k, v], held_out[run == k, v])[0, 1] for v in range(targets)]
    chosen = elected(scores(run >= 0, range(3), components), groups)
    save(f"{name}_alphas.npy", alphas[chosen]), save(f"{name}_r.npy", r)
    return held_out, chosen


own = np.arange(targets)
held_out, chosen = nested("own", own)
save("own_predicted.npy", held_out)
X_new = np.random.default_rng(8).standard_normal((12, X.shape[1])).astype(np.float32)
new = np.column_stack([predicted(run >= 0, X_new.astype(np.float64), alphas[a])[:, v] for v, a in enumerate(chosen)])
save("own_new_x.npy", X_new), save("own_new.npy", new)
nested("all", np.zeros(targets, int))
nested("groups", own % 3)
nested("components", own, 7)
