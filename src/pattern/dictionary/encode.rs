//! Sparse codes of neurons for a fixed dictionary: coordinate descent on many neurons at once.

use crate::error::Result;
use crate::linalg::multiply_into;
use crate::notebook::check_cancelled;
use faer::Par;
use ndarray::{Array2, ArrayView2};
use pulp::{Simd, WithSimd};

/// Neurons whose codes one sweep changes together. Their codes and residual correlations stay in the fastest cache, and a constant
/// number of them makes every inner loop whole vectors.
const LANES: usize = 32;

type Lanes = [f32; LANES];

/// What ends the coordinate descent.
#[derive(Clone, Copy)]
pub(super) struct Effort {
    /// Most sweeps over all atoms.
    pub sweeps: usize,
    /// Largest change of a code in a sweep that counts as none.
    pub tolerance: f32,
}

/// A few sweeps, which the next epoch goes on from.
pub(super) const ROUGH: Effort = Effort { sweeps: 5, tolerance: 1e-4 };

/// To convergence, for courses of unit norm.
pub(super) const EXACT: Effort = Effort { sweeps: 2000, tolerance: 1e-6 };

/// A dictionary made ready to encode with.
pub(super) struct Encoder {
    /// Atom × time, for courses of the scale in which they come.
    atoms: Array2<f32>,
    /// Atom × atom.
    gram: Array2<f32>,
    penalty: f32,
    /// What the soft threshold takes away at most from below: the penalty, or nothing is kept where codes are to be positive.
    lower: f32,
}

/// What came of encoding some neurons.
pub(super) struct Encoded {
    /// ‖s − D·a‖² of each neuron.
    pub residuals: Vec<f64>,
    /// Largest |dᵀs| of an atom and a neuron.
    pub strongest: f32,
    /// Whether every neuron's codes changed by less than the tolerance in the last sweep.
    pub converged: bool,
}

impl Encoder {
    /// For courses that are `scale` times those that the objective is about.
    pub(super) fn new(atoms: &Array2<f64>, scale: f64, penalty: f64, positive: bool) -> Encoder {
        let gram = atoms.dot(&atoms.t()).mapv(|v| v as f32);
        let penalty = penalty as f32;
        let lower = if positive { f32::NEG_INFINITY } else { -penalty };
        Encoder { atoms: atoms.mapv(|v| (v / scale) as f32), gram, penalty, lower }
    }

    /// Improves `codes` (atom × neuron) of the courses `s` (time × neuron), whose squared norms are `norms`.
    pub(super) fn encode(
        &self,
        s: ArrayView2<f32>,
        norms: &[f64],
        codes: &mut Array2<f32>,
        effort: Effort,
    ) -> Result<Encoded> {
        let mut correlations = Array2::zeros(codes.dim());
        multiply_into(correlations.view_mut(), self.atoms.view(), s, Par::Seq);
        let mut explained = Array2::zeros(codes.dim());
        multiply_into(explained.view_mut(), self.gram.view(), codes.view(), Par::Seq);
        let strongest = correlations.iter().fold(0f32, |most, c| most.max(if self.positive() { *c } else { c.abs() }));

        let (atoms, neurons) = codes.dim();
        let mut encoded = Encoded { residuals: Vec::with_capacity(neurons), strongest, converged: true };
        let mut tile = Tile { codes: vec![[0.0; LANES]; atoms], residual: vec![[0.0; LANES]; atoms] };
        for first in (0..neurons).step_by(LANES) {
            check_cancelled("dictionary learning")?;
            let lanes = first..(first + LANES).min(neurons);
            for (j, (code, residual)) in tile.codes.iter_mut().zip(&mut tile.residual).enumerate() {
                (*code, *residual) = ([0.0; LANES], [0.0; LANES]);
                for (lane, neuron) in lanes.clone().enumerate() {
                    code[lane] = codes[[j, neuron]];
                    residual[lane] = correlations[[j, neuron]] - explained[[j, neuron]];
                }
            }
            encoded.converged &= self.descend(&mut tile, effort);
            for (lane, neuron) in lanes.enumerate() {
                // ‖s − D·a‖² = ‖s‖² − aᵀ(Dᵀs) − aᵀ(Dᵀs − DᵀD·a)
                let mut residual = norms[neuron];
                for (j, (code, r)) in tile.codes.iter().zip(&tile.residual).enumerate() {
                    codes[[j, neuron]] = code[lane];
                    residual -= f64::from(code[lane]) * f64::from(correlations[[j, neuron]] + r[lane]);
                }
                encoded.residuals.push(residual.max(0.0));
            }
        }
        Ok(encoded)
    }

    fn positive(&self) -> bool {
        self.lower == f32::NEG_INFINITY
    }

    /// Sweeps until no code of the tile changes by more than the tolerance; whether that was reached.
    fn descend(&self, tile: &mut Tile, effort: Effort) -> bool {
        let gram = self.gram.as_slice().expect("a product lies in row-major order");
        pulp::Arch::new().dispatch(Descent { gram, tile, lower: self.lower, upper: self.penalty, effort })
    }
}

