"""Smoothed and resampled volumes and a brain mask, from made volumes with odd affines.
Made with numpy 2.4.6, scipy 1.17.1, nibabel 5.4.2, nilearn 0.14.1. Run in this folder: python make_image.py
Volumes are stored flat, the first axis fastest.
"""
import warnings

import nibabel as nib
import numpy as np
from nilearn.image import resample_img, smooth_img
from nilearn.masking import compute_epi_mask

warnings.filterwarnings("ignore")
rng = np.random.default_rng(11)
flat = lambda a: np.ascontiguousarray(np.asarray(a, dtype=np.float32).ravel(order="F"))
shape = (11, 9, 7)
volume = rng.standard_normal(shape).astype(np.float32) * 20 + 100
np.save("volume.npy", flat(volume))

# Oblique, the first axis flipped, anisotropic voxels.
oblique = np.array([[-2.9, 0.4, 0.1, 20.0], [0.3, 3.1, -0.5, -15.0], [0.0, 0.6, 3.9, -12.0], [0, 0, 0, 1]])
# Parallel to the axes; the first one flipped.
straight = np.array([[-2.0, 0, 0, 9.5], [0, 2.5, 0, -8.25], [0, 0, 3.0, -7.75], [0, 0, 0, 1]])
target = np.array([[3.0, 0, 0, -10.0], [0, 3.0, 0, -9.0], [0, 0, 2.2, -8.0], [0, 0, 0, 1]])
target_shape = (8, 7, 9)
for name, affine in (("oblique", oblique), ("straight", straight)):
    image = nib.Nifti1Image(volume, affine)
    for interpolation in ("nearest", "linear", "continuous"):
        found = resample_img(image, target, target_shape, interpolation=interpolation, clip=False)
        np.save(f"{name}_{interpolation}.npy", flat(found.get_fdata()))
np.save("smooth.npy", flat(smooth_img(nib.Nifti1Image(volume, oblique), [5.0, 0.0, 9.0]).get_fdata()))
np.save("smooth_wide.npy", flat(smooth_img(nib.Nifti1Image(volume, straight), 12.0).get_fdata()))

# Something like a brain: bright and lumpy inside an ellipsoid, a bright speck outside, noise everywhere.
shape = (24, 28, 20)
x, y, z = np.meshgrid(*[np.linspace(-1, 1, n) for n in shape], indexing="ij")
inside = (x / 0.7) ** 2 + (y / 0.8) ** 2 + (z / 0.75) ** 2 < 1
epi = 900.0 * inside + 60 * np.abs(rng.standard_normal(shape)) + 120 * inside * np.sin(6 * x) * np.cos(5 * y)
epi[1:4, 1:4, 1:3] += 800
epi = epi.astype(np.float32)
np.save("epi.npy", flat(epi))
mask = compute_epi_mask(nib.Nifti1Image(np.repeat(epi[..., None], 2, 3), np.diag([3.0, 3.0, 3.5, 1])))
np.save("epi_mask.npy", flat(mask.get_fdata()).astype(np.uint8))
print(mask.get_fdata().sum(), inside.sum())

# A short series, stored as int16 with a scale, through nilearn's masker: as it is, smoothed, and brought onto another grid.
from nilearn.maskers import NiftiMasker

shape = (12, 11, 9)
x, y, z = np.meshgrid(*[np.arange(n) - (n - 1) / 2 for n in shape], indexing="ij")
head = ((x / 5) ** 2 + (y / 4.5) ** 2 + (z / 3.5) ** 2 < 1).astype(np.float32)
series = 400 * head[..., None] + 40 * rng.standard_normal(shape + (7,)).astype(np.float32)
affine = np.array([[-3.0, 0.2, 0, 16.0], [0.1, 3.0, -0.3, -14.0], [0.0, 0.4, 3.5, -13.0], [0, 0, 0, 1]])
image = nib.Nifti1Image(series, affine)
image.header.set_data_dtype(np.int16)
image.header.set_xyzt_units("mm", "sec")
image.header["pixdim"][4] = 2.0
nib.save(image, "bold.nii.gz")
image = nib.load("bold.nii.gz")
nib.save(nib.Nifti1Image(head.astype(np.uint8), affine), "mask.nii.gz")
other_affine = np.array([[4.0, 0, 0, -14.0], [0, 4.0, 0, -13.0], [0, 0, 4.0, -11.0], [0, 0, 0, 1]])
i, j, k = np.meshgrid(*[np.arange(n) for n in (8, 7, 6)], indexing="ij")
other = (((i - 3.5) / 3) ** 2 + ((j - 3) / 2.8) ** 2 + ((k - 2.5) / 2.4) ** 2 < 1).astype(np.uint8)
nib.save(nib.Nifti1Image(other, other_affine), "other_mask.nii.gz")


def columns(mask_path, **options):
    """Time x voxel, voxels in NIfTI's order."""
    mask = nib.load(mask_path)
    masker = NiftiMasker(mask, standardize=False, detrend=False, dtype=np.float32, **options).fit()
    signals = masker.transform(image)
    order = np.ravel_multi_index(np.where(mask.get_fdata() > 0), mask.shape, order="F").argsort(kind="stable")
    return np.ascontiguousarray(signals[:, order], dtype=np.float32)


np.save("masked.npy", columns("mask.nii.gz"))
np.save("masked_smooth.npy", columns("mask.nii.gz", smoothing_fwhm=5.5))
grid = dict(target_affine=other_affine, target_shape=(8, 7, 6))
np.save("masked_other.npy", columns("other_mask.nii.gz", **grid))
np.save("masked_other_smooth.npy", columns("other_mask.nii.gz", smoothing_fwhm=6, **grid))

# Courses of labelled regions and of weighted maps that overlap.
from nilearn.maskers import NiftiLabelsMasker, NiftiMapsMasker

labels = np.where(head > 0, 1 + (x > 0) + 2 * (y > 0), 0).astype(np.int16)
labels[(np.abs(z) > 2.5) & (head > 0)] = 7
nib.save(nib.Nifti1Image(labels, affine), "labels.nii.gz")
np.save("labels_means.npy", NiftiLabelsMasker("labels.nii.gz", standardize=False).fit_transform(image).astype(np.float32))
maps = np.stack([np.exp(-((x - c) ** 2 + (y + c) ** 2 + z**2) / 12) for c in (-2, 0, 2)], -1).astype(np.float32)
maps *= head[..., None]
found = NiftiMapsMasker(nib.Nifti1Image(maps, affine), mask_img="mask.nii.gz", standardize=False).fit_transform(image)
np.save("maps_courses.npy", found.astype(np.float32))
order = np.ravel_multi_index(np.where(head > 0), shape, order="F").argsort(kind="stable")
np.save("maps.npy", np.ascontiguousarray(maps[head > 0][order].T))

# The brain that nilearn finds in the short series.
np.save("bold_mask.npy", flat(compute_epi_mask(image).get_fdata()).astype(np.uint8))
