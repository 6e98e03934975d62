"""References for random draws, lagged and running correlations. Made with numpy, scipy and pandas (versions are printed)."""
import pathlib

import numpy as np
import pandas as pd
import scipy
from scipy.stats import hypergeom

here = pathlib.Path(__file__).parent
rng = np.random.default_rng(31)
print(np.__version__, scipy.__version__, pd.__version__)

# population, marked, drawn, count; P(X >= count), 2.5 % and 97.5 % quantile, mean
rows = []
for population, marked, drawn in ((9216, 768, 92), (9216, 64, 30), (2304, 384, 30), (131072, 4096, 1311), (20, 8, 15), (12, 12, 5)):
    chance = hypergeom(population, marked, drawn)
    for count in (0, 1, round(chance.mean()), round(chance.mean()) + 3, min(marked, drawn)):
        rows.append([population, marked, drawn, count, chance.sf(count - 1), *chance.ppf([0.025, 0.975]), chance.mean()])
np.save(here / "hypergeometric.npy", np.array(rows, dtype=float))

# Two smooth courses over runs of 40 and 55 volumes; r at lags of -4 to 4, mean over runs; r in windows of 15 and 16 volumes
volumes = (40, 55)
a, b = (np.convolve(rng.standard_normal(120), np.ones(6) / 6, "same")[:95].astype(np.float32) + 3 for _ in range(2))
b[2:] += 0.8 * a[:-2]
ends = np.cumsum((0, *volumes))
lagged = []
for lag in range(-4, 5):
    each = []
    for low, high in zip(ends, ends[1:]):
        x, y = a[low:high].astype(float), b[low:high].astype(float)
        x, y = (x[: len(x) - lag], y[lag:]) if lag >= 0 else (x[-lag:], y[:lag])
        each.append(np.corrcoef(x, y)[0, 1])
    lagged.append(np.mean(each))
running = []
for window in (15, 16):
    parts = []
    for low, high in zip(ends, ends[1:]):
        x, y = pd.Series(a[low:high].astype(float)), pd.Series(b[low:high].astype(float))
        parts.append(x.rolling(window, center=True).corr(y).to_numpy())
    running.append(np.concatenate(parts))
np.save(here / "course_pair.npy", np.stack([a, b]))
np.save(here / "course_lagged.npy", np.array(lagged))
np.save(here / "course_running.npy", np.array(running))
