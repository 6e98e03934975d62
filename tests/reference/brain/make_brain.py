"""Reference values of the brain room: cosine drift, cleaning, and masked reading, by nilearn and nibabel.

Packages: Python 3.11, numpy 2.4.6, nibabel 5.4.2, nilearn 0.14.1.

    python make_brain.py

Writes beside itself: *.npy, images of odd types and affines, and a dataset of one subject with two runs (made-up
numbers, no person) in the layout of BIDS and fMRIPrep.
"""

import json
import pathlib
import warnings

import nibabel as nib
import numpy as np
from nilearn import signal

warnings.simplefilter("ignore")
HERE = pathlib.Path(__file__).parent
rng = np.random.default_rng(20)
MOTION = ["trans_x", "trans_y", "trans_z", "rot_x", "rot_y", "rot_z"]


def save(name, values, dtype=np.float64):
    np.save(HERE / f"{name}.npy", np.ascontiguousarray(values, dtype))


# Cosine drift: nilearn's values without the constant.
for volumes, tr, cutoff in [(200, 2.0, 128.0), (91, 1.5, 60.0)]:
    drift = signal.create_cosine_drift(1 / cutoff, np.arange(volumes) * tr)[:, :-1]
    save(f"cosine_{volumes}_{tr:g}_{cutoff:g}", drift)

# Images: oblique affine, first axis flipped; int16 with slope and intercept, gzipped; float64 big-endian.
shape = (5, 6, 4)
turn = np.array([[0.96, -0.28, 0.0], [0.28, 0.96, 0.0], [0.0, 0.0, 1.0]]) @ np.array(
    [[1.0, 0.0, 0.0], [0.0, 0.8, -0.6], [0.0, 0.6, 0.8]]
)
affine = np.eye(4)
affine[:3, :3] = turn @ np.diag([-2.5, 3.0, 3.5])
affine[:3, 3] = [41.0, -57.5, 12.25]
inside = rng.random(shape) < 0.4
save("odd_affine", affine[:3])


def columns(data, mask):
    """time × voxel, voxels in NIfTI's order (first axis fastest)."""
    flat = data.reshape(-1, data.shape[3], order="F")
    return flat[mask.reshape(-1, order="F")].T


def write(data, name, affine, kind=None, tr=None, units="sec"):
    image = nib.Nifti1Image(data, affine)
    image.set_sform(affine, 4)
    image.set_qform(affine, 4)
    if tr is not None:
        image.header.set_zooms(image.header.get_zooms()[:3] + (tr,))
    image.header.set_xyzt_units("mm", units)
    if kind is not None:
        image.set_data_dtype(kind)
    nib.save(image, HERE / name)


write(inside.astype(np.uint8), "odd_mask.nii.gz", affine)
values = 900 + 60 * rng.standard_normal(shape + (7,))
write(values, "int16_scaled.nii.gz", affine, np.int16, 1.5)
stored = nib.load(HERE / "int16_scaled.nii.gz")
assert stored.header["scl_inter"] != 0
save("int16_scaled", columns(stored.get_fdata(), inside))

big = nib.Nifti1Header(endianness=">")
image = nib.Nifti1Image(values, affine, big)
image.set_data_dtype(np.float64)
image.header.set_zooms(image.header.get_zooms()[:3] + (1500.0,))
image.header.set_xyzt_units("mm", "msec")
image.set_qform(affine, 1)
image.set_sform(None, 0)
nib.save(image, HERE / "float64_big_endian.nii")
back = nib.load(HERE / "float64_big_endian.nii")
assert back.header.endianness == ">" and back.header["sform_code"] == 0
assert np.allclose(back.affine, affine, atol=1e-5)
save("float64_big_endian", columns(back.get_fdata(), inside))

# A dataset: two runs of different length, drifts, motion that shows in the voxels.
dataset = HERE / "dataset"
func = dataset / "derivatives/fmriprep/sub-07/func"
raw = dataset / "sub-07/func"
for folder in [func, raw, dataset / "stimuli/gentle/tale"]:
    folder.mkdir(parents=True, exist_ok=True)