/// Codes of some neurons, and what correlation with each atom the codes leave.
struct Tile {
    codes: Vec<Lanes>,
    residual: Vec<Lanes>,
}

/// The descent as what is compiled for the widest vectors that the processor has; loops below are plain, and everything is inlined.
struct Descent<'a> {
    gram: &'a [f32],
    tile: &'a mut Tile,
    lower: f32,
    upper: f32,
    effort: Effort,
}

impl WithSimd for Descent<'_> {
    type Output = bool;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> bool {
        for _ in 0..self.effort.sweeps {
            if sweep(self.gram, self.tile, self.lower, self.upper) <= self.effort.tolerance {
                return true;
            }
        }
        false
    }
}

/// Each atom's code in turn becomes the best one while the others stay; the largest change.
#[inline(always)]
fn sweep(gram: &[f32], tile: &mut Tile, lower: f32, upper: f32) -> f32 {
    let atoms = tile.codes.len();
    let mut most = [0f32; LANES];
    for (j, row) in gram.chunks_exact(atoms).enumerate() {
        let (code, residual) = (&mut tile.codes[j], &tile.residual[j]);
        let (norm, inverse) = (row[j], 1.0 / row[j]);
        let mut change: Lanes = [0.0; LANES];
        let mut any = 0u32;
        for lane in 0..LANES {
            let whole = norm.mul_add(code[lane], residual[lane]);
            let taken = if whole < lower { lower } else { whole };
            let taken = if taken > upper { upper } else { taken };
            let new = (whole - taken) * inverse;
            change[lane] = new - code[lane];
            code[lane] = new;
        }
        for lane in 0..LANES {
            let size = change[lane].abs();
            most[lane] = if size > most[lane] { size } else { most[lane] };
            any |= size.to_bits();
        }
        // Atoms that no neuron of the tile takes up cost nothing more.
        if any == 0 {
            continue;
        }
        for (residual, &g) in tile.residual.iter_mut().zip(row) {
            for lane in 0..LANES {
                residual[lane] = (-g).mul_add(change[lane], residual[lane]);
            }
        }
    }
    most.iter().fold(0.0, |most, &change| most.max(change))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Axis;

    fn reference(name: &str) -> Array2<f32> {
        let path = format!("{}/tests/reference/dictionary/{name}.npy", env!("CARGO_MANIFEST_DIR"));
        ndarray_npy::read_npy(path).unwrap()
    }

    fn codes(positive: bool, penalty: f64, start: f32) -> (Array2<f32>, Encoded) {
        let (courses, atoms) = (reference("code_courses"), reference("code_atoms").mapv(f64::from));
        let norms: Vec<f64> = courses.columns().into_iter().map(|c| f64::from(c.dot(&c))).collect();
        let mut codes = Array2::from_elem((atoms.nrows(), courses.ncols()), start);
        let encoder = Encoder::new(&atoms, 1.0, penalty, positive);
        let encoded = encoder.encode(courses.view(), &norms, &mut codes, EXACT).unwrap();
        (codes, encoded)
    }

    #[test]
    fn codes_are_those_of_scikit_learn() {
        for (name, positive) in [("code_any", false), ("code_positive", true)] {
            // From a far start too: the problem has one solution.
            for start in [0.0, 0.3] {
                let (found, encoded) = codes(positive, 0.05, start);
                let expected = reference(name);
                assert!(encoded.converged && found.iter().filter(|c| **c != 0.0).count() > 40);
                assert!((&found - &expected).iter().all(|d| d.abs() < 1e-5), "{name}");
                assert!(found.iter().zip(&expected).all(|(a, b)| b.abs() < 1e-4 || *a != 0.0), "{name}");
            }
        }
    }

    #[test]
    fn residuals_are_what_the_codes_leave_of_the_courses() {
        let (found, encoded) = codes(false, 0.05, 0.0);
        let left = reference("code_courses") - reference("code_atoms").t().dot(&found);
        for (residual, left) in encoded.residuals.iter().zip(left.columns()) {
            assert!((residual - f64::from(left.dot(&left))).abs() < 1e-5);
        }
    }

    #[test]
    fn the_strongest_correlation_is_the_penalty_from_which_codes_are_zero() {
        let strongest = f64::from(codes(false, 0.05, 0.0).1.strongest);
        assert!(codes(false, strongest * 1.001, 0.0).0.iter().all(|&c| c == 0.0));
        assert!(codes(false, strongest * 0.999, 0.0).0.iter().any(|&c| c != 0.0));
    }

    #[test]
    fn a_course_in_another_scale_has_the_same_codes() {
        let (courses, atoms) = (reference("code_courses"), reference("code_atoms").mapv(f64::from));
        let norms: Vec<f64> = courses.map_axis(Axis(0), |c| f64::from(c.dot(&c))).to_vec();
        let mut scaled = Array2::zeros((atoms.nrows(), courses.ncols()));
        let encoder = Encoder::new(&atoms, 8.0, 0.05, false);
        encoder.encode((&courses * 8.0).view(), &norms, &mut scaled, EXACT).unwrap();
        assert!((scaled - codes(false, 0.05, 0.0).0).iter().all(|d| d.abs() < 1e-5));
    }
}
