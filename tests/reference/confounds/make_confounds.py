"""Confounds by named strategies, and cleaning with censored volumes, by nilearn.

Packages: Python 3.11, numpy 2.4.6, pandas 3.1.1, scipy 1.17.1, nilearn 0.14.1.

    python make_confounds.py

Writes beside itself a table in the columns of fMRIPrep with its JSON file (made-up numbers, no person), courses, and the results of
`load_confounds`, `load_confounds_strategy` and `signal.clean`.
"""

import json
import pathlib
import warnings

import numpy as np
import pandas as pd
from nilearn import signal
from nilearn.interfaces.fmriprep import load_confounds, load_confounds_strategy
from scipy.interpolate import CubicSpline

warnings.simplefilter("ignore")
HERE = pathlib.Path(__file__).parent
rng = np.random.default_rng(7)
VOLUMES, TR = 150, 2.0
STEM = "sub-01_task-made"


def walk(step):
    return np.cumsum(step * rng.standard_normal(VOLUMES))


columns = {}


def expanded(name, values):
    derivative = np.r_[np.nan, np.diff(values)]
    columns[name] = values
    columns[f"{name}_derivative1"] = derivative
    columns[f"{name}_power2"] = values**2
    columns[f"{name}_derivative1_power2"] = derivative**2


for name in ["global_signal", "csf", "white_matter"]:
    expanded(name, 1000 + 5 * rng.standard_normal(VOLUMES) + walk(1))
# The head jumps now and then.
jumps = [3, 30, 34, 41, 42, 90, 97, 140, 147]
for name in ["trans_x", "trans_y", "trans_z"]:
    step = 0.03 * rng.standard_normal(VOLUMES)
    step[jumps] += 0.4
    expanded(name, np.cumsum(step))
for name in ["rot_x", "rot_y", "rot_z"]:
    expanded(name, walk(0.0004))
motion = np.array([columns[n] for n in ["trans_x", "trans_y", "trans_z", "rot_x", "rot_y", "rot_z"]])
fd = np.abs(np.diff(motion)) * np.array([1, 1, 1, 50, 50, 50])[:, None]
columns["framewise_displacement"] = np.r_[np.nan, fd.sum(axis=0)]
dvars = 1 + 0.15 * rng.standard_normal(VOLUMES)
dvars[[31, 60, 121]] = 2.2
dvars[0] = np.nan
columns["dvars"], columns["std_dvars"] = 20 * dvars, dvars
for n in range(2):
    columns[f"non_steady_state_outlier{n:02}"] = (np.arange(VOLUMES) == n).astype(float)
for k in range(1, 5):
    cosine = np.zeros(VOLUMES)
    m = VOLUMES - 2
    cosine[2:] = np.sqrt(2 / m) * np.cos(np.pi * k * (np.arange(m) + 0.5) / m)
    columns[f"cosine{k - 1:02}"] = cosine
meaning = {}
for prefix, mask, count in [("t", None, 4), ("a", "combined", 7), ("w", "WM", 5), ("c", "CSF", 3)]:
    for n in range(count):
        name = f"{prefix}_comp_cor_{n:02}"
        columns[name] = rng.standard_normal(VOLUMES)
        meaning[name] = {"Method": "tCompCor" if prefix == "t" else "aCompCor", "Retained": True}
        if mask:
            meaning[name]["Mask"] = mask
for n in [1, 4, 11]:
    columns[f"aroma_motion_{n:02}"] = rng.standard_normal(VOLUMES)
columns["motion_outlier00"] = (np.arange(VOLUMES) == 90).astype(float)
table = pd.DataFrame(columns)
table.to_csv(HERE / f"{STEM}_desc-confounds_timeseries.tsv", sep="\t", na_rep="n/a", index=False, float_format="%.10g")
(HERE / f"{STEM}_desc-confounds_timeseries.json").write_text(json.dumps(meaning, indent=1) + "\n")
# An image need not be there for its table to be found.
image = str(HERE / f"{STEM}_space-MNI152NLin2009cAsym_desc-preproc_bold.nii.gz")
aroma = str(HERE / f"{STEM}_space-MNI152NLin6Asym_desc-smoothAROMAnonaggr_bold.nii.gz")

# Which columns, and which volumes are kept.
cases = {}
full = dict(motion="full", wm_csf="full", global_signal="full")
for kind in ["basic", "derivatives", "power2", "full"]:
    cases[f"motion_{kind}"] = (("motion",), dict(motion=kind))
    cases[f"wm_csf_{kind}"] = (("wm_csf",), dict(wm_csf=kind))
    cases[f"global_signal_{kind}"] = (("global_signal",), dict(global_signal=kind))
for kind in ["anat_combined", "anat_separated", "temporal", "temporal_anat_combined", "temporal_anat_separated"]:
    for most in ["all", 3]:
        cases[f"compcor_{kind}_{most}"] = (("high_pass", "compcor"), dict(compcor=kind, n_compcor=most))
