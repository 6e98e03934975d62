//! The simulated signal of each voxel.
//!
//! y(t) = base · (1 + 0.01 · x(t)), x = snr · gain · course + AR(1) noise + drift + motion + global course + physiology.

use super::confounds::Nuisance;
use super::planting::{Group, z_scored};
use super::random::stream;
use crate::brain::{Mask, Networks};
use crate::clock::Clock;
use crate::coupling::field::Field;
use crate::error::Result;
use crate::linalg::in_pool;
use crate::notebook::check_cancelled;
use ndarray::{Array1, Array2, ArrayView1, ArrayViewMut1};
use rand::Rng;
use rayon::prelude::*;

/// AR(1) coefficient of a voxel's noise, per volume.
pub(super) const AR: f32 = 0.5;
/// Spatial smoothness of the noise: width at half maximum in mm.
pub(super) const NOISE_FWHM: f64 = 6.0;
/// Range of a voxel's gain.
pub(super) const GAIN: [f32; 2] = [0.5, 1.5];
/// Standard deviations of the other disturbances, in those of the noise.
pub(super) const DRIFT: f32 = 0.5;
pub(super) const MOTION: f32 = 0.3;
pub(super) const GLOBAL: f32 = 0.3;
pub(super) const PHYSIOLOGY: f32 = 0.8;
/// Mean signal, and standard deviation of the noise as a share of it.
const BASE: f32 = 1000.0;
const PERCENT: f32 = 0.01;
/// How much of the motion a voxel feels that has all its neighbours in the brain.
const WITHIN: f32 = 0.2;
/// Smoothness in mm (sigma) of what varies slowly over the brain.
const BROAD: f64 = 16.0;

/// What stays the same over the runs of one subject.
pub(super) struct Head {
    seed: u64,
    mask: Mask,
    base: Vec<f32>,
    /// For each of the six motion parameters, how it moves each voxel's signal.
    motion: Vec<Vec<f32>>,
    global: Vec<f32>,
    physiology: Vec<f32>,
    /// For each group its voxels (numbers within the mask) and their gains.
    driven: Vec<Vec<(usize, f32)>>,
}

impl Head {
    /// The head of the subject of a seed.
    pub(super) fn new(seed: u64, networks: &Networks, groups: &[Group]) -> Head {
        let mask = networks.mask().clone();
        let broad = Field::new(&mask, BROAD);
        let draw = |what: &str, index: u64| {
            let mut field = vec![0.0; mask.count()];
            broad.draw(&mut stream(seed, what, index), &mut field);
            field
        };
        let base = draw("base", 0).into_iter().map(|b| BASE * (1.0 + 0.1 * b.clamp(-3.0, 3.0))).collect();
        let edge: Vec<f32> = (0..mask.count()).map(|n| if at_edge(&mask, n) { 1.0 } else { WITHIN }).collect();
        let motion = (0..6)
            .map(|axis| draw("motion", axis).iter().zip(&edge).map(|(m, e)| m * e * MOTION / 6.0_f32.sqrt()).collect())
            .collect();
        let global = draw("global", 0).into_iter().map(|g| GLOBAL * (1.0 + 0.3 * g).max(0.0)).collect();
        let physiology = slab(&mask).into_iter().map(|inside| if inside { PHYSIOLOGY } else { 0.0 }).collect();
        let driven = Head::gains(seed, networks, groups);
        Head { seed, mask, base, motion, global, physiology, driven }
    }

    /// For each group its voxels (numbers within the mask) and their gains.
    pub(super) fn gains(seed: u64, networks: &Networks, groups: &[Group]) -> Vec<Vec<(usize, f32)>> {
        groups.iter().map(|g| gains(seed, networks.maps().row(g.network), g.network)).collect()
    }

