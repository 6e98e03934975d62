"""Makes chi_square.npy: x, degrees of freedom, P(X >= x) by scipy.stats.chi2.sf. Packages: numpy 2, scipy 1."""
from pathlib import Path

import numpy as np
from scipy.stats import chi2

x, freedom = np.meshgrid([0.0, 0.01, 0.5, 1.0, 3.84, 7.0, 11.0, 12.5, 31.0, 64.0, 150.0], [1, 2, 3, 5, 11, 23, 31, 79])
x, freedom = x.ravel(), freedom.ravel()
np.save(Path(__file__).with_name("chi_square.npy"), np.column_stack([x, freedom, chi2.sf(x, freedom)]))
