"""Brain images by nilearn, and the simulated dataset for benches/brain.rs.
usage: brain.py FOLDER WORK (clean, butterworth, smooth, resample, regions or ica)"""
import gzip
import json
import sys
import time
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")
import nibabel as nib
import numpy as np

folder, work = Path(sys.argv[1]), sys.argv[2]
SHAPE, TR, CONFOUNDS = (60, 70, 60), 1.5, 30
AFFINE = np.array([[3.0, 0, 0, -88], [0, 3, 0, -120], [0, 0, 3, -70], [0, 0, 0, 1]])
DATASET = folder / ("dataset2mm" if work == "resample" else "dataset3mm")
if work == "resample":
    AFFINE = np.array([[2.0, 0, 0, -60], [0, 2, 0, -80], [0, 0, 2, -50], [0, 0, 0, 1]])
VOLUMES = [150, 300, 600]
SUBJECTS, COURSES = [2, 5, 10], 300


def ellipsoid(shape, share):
    """The voxels inside an ellipsoid of this share of the box's half axes."""
    axes = [(np.arange(n) - (n - 1) / 2) / (n / 2 * share) for n in shape]
    x, y, z = np.meshgrid(*axes, indexing="ij")
    return x**2 + y**2 + z**2 <= 1


def image(data, path, affine=AFFINE, tr=None):
    if not path.exists():
        img = nib.Nifti1Image(data, affine)
        img.header.set_xyzt_units("mm", "sec")
        if tr:
            img.header["pixdim"][4] = tr
        nib.save(img, path)
    return path


def run(volumes):
    """One simulated run as fMRIPrep lays it: int16 with a slope, brain mask, confounds."""
    func = DATASET / "derivatives" / "fmriprep" / f"sub-{volumes}" / "func"
    func.mkdir(parents=True, exist_ok=True)
    (DATASET / "dataset_description.json").write_text(json.dumps({"Name": "simulated", "BIDSVersion": "1.8.0"}))
    name = f"sub-{volumes}_task-rest_"
    space = "space-MNI152NLin2009cAsym_"
    bold, mask, table = (func / (name + end) for end in (
        space + "desc-preproc_bold.nii.gz", space + "desc-brain_mask.nii.gz", "desc-confounds_timeseries.tsv"))
    inside = ellipsoid(SHAPE, 0.9)
    if not bold.exists():
        rng = np.random.default_rng(volumes)
        # Not so slow that nilearn takes one for a cosine of the user's and leaves out its own.
        confounds = rng.standard_normal((volumes, CONFOUNDS))
        for t in range(1, volumes):
            confounds[t] += 0.8 * confounds[t - 1]
        names = [f"c{n}" for n in range(CONFOUNDS)]
        lines = ["\t".join(names)] + ["\t".join(f"{v:.17g}" for v in row) for row in confounds]
        table.write_text("\n".join(lines) + "\n")
        image(inside.astype(np.uint8), mask)
        brain = 6000 + 1500 * inside * rng.random(SHAPE)
        header = nib.Nifti1Image(np.zeros((1, 1, 1, 1), np.int16), AFFINE).header
        header.set_data_shape((*SHAPE, volumes))
        header.set_zooms((*np.abs(np.diag(AFFINE))[:3], TR))
        header.set_xyzt_units("mm", "sec")
        header["scl_slope"], header["scl_inter"], header["vox_offset"] = 0.05, 0.0, 352
        with gzip.open(bold, "wb", compresslevel=6) as to:
            to.write(header.binaryblock + bytes(4))
            for t in range(volumes):
                noise = 120 * rng.standard_normal(SHAPE).astype(np.float32)
                drift = 60 * np.sin(t / volumes * 5) + 20 * confounds[t, 0]
                to.write(np.where(inside, brain + noise + drift, 0).astype("<i2").tobytes(order="F"))
    return bold, mask, table


