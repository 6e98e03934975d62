"""Makes fsaverage5_sphere.bin.gz: the sphere on which FreeSurfer's average brain is registered, and where its cortex ends at the midline.

Packages: nilearn 0.14.1 (its packaged data), nibabel 5, numpy 2, scipy 1.
Little-endian, without gaps: u32 vertices; the points of the sphere (i16, x y z of each vertex in 1/300 of its unit, radius 100), the same on both sides:
that of the right hemisphere is mirrored by x → −x; then for left and right one byte a vertex, 1 at the medial wall.
The medial wall is the largest connected part of the surface that is thinner than 1 mm, grown by two rings of vertices.
Usage: python assets/surface/make_sphere.py [folder of nilearn/datasets/data]
"""
import gzip
import sys
from pathlib import Path

import nibabel
import numpy as np
import scipy.sparse as sparse
from scipy.sparse.csgraph import connected_components

if len(sys.argv) > 1:
    source = Path(sys.argv[1])
else:
    import nilearn
    source = Path(nilearn.__file__).parent / "datasets" / "data"


def arrays(name):
    return [array.data for array in nibabel.load(source / "fsaverage5" / f"{name}.gii.gz").darrays]


points = arrays("sphere_left")[0].astype(np.float64)
assert (points == arrays("sphere_right")[0]).all() and abs(np.linalg.norm(points, axis=1) - 100).max() < 0.01
count = len(points)
triangles = arrays("white_left")[1]
edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
parts = [np.array([count], "<u4"), np.round(300 * points).astype("<i2")]


def graph(edges):
    return sparse.coo_matrix((np.ones(len(edges)), edges.T), shape=(count, count)).tocsr()


neighbours = graph(edges) + graph(edges[:, ::-1])
for side in ["left", "right"]:
    thin = arrays(f"thick_{side}")[0] < 1.0
    _, part = connected_components(graph(edges[thin[edges].all(axis=1)]), directed=False)
    wall = thin & (part == np.bincount(part[thin]).argmax())
    for _ in range(2):
        wall = wall | (neighbours @ wall.astype(float) > 0)
    print(side, wall.sum(), "vertices at the medial wall")
    parts.append(wall.astype("u1"))
target = Path(__file__).with_name("fsaverage5_sphere.bin.gz")
target.write_bytes(gzip.compress(b"".join(part.tobytes() for part in parts), 9, mtime=0))
print(target, target.stat().st_size, "bytes")