    /// One run: volume × voxel, and the nuisance that went into it.
    pub(super) fn run(&self, snr: f64, groups: &[Group], clock: &Clock, run: usize) -> Result<(Array2<f32>, Nuisance)> {
        let volumes = clock.volumes(run);
        let nuisance = Nuisance::new(self.seed, run, volumes, clock.tr());
        let mut data = self.noise(run, volumes)?;
        let alone = Clock::new(clock.tr(), &[volumes])?;
        let z = |course: Vec<f32>| z_scored(Array1::from(course).view(), &alone);
        let single = |values: &[f64]| values.iter().map(|&v| v as f32).collect::<Vec<f32>>();
        let broad = Field::new(&self.mask, BROAD);
        let mut terms: Vec<(Array1<f32>, Vec<f32>)> = Vec::new();
        let shapes: [fn(f32) -> f32; 2] = [|t| t, |t| (std::f32::consts::PI * t).cos()];
        for (number, shape) in shapes.into_iter().enumerate() {
            let course = (0..volumes).map(|t| shape((t as f32 + 0.5) / volumes as f32)).collect();
            let mut field = vec![0.0; self.mask.count()];
            broad.draw(&mut stream(self.seed, "drift", (2 * run + number) as u64), &mut field);
            field.iter_mut().for_each(|v| *v *= DRIFT / 2.0_f32.sqrt());
            terms.push((z(course), field));
        }
        for (course, weights) in nuisance.motion.iter().zip(&self.motion) {
            terms.push((z(single(course)), weights.clone()));
        }
        terms.push((z(single(&nuisance.global)), self.global.clone()));
        terms.push((z(single(&nuisance.physiology)), self.physiology.clone()));
        let first = clock.rows(run).start;
        in_pool(|| {
            rows(&mut data).into_par_iter().enumerate().for_each(|(t, mut row)| {
                for (course, weights) in &terms {
                    row.scaled_add(course[t], &ArrayView1::from(weights));
                }
                for (group, driven) in groups.iter().zip(&self.driven) {
                    let signal = snr as f32 * group.course[first + t];
                    driven.iter().for_each(|&(voxel, gain)| row[voxel] += gain * signal);
                }
                row.zip_mut_with(&ArrayView1::from(&self.base), |x, &base| *x = base * (1.0 + PERCENT * *x));
            });
        });
        Ok((data, nuisance))
    }

    /// AR(1) noise of variance 1, smooth in space.
    fn noise(&self, run: usize, volumes: usize) -> Result<Array2<f32>> {
        let field = Field::new(&self.mask, NOISE_FWHM / (8.0 * 2.0_f64.ln()).sqrt());
        let mut data = Array2::zeros((volumes, self.mask.count()));
        let what = format!("noise of run {run}");
        in_pool(|| -> Result<()> {
            rows(&mut data).into_par_iter().enumerate().try_for_each(|(t, mut row)| -> Result<()> {
                check_cancelled("simulating")?;
                let mut fresh = vec![0.0; row.len()];
                field.draw(&mut stream(self.seed, &what, t as u64), &mut fresh);
                row.assign(&ArrayView1::from(&fresh));
                Ok(())
            })
        })?;
        for t in 1..volumes {
            let (before, mut now) = data.multi_slice_mut((ndarray::s![t - 1, ..], ndarray::s![t, ..]));
            now.zip_mut_with(&before, |now, &before| *now = AR * before + (1.0 - AR * AR).sqrt() * *now);
        }
        Ok(data)
    }
}

fn rows(data: &mut Array2<f32>) -> Vec<ArrayViewMut1<'_, f32>> {
    data.outer_iter_mut().collect()
}

/// Voxels of a network (its map above half of its greatest value), each with a gain.
fn gains(seed: u64, map: ArrayView1<f32>, network: usize) -> Vec<(usize, f32)> {
    let mut rng = stream(seed, "gains", network as u64);
    let half = map.iter().copied().fold(f32::MIN, f32::max) / 2.0;
    let inside = map.iter().enumerate().filter(|(_, m)| **m > half);
    inside.map(|(voxel, _)| (voxel, rng.gen_range(GAIN[0]..GAIN[1]))).collect()
}