cases["ica_aroma_basic"] = (("ica_aroma",), dict(ica_aroma="basic"))
cases["scrub_default"] = (("scrub",), {})
cases["scrub_strict"] = (("scrub",), dict(fd_threshold=0.2, std_dvars_threshold=3, scrub=8))
cases["scrub_no_segments"] = (("scrub",), dict(scrub=0))
said = {}
for name, (strategy, options) in cases.items():
    confounds, kept = load_confounds(image, strategy=strategy, **options)
    said[name] = {"columns": list(confounds.columns), "kept": [int(n) for n in kept]}
for name in ["simple", "scrubbing", "compcor", "ica_aroma"]:
    confounds, kept = load_confounds_strategy(aroma if name == "ica_aroma" else image, denoise_strategy=name)
    said[f"preset_{name}"] = {"columns": list(confounds.columns), "kept": [int(n) for n in kept]}
(HERE / "chosen.json").write_text(json.dumps(said) + "\n")

# Courses that carry the confounds, and jump where the head does.
first = table.bfill()
weights = rng.standard_normal((6, 5))
courses = 500 + 4 * rng.standard_normal((VOLUMES, 5)) + np.cumsum(rng.standard_normal((VOLUMES, 5)), axis=0)
courses += 20 * motion.T @ weights
courses[[30, 31, 41, 90, 121]] += 100
np.save(HERE / "courses.npy", courses.astype(np.float32))
courses = courses.astype(np.float32).astype(float)


def save(name, kept, cleaned):
    """Kept rows where they were, 0 elsewhere."""
    whole = np.zeros((VOLUMES, cleaned.shape[1]))
    whole[kept] = cleaned
    np.save(HERE / f"{name}.npy", whole)


for name in ["simple", "scrubbing", "compcor"]:
    confounds, kept = load_confounds_strategy(image, denoise_strategy=name)
    cleaned = signal.clean(courses, confounds=confounds, sample_mask=kept, t_r=TR, filter=False, detrend=True)
    save(f"cleaned_{name}", kept, cleaned)
confounds, kept = load_confounds(image, strategy=("motion", "scrub"), motion="basic")
np.save(HERE / "kept.npy", kept)
options = dict(confounds=confounds, sample_mask=kept, t_r=TR)
# nilearn's own cosines, made for the whole run; given as confounds, since it would keep them back beside a confound that correlates with one.
drift = signal.create_cosine_drift(1 / 128, np.arange(VOLUMES) * TR)[:, :-1]
both = np.hstack([confounds, drift])
save("cleaned_cosine", kept, signal.clean(courses, confounds=both, sample_mask=kept, t_r=TR, filter=False))
save(
    "cleaned_no_detrend",
    kept,
    signal.clean(courses, confounds=both, sample_mask=kept, t_r=TR, filter=False, detrend=False, standardize=None),
)

# Butterworth. nilearn fills in only censored volumes whose mirror image in the run is kept (`volumes[~sample_mask]` with numbers, not booleans), so
# volumes are chosen for which that is all of them; both ends are censored.
chosen = np.array([0, 1, 30, 31, 60, 61, 62, 100, 144, 145, 146, 147])
assert not set(chosen) & set(VOLUMES - 1 - chosen)
kept = np.setdiff1d(np.arange(VOLUMES), chosen)
confounds, _ = load_confounds(image, strategy=("motion",), motion="basic", demean=False)
band = dict(filter="butterworth", high_pass=0.01, low_pass=0.1, t_r=TR)
cleaned = signal.clean(courses, confounds=confounds, sample_mask=kept.copy(), **band)
save("cleaned_band", kept, cleaned)
# The same steps one by one where mirror images are censored too, in the order of nilearn's documentation.
chosen = np.array([0, 1, 2, 20, 30, 31, 60, 75, 74, 89, 118, 119, 129, 147, 148, 149])
kept = np.setdiff1d(np.arange(VOLUMES), chosen)
span = np.arange(kept[0], kept[-1] + 1)


def band_of(values):
    values = CubicSpline(kept * TR, values[kept])(span * TR)
    values = signal.clean(values, filter=False, standardize=None, detrend=True)
    return signal.butterworth(values, sampling_rate=1 / TR, high_pass=0.01, low_pass=0.1)[kept - kept[0]]


filtered, noise = band_of(courses), band_of(confounds.to_numpy())
noise = noise - noise.mean(axis=0)
left = filtered - noise @ np.linalg.lstsq(noise, filtered, rcond=None)[0]
save("cleaned_band_mirrored", kept, (left - left.mean(axis=0)) / left.std(axis=0, ddof=1))

# DVARS by the formula of nipype's compute_dvars: voxels scaled to a median of 1000, lower quartiles, AR(1) by Yule and Walker.
scaled = 1000 * courses / np.median(courses)
spread = np.diff(np.percentile(scaled, [25, 75], axis=0, method="lower"), axis=0)[0] / 1.349
away = scaled - scaled.mean(axis=0)
ar = (away[1:] * away[:-1]).sum(axis=0) / (away**2).sum(axis=0)
plain = np.sqrt((np.diff(scaled, axis=0) ** 2).mean(axis=1))
np.save(HERE / "dvars.npy", [plain, plain / (np.sqrt(2 * (1 - ar)) * spread).mean()])
