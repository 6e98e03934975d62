# Canonical haemodynamic responses of nilearn 0.14.1 (numpy, scipy), for the tests of src/activation/hrf.rs.
# Run: python make_hrf.py  (writes beside itself)
from pathlib import Path

import numpy as np
from nilearn.glm.first_level import hemodynamic_models
from nilearn.glm.first_level.hemodynamic_models import glover_hrf, spm_hrf

here = Path(__file__).parent
for tr in (1.5, 0.72):
    for name, hrf in (("spm", spm_hrf), ("glover", glover_hrf)):
        np.save(here / f"{name}_tr{tr}.npy", hrf(tr, oversampling=16).astype(np.float32))

# The response and its derivatives on other grids: TR, points per TR, length in seconds.
names = {"response": "hrf", "time": "time_derivative", "dispersion": "dispersion_derivative"}
parts = {}
for tr, over, length in ((1.5, 16, 32.0), (0.72, 50, 32.0), (2.0, 1, 20.0), (3.0, 16, 24.5)):
    for model in ("spm", "glover"):
        for part, name in names.items():
            function = getattr(hemodynamic_models, f"{model}_{name}")
            parts[f"{model} {part} {tr} {over} {length}"] = function(tr, oversampling=over, time_length=length).astype(np.float32)
np.savez(here / "parts.npz", **parts)

# Words with values of three neurons in two runs of 60 and 50 volumes: centred over the run's words, mean over the words of each
# TR, held through the TR on a grid of TR / 16, convolved with nilearn's kernel by numpy, read in the middle of each TR, z-scored.
rng = np.random.default_rng(3)
tr, over = 1.5, 16
kernel = spm_hrf(tr, oversampling=over)
onsets, values, courses = [], [], []
for volumes, words in ((60, 90), (50, 40)):
    times = np.sort(rng.uniform(0, volumes * tr, words)).astype(np.float32).astype(np.float64)
    value = (rng.standard_normal((words, 3)) + [0, 5, -100]).astype(np.float32)
    centred = value.astype(np.float64) - value.astype(np.float64).mean(0)
    course = np.zeros((volumes, 3))
    for k in range(volumes):
        heard = (times >= k * tr) & (times < (k + 1) * tr)
        if heard.any():
            course[k] = centred[heard].mean(0)
    fine = np.repeat(course, over, axis=0)
    full = np.stack([np.convolve(c, kernel)[: len(fine)] for c in fine.T], axis=1)[over // 2 :: over]
    onsets.append(times)
    values.append(value)
    courses.append((full - full.mean(0)) / full.std(0))
np.save(here / "onsets.npy", np.concatenate(onsets).astype(np.float32))
np.save(here / "values.npy", np.concatenate(values))
np.save(here / "courses.npy", np.concatenate(courses).astype(np.float32))
