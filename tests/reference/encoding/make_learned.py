"""Reference for transforms learned in training rows: scikit-learn's StandardScaler, PCA and SelectKBest. Run: python make_learned.py"""

import numpy as np
from sklearn.decomposition import PCA
from sklearn.feature_selection import SelectKBest
from sklearn.preprocessing import StandardScaler

rng = np.random.default_rng(8)
x = (rng.standard_normal((60, 4)) @ rng.standard_normal((4, 9)) + 0.5 * rng.standard_normal((60, 9)) + 3).astype(np.float32)
y = (x[:, [2, 7]] @ rng.standard_normal((2, 6)) + 4 * rng.standard_normal((60, 6))).astype(np.float32)
train = np.r_[0:15, 35:60]

scaler = StandardScaler().fit(x[train].astype(float))
z = scaler.transform(x.astype(float))
pca = PCA(3, svd_solver="full").fit(z[train])
# The sign is that which makes a component's largest weight positive.
sign = np.sign(pca.components_[np.arange(3), np.abs(pca.components_).argmax(1)])
components = pca.transform(z) * sign


def mean_r2(x, y):
    r = np.corrcoef(x.T, y.T)[: x.shape[1], x.shape[1] :]
    return (r**2).mean(1)


best = SelectKBest(mean_r2, k=4).fit(x[train].astype(float), y[train].astype(float))

for name, array in dict(x=x, y=y, z=z, components=components, best=np.flatnonzero(best.get_support())).items():
    np.save(f"learned_{name}.npy", array.astype(np.float32))
