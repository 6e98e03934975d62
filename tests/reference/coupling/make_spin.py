"""Makes spin_rotations.npy, spin_sources.npy and spin_r.npy: for some rotations the vertex of fsaverage5's sphere whose value each vertex takes, by scipy's
KDTree on the sphere as nilearn packs it, and r of two made maps after the spin, without the medial wall.

The rotation for the right hemisphere is the left one's mirror image (as in brainspace's `_generate_spins`, whose rows times a matrix are columns times
its transpose). Packages: nilearn 0.14.1 (packaged data), nibabel 5, numpy 2, scipy 1.
Usage: python tests/reference/coupling/make_spin.py [folder of nilearn/datasets/data]
"""
import gzip
import sys
from pathlib import Path

import nibabel
import numpy as np
from scipy.spatial import KDTree
from scipy.stats import special_ortho_group

here = Path(__file__).parent
if len(sys.argv) > 1:
    source = Path(sys.argv[1])
else:
    import nilearn
    source = Path(nilearn.__file__).parent / "datasets" / "data"
points = nibabel.load(source / "fsaverage5" / "sphere_left.gii.gz").darrays[0].data.astype(float)
points /= np.linalg.norm(points, axis=1)[:, None]
shipped = gzip.decompress((here / "../../../assets/surface/fsaverage5_sphere.bin.gz").read_bytes())
wall = np.frombuffer(shipped[4 + 6 * len(points):], "u1").reshape(2, -1) == 1

tree, mirror = KDTree(points), np.diag([-1.0, 1.0, 1.0])
rotations = special_ortho_group(3, seed=5).rvs(6)
sources = np.zeros((len(rotations), 2, len(points)), np.uint16)
r = np.zeros((len(rotations), 1))
for n, rotation in enumerate(rotations):
    pairs = []
    for side, turn in enumerate([rotation, mirror @ rotation @ mirror]):
        sources[n, side] = tree.query(points @ turn.T)[1]
        to = np.flatnonzero(~wall[side] & ~wall[side][sources[n, side]])
        start = sources[n, side][to]
        pairs.append(np.column_stack([points[start, 2] + 0.3 * side, points[to, 1] ** 2 + 0.5 * points[to, 2]]))
    r[n] = np.corrcoef(np.concatenate(pairs).T)[0, 1]
np.save(here / "spin_rotations.npy", rotations.reshape(-1, 9))
np.save(here / "spin_sources.npy", sources)
np.save(here / "spin_r.npy", r)
print(r.ravel())
