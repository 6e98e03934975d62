//! Amplitude spectra of many columns, and their powers.

use super::super::phase::Transforms;
use super::super::saddle::RandomSum;
use super::tail::POWERS;
use crate::clock::Clock;
use ndarray::{Array2, ArrayView2};

/// Amplitudes of unit runs, so scaled that the product of two columns' is c_f.
pub(super) struct Spectra {
    /// Column × frequency, as shares of the column's largest: those with a random phase.
    phases: Array2<f32>,
    /// Column × even run: the highest frequency, which has a random sign.
    signs: Array2<f32>,
    largest: Vec<f64>,
}

/// The sums of powers of a pair's terms come from products of these.
pub(super) struct Powers {
    pub phases: [Array2<f32>; POWERS],
    pub signs: [Array2<f32>; POWERS],
}

impl Spectra {
    /// Of columns whose runs have mean 0 and length 1.
    pub(super) fn new(unit: ArrayView2<f32>, clock: &Clock) -> Spectra {
        let transforms = Transforms::new(clock);
        let columns = unit.t().as_standard_layout().into_owned();
        let volumes = (0..clock.runs()).map(|run| clock.volumes(run));
        let even = volumes.clone().filter(|n| n % 2 == 0).count();
        let frequencies = volumes.map(|n| n.div_ceil(2) - 1).sum();
        let mut phases = Array2::<f32>::zeros((unit.ncols(), frequencies));
        let mut signs = Array2::<f32>::zeros((unit.ncols(), even));
        let mut largest = vec![0.0; unit.ncols()];
        let (mut with_phase, mut with_sign) = (Vec::new(), Vec::new());
        // Two real series go through one complex transform.
        for first in (0..unit.ncols()).step_by(2) {
            let both = [first, (first + 1).min(unit.ncols() - 1)];
            with_phase.clear();
            with_sign.clear();
            transforms.pairs(columns.row(both[0]), columns.row(both[1]), |n, pair| {
                let scale = 1.0 / (n as f64 * clock.runs() as f64);
                let (cosine, sign) = ((2.0 * scale).sqrt(), scale.sqrt());
                with_phase.extend(pair.amplitudes.iter().map(|(a, b)| [cosine * a, cosine * b]));
                with_sign.extend(pair.highest.map(|(a, b)| [sign * a, sign * b]));
            });
            for (which, column) in both.into_iter().enumerate() {
                let most = with_phase.iter().chain(&with_sign).map(|a| a[which]).fold(0.0, f64::max);
                // A constant column leaves only rounding.
                if most > 1e-7 {
                    largest[column] = most;
                    let share = |a: &[f64; 2]| (a[which] / most) as f32;
                    phases.row_mut(column).iter_mut().zip(&with_phase).for_each(|(to, a)| *to = share(a));
                    signs.row_mut(column).iter_mut().zip(&with_sign).for_each(|(to, a)| *to = share(a));
                }
            }
        }
        Spectra { phases, signs, largest }
    }

    /// A column's largest amplitude.
    pub(super) fn largest(&self, column: usize) -> f64 {
        self.largest[column]
    }

    /// The shares to the powers 2, 4, 6, …
    pub(super) fn powers(&self) -> Powers {
        Powers { phases: powers(&self.phases), signs: powers(&self.signs) }
    }

    /// P(X ≥ r), term by term.
    pub(super) fn exact(&self, row: usize, other: &Spectra, column: usize, r: f64) -> f64 {
        let scale = self.largest[row] * other.largest[column];
        let terms = |own: &Array2<f32>, others: &Array2<f32>| -> Vec<f64> {
            let pairs = own.row(row).into_iter().zip(others.row(column));
            pairs.map(|(a, b)| scale * f64::from(*a) * f64::from(*b)).collect()
        };
        let (phases, signs) = (terms(&self.phases, &other.phases), terms(&self.signs, &other.signs));
        RandomSum { phases: &phases, signs: &signs }.tail(r)
    }
}

fn powers(shares: &Array2<f32>) -> [Array2<f32>; POWERS] {
    let square = shares * shares;
    let mut last = square.clone();
    std::array::from_fn(|k| {
        if k > 0 {
            last.zip_mut_with(&square, |a, b| *a *= b);
        }
        last.clone()
    })
}
