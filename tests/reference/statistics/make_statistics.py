"""References for false discovery rates, rank correlations and Student's t. Made with numpy, scipy and statsmodels (versions are printed)."""
import itertools
import pathlib

import numpy as np
import scipy
import statsmodels
from scipy.special import i0e, i1e, j0
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

# I0(x)·e^-x, A = I1/I0 and its derivative, the last by differences of mpmath's precision where it cancels
import mpmath

mpmath.mp.dps = 40
x = np.array([1e-8, 1e-3, 0.1, 1.0, 2.5, 3.7, 3.8, 5.0, 10.0, 19.9, 20.1, 50.0, 1e3, 1e6])

def slope(v):
    v = mpmath.mpf(v)
    a = mpmath.besseli(1, v) / mpmath.besseli(0, v)
    return float(1 - a / v - a * a)

np.save(here / "bessel.npy", np.stack([x, i0e(x), i1e(x) / i0e(x), [slope(v) for v in x]], 1))

# P(X ≥ r) of X = s·ε + Σ c·cos θ by inversion of its characteristic function cos(s·v)·Π J0(c·v) (Gil-Pelaez)
def spectrum(phi, n=300):
    w = 2 * np.pi * np.arange(1, n // 2) / n
    power = 1 / (1 - 2 * phi * np.cos(w) + phi**2)
    shape = rng.exponential(size=(2, len(w)))
    c = power * np.sqrt(shape[0] * shape[1])
    return np.concatenate([[0.01 * c[-1]], c]) / c.sum()

terms = np.array([spectrum(phi) for phi in (0.0, 0.5, 0.8, 0.95)])
tails = []
v = np.linspace(0, 400, 800_001)[1:]
for case, c in enumerate(terms):
    sd = np.sqrt((c[1:] ** 2).sum() / 2 + c[0] ** 2)
    psi = np.cos(c[0] * v / sd) * np.exp(np.sum([np.log(np.abs(j0(k * v / sd)) + 1e-300) for k in c[1:]], 0))
    sign = np.prod([np.sign(j0(k * v / sd)) for k in c[1:]], 0)
    for z in (0.01, 0.1, 0.5, 1.0, 2.0, 3.0, 3.5):
        p = 0.5 - np.trapezoid(np.append(z, np.sin(z * v) / v * psi * sign), np.append(0, v)) / np.pi
        tails.append([case, z * sd, p])
np.save(here / "saddle_terms.npy", terms)
np.save(here / "saddle_tails.npy", np.array(tails))
