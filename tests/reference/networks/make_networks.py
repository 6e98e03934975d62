"""Simulated subjects with planted networks, how well nilearn recovers these, and a dual regression by numpy.
Made with numpy 2.4.6, nilearn 0.14.1, scikit-learn 1.9.1. Run in this folder: python make_networks.py
"""
import warnings

import nibabel
import numpy as np
from nilearn.decomposition import CanICA, DictLearning

warnings.filterwarnings("ignore")
rng = np.random.default_rng(3)
SHAPE, SUBJECTS, TIME, NETWORKS, SIZE = (14, 14, 6), 3, 100, 8, 0.8
save = lambda name, a: np.save(name, np.ascontiguousarray(a, dtype=np.float32))
zscore = lambda a: (a - a.mean(0)) / a.std(0)

# Voxels in NIfTI's order: the first axis runs fastest.
k, j, i = np.meshgrid(*[np.arange(n) for n in SHAPE[::-1]], indexing="ij")
position = np.stack([i.ravel(), j.ravel(), k.ravel()], 1).astype(float)

# Smooth blobs, some of which touch.
centres = []
while len(centres) < NETWORKS:
    centre = rng.uniform(1.5, np.array(SHAPE) - 2.5)
    if all(np.linalg.norm(centre - other) > 3.6 for other in centres):
        centres.append(centre)
truth = np.array([np.exp(-0.5 * ((position - c) ** 2).sum(1) / rng.uniform(1.3, 2.0) ** 2) for c in centres])
truth[truth < 0.05] = 0

# AR(1) courses, of each subject's own; noise, half of its standard deviation smooth.
subjects = []
for _ in range(SUBJECTS):
    courses = np.zeros((TIME + 50, NETWORKS))
    for t in range(1, len(courses)):
        courses[t] = 0.6 * courses[t - 1] + rng.standard_normal(NETWORKS)
    white = rng.standard_normal((TIME, len(position)))
    smooth = white.reshape(TIME, *SHAPE[::-1])
    for axis in (1, 2, 3):
        smooth = 0.25 * np.roll(smooth, 1, axis) + 0.5 * smooth + 0.25 * np.roll(smooth, -1, axis)
    smooth = smooth.reshape(TIME, -1) / smooth.std()
    series = SIZE * zscore(courses[50:]) @ truth + 0.7 * white + 0.7 * smooth
    subjects.append(np.clip(np.round(16 * series), -127, 127).astype(np.int8))
np.save("planted.npy", np.vstack(subjects))
save("truth.npy", truth)


def recovery(maps):
    """For each planted map the best |r| of a found one; the mean."""
    maps = maps.reshape(-1, *SHAPE).transpose(0, 3, 2, 1).reshape(len(maps), -1).astype(float)
    maps = maps[maps.std(1) > 0]
    return np.abs(np.corrcoef(maps, truth)[: len(maps), len(maps) :]).max(0).mean() if len(maps) else 0.0


affine = np.diag([3, 3, 3, 1.0])
images = [nibabel.Nifti1Image(s.astype(np.float32).T.reshape(*SHAPE, -1, order="F"), affine) for s in subjects]
common = dict(
    mask=nibabel.Nifti1Image(np.ones(SHAPE, np.int8), affine), smoothing_fwhm=None, standardize="zscore_sample", detrend=False, random_state=0
)


def fitted(method, networks, **options):
    try:
        return recovery(method(n_components=networks, **common, **options).fit(images).components_)
    except ValueError:  # No map is left at this sparsity.
        return 0.0


# By number of networks: CanICA without a threshold and with its own; DictLearning, the best of four sparsities.
scores = []
for networks in (8, 12):
    ica = [fitted(CanICA, networks, threshold=threshold) for threshold in (None, "auto")]
    scores.append([*ica, max(fitted(DictLearning, networks, alpha=alpha) for alpha in (1, 2, 3, 10))])
    print(networks, scores[-1])
save("scores.npy", scores)

# Dual regression of the planted maps on the first subject.
series = zscore(subjects[0].astype(np.float64))
courses = zscore(np.linalg.lstsq(truth.T, series.T, rcond=None)[0].T)
save("dual_courses.npy", courses)
save("dual_maps.npy", np.linalg.lstsq(courses, series, rcond=None)[0])
