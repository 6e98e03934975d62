"""A made oblique map and made labels on fsaverage5 by nilearn.surface.vol_to_surf, at every 37th vertex of each hemisphere.

Packages: numpy 2, nibabel 5, nilearn 0.14.1. Run in this folder: python make_surface_reference.py
The surfaces are those that are shipped (assets/surface/fsaverage5.bin.gz), taken to MNI 152 by FreeSurfer's affine.
Writes values.npy and labels.npy (2 hemispheres × 277 vertices).
"""
import gzip
from pathlib import Path

import nibabel
import numpy as np
from nilearn.surface import InMemoryMesh, vol_to_surf

here = Path(__file__).parent
raw = gzip.decompress((here / "../../../assets/surface/fsaverage5.bin.gz").read_bytes())
vertices, count = np.frombuffer(raw, "<u4", 2)
at = 8
faces = np.frombuffer(raw, "<u2", 3 * count, at).reshape(-1, 3).astype(int)
at += 6 * count
FREESURFER = np.array([[0.9975, -0.0073, 0.0176, -0.0429], [0.0146, 1.0009, -0.0024, 1.5496], [-0.0130, -0.0093, 0.9971, 1.1840]])


def points():
    global at
    part = np.frombuffer(raw, "<i2", 3 * vertices, at).reshape(-1, 3) / 200.0
    at += 6 * vertices
    return part @ FREESURFER[:, :3].T + FREESURFER[:, 3]


# Rotated by some degrees, flipped, 6 mm; large enough for both hemispheres.
affine = np.array([[-5.9, 0.5, 0.3, 92.0], [0.4, 5.9, -0.6, -118.0], [-0.2, 0.7, 5.8, -74.0], [0, 0, 0, 1]])
i, j, k = np.meshgrid(np.arange(32), np.arange(36), np.arange(30), indexing="ij")
map_ = (np.sin(0.9 * i) + 0.5 * np.cos(0.7 * j + 0.2 * k) + 0.1 * k * np.sin(0.3 * i)).astype(np.float32)
labels = (1 + i // 4 % 2 + 2 * (j // 5 % 2) + 4 * (k // 4 % 2)).astype(np.int16)
found = {"values": [], "labels": []}
for _ in range(2):
    white, pial = InMemoryMesh(points(), faces), InMemoryMesh(points(), faces)
    at += 8 * vertices
    for name, data, how in [("values", map_, "linear"), ("labels", labels, "nearest_most_frequent")]:
        image = nibabel.Nifti1Image(data, affine)
        all_ = vol_to_surf(image, pial, interpolation=how, kind="depth", inner_mesh=white, depth=np.linspace(0, 1, 10))
        assert np.isfinite(all_).all(), "the grid is too small"
        found[name].append(all_[::37])
np.save(here / "values.npy", np.array(found["values"], "<f4"))
np.save(here / "labels.npy", np.array(found["labels"], "<u1"))
print({name: np.array(value).shape for name, value in found.items()})
