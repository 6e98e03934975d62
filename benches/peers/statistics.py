"""Tests of 30,000 voxels by numpy, and the simulated data for benches/statistics.rs: 5 runs of 300 volumes of AR(1) noise.
usage: statistics.py FOLDER WORK (phase_null, permutation, or pairs…: 9,216 neurons with 100 networks)
A few draws are timed, and the time is scaled to 1,000."""
import sys
import time
from pathlib import Path

# This file's own name would hide the standard library's module.
sys.path.pop(0)
import numpy as np

folder, work = Path(sys.argv[1]), sys.argv[2]
n, runs, voxels, draws = 1500, 5, 30000, 1000
timed = 10
rng = np.random.default_rng(0)
if work in ("pairs_sample", "pairs_large"):
    # These have no peer here; the data is made by the work "pairs".
    sys.exit()
if work.startswith("pairs"):
    neurons, networks, timed = 9216, 100, 20
    if not (folder / "pairs_x.npy").exists():
        for part, width in (("pairs_x", neurons), ("pairs_y", networks)):
            course = rng.standard_normal((n, width), dtype=np.float32)
            for t in range(1, n):
                course[t] += 0.5 * course[t - 1]
            np.save(folder / f"{part}.npy", course)
    x, y = (np.load(folder / f"pairs_{part}.npy").reshape(runs, n // runs, -1) for part in "xy")
    start = time.perf_counter()
    for course in (x, y):
        course -= course.mean(1, keepdims=True)
        course /= np.linalg.norm(course, axis=1, keepdims=True)
    flat = np.ascontiguousarray(x.reshape(n, -1).T)
    r = np.abs(flat @ y.reshape(n, -1) / runs)
    spectrum = np.fft.rfft(y, axis=1)
    once = time.perf_counter() - start
    count = np.zeros(r.shape, np.int32)
    start = time.perf_counter()
    for _ in range(timed):
        if work == "pairs_shifts":
            surrogate = np.stack([np.roll(run, rng.integers(10, len(run) - 10), 0) for run in y])
            count += np.abs(flat @ surrogate.reshape(n, -1) / runs) >= r
            continue
        # Random phases on the networks' side; all neurons by one product.
        phases = np.exp(2j * np.pi * rng.random(spectrum.shape, dtype=np.float32)).astype(np.complex64)
        phases[:, 0] = 1
        surrogate = np.fft.irfft(spectrum * phases, n // runs, axis=1).astype(np.float32)
        count += np.abs(flat @ surrogate.reshape(n, -1) / runs) >= r
    each = (time.perf_counter() - start) / timed
    print(f"peer {work} {once + draws * each:.3f} s ({draws} draws, scaled from {timed})", flush=True)
    np.save(folder / f"{work}_peer.npy", r)
    sys.exit()
if not (folder / "x.npy").exists():
    for part in ("x", "y"):
        course = rng.standard_normal((n, voxels), dtype=np.float32)
        for t in range(1, n):
            course[t] += 0.5 * course[t - 1]
        np.save(folder / f"{part}.npy", course)
        del course


def unit(part):
    """Runs of mean 0 and length 1, made once and outside the time."""
    course = np.load(folder / f"{part}.npy").reshape(runs, n // runs, voxels)
    course -= course.mean(1, keepdims=True)
    course /= np.linalg.norm(course, axis=1, keepdims=True)
    return course


x, y = unit("x"), unit("y")
start = time.perf_counter()
r = np.einsum("rtv,rtv->v", x, y) / runs
count = np.zeros(voxels, int)
if work == "phase_null":
    # Each voxel's course with random phases, and its r: what surrogates are.
    spectrum = np.fft.rfft(x, axis=1)
    once = time.perf_counter() - start
    start = time.perf_counter()
    for _ in range(timed):
        phases = np.exp(2j * np.pi * rng.random((runs, spectrum.shape[1], 1), dtype=np.float32)).astype(np.complex64)
        phases[:, 0] = 1
        surrogate = np.fft.irfft(spectrum * phases, n // runs, axis=1)
        count += np.abs(np.einsum("rtv,rtv->v", surrogate, y) / runs) >= np.abs(r)
else:
    # Blocks of 10 volumes change places within each run.
    once = time.perf_counter() - start
    start = time.perf_counter()
    blocks = np.arange(n // runs).reshape(-1, 10)
    for _ in range(timed):
        permuted = np.stack([run[blocks[rng.permutation(len(blocks))].ravel()] for run in y])
        count += np.abs(np.einsum("rtv,rtv->v", x, permuted) / runs) >= np.abs(r)
each = (time.perf_counter() - start) / timed
print(f"peer {work} {once + draws * each:.3f} s ({draws} draws, scaled from {timed})", flush=True)
np.save(folder / f"{work}_peer.npy", r[None].astype(np.float32))
