//! A restricted Boltzmann machine with real visible and binary hidden units: conditionals and statistics, block of visible units by block.

use crate::linalg::{BLOCK, in_pool, multiply_alone, vectorised};
use ndarray::{Array1, Array2, ArrayView2, Axis};
use rand::Rng;
use rand::distributions::Distribution;
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

/// First weights have a standard deviation of this over √(visible units), so that a z-scored sample moves a hidden unit little.
const FIRST: f32 = 0.3;

/// Weights and biases of some visible units, and how they moved last.
#[derive(Clone)]
pub(super) struct Part {
    /// Hidden × visible unit of the block.
    pub weights: Array2<f32>,
    pub biases: Array1<f32>,
    moved: Array2<f32>,
    biases_moved: Array1<f32>,
}

#[derive(Clone)]
pub(super) struct Rbm {
    /// Blocks of visible units, as those of the samples.
    pub parts: Vec<Part>,
    pub hidden: Array1<f32>,
    hidden_moved: Array1<f32>,
}

/// Samples of one batch by block of visible units, sample × visible unit.
pub(super) type Batch = Vec<Array2<f32>>;

/// What a gradient step multiplies and takes away.
#[derive(Clone, Copy)]
pub(super) struct Step {
    pub rate: f32,
    pub momentum: f32,
    pub penalty: f32,
}

impl Rbm {
    /// Small random weights, biases 0.
    pub(super) fn new(visible: usize, hidden: usize, rng: &mut Xoshiro256PlusPlus) -> Rbm {
        let size = FIRST / (visible as f32).sqrt();
        let starts = (0..visible).step_by(BLOCK);
        let part = |from: usize| {
            let shape = (hidden, BLOCK.min(visible - from));
            let normal = || size * Distribution::<f32>::sample(&StandardNormal, &mut *rng);
            Part {
                weights: Array2::from_shape_simple_fn(shape, normal),
                biases: Array1::zeros(shape.1),
                moved: Array2::zeros(shape),
                biases_moved: Array1::zeros(shape.1),
            }
        };
        Rbm { parts: starts.map(part).collect(), hidden: Array1::zeros(hidden), hidden_moved: Array1::zeros(hidden) }
    }

    /// p(h = 1 | v) = σ(b + W·v), sample × hidden.
    pub(super) fn probabilities(&self, batch: &Batch) -> Array2<f32> {
        let products: Vec<Array2<f32>> = in_pool(|| {
            let one = |(part, v): (&Part, &Array2<f32>)| {
                let mut product = Array2::zeros((v.nrows(), self.hidden.len()));
                multiply_alone(product.view_mut(), false, v.view(), part.weights.t());
                product
            };
            self.parts.par_iter().zip(batch).map(one).collect()
        });
        // Blocks are summed in their order, so that the number of threads does not show.
        let mut sum = Array2::<f64>::zeros((batch[0].nrows(), self.hidden.len()));
        products.iter().for_each(|product| sum.zip_mut_with(product, |sum, &p| *sum += f64::from(p)));
        let mut p = sum.mapv(|v| v as f32);
        p += &self.hidden;
        p.mapv_inplace(|x| 1.0 / (1.0 + (-x).exp()));
        p
    }

    /// E[v | h] = a + Wᵀ·h, for hidden units as sample × hidden.
    pub(super) fn reconstructed(&self, hidden: ArrayView2<f32>) -> Batch {
        in_pool(|| {
            let one = |part: &Part| {
                let mut v = Array2::zeros((hidden.nrows(), part.biases.len()));
                multiply_alone(v.view_mut(), false, hidden, part.weights.view());
                v += &part.biases;
                v
            };
            self.parts.par_iter().map(one).collect()
        })
    }

    /// Moves weights and biases by the mean of what the samples say less what their reconstructions say, and shrinks the weights.
    pub(super) fn step(&mut self, of: [(&Batch, &Array2<f32>); 2], step: Step) {
        let [(data, p), (again, p_again)] = of;
        in_pool(|| {
            self.parts.par_iter_mut().zip(data).zip(again).for_each(|((part, v), v_again)| {
                let [gradient, biases] = difference([(v.view(), p), (v_again.view(), p_again)]);
                let (biases, gradient) = (biases.index_axis_move(Axis(0), 0), gradient);
                part.biases_moved.zip_mut_with(&biases, |moved, g| *moved = step.momentum * *moved + step.rate * g);
                part.biases += &part.biases_moved;
                if let (Some(w), Some(moved), Some(gradient)) =
                    (part.weights.as_slice_mut(), part.moved.as_slice_mut(), gradient.as_slice())
                {
                    shrink(w, moved, gradient, step);
                }
            });
        });
        let gradient = (p - p_again).sum_axis(Axis(0)) / p.nrows() as f32;
        self.hidden_moved.zip_mut_with(&gradient, |moved, g| *moved = step.momentum * *moved + step.rate * g);
        self.hidden += &self.hidden_moved;
    }
}

/// ⟨p·vᵀ⟩ of the first less that of the second (hidden × visible), and the same of ⟨v⟩ (1 × visible).
pub(super) fn difference(of: [(ArrayView2<f32>, &Array2<f32>); 2]) -> [Array2<f32>; 2] {
    let [(v, p), (v_again, p_again)] = of;
    let count = v.nrows() as f32;
    let mut weights = Array2::zeros((p.ncols(), v.ncols()));
    multiply_alone(weights.view_mut(), false, p_again.t(), v_again);
    weights.mapv_inplace(|w: f32| -w);
    multiply_alone(weights.view_mut(), true, p.t(), v);
    weights /= count;
    let biases = (&v - &v_again).sum_axis(Axis(0)) / count;
    [weights, biases.insert_axis(Axis(0))]
}

/// Δ ← μ·Δ + ε·g, w ← soft(w + Δ, ε·λ/(1 − μ)).
fn shrink(weights: &mut [f32], moved: &mut [f32], gradient: &[f32], step: Step) {
    let by = step.rate * step.penalty / (1.0 - step.momentum);
    vectorised(
        #[inline(always)]
        || {
            for ((w, moved), g) in weights.iter_mut().zip(moved).zip(gradient) {
                *moved = step.momentum * *moved + step.rate * g;
                let new = *w + *moved;
                let size = new.abs() - by;
                *w = if size > 0.0 { size.copysign(new) } else { 0.0 };
            }
        },
    );
}

/// Each hidden unit 1 with its probability, else 0.
pub(super) fn drawn(p: &Array2<f32>, rng: &mut Xoshiro256PlusPlus) -> Array2<f32> {
    p.mapv(|p| if rng.r#gen::<f32>() < p { 1.0 } else { 0.0 })
}
