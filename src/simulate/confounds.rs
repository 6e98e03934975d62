//! The nuisance courses of one run, and their table in fMRIPrep's columns.

use super::dvars::Dvars;
use super::random::stream;
use rand::Rng;
use rand_distr::StandardNormal;
use std::f64::consts::TAU;
use std::fmt::Write;

/// What disturbs one run, one value per volume.
pub(super) struct Nuisance {
    /// trans_x, y, z in mm and rot_x, y, z in radians: random walks.
    pub(super) motion: [Vec<f64>; 6],
    /// Breath and heartbeat as the TR aliases them, variance 1.
    pub(super) physiology: Vec<f64>,
    /// A slow course that the whole brain shares, variance 1.
    pub(super) global: Vec<f64>,
    /// Noise of the two tissue signals.
    tissue: [Vec<f64>; 2],
}

const MOTION: [&str; 6] = ["trans_x", "trans_y", "trans_z", "rot_x", "rot_y", "rot_z"];
/// Steps of the random walk, per volume: mm, and radians.
const STEP: [f64; 2] = [0.03, 0.0004];
/// Breaths and heartbeats per second.
const RHYTHMS: [f64; 2] = [0.27, 1.07];
/// AR(1) coefficient of the global course.
const SLOW: f64 = 0.9;
/// fMRIPrep's high-pass in seconds.
const HIGH_PASS: f64 = 128.0;
/// Radius in mm of the sphere on which framewise displacement measures rotations (Power et al. 2012).
const HEAD: f64 = 50.0;

impl Nuisance {
    pub(super) fn new(seed: u64, run: usize, volumes: usize, tr: f64) -> Nuisance {
        let mut rng = stream(seed, "nuisance", run as u64);
        let motion = std::array::from_fn(|axis| {
            let mut at = 0.0;
            let step = STEP[axis / 3];
            let walk = |_| {
                at += step * rng.sample::<f64, _>(StandardNormal);
                at
            };
            (0..volumes).map(walk).collect()
        });
        let phases = RHYTHMS.map(|_| rng.gen_range(0.0..TAU));
        let physiology = (0..volumes)
            .map(|t| RHYTHMS.iter().zip(phases).map(|(f, phase)| (TAU * f * t as f64 * tr + phase).cos()).sum())
            .collect();
        let mut last: f64 = rng.sample(StandardNormal);
        let slow = |_| {
            last = SLOW * last + (1.0 - SLOW * SLOW).sqrt() * rng.sample::<f64, _>(StandardNormal);
            last
        };
        let global = (0..volumes).map(slow).collect();
        let tissue = std::array::from_fn(|_| (0..volumes).map(|_| rng.sample(StandardNormal)).collect());
        Nuisance { motion, physiology, global, tissue }
    }

    /// fMRIPrep's confounds table; `global_signal` is the mean of the volumes as they were written, and `dvars` are theirs.
    pub(super) fn table(&self, global_signal: &[f64], dvars: &Dvars, tr: f64) -> String {
        let volumes = global_signal.len();
        let columns: Vec<(String, Vec<Option<f64>>)> = self.columns(global_signal, dvars, volumes, tr);
        let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
        let mut text = names.join("\t");
        text.push('\n');
        for t in 0..volumes {
            for (c, (_, values)) in columns.iter().enumerate() {
                let end = if c + 1 == columns.len() { '\n' } else { '\t' };
                // Writing to a String does not fail.
                let _ = match values[t] {
                    Some(value) => write!(text, "{value:.9}{end}"),
                    None => write!(text, "n/a{end}"),
                };
            }
        }
        text
    }

