"""Makes fsaverage5.bin.gz: white, pial and inflated surfaces and sulcal depth of FreeSurfer's average brain, 10,242 vertices a hemisphere.

Packages: nilearn 0.14.1 (its packaged data), nibabel 5, numpy 2.
Little-endian, without gaps: u32 vertices, u32 triangles, the triangles' vertices (u16, three each, counter-clockwise
seen from outside, the same on both sides), then for the left and the right hemisphere white, pial and inflated points (i16,
x y z of each vertex in 1/200 mm) and sulcal depth (i16, 1/10,000 of FreeSurfer's unit; positive in a sulcus).
Usage: python assets/surface/make_surface.py [folder of nilearn/datasets/data]
"""
import gzip
import sys
from pathlib import Path

import nibabel
import numpy as np

if len(sys.argv) > 1:
    source = Path(sys.argv[1])
else:
    import nilearn
    source = Path(nilearn.__file__).parent / "datasets" / "data"


def arrays(name):
    return [array.data for array in nibabel.load(source / "fsaverage5" / f"{name}.gii.gz").darrays]


triangles = arrays("white_left")[1]
parts = [np.array([len(arrays("white_left")[0]), len(triangles)], "<u4"), triangles.astype("<u2")]
for side in ["left", "right"]:
    for kind in ["white", "pial", "infl"]:
        points, same = arrays(f"{kind}_{side}")
        assert (same == triangles).all() and abs(points).max() < 160
        parts.append(np.round(200 * points.astype(np.float64)).astype("<i2"))
    depth = arrays(f"sulc_{side}")[0]
    assert abs(depth).max() < 3
    parts.append(np.round(10_000 * depth.astype(np.float64)).astype("<i2"))
target = Path(__file__).with_name("fsaverage5.bin.gz")
target.write_bytes(gzip.compress(b"".join(part.tobytes() for part in parts), 9, mtime=0))
print(target, target.stat().st_size, "bytes")
