//! First atoms: courses of neurons, no two of them the same.

use crate::error::{Error, Result};
use crate::linalg::ColumnBlocks;
use crate::notebook::check_cancelled;
use ndarray::{Array1, Array2, ArrayView1, Axis};
use rand::Rng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;

/// Unit courses that are apart by less than this are the same but for rounding: 1 − r², or 1 − r for positive codes.
const SAME: f32 = 1e-5;

/// Neurons that are candidates at one time, for each atom.
const CANDIDATES: usize = 4;

/// Courses of `count` neurons as unit rows (atom × time).
///
/// Each is drawn with odds 1 − r², r being its largest correlation with those before it (1 − r for positive codes, to which a course and
/// its negative are two): from a random few neurons, and from the others only where those few have not enough different courses.
pub(super) fn first_atoms(
    data: &ColumnBlocks,
    count: usize,
    positive: bool,
    rng: &mut Xoshiro256PlusPlus,
) -> Result<Array2<f64>> {
    let mut order: Vec<usize> = (0..data.columns()).collect();
    order.shuffle(rng);
    let mut atoms: Vec<Array1<f32>> = Vec::with_capacity(count);
    for some in order.chunks(CANDIDATES * count) {
        if atoms.len() == count {
            break;
        }
        let courses = unit_courses(data, some);
        let apart = |r: f32| if positive { 1.0 - r } else { 1.0 - r * r };
        let mut distances = Array1::from_elem(some.len(), 1f32);
        let mut nearer = |to: ArrayView1<f32>| {
            distances.zip_mut_with(&courses.dot(&to), |d, &r| *d = d.min(apart(r)));
            distances.iter().map(|&d| if d > SAME { f64::from(d) } else { 0.0 }).collect::<Vec<f64>>()
        };
        let mut odds = vec![1.0; some.len()];
        for atom in &atoms {
            odds = nearer(atom.view());
        }
        while atoms.len() < count {
            check_cancelled("dictionary learning")?;
            let total: f64 = odds.iter().sum();
            if total == 0.0 {
                break;
            }
            let drawn = draw(&odds, rng.gen_range(0.0..total));
            atoms.push(courses.row(drawn).to_owned());
            odds = nearer(courses.row(drawn));
        }
    }
    if atoms.len() < count {
        return Err(Error::value(
            format!("{count} atoms were asked for, and the data have only {} distinct courses", atoms.len()),
            format!("ask for {} or fewer", atoms.len()),
        ));
    }
    let views: Vec<_> = atoms.iter().map(|atom| atom.view()).collect();
    let stacked = ndarray::stack(Axis(0), &views).expect("courses of one length");
    Ok(stacked.mapv(f64::from))
}

/// Index of the first whose odds, added up, exceed `target`.
pub(super) fn draw(odds: &[f64], target: f64) -> usize {
    let mut sum = 0.0;
    let found = odds.iter().position(|odds| {
        sum += odds;
        sum > target
    });
    // A target at the very end of the sum falls to the last that has any odds.
    found.or_else(|| odds.iter().rposition(|&odds| odds > 0.0)).unwrap_or(0)
}

/// Neuron × time, each row of norm 1.
pub(super) fn unit_courses(data: &ColumnBlocks, neurons: &[usize]) -> Array2<f32> {
    let mut courses = data.select(neurons).reversed_axes().as_standard_layout().into_owned();
    for mut course in courses.rows_mut() {
        let norm = course.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt() as f32;
        course /= norm;
    }
    courses
}