    fn columns(
        &self,
        global_signal: &[f64],
        dvars: &Dvars,
        volumes: usize,
        tr: f64,
    ) -> Vec<(String, Vec<Option<f64>>)> {
        let whole = |values: Vec<f64>| values.into_iter().map(Some).collect::<Vec<_>>();
        let csf = (0..volumes).map(|t| 900.0 + 9.0 * (self.physiology[t] + 0.3 * self.tissue[0][t])).collect();
        let white = (0..volumes).map(|t| 950.0 + 5.0 * (self.global[t] + 0.3 * self.tissue[1][t])).collect();
        let mut columns = Vec::new();
        let mut expanded = |name: &str, values: Vec<f64>| {
            let steps: Vec<Option<f64>> = (0..volumes).map(|t| (t > 0).then(|| values[t] - values[t - 1])).collect();
            columns.push((format!("{name}_derivative1"), steps.clone()));
            columns.push((format!("{name}_power2"), whole(values.iter().map(|v| v * v).collect())));
            columns.push((format!("{name}_derivative1_power2"), steps.iter().map(|s| s.map(|s| s * s)).collect()));
            columns.push((name.to_owned(), whole(values)));
        };
        expanded("global_signal", global_signal.to_vec());
        expanded("csf", csf);
        expanded("white_matter", white);
        for (name, values) in MOTION.iter().zip(&self.motion) {
            expanded(name, values.clone());
        }
        let steps = |values: &[f64]| std::iter::once(None).chain(values.iter().copied().map(Some)).collect::<Vec<_>>();
        columns.push(("dvars".to_owned(), steps(&dvars.plain)));
        columns.push(("std_dvars".to_owned(), steps(&dvars.standardised)));
        columns.push(("framewise_displacement".to_owned(), self.framewise_displacement(volumes)));
        for k in 1..=cosines(volumes, tr) {
            let n = volumes as f64;
            let cosine = |t| (2.0 / n).sqrt() * (TAU / 2.0 * k as f64 * (t as f64 + 0.5) / n).cos();
            columns.push((format!("cosine{:02}", k - 1), whole((0..volumes).map(cosine).collect())));
        }
        columns
    }

    /// Σ |Δ translation| + 50 mm · Σ |Δ rotation|; the first volume has none.
    fn framewise_displacement(&self, volumes: usize) -> Vec<Option<f64>> {
        let moved = |t: usize| -> f64 {
            let by = |(axis, values): (usize, &Vec<f64>)| {
                (values[t] - values[t - 1]).abs() * if axis < 3 { 1.0 } else { HEAD }
            };
            self.motion.iter().enumerate().map(by).sum()
        };
        (0..volumes).map(|t| (t > 0).then(|| moved(t))).collect()
    }
}

/// How many cosines lie below the high-pass cut.
fn cosines(volumes: usize, tr: f64) -> usize {
    (2.0 * volumes as f64 * tr / HIGH_PASS).floor() as usize
}

/// The JSON that stands beside the table.
pub(super) fn describe() -> serde_json::Value {
    serde_json::json!({
        "Description": "SIMULATED confounds in the columns of fMRIPrep",
        "trans_x": { "Units": "mm" }, "trans_y": { "Units": "mm" }, "trans_z": { "Units": "mm" },
        "rot_x": { "Units": "rad" }, "rot_y": { "Units": "rad" }, "rot_z": { "Units": "rad" },
        "framewise_displacement": { "Units": "mm", "Description": "Power et al. 2012, head radius 50 mm" },
        "std_dvars": { "Description": "as nipype's compute_dvars" },
        "csf": { "Description": "carries the simulated breath and heartbeat" },
        "white_matter": { "Description": "carries the simulated global course" },
        "cosine00": { "Description": "discrete cosine basis, high-pass at 128 s" },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_fmripreps_columns_and_its_first_steps_are_not_available() {
        let nuisance = Nuisance::new(1, 0, 100, 1.5);
        let dvars = Dvars { plain: vec![20.0; 99], standardised: vec![1.0; 99] };
        let table = nuisance.table(&[1000.0; 100], &dvars, 1.5);
        let mut lines = table.lines().map(|l| l.split('\t').collect::<Vec<_>>());
        let names = lines.next().unwrap();
        let first = lines.next().unwrap();
        let second = lines.next().unwrap();
        let at = |name: &str| names.iter().position(|n| *n == name).unwrap();
        assert_eq!(first[at("framewise_displacement")], "n/a");
        assert_eq!(first[at("rot_z_derivative1")], "n/a");
        let value = |name: &str| second[at(name)].parse::<f64>().unwrap();
        let steps: f64 = MOTION
            .iter()
            .map(|m| value(&format!("{m}_derivative1")).abs() * if m.starts_with("rot") { 50.0 } else { 1.0 })
            .sum();
        assert!((steps - value("framewise_displacement")).abs() < 1e-6);
        // 150 s hold two cosines slower than 128 s.
        assert!(names.contains(&"cosine01") && !names.contains(&"cosine02"));
        assert_eq!(lines.count(), 98);
    }
}
