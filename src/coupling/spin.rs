//! Correlations that maps reach with networks when they are turned at random on the sphere of the cortex.

use super::smoothness::stream;
use super::surrogates::Chance;
use crate::brain::{BrainMap, Mask, Sphere};
use crate::error::{Error, Result};
use crate::linalg::{in_pool, multiply_alone};
use crate::notebook::{Progress, check_cancelled};
use ndarray::{Array2, ArrayView1, ArrayView2, Axis};
use rand::Rng;
use rand_distr::StandardNormal;
use rayon::prelude::*;

/// Points between the white and the pial surface at which a map is read.
const SAMPLES: usize = 6;
/// Share of the cortex' vertices that the data must reach: from less no turned map meets much of its network.
const LEAST: f64 = 0.5;
/// Spins between two looks at the cancel flag, for each thread.
const BATCH: usize = 4;
/// The stream of the spins among those of a seed.
const SPINS: u64 = 101;

/// The vertices of the cortex that data reach, left ones first: hemisphere and number on the sphere.
pub(super) struct Vertices(Vec<(usize, usize)>);

impl Vertices {
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

/// Maps and networks (each map × voxel of `mask`) on the vertices of the cortex: map × vertex, without the medial wall and what the mask does not reach.
///
/// # Errors
/// If the mask reaches less than half of the cortex.
pub(super) fn on_cortex(
    mask: &Mask,
    maps: &Array2<f32>,
    networks: &Array2<f32>,
) -> Result<(Vertices, Array2<f32>, Array2<f32>)> {
    let sphere = Sphere::fsaverage5()?;
    let read = |rows: &Array2<f32>| -> Result<Vec<[Vec<f32>; 2]>> {
        let one = |row: ArrayView1<f32>| {
            check_cancelled("bringing maps onto the cortex")?;
            let surface = BrainMap::of(row.to_vec(), mask, String::new(), "").on_surface(SAMPLES)?;
            Ok([surface.left().to_vec(), surface.right().to_vec()])
        };
        rows.outer_iter().map(one).collect()
    };
    let (maps, networks) = (read(maps)?, read(networks)?);
    let all = (0..2).flat_map(|side| (0..sphere.points.len()).map(move |vertex| (side, vertex)));
    let cortex: Vec<(usize, usize)> = all.filter(|(side, vertex)| !sphere.wall[*side][*vertex]).collect();
    let reached =
        |(side, vertex): &(usize, usize)| maps.iter().chain(&networks).all(|map| map[*side][*vertex].is_finite());
    let kept: Vec<(usize, usize)> = cortex.iter().copied().filter(reached).collect();
    if (kept.len() as f64) < LEAST * cortex.len() as f64 {
        return Err(Error::value(
            format!(
                "the fit's voxels reach {} of the {} vertices of the cortex (fsaverage5 in MNI 152 space)",
                kept.len(),
                cortex.len()
            ),
            "spins need the whole cortex in MNI space; for a part of it, or another space, take `SpatialNull::SmoothMaps`",
        ));
    }
    let taken = |rows: &[[Vec<f32>; 2]]| {
        Array2::from_shape_fn((rows.len(), kept.len()), |(map, n)| rows[map][kept[n].0][kept[n].1])
    };
    let (maps, networks) = (taken(&maps), taken(&networks));
    Ok((Vertices(kept), maps, networks))
}

/// Turns each map `count` times and correlates it with each network at the vertices that have a value before and after.
///
/// `maps` (map × vertex) and `networks` (network × vertex) have rows of mean 0 and sum of squares 1, `r` is their product. At a vertex v the turned map has the
/// value of the vertex that is nearest to R·v, with one rotation R for the left hemisphere, uniform over all, and its mirror image M·R·M, M = diag(−1, 1, 1),
/// for the right one. Where that is a vertex without a value (the medial wall), v is left out of this spin's r.
pub(super) fn spin_chance(
    vertices: &Vertices,
    maps: ArrayView2<f32>,
    networks: ArrayView2<f32>,
    r: &Array2<f64>,
    count: usize,
    seed: u64,
) -> Result<Chance> {
    let sphere = Sphere::fsaverage5()?;
    let points = sphere.points.len();
    let mut place = vec![u32::MAX; 2 * points];
    (0u32..).zip(&vertices.0).for_each(|(n, (side, vertex))| place[side * points + vertex] = n);
    // A vertex' values lie side by side.
    let (maps, networks) = (maps.t().as_standard_layout().into_owned(), networks.t().as_standard_layout().into_owned());
    let one = |draw: usize| -> Array2<f64> {
        let rotation = rotation(&mut stream(seed, draw as u64, SPINS));
        let mut pairs: Vec<(usize, usize)> = Vec::with_capacity(vertices.count());
        for (n, (side, vertex)) in vertices.0.iter().enumerate() {
            let source = place[side * points + sphere.nearest(turned(&rotation, sphere.points[*vertex], *side))];
            if source != u32::MAX {
                pairs.push((n, source as usize));
            }
        }
        let (to, from): (Vec<usize>, Vec<usize>) = pairs.into_iter().unzip();
        pearson_of_columns(&maps.select(Axis(0), &from), &networks.select(Axis(0), &to))
    };
    let mut progress = Progress::new("spins of the cortex", count as u64);
    let (mut reached, mut squares) = (Array2::<u32>::zeros(r.dim()), Array2::<f64>::zeros(r.dim()));
    let batch = BATCH * std::thread::available_parallelism().map_or(1, |n| n.get());
    for start in (0..count).step_by(batch) {
        check_cancelled("matching maps with networks")?;
        let draws = start..(start + batch).min(count);
        let size = draws.len();
        let found: Vec<Array2<f64>> = in_pool(|| draws.into_par_iter().map(one).collect());
        for found in found {
            for (((reached, squares), r), found) in reached.iter_mut().zip(&mut squares).zip(r).zip(&found) {
                *reached += u32::from(found.abs() >= r.abs());
                *squares += found * found;
            }
        }
        progress.advance(size as u64);
    }
    let widths = vec![Vec::new(); r.nrows()];
    Ok(Chance { reached, sd: squares.mapv(|s| (s / count as f64).sqrt()), widths })
}

/// Pearson r of each column of `a` (row × map) with each of `b` (row × network), map × network; 0 for a column that is constant here.
fn pearson_of_columns(a: &Array2<f32>, b: &Array2<f32>) -> Array2<f64> {
    let mut product = Array2::<f32>::zeros((a.ncols(), b.ncols()));
    multiply_alone(product.view_mut(), false, a.t(), b.view());
    let rows = a.nrows().max(1) as f64;
    let ((sum_a, spread_a), (sum_b, spread_b)) = (sums_and_spreads(a), sums_and_spreads(b));
    Array2::from_shape_fn(product.dim(), |(k, n)| {
        let spread = spread_a[k] * spread_b[n];
        let r = (f64::from(product[[k, n]]) - sum_a[k] * sum_b[n] / rows) / spread;
        if spread > 1e-12 { r.clamp(-1.0, 1.0) } else { 0.0 }
    })
}

/// Of each column its sum, and the root of the summed squares about its mean.
fn sums_and_spreads(columns: &Array2<f32>) -> (Vec<f64>, Vec<f64>) {
    let (mut sum, mut square) = (vec![0.0f64; columns.ncols()], vec![0.0f64; columns.ncols()]);
    for row in columns.outer_iter() {
        for ((sum, square), v) in sum.iter_mut().zip(&mut square).zip(row) {
            *sum += f64::from(*v);
            *square += f64::from(*v) * f64::from(*v);
        }
    }
    let rows = columns.nrows().max(1) as f64;
    let spread = sum.iter().zip(&square).map(|(sum, square)| (square - sum * sum / rows).max(0.0).sqrt()).collect();
    (sum, spread)
}

/// A rotation, uniform over all: that of a random unit quaternion.
fn rotation(rng: &mut impl Rng) -> [[f64; 3]; 3] {
    let q: [f64; 4] = std::array::from_fn(|_| rng.sample(StandardNormal));
    let length = q.iter().map(|v| v * v).sum::<f64>().sqrt();
    let [w, x, y, z] = q.map(|v| v / length);
    [
        [1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y - w * z), 2.0 * (x * z + w * y)],
        [2.0 * (x * y + w * z), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z - w * x)],
        [2.0 * (x * z - w * y), 2.0 * (y * z + w * x), 1.0 - 2.0 * (x * x + y * y)],
    ]
}

