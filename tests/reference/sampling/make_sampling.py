# From words to volumes, in numpy from the definitions, with the responses of nilearn 0.14.1: dense matrices, one step after
# another. For the tests of src/activation/. Run: python make_sampling.py  (writes beside itself)
from pathlib import Path

import numpy as np
from nilearn.glm.first_level import hemodynamic_models as nilearn

here = Path(__file__).parent
rng = np.random.default_rng(11)
OVER = 16
START = 7.25  # when the first volume begins, on the words' clock
RUNS = {1.5: (60, 50), 0.72: (90, 110)}
words = {}


def speech(seconds):
    """Onsets and offsets of words, some of which overlap the next; nobody speaks in the middle fifth."""
    onsets = np.sort(rng.uniform(START - 3.0, START + seconds, int(2.5 * seconds)))
    onsets = onsets[(onsets < START + 0.4 * seconds) | (onsets > START + 0.6 * seconds)]
    return onsets, onsets + rng.uniform(0.05, 0.9, len(onsets))


for tr, runs in RUNS.items():
    for run, volumes in enumerate(runs):
        onsets, offsets = speech(volumes * tr)
        values = (rng.standard_normal((len(onsets), 4)) * [1, 3, 0.1, 1] + [0, 5, -10, 0]).astype(np.float32)
        words[tr, run] = onsets, offsets, values


def lanczos(tr, old, new, window, cutoff_mult):
    """Weights new × old of a sinc with a sinc window, cutoff in multiples of the sampling frequency."""
    cutoff = 1 / np.mean(np.diff(new)) * cutoff_mult
    t = (new[:, None] - old[None, :]) * cutoff
    with np.errstate(divide="ignore", invalid="ignore"):
        weights = window * np.sin(np.pi * t) * np.sin(np.pi * t / window) / (np.pi**2 * t**2)
    weights[t == 0] = 1
    weights[np.abs(t) > window] = 0
    return weights


def zscore(x):
    return (x - x.mean(0)) / x.std(0)


def delayed(x, delays):
    blocks = []
    for d in delays:
        block = np.zeros_like(x)
        block[d:] = x[: len(x) - d]
        blocks.append(block)
    return np.hstack(blocks)


def chain(tr, by, response, centre=False, reference=0.5, trim=(0, 0), z=True, centred=True, window=3, cutoff=1.0):
    rows = []
    for run, volumes in enumerate(RUNS[tr]):
        onsets, offsets, values = words[tr, run]
        times = ((onsets + offsets) / 2 if centre else onsets) - START
        values = values.astype(np.float64)
        volume = np.floor(times / tr).astype(int)
        if by == "lanczos":
            at = 0.5 if callable(response[0]) else reference
            weights = lanczos(tr, times, (np.arange(volumes) + at) * tr, window, cutoff)
            used = np.abs(weights).sum(0) > 0
        else:
            used = (volume >= 0) & (volume < volumes)
            weights = (volume[None, :] == np.arange(volumes)[:, None]).astype(float)
            if by == "mean":
                weights /= np.maximum(weights.sum(1, keepdims=True), 1)
        x = weights[:, used] @ (values[used] - (values[used].mean(0) if centred else 0))
        kept = slice(trim[0], volumes - trim[1])
        if callable(response[0]):
            fine = np.repeat(x, OVER, axis=0)
            fine = np.vstack([fine, np.zeros((1, 4))])
            read = round(reference * OVER)
            y = []
            for kernel in response:
                h = kernel(tr, oversampling=OVER)
                full = np.stack([np.convolve(c, h)[: len(fine)] for c in fine.T], axis=1)[read::OVER][:volumes]
                y.append(full[kept])
            y = np.hstack(y)
            y = zscore(y) if z else y
        elif response == "none":
            y = zscore(x[kept]) if z else x[kept]
        else:
            if z:
                x = (x - x[kept].mean(0)) / x[kept].std(0)
            y = delayed(x, response)[kept]
        rows.append(y)
    return np.vstack(rows)


spm = [nilearn.spm_hrf]
spm_time = [nilearn.spm_hrf, nilearn.spm_time_derivative]
glover = [nilearn.glover_hrf]
glover_all = [nilearn.glover_hrf, nilearn.glover_time_derivative, nilearn.glover_dispersion_derivative]

out = {}
for (tr, run), (onsets, offsets, values) in words.items():
    out[f"onsets {tr} {run}"], out[f"offsets {tr} {run}"], out[f"values {tr} {run}"] = onsets, offsets, values
for tr in RUNS:
    chains = {
        "mean spm": chain(tr, "mean", spm),
        "sum spm centre": chain(tr, "sum", spm, centre=True),
        "mean glover derivatives reference 0": chain(tr, "mean", glover_all, reference=0.0),
        "mean spm time reference 1 trimmed": chain(tr, "mean", spm_time, reference=1.0, trim=(4, 7)),
        "mean glover zero silence raw": chain(tr, "mean", glover, z=False, centred=False),
        "mean none centre": chain(tr, "mean", "none", centre=True),
        "lanczos none": chain(tr, "lanczos", "none"),
        "lanczos none zero silence raw": chain(tr, "lanczos", "none", z=False, centred=False),
        "lanczos 2 cutoff 0.6 reference 0.25 raw": chain(
            tr, "lanczos", "none", z=False, reference=0.25, window=2, cutoff=0.6
        ),
        "lanczos spm centre": chain(tr, "lanczos", spm, centre=True, reference=0.25),
        "lanczos fir": chain(tr, "lanczos", [1, 2, 3, 4], centred=False),
        "mean fir trimmed": chain(tr, "mean", [0, 2, 5], trim=(3, 2)),
        "sum fir raw": chain(tr, "sum", [4, 1], z=False),
    }
    out |= {f"{name} {tr}": course.astype(np.float32) for name, course in chains.items()}
np.savez(here / "sampling.npz", **out)