/// Whether one of a voxel's six neighbours is not in the mask.
fn at_edge(mask: &Mask, n: usize) -> bool {
    let at = mask.position(n);
    let shape = mask.shape();
    let flat = |p: [usize; 3]| (p[0] + shape[0] * (p[1] + shape[1] * p[2])) as u32;
    (0..3).any(|axis| {
        let (mut below, mut above) = (at, at);
        if at[axis] == 0 || at[axis] + 1 == shape[axis] {
            return true;
        }
        below[axis] -= 1;
        above[axis] += 1;
        [below, above].into_iter().any(|p| mask.voxels().binary_search(&flat(p)).is_err())
    })
}

/// Three axial slices in the lower third of the brain: where breath and heartbeat are felt.
fn slab(mask: &Mask) -> Vec<bool> {
    let slices: Vec<usize> = (0..mask.count()).map(|n| mask.position(n)[2]).collect();
    let (low, high) = slices.iter().fold((usize::MAX, 0), |(low, high), &k| (low.min(k), high.max(k)));
    let middle = low + high.saturating_sub(low) / 3;
    slices.into_iter().map(|k| k.abs_diff(middle) <= 1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coupling::calibration::made_networks;
    use ndarray::Axis;

    fn one_group(volumes: usize) -> (Clock, Vec<Group>) {
        let clock = Clock::new(1.5, &[volumes]).unwrap();
        let course = Array1::from_shape_fn(volumes, |t| (t as f32 * 0.3).sin());
        let course = z_scored(course.view(), &clock);
        (clock, vec![Group { network: 1, columns: vec![0], signs: vec![1.0], course }])
    }

    #[test]
    fn the_signal_is_snr_times_gain_times_course_in_the_networks_voxels_only() {
        let networks = made_networks();
        let (clock, groups) = one_group(60);
        let head = Head::new(3, &networks, &groups);
        let difference = head.run(0.8, &groups, &clock, 0).unwrap().0 - head.run(0.0, &groups, &clock, 0).unwrap().0;
        let mut expected = Array2::<f32>::zeros(difference.dim());
        for &(voxel, gain) in &head.driven[0] {
            assert_eq!(networks.maps()[[1, voxel]], 1.0);
            assert!((0.5..1.5).contains(&gain));
            for t in 0..60 {
                expected[[t, voxel]] = 0.01 * head.base[voxel] * 0.8 * gain * groups[0].course[t];
            }
        }
        assert_eq!(head.driven[0].len(), networks.maps().row(1).iter().filter(|m| **m > 0.5).count());
        let worst = (&difference - &expected).iter().fold(0.0_f32, |m, v| m.max(v.abs()));
        assert!(worst < 1e-3, "off by {worst} at a signal of about 1000");
    }

    #[test]
    fn the_noise_has_variance_one_and_the_stated_autocorrelation() {
        let networks = made_networks();
        let (_, groups) = one_group(4);
        let head = Head::new(4, &networks, &groups);
        let noise = head.noise(0, 400).unwrap();
        let variance = noise.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>() / noise.len() as f64;
        assert!((variance - 1.0).abs() < 0.02, "variance {variance}");
        let first = noise.row(0).iter().map(|v| f64::from(*v).powi(2)).sum::<f64>() / noise.ncols() as f64;
        assert!((first - 1.0).abs() < 0.15, "the first volume has variance {first}");
        let (now, next) = (noise.slice(ndarray::s![..-1, ..]), noise.slice(ndarray::s![1.., ..]));
        let lag = now.iter().zip(next).map(|(a, b)| f64::from(a * b)).sum::<f64>() / now.len() as f64 / variance;
        assert!((lag - f64::from(AR)).abs() < 0.02, "lag-1 autocorrelation {lag}");
        assert!(noise.mean_axis(Axis(0)).unwrap().iter().all(|m| m.abs() < 0.6));
    }
}
