"""Makes kinds_values.npy (word x neuron) and, for these values on the first words of the shipped story in two runs: kinds_counts, kinds_r, kinds_difference and
kinds_p (neuron x kind) - Pearson r of normal scores with each kind of words, mean over runs; the difference of mean scores; p by 200,000 random phases.

Kinds are read from the shipped tables anew. Packages: numpy 2, scipy 1. Takes a minute.
"""
from pathlib import Path

import numpy as np
from scipy.stats import norm, rankdata

here = Path(__file__).parent
assets = here / "../../../assets"
runs = [420, 381]
draws = 200_000
rng = np.random.default_rng(3)


def plain(word):
    word = word.lower().replace("’", "'")
    while word and not word[0].isalnum():
        word = word[1:]
    while word and not word[-1].isalnum():
        word = word[:-1]
    return word


classes = {}
for line in (assets / "words/classes.tsv").read_text().splitlines():
    name, words = line.split("\t")
    classes.update((word, name) for word in words.split(" "))
zipf = {}
for line in (assets / "words/english.tsv").read_text().splitlines():
    value, words = line.split("\t")
    zipf.update((word, float(value)) for word in words.split(" "))


def frequency(word):
    if word in zipf:
        return zipf[word]
    inside = "".join(c if c.isalnum() or c in "'." else " " for c in word)
    parts = [part.strip("'.") for part in inside.split(" ")]
    parts = [part for part in parts if part]
    if not parts or any(part not in zipf for part in parts):
        return None
    return round(-np.log10(sum(10 ** -zipf[part] for part in parts)), 2)


story = (assets / "stories/the_lamp_at_saint_orren.txt").read_text().split()[: sum(runs)]
words = [plain(word) for word in story]
frequencies = [frequency(word) for word in words]
names = ["function", "noun", "verb", "adj", "adv"]
kinds = [[classes.get(word) == name for word in words] for name in names]
kinds.append([word not in classes for word in words])
kinds.append([f is None or f < 3 for f in frequencies])
kinds += [[f is not None and low <= f < high for f in frequencies] for low, high in [(3, 4), (4, 5), (5, 6), (6, 9)]]
kinds = np.array(kinds, float)
kinds = kinds[(kinds.sum(1) >= 10) & ((1 - kinds).sum(1) >= 10)]
print(kinds.sum(1))

values = np.empty((sum(runs), 4), np.float32)
start = 0
for length in runs:
    for n, phi in enumerate([0.0, 0.5, 0.9, 0.7]):
        x = rng.standard_normal(length)
        for t in range(1, length):
            x[t] += phi * x[t - 1]
        values[start:start + length, n] = x
    start += length
values[:, 3] = values[:, 3] ** 3 + 2.5 * kinds[1] * abs(values[:, 3])
values[10:14, 1] = values[10, 1]

r, p = np.zeros((4, len(kinds))), np.zeros((4, len(kinds)))
scores, start = [], 0
null = np.zeros((4, len(kinds), draws), np.float32)
for length in runs:
    rows = slice(start, start + length)
    start += length
    z = norm.ppf((rankdata(values[rows], axis=0) - 0.5) / length)
    scores.append(z)
    unit = (z - z.mean(0)) / np.sqrt(((z - z.mean(0)) ** 2).sum(0))
    c = kinds[:, rows].T
    unit_c = (c - c.mean(0)) / np.sqrt(((c - c.mean(0)) ** 2).sum(0))
    r += unit.T @ unit_c / len(runs)
    a, b = np.fft.rfft(unit, axis=0), np.fft.rfft(unit_c, axis=0)
    half = length // 2
    for block in range(0, draws, 20_000):
        cosines = np.cos(rng.uniform(0, 2 * np.pi, (20_000, half)))
        if length % 2 == 0:
            cosines[:, half - 1] = rng.choice([-0.5, 0.5], 20_000)
        for i in range(4):
            terms = 2 * abs(a[1:half + 1, i, None]) * abs(b[1:half + 1]) / length / len(runs)
            null[i, :, block:block + 20_000] += (cosines @ terms).T
p = (1 + (abs(null) >= abs(r)[:, :, None]).sum(2)) / (1 + draws)
scores = np.concatenate(scores)
difference = (scores.T @ kinds.T) / kinds.sum(1) - (scores.T @ (1 - kinds).T) / (1 - kinds).sum(1)
np.save(here / "kinds_values.npy", values)
np.save(here / "kinds_counts.npy", kinds.sum(1)[None])
np.save(here / "kinds_r.npy", r)
np.save(here / "kinds_difference.npy", difference)
np.save(here / "kinds_p.npy", p)
print(np.round(p, 4))
