"""References for false discovery rates, rank correlations and Student's t. Made with numpy, scipy and statsmodels (versions are printed)."""
import itertools
import pathlib

import numpy as np
import scipy
import statsmodels
from scipy.stats import false_discovery_control, rankdata, spearmanr, ttest_1samp
from scipy.stats import t as student
from statsmodels.stats.multitest import multipletests

here = pathlib.Path(__file__).parent
rng = np.random.default_rng(20)
print(np.__version__, scipy.__version__, statsmodels.__version__)

# Small p among uniform ones, with ties and the two ends of the interval
p = np.concatenate([rng.uniform(size=180), rng.uniform(size=40) ** 6, [0.0, 1.0, 0.02, 0.02, 0.02]])
rng.shuffle(p)
bh, by = false_discovery_control(p, method="bh"), false_discovery_control(p, method="by")
assert np.allclose(bh, multipletests(p, method="fdr_bh")[1]) and np.allclose(by, multipletests(p, method="fdr_by")[1])
np.save(here / "fdr_p.npy", p)
np.save(here / "fdr_q.npy", bh)
np.save(here / "fdr_by.npy", by)

# Rank correlations: 40 pairs without ties, 40 with many, 7 (all orders by brute force), 7 with ties
def centred(values):
    return np.asarray(2 * rankdata(values) - len(values) - 1, dtype=int)

pairs, found = [], []
for n, ties in ((40, False), (40, True), (7, False), (7, True)):
    x = rng.standard_normal(n)
    y = x + rng.standard_normal(n) * 2
    if ties:
        x, y = np.round(x * 1.5), np.round(y)
    r, p_t = spearmanr(x, y)
    exact = np.nan
    if n == 7:
        a, b = centred(x), centred(y)
        sums = np.array([np.abs(a @ np.array(order)) for order in itertools.permutations(b)])
        exact = np.mean(sums >= np.abs(a @ b))
    pairs.append(np.stack([np.pad(v, (0, 40 - n), constant_values=np.nan) for v in (x, y)]))
    found.append([n, r, p_t, exact])
np.save(here / "spearman_pairs.npy", np.array(pairs))
np.save(here / "spearman_found.npy", np.array(found))

# Two-sided tails of Student's t
grid = [(t, v) for t in (0.0, 0.1, 1.0, 2.5, 10.0, 40.0) for v in (1.0, 3.0, 9.5, 100.0, 1e5)]
np.save(here / "student.npy", np.array([(t, v, 2 * student.sf(t, v)) for t, v in grid]))

# One-sample t of each of 4 columns of 8 values
values = (rng.standard_normal((8, 4)) + [0, 0.3, 1, 3]).astype(np.float32)
t, p = ttest_1samp(values.astype(float), 0)
flips = np.array(list(itertools.product([1, -1], repeat=8))) @ values.astype(float)
exact = np.mean(np.abs(flips) >= np.abs(values.astype(float).sum(0)) - 1e-9, axis=0)
np.save(here / "group_values.npy", values)
np.save(here / "group_found.npy", np.stack([values.astype(float).mean(0), t, p, exact]))
