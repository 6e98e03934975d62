"""A principal component analysis of one half of a series applied to the other half.
Made with numpy 2.4.6, scikit-learn 1.9.1. Run in this folder, after make_pattern.py: python make_transform.py
"""
import numpy as np
from sklearn.decomposition import PCA

zscore = lambda a: (a - a.mean(0)) / a.std(0)
mixture = np.load("mixture.npy").astype(np.float64)
one, other = zscore(mixture[:30]), zscore(mixture[30:])
pca = PCA(4, svd_solver="full").fit(one)
# In the scale of the fit: its own courses have unit variance.
np.save("transformed.npy", (pca.transform(other) / pca.transform(one).std(0)).astype(np.float32))
