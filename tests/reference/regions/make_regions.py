"""Courses of regions and maps, the way back to images, overlaps and correlations of networks, from made images.
Made with numpy 2.4.6, scipy 1.17.1, nibabel 5.4.2, nilearn 0.14.1. Run in this folder: python make_regions.py
"""
import warnings

import nibabel as nib
import numpy as np
from nilearn.maskers import NiftiLabelsMasker, NiftiMapsMasker

warnings.filterwarnings("ignore")
rng = np.random.default_rng(29)
shape, volumes = (13, 12, 10), 21
# Oblique, the first axis flipped, anisotropic voxels.
affine = np.array([[-3.0, 0.3, 0.1, 19.0], [0.2, 3.2, -0.4, -17.0], [0.1, 0.5, 3.6, -15.0], [0, 0, 0, 1]])
x, y, z = np.meshgrid(*[np.arange(n) - (n - 1) / 2 for n in shape], indexing="ij")
head = (x / 5.5) ** 2 + (y / 5) ** 2 + (z / 4) ** 2 < 1


def order(mask):
    """Places, in NIfTI's order, of a mask's voxels in numpy's."""
    return np.ravel_multi_index(np.where(mask), shape, order="F").argsort(kind="stable")


def save(name, data):
    np.save(name, np.ascontiguousarray(data, dtype=np.float32))


def image(data, name, kind=np.float32, tr=None):
    made = nib.Nifti1Image(np.asarray(data, kind), affine)
    made.set_sform(affine, 2)
    made.header.set_xyzt_units("mm", "sec")
    if tr:
        made.header["pixdim"][4] = tr
        made.header.set_data_dtype(np.int16)
    nib.save(made, name)
    return nib.load(name)


series = 300 * head[..., None] + 40 * rng.standard_normal(shape + (volumes,))
bold = image(series, "bold.nii.gz", tr=1.25)
mask = image(head & (z < 2), "mask.nii.gz", np.uint8)
inside = np.asarray(mask.dataobj) > 0

# 30 regions of numbers that are not consecutive; two of them lie wholly outside the mask.
centres = rng.integers(0, shape, (30, 3))
grid = np.stack(np.meshgrid(*[np.arange(n) for n in shape], indexing="ij"), -1)
nearest = ((grid[..., None, :] - centres) ** 2).sum(-1).argmin(-1)
numbers = np.sort(rng.permutation(np.arange(1, 900))[:30])
labels = np.where(head, numbers[nearest], 0)
labels[head & (z > 2.5) & (x < 0)], labels[head & (z > 2.5) & (x > 0)] = 901, 902
image(labels, "labels.nii.gz", np.int16)
present = [int(n) for n in np.unique(labels) if n]
with open("labels.csv", "w") as table:
    print("index,name\n0,Background", file=table)
    for n in present:
        print(f"{n},region {n}", file=table)
masker = NiftiLabelsMasker("labels.nii.gz", mask_img=mask, standardize=False)
courses = masker.fit_transform(bold)
left = [n for n in present if ((labels == n) & inside).any()]
assert courses.shape == (volumes, len(left)) and len(present) - len(left) == 2
np.save("label_numbers.npy", np.array(left, dtype=np.int64))
save("label_courses.npy", courses)
back = masker.inverse_transform(courses)
save("label_back.npy", back.get_fdata()[inside][order(inside)].T)

# Overlapping maps with weights, as a 4-D image.
maps = np.stack([np.exp(-((x - a) ** 2 + (y + a) ** 2 + z**2) / 9) for a in (-3, 0, 2)], -1) * head[..., None]
maps[maps < 0.01] = 0
image(maps, "maps.nii.gz")
(open("maps.txt", "w")).write("front\nmiddle\nback\n")
masker = NiftiMapsMasker("maps.nii.gz", mask_img=mask, standardize=False)
courses = masker.fit_transform(bold)
save("map_courses.npy", courses)
save("map_back.npy", masker.inverse_transform(courses).get_fdata()[inside][order(inside)].T)

# The regions on a coarser grid: courses with the labels brought onto the data's grid (nearest neighbour).
coarse = nib.Nifti1Image(labels[::2, ::2, ::2].astype(np.int16), affine @ np.diag([2, 2, 2, 1]) + 0.37 * np.eye(4, 4, 3))
coarse.set_sform(coarse.affine, 2)
nib.save(coarse, "coarse.nii.gz")
masker = NiftiLabelsMasker("coarse.nii.gz", mask_img=mask, standardize=False, resampling_target="data")
save("coarse_courses.npy", masker.fit_transform(bold))

# Each map's half, in the regions: shared voxels, sizes, Dice; and the spatial correlation of maps with regions over the mask.
half = maps >= 0.5 * maps.max((0, 1, 2))
regions = np.stack([labels == n for n in present], -1)
shared = np.einsum("xyzn,xyzr->nr", half.astype(int), regions.astype(int))
sizes = half.sum((0, 1, 2)), regions.sum((0, 1, 2))
np.save("overlap_voxels.npy", shared.astype(np.int64))
np.save("overlap_dice.npy", 2 * shared / (sizes[0][:, None] + sizes[1]))
np.save("overlap_region_sizes.npy", sizes[1].astype(np.int64))
support = (maps != 0).any(-1)
kept = [k for k in range(len(present)) if (regions[support][:, k]).any()]
pairs = np.corrcoef(np.concatenate([maps[support].astype(np.float32), regions[support][:, kept]], 1).T)
np.save("spatial_r.npy", pairs[:3, 3:])
peaks = [np.unravel_index(maps[..., k].argmax(), shape) for k in range(3)]
np.save("peaks.npy", nib.affines.apply_affine(affine, peaks))
print(len(present), "regions,", half.sum((0, 1, 2)), "voxels in the halves,", len(kept), "regions correlate")
