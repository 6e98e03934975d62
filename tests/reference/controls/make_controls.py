# Control regressors in numpy from their definitions, with the response of nilearn 0.14.1 and the frequencies of wordfreq 3.1.1 (list "small").
# For the tests of src/encoding/controls.rs. Run: python make_controls.py  (writes beside itself)
import csv
from pathlib import Path

import numpy as np
import wordfreq
from nilearn.glm.first_level import hemodynamic_models as nilearn

here = Path(__file__).parent
rng = np.random.default_rng(8)
TR, RUNS, OVER, START = 1.5, (60, 50), 16, 2.25
FLOOR = 3.0
lines = [
    "The lamp at Saint Orren was lit, as it was every evening, by the keeper's daughter; nobody else knew how.",
    "“Don't go up,” she said, and o'clock by o'clock the well-known storm came nearer to the blorptious mother-in-law.",
]

words = []
for run, (volumes, line) in enumerate(zip(RUNS, lines)):
    texts = (line + " ") * 4
    texts = texts.split()
    onsets = np.sort(rng.uniform(START + 4.0, START + TR * volumes - 8.0, len(texts)))
    offsets = onsets + rng.uniform(0.08, 0.6, len(texts))
    words += [(run, text, on, off) for text, on, off in zip(texts, onsets, offsets)]
with open(here / "words.tsv", "w", newline="") as file:
    table = csv.writer(file, delimiter="\t", quoting=csv.QUOTE_NONE, lineterminator="\n")
    table.writerow(["run", "word", "onset", "offset", "zipf"])
    for run, text, on, off in words:
        zipf = wordfreq.zipf_frequency(text, "en", "small")
        table.writerow([run, text, repr(float(on)), repr(float(off)), f"{zipf:.2f}" if zipf else "n/a"])


def responded(x, tr):
    """Held through the TR, convolved, read in the middle of the TR."""
    fine = np.repeat(x, OVER)
    h = nilearn.spm_hrf(tr, OVER)
    return np.convolve(fine, h)[: len(fine)][OVER // 2 :: OVER]


def z(x):
    return (x - x.mean()) / x.std()


columns = []
for run, volumes in enumerate(RUNS):
    mine = [(text, on - START, off - START) for r, text, on, off in words if r == run]
    bins = np.array([int(on // TR) for _, on, _ in mine])
    count = np.bincount(bins, minlength=volumes)[:volumes]
    letters = np.array([sum(c.isalnum() for c in text) for text, _, _ in mine], float)
    duration = np.array([off - on for _, on, off in mine])
    zipf = np.array([wordfreq.zipf_frequency(text, "en", "small") or FLOOR for text, _, _ in mine])

    def mean(values):
        centred = values - values.mean()
        sums = np.bincount(bins, weights=centred, minlength=volumes)[:volumes]
        return np.where(count > 0, sums / np.maximum(count, 1), 0.0)

    first, last = min(on for _, on, _ in mine), max(off for _, _, off in mine)
    edges = np.arange(volumes + 1) * TR
    on = np.clip(np.minimum(last, edges[1:]) - np.maximum(first, edges[:-1]), 0, None) / TR
    onset = np.zeros(volumes)
    onset[int(first // TR)] = 1.0
    raw = [count / TR, mean(letters), mean(duration), mean(zipf), on, onset]
    columns.append(np.stack([responded(x, TR) for x in raw], 1))
np.save(here / "raw.npy", np.concatenate(columns).astype(np.float32))
np.save(here / "z.npy", np.concatenate([np.stack([z(c) for c in part.T], 1) for part in columns]).astype(np.float32))
