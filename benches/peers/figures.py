"""Pictures of one map by nilearn, and the map for benches/figures.rs.
usage: figures.py FOLDER WORK SIZE (WORK: slices, mosaic, glass, surface; SIZE: the voxels' size in mm)
The map is a real one that comes with nilearn, resampled to whole-brain voxels of SIZE mm. Drawing and writing a PNG as wide as ours are timed, the imports are not;
the fastest of three counts, so that what is loaded once is not counted either."""
import resource
import sys
import time
from pathlib import Path

sys.path.pop(0)
import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt
import nilearn
import numpy as np
from nilearn import datasets, image, plotting

folder, work, size = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
path = folder / f"map_{size}mm.nii.gz"
if not path.exists():
    affine = np.diag([size, size, size, 1.0])
    affine[:3, 3] = [-90, -126, -72]
    shape = [180 // size + 1, 216 // size + 1, 180 // size + 1]
    source = Path(nilearn.__file__).parent / "datasets/data/image_10426.nii.gz"
    made = image.resample_img(source, affine, shape, interpolation="continuous", force_resample=True, copy_header=True)
    brain = datasets.load_mni152_brain_mask(resolution=size)
    brain = image.resample_to_img(brain, made, interpolation="nearest", force_resample=True, copy_header=True)
    image.math_img("np.where(brain > 0, np.float32(made), 0)", made=made, brain=brain).to_filename(path)
WIDE = 1800


def draw(loaded):
    if work == "slices":
        return plotting.plot_stat_map(loaded, threshold=3).frame_axes.figure
    if work == "mosaic":
        return plotting.plot_stat_map(loaded, threshold=3, display_mode="z", cut_coords=8).frame_axes.figure
    if work == "glass":
        return plotting.plot_glass_brain(loaded, threshold=3, display_mode="lzry", plot_abs=False, colorbar=True).frame_axes.figure
    return plotting.plot_img_on_surf(loaded, threshold=3, views=["lateral", "medial"], hemispheres=["left", "right"], inflate=True)[0]


loaded = image.load_img(path)
loaded.get_fdata()
best = float("inf")
for _ in range(3):
    start = time.perf_counter()
    figure = draw(loaded)
    figure.savefig(folder / f"{work}_{size}_peer.png", dpi=WIDE / figure.get_size_inches()[0])
    best = min(best, time.perf_counter() - start)
    plt.close(figure)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
print(f"peer {work}_{size}mm {best:.3f} s, peak {peak:.2f} GB, {(folder / f'{work}_{size}_peer.png').stat().st_size // 1000} kB", flush=True)
