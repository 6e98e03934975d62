"""Cuts and projections of brain maps by an independent program, for the drawing of slices and glass brains.

Packages: numpy 2, scipy 1 (map_coordinates, order 1), nibabel 5 (apply_affine).
Writes
  oblique.npy (i × j × k), oblique_affine.npy (3 × 4): a smooth map on an oblique, flipped, anisotropic grid that reaches beyond the field;
  cut_positions.npy: x of the sagittal, y of the coronal and z of the axial cut, in mm;
  cut_sagittal.npy, cut_coronal.npy, cut_axial.npy: values at the centres of picture points of some 4 mm, row by row from the top,
    sagittal with the back at the left, the others with the left at the left;
  oblique_above.npy: x, y and the greatest value along z of rays through the field;
  glass.npy (32 × 20 × 15), glass_VIEW_high.npy and glass_VIEW_low.npy: numpy's maxima and minima along one axis of a flipped grid,
    up × across in rising mm, for each view;
  contour.npy: points of the axial cut between which the oblique map crosses the level 0.5: x, y of a point below and of one at or above it.
"""
from pathlib import Path

import nibabel.affines
import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates

here = Path(__file__).parent
random = np.random.default_rng(21)
FIELD = [(-75, 75), (-111, 77), (-75, 86)]

# Rotated by some degrees about each axis, first axis from right to left, voxels of 5 × 6 × 7.5 mm.
shape = (44, 46, 32)
turn = np.eye(3)
for (a, b), angle in zip([(0, 1), (1, 2), (0, 2)], np.deg2rad([9, -12, 6])):
    r = np.eye(3)
    r[a, a] = r[b, b] = np.cos(angle)
    r[a, b], r[b, a] = -np.sin(angle), np.sin(angle)
    turn = turn @ r
affine = np.eye(4)
affine[:3, :3] = turn @ np.diag([-5.0, 6.0, 7.5])
affine[:3, 3] = np.array([0, -17, 5.5]) - affine[:3, :3] @ ((np.array(shape) - 1) / 2)
volume = gaussian_filter(random.standard_normal(shape), 1.2)
volume = (volume / volume.std()).astype(np.float32)
inverse = np.linalg.inv(affine)


def value(mm):
    voxels = nibabel.affines.apply_affine(inverse, mm)
    inside = (voxels >= 0) & (voxels <= np.array(shape) - 1)
    assert inside.all(), "the field must lie inside the grid"
    return map_coordinates(volume.astype(np.float64), voxels.T, order=1)


np.save(here / "oblique.npy", volume)
np.save(here / "oblique_affine.npy", affine[:3])
positions = [-41.3, -23.7, 12.2]
np.save(here / "cut_positions.npy", np.array(positions))
for name, axis, across, up in [("sagittal", 0, 1, 2), ("coronal", 1, 0, 2), ("axial", 2, 0, 1)]:
    (left, right), (bottom, top) = FIELD[across], FIELD[up]
    columns, rows = int(0.25 * (right - left) + 0.5), int(0.25 * (top - bottom) + 0.5)
    mm = np.zeros((rows, columns, 3))
    mm[..., axis] = positions[axis]
    mm[..., across] = left + (np.arange(columns) + 0.5) / columns * (right - left)
    mm[..., up] = (top - (np.arange(rows) + 0.5) / rows * (top - bottom))[:, None]
    np.save(here / f"cut_{name}.npy", value(mm.reshape(-1, 3)).reshape(rows, columns))

# Rays from above.
z = np.arange(FIELD[2][0], FIELD[2][1], 0.1)
rays = []
for x in np.arange(-69, 70, 6.0):
    for y in np.arange(-105, 72, 6.0):
        mm = np.stack([np.full_like(z, x), np.full_like(z, y), z], axis=1)
        rays.append((x, y, value(mm).max()))
np.save(here / "oblique_above.npy", np.array(rays))

# Pairs of points 0.4 mm apart between which the level lies.
pairs = []
for x in np.arange(-70, 70, 3.0):
    y = np.arange(-105, 72, 0.4)
    v = value(np.stack([np.full_like(y, x), y, np.full_like(y, positions[2])], axis=1))
    for n in np.flatnonzero((v[:-1] >= 0.5) != (v[1:] >= 0.5)):
        below, above = (n, n + 1) if v[n] < 0.5 else (n + 1, n)
        pairs.append((x, y[below], x, y[above]))
np.save(here / "contour.npy", np.array(pairs))

# A grid whose first axis runs from right to left: x = 31 − 2 i, y = −30 + 2.5 j, z = −20 + 3 k.
glass = random.standard_normal((32, 20, 15)).astype(np.float32)
np.save(here / "glass.npy", glass)
x = 31 - 2.0 * np.arange(32)
rising = glass[::-1]
for view, seen, axis in [
    ("left", rising[x[::-1] <= 0], 0),
    ("right", rising[x[::-1] >= 0], 0),
    ("behind", rising, 1),
    ("above", rising, 2),
]:
    for end, reduce in [("high", np.max), ("low", np.min)]:
        np.save(here / f"glass_{view}_{end}.npy", np.ascontiguousarray(reduce(seen, axis=axis).T))