/// R·v on the left hemisphere, M·R·M·v on the right one.
fn turned(rotation: &[[f64; 3]; 3], [x, y, z]: [f64; 3], side: usize) -> [f64; 3] {
    let sign = if side == 0 { 1.0 } else { -1.0 };
    let v = [sign * x, y, z];
    let [x, y, z] = std::array::from_fn(|n| rotation[n].iter().zip(v).map(|(a, b)| a * b).sum());
    [sign * x, y, z]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::brain::Networks;
    use crate::coupling::correlate::unit_rows;

    fn whole() -> Vertices {
        let sphere = Sphere::fsaverage5().unwrap();
        let all = (0..2).flat_map(|side| (0..sphere.points.len()).map(move |v| (side, v)));
        Vertices(all.filter(|(side, v)| !sphere.wall[*side][*v]).collect())
    }

    /// A sum of plane waves of random direction and phase, seen on the sphere: isotropic, and as smooth as waves of that number are. The hemispheres of
    /// half of the maps are mirror images.
    fn field(vertices: &Vertices, wave: f64, seed: u64) -> Vec<f32> {
        let sphere = Sphere::fsaverage5().unwrap();
        let mut rng = stream(seed, 7, 7);
        let symmetric = seed.is_multiple_of(2);
        let mut sides = [vec![0.0; sphere.points.len()], vec![0.0; sphere.points.len()]];
        for (side, values) in sides.iter_mut().enumerate().take(if symmetric { 1 } else { 2 }) {
            for _ in 0..60 {
                let k: [f64; 3] = std::array::from_fn(|_| wave * rng.sample::<f64, _>(StandardNormal));
                let phase = rng.gen_range(0.0..std::f64::consts::TAU);
                for (value, [x, y, z]) in values.iter_mut().zip(&sphere.points) {
                    let x = if side == 0 { *x } else { -x };
                    *value += (k[0] * x + k[1] * y + k[2] * z + phase).cos();
                }
            }
        }
        if symmetric {
            // Vertex numbers are not mirrored: the value of the vertex at the mirrored place.
            let mirrored = sphere.points.iter().map(|[x, y, z]| sides[0][sphere.nearest([-x, *y, *z])]);
            sides[1] = mirrored.collect();
        }
        vertices.0.iter().map(|(side, v)| sides[*side][*v] as f32).collect()
    }

    fn yeo(vertices: &Vertices) -> Array2<f32> {
        let networks = Networks::yeo7().unwrap();
        let (reached, found, _) = on_cortex(networks.mask(), networks.maps(), networks.maps()).unwrap();
        let both = reached.0.iter().zip(&vertices.0).filter(|(a, b)| a == b).count();
        assert!(both == vertices.count(), "the 4 mm brain holds {} of {} vertices", reached.count(), vertices.count());
        found
    }

    #[test]
    fn p_of_smooth_random_maps_is_uniform_symmetric_or_not() {
        let vertices = whole();
        let networks = unit_rows(yeo(&vertices).view(), |n| format!("network {n}")).unwrap();
        for (wave, first) in [(2.0, 0), (5.0, 1000)] {
            let count = 160;
            let mut maps = Array2::zeros((count, vertices.count()));
            for (k, mut map) in maps.outer_iter_mut().enumerate() {
                map.assign(&ndarray::Array1::from(field(&vertices, wave, first + k as u64)));
            }
            let maps = unit_rows(maps.view(), |k| format!("map {k}")).unwrap();
            let r = maps.dot(&networks.t()).mapv(f64::from);
            let spins = 99;
            let chance = spin_chance(&vertices, maps.view(), networks.view(), &r, spins, 3).unwrap();
            let p = chance.reached.mapv(|reached| f64::from(reached + 1) / (spins + 1) as f64);
            for level in [0.05, 0.2, 0.5] {
                let share = p.iter().filter(|p| **p <= level).count() as f64 / p.len() as f64;
                // Spins are the same for all maps, and the networks of one map share it.
                let sd = (level * (1.0 - level) / count as f64 + level * (1.0 - level) / spins as f64 / 4.0).sqrt();
                println!("waves of {wave}: {share:.3} of p are at most {level}");
                assert!((share - level).abs() < 4.0 * sd, "waves of {wave}: {share:.3} of p are at most {level}");
            }
        }
    }

    #[test]
    fn a_spin_takes_the_vertices_that_scipy_takes() {
        // Rotations (9 numbers a row) and, for some vertices of left and right, the source vertex by scipy's KDTree (spin × side × vertex).
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/reference/coupling/");
        let rotations: Array2<f64> = ndarray_npy::read_npy(format!("{path}spin_rotations.npy")).unwrap();
        let sources: ndarray::Array3<u16> = ndarray_npy::read_npy(format!("{path}spin_sources.npy")).unwrap();
        let found_r: Array2<f64> = ndarray_npy::read_npy(format!("{path}spin_r.npy")).unwrap();
        let sphere = Sphere::fsaverage5().unwrap();
        let mut differ = 0;
        for (spin, row) in rotations.outer_iter().enumerate() {
            let rotation: [[f64; 3]; 3] = std::array::from_fn(|i| std::array::from_fn(|j| row[3 * i + j]));
            let mut pairs = Vec::new();
            for side in 0..2 {
                for (vertex, expected) in sources.slice(ndarray::s![spin, side, ..]).iter().enumerate() {
                    let found = sphere.nearest(turned(&rotation, sphere.points[vertex], side));
                    // Points that lie half-way may go either way by rounding.
                    differ += usize::from(found != usize::from(*expected));
                    if !sphere.wall[side][vertex] && !sphere.wall[side][found] {
                        pairs.push((side, vertex, found));
                    }
                }
            }
            // Height on the sphere as the map, the square of y as the network.
            let column = |of: &dyn Fn(&(usize, usize, usize)) -> f64| {
                Array2::from_shape_fn((pairs.len(), 1), |(n, _)| of(&pairs[n]) as f32)
            };
            let map = column(&|(side, _, from)| sphere.points[*from][2] + 0.3 * *side as f64);
            let network = column(&|(_, to, _)| sphere.points[*to][1].powi(2) + 0.5 * sphere.points[*to][2]);
            let r = pearson_of_columns(&map, &network)[[0, 0]];
            assert!((r - found_r[[spin, 0]]).abs() < 1e-4, "spin {spin}: {r} against {}", found_r[[spin, 0]]);
        }
        assert!(differ < sources.len() / 1000, "{differ} of {} sources differ", sources.len());
    }

    #[test]
    fn rotations_are_rotations_and_go_everywhere() {
        let mut rng = stream(1, 2, 3);
        let mut mean = [0.0f64; 3];
        for _ in 0..2000 {
            let r = rotation(&mut rng);
            let v = turned(&r, [0.6, 0.0, 0.8], 0);
            assert!((v.iter().map(|v| v * v).sum::<f64>() - 1.0).abs() < 1e-12);
            let w = turned(&r, [-0.6, 0.0, 0.8], 1);
            assert!((w[0] + v[0]).abs() < 1e-12 && (w[1] - v[1]).abs() < 1e-12 && (w[2] - v[2]).abs() < 1e-12);
            mean.iter_mut().zip(v).for_each(|(m, v)| *m += v / 2000.0);
        }
        // Each coordinate has sd 1/√3, its mean one of 0.013.
        assert!(mean.iter().all(|m| m.abs() < 0.065), "{mean:?}");
    }
}
