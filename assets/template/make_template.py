"""Makes mni152_t1_2mm.nii.gz: the brain-extracted T1 of the MNI ICBM 152 template (2009a, symmetric) for figures.

Packages: nilearn 0.14.1 (its packaged data), nibabel 5, numpy 2, scipy 1.
2 mm voxels (mean of 2 × 2 × 2 voxels), cropped to the brain, 8 bit with 48 grey levels so that the file stays small;
0 is outside the brain.
Usage: python assets/template/make_template.py [folder of nilearn/datasets/data]
"""
import gzip
import sys
from pathlib import Path

import nibabel
import numpy as np
from scipy import ndimage

if len(sys.argv) > 1:
    source = Path(sys.argv[1])
else:
    import nilearn
    source = Path(nilearn.__file__).parent / "datasets" / "data"
image = nibabel.load(source / "mni_icbm152_t1_tal_nlin_sym_09a_converted.nii.gz")
data, affine = np.asarray(image.dataobj, dtype=np.float64), image.affine
assert np.allclose(affine[:3, :3], np.eye(3)), affine

# Blocks of 2 mm whose centres lie on even millimetres + 0.5: the voxels at mm (m, m + 1) of each axis.
shape = [n // 2 for n in data.shape]
blocks = data[: 2 * shape[0], : 2 * shape[1], : 2 * shape[2]].reshape(shape[0], 2, shape[1], 2, shape[2], 2)
mean, inside = blocks.mean(axis=(1, 3, 5)), (blocks > 0).mean(axis=(1, 3, 5)) >= 0.5
inside = ndimage.binary_fill_holes(inside)
levels = 47
top = np.percentile(mean[inside], 99.7)
grey = np.where(inside, 1 + np.round(np.clip(mean / top, 0, 1) * (levels - 1)), 0).astype(np.uint8) * 5

occupied = [np.flatnonzero(inside.any(axis=tuple(a for a in range(3) if a != axis))) for axis in range(3)]
low = [max(o[0] - 1, 0) for o in occupied]
grey = grey[tuple(slice(l, o[-1] + 2) for l, o in zip(low, occupied))]
out = np.diag([2.0, 2.0, 2.0, 1.0])
out[:3, 3] = affine[:3, 3] + 0.5 + 2.0 * np.array(low)
made = nibabel.Nifti1Image(grey, out)
made.header.set_xyzt_units("mm")
made.header["descrip"] = b"MNI ICBM 152 2009a symmetric T1, brain, 2 mm"
target = Path(__file__).with_name("mni152_t1_2mm.nii.gz")
target.write_bytes(gzip.compress(made.to_bytes(), 9, mtime=0))
print(target, grey.shape, out.tolist(), target.stat().st_size, "bytes")