def peak():
    """Peak memory in GB since the last call (Linux)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    most = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1e6
    Path("/proc/self/clear_refs").write_text("5")
    return most


def timed(name, do, keep=None, inside=None):
    """Keeps some of the courses; nilearn has the voxels of a mask z first, the bench x first."""
    peak()
    start = time.perf_counter()
    found = do()
    print(f"peer {name} {time.perf_counter() - start:.3f} s, peak {peak():.2f} GB", flush=True)
    if keep is not None:
        order = slice(None)
        if inside is not None:
            numbers = np.zeros(inside.shape, int)
            numbers[inside] = np.arange(inside.sum())
            order = numbers.ravel(order="F")[inside.ravel(order="F")]
        np.save(keep, np.asarray(found)[:, order][:, ::997].astype(np.float32))


if work == "ica":
    from nilearn.decomposition import CanICA

    small = (40, 48, 40)
    inside = ellipsoid(small, 0.91)
    mask = image(inside.astype(np.uint8), folder / "mask.nii")
    rng = np.random.default_rng(0)
    places = np.argwhere(inside)
    centres = places[rng.choice(len(places), 20, replace=False)]
    maps = np.exp(-((places[None] - centres[:, None]) ** 2).sum(2) / (2 * 4.0**2))
    paths = []
    for subject in range(max(SUBJECTS)):
        path = folder / f"subject_{subject:02}.nii"
        if not path.exists():
            courses = rng.standard_normal((COURSES, 20))
            data = np.zeros((*small, COURSES), np.float32)
            data[inside] = (courses @ maps + rng.standard_normal((COURSES, len(places)))).T + 100
            image(data, path, tr=TR)
        paths.append(str(path))
    for count in SUBJECTS:
        fit = lambda: CanICA(n_components=20, mask=str(mask), smoothing_fwhm=None, random_state=0, n_jobs=2).fit(paths[:count])
        timed(f"ica_{count}", fit)
    sys.exit()

from nilearn.image import load_img, resample_img, smooth_img
from nilearn.maskers import NiftiLabelsMasker, NiftiMasker
from nilearn.masking import apply_mask

for volumes in VOLUMES:
    bold, mask, table = (str(path) for path in run(volumes))
    name = f"{work}_{volumes}"
    keep = folder / f"{name}_peer.npy"
    if work in ("clean", "butterworth"):
        confounds = np.loadtxt(table, skiprows=1)
        how = {"filter": "cosine" if work == "clean" else "butterworth"}
        masker = NiftiMasker(
            mask, standardize="zscore_sample", detrend=True, high_pass=1 / 128, t_r=TR, clean_args=how)
        timed(name, lambda: masker.fit_transform(bold, confounds=confounds), keep, ellipsoid(SHAPE, 0.9))
    if work == "smooth":
        masker = NiftiMasker(mask, smoothing_fwhm=6, standardize=False)
        timed(name, lambda: masker.fit_transform(bold), keep, ellipsoid(SHAPE, 0.9))
    if work == "resample":
        affine = AFFINE.copy()
        affine[np.diag_indices(3)] = 3
        shape = tuple(int(np.ceil(n * 2 / 3)) for n in SHAPE)
        coarse = image(ellipsoid(shape, 0.9).astype(np.uint8), folder / "coarse.nii", affine)
        timed(name, lambda: apply_mask(resample_img(
            bold, affine, shape, interpolation="linear", force_resample=True, copy_header=True), str(coarse)), keep, ellipsoid(shape, 0.9))
    if work == "regions":
        rng = np.random.default_rng(0)
        inside = ellipsoid(SHAPE, 0.9)
        places = np.argwhere(inside)
        from scipy.spatial import cKDTree

        nearest = cKDTree(places[rng.choice(len(places), 400, replace=False)]).query(places)[1]
        labels = np.zeros(SHAPE, np.int16)
        labels[inside] = nearest + 1
        atlas = image(labels, folder / "regions.nii.gz")
        rows = ["index\tname"] + [f"{n}\tregion {n}" for n in range(1, 401)]
        (folder / "regions.tsv").write_text("\n".join(rows) + "\n")
        masker = NiftiLabelsMasker(str(atlas), standardize=False)
        timed(name, lambda: masker.fit_transform(bold), folder / f"{name}_peer.npy")