(dataset / "dataset_description.json").write_text(
    json.dumps({"Name": "made-up numbers for tests", "BIDSVersion": "1.8.0"}) + "\n"
)
(dataset / "task-tale_bold.json").write_text(json.dumps({"RepetitionTime": 2.0}) + "\n")
(dataset / "stimuli/gentle/tale/align.csv").write_text("Once,once,0.5,0.8\nupon,upon,0.8,1.0\n")
grid = (4, 3, 3)
grid_affine = np.diag([-4.0, 4.0, 4.0, 1.0])
grid_affine[:3, 3] = [8.0, -60.0, -8.0]
masks = [rng.random(grid) < 0.8 for _ in range(2)]
common = masks[0] & masks[1]
assert common.sum() not in (masks[0].sum(), masks[1].sum())
raw_runs, motions, derivatives = [], [], []
for run, volumes in enumerate([120, 90]):
    time = np.arange(volumes)[:, None]
    motion = np.cumsum(0.02 * rng.standard_normal((volumes, 6)), axis=0)
    course = rng.standard_normal((volumes, common.size))
    course += 8 * np.sin(2 * np.pi * time / volumes) + 0.05 * time + 30 * motion @ rng.standard_normal((6, common.size))
    data = (1000 + 20 * course).astype(np.float32).T.reshape(grid + (volumes,), order="F")
    stem = f"sub-07_task-tale_run-{run + 1}"
    space = f"{stem}_space-MNI152NLin2009cAsym_res-4"
    here = str(func.relative_to(HERE))
    write(data, f"{here}/{space}_desc-preproc_bold.nii.gz", grid_affine, np.float32, 2.0)
    write(masks[run].astype(np.uint8), f"{here}/{space}_desc-brain_mask.nii.gz", grid_affine)
    derivative = np.vstack([np.full((1, 6), np.nan), np.diff(motion, axis=0)])
    table = np.hstack([motion, derivative, np.ones((volumes, 1))])
    names = MOTION + [f"{name}_derivative1" for name in MOTION] + ["ones"]
    rows = ["\t".join("n/a" if np.isnan(v) else f"{v:.10g}" for v in row) for row in table]
    (func / f"{stem}_desc-confounds_timeseries.tsv").write_text("\n".join(["\t".join(names)] + rows) + "\n")
    read = np.array([[np.nan if c == "n/a" else float(c) for c in row.split("\t")] for row in rows])
    read[0, np.isnan(read[0])] = read[1, np.isnan(read[0])]  # nilearn.interfaces.fmriprep does the same
    (raw / f"{stem}_events.tsv").write_text(
        f"onset\tduration\ttrial_type\tstim_file\n0\t{3 + run}\tmusic\tn/a\n{3 + run}.5\t60\tstory\ttale_audio.wav\n"
    )
    raw_runs.append(columns(nib.load(HERE / f"{here}/{space}_desc-preproc_bold.nii.gz").get_fdata(), common))
    motions.append(read[:, :6])
    derivatives.append(read[:, :12])


def clean(confounds=None, high_pass=1 / 128, detrend=True, standardize="zscore_sample"):
    """Each run by nilearn, its cosines given as confounds.

    With filter="cosine" nilearn keeps its cosines back if a confound correlates above 0.9 with one, as rot_z of run 1
    does here; the cleaned series would then hold drift that the confound does not explain.
    """
    parts = []
    for run, series in enumerate(raw_runs):
        regressors = [] if confounds is None else [confounds[run]]
        if high_pass is not None:
            regressors.append(signal.create_cosine_drift(high_pass, np.arange(len(series)) * 2.0)[:, :-1])
        regressors = np.hstack(regressors) if regressors else None
        kept = signal.clean(series, confounds=regressors, filter=False, detrend=detrend, standardize=standardize, t_r=2.0)
        parts.append(kept)
    return np.vstack(parts)


save("cleaned_default", clean(motions), np.float32)
save("cleaned_12", clean(derivatives), np.float32)
save("cleaned_no_confounds", clean(), np.float32)
save("cleaned_detrend_only", clean(high_pass=None, standardize=None), np.float32)
save("cleaned_keeps_mean", clean(motions, detrend=False, standardize=None), np.float32)

# Both runs in one call, with nilearn's own cosines, is the same.
runs = np.repeat([0, 1], [len(part) for part in raw_runs])
both = signal.clean(np.vstack(raw_runs), runs=runs, filter="cosine", high_pass=1 / 128, t_r=2.0)
assert np.allclose(both, clean(), atol=1e-8)

# A surface of two points, as Connectome Workbench packs them.
from nibabel import gifti

points = np.array([[1, 2, 3], [-4.5, 0, 60]], dtype=np.float32)
packed = dict(encoding="GIFTI_ENCODING_B64GZ", endian="GIFTI_ENDIAN_LITTLE")
arrays = [
    gifti.GiftiDataArray(points, intent="NIFTI_INTENT_POINTSET", datatype="NIFTI_TYPE_FLOAT32", **packed),
    gifti.GiftiDataArray(np.array([[0, 1, 0]], dtype=np.int32), intent="NIFTI_INTENT_TRIANGLE", datatype="NIFTI_TYPE_INT32", **packed),
]
nib.save(gifti.GiftiImage(darrays=arrays), HERE / "two_points.surf.gii")
