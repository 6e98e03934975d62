"""Linear interpolation in millimetres by an independent program, for the drawing of brain maps.

Packages: numpy 2, scipy 1 (map_coordinates, order 1), nibabel 5 (apply_affine).
Writes volume.npy (5 × 6 × 7), affine.npy (3 × 4, oblique and flipped), points.npy (200 × 3, mm), values.npy (200).
"""
from pathlib import Path

import nibabel.affines
import numpy as np
from scipy.ndimage import map_coordinates

here = Path(__file__).parent
random = np.random.default_rng(20)
volume = random.standard_normal((5, 6, 7)).astype(np.float32)
affine = np.array([[-3.9, 0.4, 0.2, 31.0], [0.3, 4.1, -0.5, -60.0], [-0.1, 0.6, 3.8, 12.0], [0, 0, 0, 1]])
voxels = random.uniform(0, np.array(volume.shape) - 1, (200, 3))
points = nibabel.affines.apply_affine(affine, voxels)
values = map_coordinates(volume.astype(np.float64), voxels.T, order=1)
for name, array in [("volume", volume), ("affine", affine[:3]), ("points", points), ("values", values)]:
    np.save(here / f"{name}.npy", array)
