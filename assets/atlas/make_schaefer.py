"""Makes the Schaefer parcellations of this folder (100, 200 and 400 parcels, 2 mm) and their tables for 7 and 17 networks.

Packages: Python 3.11, numpy 2.4.6, nibabel 5.4.2. Volumes and names are those that xcpEngine carries (github.com/PennLINC/xcpEngine,
commit d7998c89bf4b77060479f164db8914d30afe5050, folders atlas/schaefer*x7 and atlas/schaefer*x17).

    python make_schaefer.py FOLDER_OF_XCPENGINE

The volumes for 7 and for 17 networks hold the same parcels in another order, so that one image serves both tables: its labels are
those of the order of the 7 networks. The grid is cut down to the parcels; no voxel is changed.
"""

import gzip
import pathlib
import sys

import nibabel as nib
import numpy as np

DATA = pathlib.Path(sys.argv[1]) / "atlas"
HERE = pathlib.Path(__file__).parent
# Each parcel has its network's colour in the tables of Yeo et al. 2011.
RGB = {
    7: {
        "Vis": (120, 18, 134), "SomMot": (70, 130, 180), "DorsAttn": (0, 118, 14), "SalVentAttn": (196, 58, 250),
        "Limbic": (220, 248, 164), "Cont": (230, 148, 34), "Default": (205, 62, 78),
    },
    17: {
        "VisCent": (120, 18, 134), "VisPeri": (255, 0, 0), "SomMotA": (70, 130, 180), "SomMotB": (42, 204, 164),
        "DorsAttnA": (74, 155, 60), "DorsAttnB": (0, 118, 14), "SalVentAttnA": (196, 58, 250), "SalVentAttnB": (255, 152, 213),
        "Limbic_TempPole": (220, 248, 164), "Limbic_OFC": (122, 135, 50), "ContA": (230, 148, 34), "ContB": (135, 50, 74),
        "ContC": (119, 140, 176), "DefaultA": (255, 255, 0), "DefaultB": (205, 62, 78), "DefaultC": (0, 0, 130),
        "TempPar": (12, 48, 255),
    },
}


def load(parcels, networks):
    folder = DATA / f"schaefer{parcels}x{networks}"
    image = nib.load(folder / f"schaefer{parcels}x{networks}MNI.nii.gz")
    names = (folder / f"schaefer{parcels}x{networks}NodeNames.txt").read_text().split()
    assert len(names) == len(set(names)) == parcels
    return image, np.asarray(image.dataobj).astype(np.int16), names


def colour(name, networks):
    word = name.split("_", 1)[1]
    return next(rgb for network, rgb in RGB[networks].items() if (word + "_").startswith(network + "_"))


for parcels in (100, 200, 400):
    image, labels, names = load(parcels, 7)
    _, other, other_names = load(parcels, 17)
    pairs = {(int(b), int(a)) for a, b in zip(labels.ravel(), other.ravel())}
    assert len(pairs) == parcels + 1 and (0, 0) in pairs
    label_of = dict(pairs)
    inside = np.argwhere(labels)
    first, last = inside.min(0), inside.max(0) + 1
    cut = labels[tuple(slice(a, b) for a, b in zip(first, last))]
    affine = image.affine.copy()
    affine[:3, 3] += affine[:3, :3] @ first
    out = nib.Nifti1Image(cut, affine)
    out.set_sform(affine, 4)
    out.set_qform(affine, 4)
    out.header.set_xyzt_units("mm", "sec")
    with open(HERE / f"schaefer{parcels}_2mm.nii.gz", "wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        packed.write(out.to_bytes())
    for networks, rows in [
        (7, [(n, name) for n, name in enumerate(names, 1)]),
        (17, [(label_of[n], name) for n, name in enumerate(other_names, 1)]),
    ]:
        with open(HERE / f"schaefer{parcels}_{networks}.tsv", "w") as table:
            print("index", "name", "r", "g", "b", sep="\t", file=table)
            for index, name in rows:
                print(index, name, *colour(name, networks), sep="\t", file=table)
    print(parcels, cut.shape, (cut > 0).sum(), "voxels, smallest parcel", np.bincount(cut.ravel())[1:].min())
