//! From raw maps to an [`Extraction`]: sign, each subject's courses, variance explained, order.

use super::Extraction;
use super::reduce::Reduced;
use super::subjects::{Scan, Subjects};
use crate::brain::Networks;
use crate::error::{Error, Result};
use crate::linalg::{ColumnBlocks, pseudo_inverse};
use crate::pattern::{Report, zscore};
use crate::provenance::Provenance;
use ndarray::{Array1, Array2, ArrayView1, Axis};

/// What a method found.
pub(super) struct Found {
    /// Network × voxel that varies.
    pub maps: Array2<f32>,
    pub courses: Courses,
    /// What the method is called.
    pub kind: &'static str,
    /// What a network is called, before its number.
    pub name: &'static str,
    /// The method with its options, and how it ended, as one line.
    pub method: String,
    pub unit: &'static str,
    /// Values of a smaller magnitude become 0 in the end.
    pub threshold: Option<f32>,
    pub seed: u64,
    /// Stability in the order of `maps`; shares and voxels left out are added here.
    pub report: Report,
}

/// How a subject's courses follow from the maps.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Courses {
    /// Least squares of each volume on all maps: X·Mᵀ·(M·Mᵀ)⁺.
    Regression,
    /// Each volume on each map by itself: X·m / ‖m‖².
    Projection,
}

pub(super) fn assemble(subjects: &Subjects, reduced: Reduced, found: Found) -> Result<Extraction> {
    let Found { maps, courses: rule, kind, name, method, unit, threshold, seed, mut report } = found;
    let Reduced { mask, live, left_out, .. } = reduced;
    let mut all = Array2::zeros((maps.nrows(), mask.count()));
    for (mut to, map) in all.rows_mut().into_iter().zip(maps.rows()) {
        let sign = if tail(map) < 0.0 { -1.0 } else { 1.0 };
        live.iter().zip(map).for_each(|(&voxel, &value)| to[voxel] = sign * value);
    }
    let count = all.nrows();
    let blocks = ColumnBlocks::from_matrix(all.view());
    let gram = blocks.times_transposed(&blocks);
    let inverse = pseudo_inverse(gram.view())?;

    let mut courses: Vec<(Scan, String, Array2<f32>)> = Vec::new();
    let mut made =
        Provenance::step("extract networks").option("method", &method).option("threshold", format!("{threshold:?}"));
    let (mut strength, mut explained, mut whole) = (vec![0f64; count], 0.0, 0.0);
    subjects.each("subjects, courses", |_, subject| {
        made = made.input("subject", &subject.series);
        let along = subject.data.times_transposed(&blocks);
        let fitted = along.dot(&inverse);
        explained += (&fitted * &along).sum();
        whole += subject.data.squared_norms().iter().sum::<f64>();
        let own = match rule {
            Courses::Regression => fitted,
            Courses::Projection => along / gram.diag(),
        };
        for ((strength, course), size) in strength.iter_mut().zip(own.columns()).zip(gram.diag()) {
            *strength += course.dot(&course) * size;
        }
        let whose = subject.series.name().to_owned();
        let mut own = own.mapv(|v| v as f32);
        for (network, course) in own.columns_mut().into_iter().enumerate() {
            if zscore(course).is_none() {
                return Err(Error::value(
                    format!("network {network} of {method} has a constant course in {whose}"),
                    "ask for fewer networks, or try another seed",
                ));
            }
        }
        courses.push((subject.scan, whose, own));
        Ok(())
    })?;

    let subjects = if subjects.count == 1 { "1 subject".to_owned() } else { format!("{} subjects", subjects.count) };
    let about = format!("{kind} of {subjects}");
    let mut order: Vec<usize> = (0..count).collect();
    // Sorting is stable, so that equal networks keep the method's order.
    order.sort_by(|&a, &b| strength[b].total_cmp(&strength[a]));
    let mut maps = all.select(Axis(0), &order);
    let names: Vec<String> = (1..=count).map(|n| format!("{name} {n}")).collect();
    if let Some(threshold) = threshold {
        maps.mapv_inplace(|v| if v.abs() < threshold { 0.0 } else { v });
        if let Some(empty) = maps.rows().into_iter().position(|map| map.iter().all(|v| *v == 0.0)) {
            return Err(Error::value(
                format!("no voxel of {} reaches the threshold of {threshold}", names[empty]),
                "take a lower threshold, or fewer networks",
            ));
        }
    }
    report.explained_by = order.iter().map(|&k| strength[k] / whole).collect();
    report.stability = report.stability.map(|stability| order.iter().map(|&k| stability[k]).collect());
    report.left_out = left_out.into();
    let courses = courses.into_iter().map(|(scan, whose, courses)| {
        let about = format!("{whose}; networks: {about}");
        let course = scan.series(&courses.select(Axis(1), &order), &names, about)?;
        Ok(course.made(Provenance::step("courses of an extraction").input("extraction", &made)))
    });
    let courses = courses.collect::<Result<Vec<_>>>()?;
    Ok(Extraction {
        courses: courses.into(),
        networks: Networks::new(maps, &mask, &names, about.as_str())?.made(made),
        method,
        unit,
        explained: explained / whole,
        seed,
        report,
    })
}

/// Σ m³: positive where the heavier tail is.
fn tail(map: ArrayView1<f32>) -> f64 {
    map.iter().map(|&v| f64::from(v).powi(3)).sum()
}

/// Each map divided by what its root mean square is; without it where it is 0.
pub(super) fn of_unit_size(maps: &mut Array2<f32>) {
    let size: Array1<f32> = maps.map_axis(Axis(1), |map| {
        let mean = map.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>() / map.len() as f64;
        if mean > 0.0 { mean.sqrt() as f32 } else { 1.0 }
    });
    *maps /= &size.insert_axis(Axis(1));
}
