"""Reference for banded_cv and encode_banded, on small simulated arrays of awkward shapes.
Made with numpy 2.4.6, himalaya 0.4.11. Run in this folder: python make_banded.py
banded_cv, for each case NAME: NAME_x (all spaces side by side), NAME_y (f32), NAME_gammas (candidate × space), and in NAME_found (row × target)
the number of the chosen candidate, alpha and cv score, by himalaya's random search in f64 on the f32 values with these candidates; in
NAME_scores (candidate × target) the score of every candidate at its best alpha.
encode_banded: banded_nested_*, by plain numpy: one system of equations for each candidate, alpha and fold, everything standardised by training
rows; split scores by himalaya's r2_score_split.
"""
import warnings
import numpy as np
from himalaya.backend import set_backend
from himalaya.kernel_ridge import generate_dirichlet_samples
from himalaya.ridge import solve_group_ridge_random_search
from himalaya.scoring import r2_score, r2_score_split
from sklearn.model_selection import PredefinedSplit

warnings.filterwarnings("ignore")
set_backend("numpy")
alphas = np.logspace(-1, 5, 20)


def courses(rng, n, p):
    x = rng.standard_normal((n, p))
    for i in range(1, n):
        x[i] += 0.5 * x[i - 1]
    return x


def voxels(rng, xs, targets):
    """Each target from one, two or all spaces, with signals from weak to strong."""
    n = len(xs[0])
    parts = []
    for x in xs:
        part = x @ rng.standard_normal((x.shape[1], targets))
        parts.append(part / np.maximum(part.std(0), 1e-9) * (rng.uniform(size=targets) < 0.6))
    y = sum(parts) * np.geomspace(0.05, 3, targets) + rng.standard_normal((n, targets))
    return ((y - y.mean(0)) / y.std(0)).astype(np.float32)


def case(name, lengths, xs, targets, rng, candidates=30, coef=False):
    sizes = [x.shape[1] for x in xs]
    xs = [(x / x.std()).astype(np.float32) for x in xs]
    y = voxels(rng, xs, targets)
    y[:, 0] = 0  # a target that does not vary
    gammas = generate_dirichlet_samples(candidates, len(xs), [0.1, 1.0], random_state=int(rng.integers(1000)))
    # himalaya divides by the roots of the weights again.
    gammas = np.maximum(gammas, 1e-8)
    gammas /= gammas.sum(1, keepdims=True)
    gammas[0] = 1 / len(xs)
    cv = PredefinedSplit(np.repeat(np.arange(len(lengths)), lengths))
    deltas, weights, scores = solve_group_ridge_random_search(
        [x.astype(np.float64) for x in xs], y.astype(np.float64), n_iter=gammas, alphas=alphas, cv=cv,
        score_func=r2_score, return_weights=True, progress_bar=False, warn=False)
    ratio = np.exp(deltas)
    alpha = 1 / ratio.sum(0)
    chosen = np.array([np.abs(gammas - alpha[t] * ratio[:, t]).max(1).argmin() for t in range(targets)])
    found = np.stack([chosen, alpha, scores.max(0)])
    np.save(f"{name}_x.npy", np.concatenate(xs, 1)), np.save(f"{name}_y.npy", y)
    np.save(f"{name}_gammas.npy", gammas), np.save(f"{name}_found.npy", found)
    np.save(f"{name}_scores.npy", scores)
    if coef:
        np.save(f"{name}_weights.npy", weights.astype(np.float32))
    print(name, sizes, np.bincount(chosen, minlength=candidates))


def standardise(by, *others):
    mean, deviation = by.mean(0), by.std(0)
    return [(a - mean) / deviation for a in (by, *others)]


def fitted(xs, y, gamma, alpha):
    """Weights of each space, from scaled spaces side by side."""
    wide = np.concatenate([x * np.sqrt(g) for x, g in zip(xs, gamma)], 1)
    weights = np.linalg.solve(wide.T @ wide + alpha * np.eye(wide.shape[1]), wide.T @ y)
    ends = np.cumsum([x.shape[1] for x in xs])[:-1]
    return [w * np.sqrt(g) for w, g in zip(np.split(weights, ends), gamma)]


def chosen(xs, y, folds, gammas, alphas):
    """Candidate and alpha of the highest mean R² over folds, of each target."""
    scores = np.zeros((len(gammas), len(alphas), y.shape[1]))
    for train, test in folds:
        scaled = [standardise(x[train], x[test]) for x in xs]
        y_train, y_test = standardise(y[train], y[test])
        for c, gamma in enumerate(gammas):
            for a, alpha in enumerate(alphas):
                weights = fitted([x[0] for x in scaled], y_train, gamma, alpha)
                scores[c, a] += r2_score(y_test, sum(x[1] @ w for x, w in zip(scaled, weights))) / len(folds)
    return np.unravel_index(scores.reshape(-1, y.shape[1]).argmax(0), scores.shape[:2])


