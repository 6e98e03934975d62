"""References for ROC areas and correlations of maps. Made with numpy 2, scipy 1, scikit-learn 1 (versions are printed)."""
import pathlib
import numpy as np, scipy, sklearn
from scipy.stats import pearsonr
from sklearn.metrics import roc_auc_score, f1_score

here = pathlib.Path(__file__).parent
rng = np.random.default_rng(20)
print(np.__version__, scipy.__version__, sklearn.__version__)

# Draws that were once used otherwise: what follows depends on them.
rng.shuffle(np.concatenate([rng.uniform(size=180), rng.uniform(size=40) ** 6, [0.0, 1.0, 0.02, 0.02, 0.02]]))

# ROC areas: a score without ties, one with many, one that points the wrong way
members = rng.uniform(size=400) < 0.2
noise = rng.standard_normal((3, 400))
scores = np.stack([noise[0] + members, np.round(noise[1] + members), noise[2] - members]).astype(np.float32)
np.save(here / "auc_members.npy", members.astype(np.uint8))
np.save(here / "auc_scores.npy", scores)
np.save(here / "auc.npy", np.array([roc_auc_score(members, s) for s in scores]))

# Spatial r and Dice (= F1 of the top voxels, as many as the network has) of 5 maps with 3 networks
voxels = 1000
networks = np.stack([(np.arange(voxels) % 9 < 3), (np.arange(voxels) // 100 == 4), rng.uniform(size=voxels) < 0.1])
maps = (rng.standard_normal((5, voxels)) + 2 * np.array([[1, 0, 0], [0, -1, 0], [0, 0, 0.5], [0, 0, 0], [0.5, 0.5, 0]]) @ networks).astype(np.float32)
r = np.array([[pearsonr(m.astype(float), n.astype(float))[0] for n in networks] for m in maps])
def top(m, n, sign):
    return np.argsort(np.argsort(-sign * m, kind="stable"), kind="stable") < n.sum()
dice = np.array([[f1_score(n, top(m, n, np.sign(r[i, k]))) for k, n in enumerate(networks)] for i, m in enumerate(maps)])
np.save(here / "match_maps.npy", maps)
np.save(here / "match_networks.npy", networks.astype(np.float32))
np.save(here / "match_r.npy", r)
np.save(here / "match_dice.npy", dice)