def nested(name, lengths, xs, targets, rng):
    xs = [x.astype(np.float32) for x in xs]
    y = voxels(rng, xs, targets) * 3 + 50
    run = np.repeat(np.arange(len(lengths)), lengths)
    grid = np.logspace(0, 4, 7)
    gammas = generate_dirichlet_samples(8, len(xs), [0.1, 1.0], random_state=1)
    gammas[0] = 1 / len(xs)
    np.save(f"{name}_x.npy", np.concatenate(xs, 1)), np.save(f"{name}_y.npy", y)
    np.save(f"{name}_gammas.npy", gammas)
    xs, y = [x.astype(np.float64) for x in xs], y.astype(np.float64)
    r2, r, split, split_r = [], [], [], []
    for out in range(len(lengths)):
        train, test = np.flatnonzero(run != out), np.flatnonzero(run == out)
        inside = [(np.flatnonzero((run != out) & (run != b)), np.flatnonzero(run == b)) for b in range(len(lengths)) if b != out]
        c, a = chosen(xs, y, inside, gammas, grid)
        scaled = [standardise(x[train], x[test]) for x in xs]
        y_train, y_test = standardise(y[train], y[test])
        parts = np.zeros((len(xs), len(test), targets))
        for t in range(targets):
            weights = fitted([x[0] for x in scaled], y_train[:, t], gammas[c[t]], grid[a[t]])
            for s, w in enumerate(weights):
                parts[s, :, t] = scaled[s][1] @ w
        total = parts.sum(0)
        r2.append(r2_score(y_test, total))
        r.append([np.corrcoef(y_test[:, t], total[:, t])[0, 1] for t in range(targets)])
        # The split is that of both sides less the held-out rows' mean, which each space's part bears an equal share of.
        mean = y_test.mean(0)
        split.append(r2_score_split(y_test - mean, parts - mean / len(xs)))
        split_r.append([[np.corrcoef(y_test[:, t], part[:, t])[0, 1] for t in range(targets)] for part in parts])
    c, a = chosen(xs, y, [(np.flatnonzero(run != b), np.flatnonzero(run == b)) for b in range(len(lengths))], gammas, grid)
    scaled, y_all = [standardise(x)[0] for x in xs], standardise(y)[0]
    weights = np.stack([np.concatenate(fitted(scaled, y_all[:, t], gammas[c[t]], grid[a[t]])) for t in range(targets)], 1)
    np.save(f"{name}_found.npy", np.stack([c, grid[a], np.mean(r2, 0), np.mean(r, 0)]).astype(np.float64))
    np.save(f"{name}_split.npy", np.concatenate([np.mean(split, 0), np.mean(split_r, 0)]))
    np.save(f"{name}_weights.npy", weights.astype(np.float32))


def rng(seed):
    return np.random.default_rng(seed)


r = rng(0)
case("banded_tall", [60, 70, 50], [courses(r, 180, p) for p in (8, 20, 5)], 200, r, coef=True)
r = rng(1)
case("banded_wide", [40, 30, 35], [courses(r, 105, p) for p in (60, 50, 40)], 150, r, coef=True)
r = rng(2)  # a space whose singular values fall over seven orders of magnitude, and one column
ill = courses(r, 150, 30) * np.geomspace(1, 1e-7, 30) @ r.standard_normal((30, 30))
case("banded_ill", [50, 50, 50], [ill, courses(r, 150, 1)], 80, r)
r = rng(3)  # a feature that does not vary in one space; the second space is the first one again
x = courses(r, 120, 12)
still = x.copy()
still[:, 3] = 1.5
case("banded_twins", [40, 40, 40], [still, x], 80, r)
r = rng(4)  # fewer regressors than rows, more than the training rows of a fold
case("banded_between", [45, 45], [courses(r, 90, 35), courses(r, 90, 25)], 60, r)
r = rng(5)
nested("banded_nested", [40, 36, 44, 40], [courses(r, 160, 6), courses(r, 160, 15)], 30, r)
r = rng(6)
nested("banded_nested_wide", [30, 26, 34], [courses(r, 90, 50), courses(r, 90, 45)], 20, r)


def refined(name, sizes, lengths, targets):
    """The best score near himalaya's choice, by scipy's quasi-Newton over the logarithms of gamma/alpha: in NAME_refined."""
    from scipy.optimize import minimize
    x, y = np.load(f"{name}_x.npy").astype(np.float64), np.load(f"{name}_y.npy").astype(np.float64)
    gammas, found = np.load(f"{name}_gammas.npy"), np.load(f"{name}_found.npy")
    xs, run = np.split(x, np.cumsum(sizes)[:-1], 1), np.repeat(np.arange(len(lengths)), lengths)
    best = []
    for t in targets:
        def loss(deltas):
            score = 0
            for b in range(len(lengths)):
                train, test = run != b, run == b
                weights = fitted([x[train] for x in xs], y[train, t], np.exp(deltas), 1.0)
                score += r2_score(y[test, t:t + 1], sum(x[test] @ w for x, w in zip(xs, weights))[:, None])[0] / len(lengths)
            return -score
        start = np.log(np.maximum(gammas[int(found[0, t])], 1e-12) / found[1, t])
        best.append(-minimize(loss, start, bounds=[(-30, 15)] * len(sizes), method="L-BFGS-B").fun)
    np.save(f"{name}_refined.npy", np.array([best]))


refined("banded_tall", (8, 20, 5), (60, 70, 50), range(1, 200, 10))
