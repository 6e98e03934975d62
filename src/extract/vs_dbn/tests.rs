//! Gradients beside finite differences of the exact log-likelihood of a machine so small that its hidden states can be listed.

use super::rbm::{Rbm, Step, difference, drawn};
use super::train::{Schedule, train};
use crate::linalg::ColumnBlocks;
use ndarray::{Array1, Array2, ArrayView1, Axis};
use rand::distributions::Distribution;
use rand::{Rng, SeedableRng};
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;

const VISIBLE: usize = 4;
const HIDDEN: usize = 3;
const STATES: usize = 1 << HIDDEN;

/// Weights and biases in f64.
#[derive(Clone)]
struct Exact {
    w: Array2<f64>,
    a: Array1<f64>,
    b: Array1<f64>,
}

impl Exact {
    fn of(rbm: &Rbm) -> Exact {
        let part = &rbm.parts[0];
        Exact { w: part.weights.mapv(f64::from), a: part.biases.mapv(f64::from), b: rbm.hidden.mapv(f64::from) }
    }

    fn states() -> Array2<f64> {
        Array2::from_shape_fn((STATES, HIDDEN), |(state, unit)| (state >> unit & 1) as f64)
    }

    /// Mean of v given a hidden state.
    fn visible(&self, h: ArrayView1<f64>) -> Array1<f64> {
        &self.a + &h.dot(&self.w)
    }

    /// Σ_v e^(−E(v, h)) of each hidden state, but for √(2π) to the number of visible units.
    fn weights_of_states(&self) -> Vec<f64> {
        let of = |h: ArrayView1<f64>| {
            let field = h.dot(&self.w);
            (self.b.dot(&h) + field.dot(&self.a) + 0.5 * field.dot(&field)).exp()
        };
        Exact::states().rows().into_iter().map(of).collect()
    }

    fn probabilities_of_states(&self) -> Vec<f64> {
        let weights = self.weights_of_states();
        let sum: f64 = weights.iter().sum();
        weights.into_iter().map(|w| w / sum).collect()
    }

    /// Mean of log p(v) over samples.
    fn log_likelihood(&self, samples: &Array2<f64>) -> f64 {
        let constant =
            self.weights_of_states().iter().sum::<f64>().ln() + 0.5 * VISIBLE as f64 * std::f64::consts::TAU.ln();
        let of = |v: ArrayView1<f64>| {
            let apart = &v - &self.a;
            let hidden = (self.w.dot(&v) + &self.b).mapv(|x| (1.0 + x.exp()).ln()).sum();
            hidden - 0.5 * apart.dot(&apart) - constant
        };
        samples.rows().into_iter().map(of).sum::<f64>() / samples.nrows() as f64
    }
}

fn machine(seed: u64) -> Rbm {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut rbm = Rbm::new(VISIBLE, HIDDEN, &mut rng);
    rbm.parts[0].weights.mapv_inplace(|_| rng.gen_range(-0.8..0.8));
    rbm.parts[0].biases.mapv_inplace(|_| rng.gen_range(-0.5..0.5));
    rbm.hidden.mapv_inplace(|_| rng.gen_range(-0.5..0.5));
    rbm
}

fn samples(count: usize, seed: u64) -> Array2<f32> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    Array2::from_shape_simple_fn((count, VISIBLE), || StandardNormal.sample(&mut rng))
}

#[test]
fn the_gradient_is_the_finite_difference_of_the_exact_log_likelihood() {
    let (rbm, data) = (machine(1), samples(STATES, 2));
    let (exact, wide) = (Exact::of(&rbm), data.mapv(f64::from));
    let states = Exact::states();
    // The model's expectation: all hidden states, each with its probability and the mean of v.
    let share = exact.probabilities_of_states();
    let again = Array2::from_shape_fn((STATES, VISIBLE), |(state, i)| {
        (STATES as f64 * share[state] * exact.visible(states.row(state))[i]) as f32
    });
    let p = rbm.probabilities(&vec![data.clone()]);
    let [weights, biases] = difference([(data.view(), &p), (again.view(), &states.mapv(|h| h as f32))]);
    let of_hidden = |j: usize| {
        let model: f64 = (0..STATES).map(|state| share[state] * states[[state, j]]).sum();
        f64::from(p.column(j).sum()) / STATES as f64 - model
    };
    let step = 1e-5;
    let slope = |change: &dyn Fn(&mut Exact, f64)| {
        let at = |by: f64| {
            let mut moved = exact.clone();
            change(&mut moved, by);
            moved.log_likelihood(&wide)
        };
        (at(step) - at(-step)) / (2.0 * step)
    };
    for j in 0..HIDDEN {
        for i in 0..VISIBLE {
            let expected = slope(&|exact, by| exact.w[[j, i]] += by);
            assert!((f64::from(weights[[j, i]]) - expected).abs() < 1e-6, "{j} {i}: {} {expected}", weights[[j, i]]);
        }
        let expected = slope(&|exact, by| exact.b[j] += by);
        assert!((of_hidden(j) - expected).abs() < 1e-6, "{j}: {} {expected}", of_hidden(j));
    }
    for i in 0..VISIBLE {
        let expected = slope(&|exact, by| exact.a[i] += by);
        assert!((f64::from(biases[[0, i]]) - expected).abs() < 1e-6, "{i}: {} {expected}", biases[[0, i]]);
    }
}

/// Statistics of many samples less those after one Gibbs step, in standard errors.
fn apart_after_a_step(rbm: &Rbm, data: &Array2<f32>) -> f64 {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(7);
    let p = rbm.probabilities(&vec![data.clone()]);
    let mut again = rbm.reconstructed(drawn(&p, &mut rng).view());
    again[0].mapv_inplace(|mean| mean + Distribution::<f32>::sample(&StandardNormal, &mut rng));
    let p_again = rbm.probabilities(&again);
    let [weights, _] = difference([(data.view(), &p), (again[0].view(), &p_again)]);
    let mut most = 0f64;
    for ((j, i), difference) in weights.indexed_iter() {
        let each = &p.column(j) * &data.column(i) - &p_again.column(j) * &again[0].column(i);
        let variance = each.mapv(|v| f64::from(v).powi(2)).sum() / each.len() as f64;
        most = most.max(f64::from(difference.abs()) / (variance / each.len() as f64).sqrt());
    }
    most
}

#[test]
fn a_gibbs_step_leaves_samples_of_the_model_as_they_are_and_moves_others() {
    let rbm = machine(1);
    let exact = Exact::of(&rbm);
    let share = exact.probabilities_of_states();
    let states = Exact::states();
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(5);
    let mut own = samples(40_000, 3);
    for mut v in own.rows_mut() {
        let mut left = rng.gen_range(0.0..1.0);
        let state = share.iter().position(|share| {
            left -= share;
            left < 0.0
        });
        v += &exact.visible(states.row(state.unwrap_or(0))).mapv(|v| v as f32);
    }
    let (own, other) = (apart_after_a_step(&rbm, &own), apart_after_a_step(&rbm, &samples(40_000, 4)));
    assert!(own < 4.5 && other > 20.0, "{own} {other}");
}

#[test]
fn a_step_moves_by_rate_and_momentum_and_shrinks_to_exactly_zero() {
    let mut rbm = machine(1);
    let before = rbm.clone();
    let data = vec![samples(20, 2)];
    let again = vec![samples(20, 3)];
    let (p, p_again) = (rbm.probabilities(&data), rbm.probabilities(&again));
    let [gradient, biases] = difference([(data[0].view(), &p), (again[0].view(), &p_again)]);
    let step = Step { rate: 0.1, momentum: 0.5, penalty: 0.0 };
    rbm.step([(&data, &p), (&again, &p_again)], step);
    rbm.step([(&data, &p), (&again, &p_again)], step);
    // Two steps along one gradient: ε·g + (μ·ε + ε)·g.
    let expected = &before.parts[0].weights + &(&gradient * 0.25);
    assert!((&rbm.parts[0].weights - &expected).iter().all(|d| d.abs() < 1e-6));
    let expected = &before.parts[0].biases + &(biases.row(0).to_owned() * 0.25);
    assert!((&rbm.parts[0].biases - &expected).iter().all(|d| d.abs() < 1e-6));
    let expected = &before.hidden + &((&p - &p_again).sum_axis(Axis(0)) / 20.0 * 0.25);
    assert!((&rbm.hidden - &expected).iter().all(|d| d.abs() < 1e-6));

    let mut rbm = before.clone();
    rbm.step([(&data, &p), (&data, &p)], Step { rate: 0.1, momentum: 0.5, penalty: 2.0 });
    for (after, before) in rbm.parts[0].weights.iter().zip(&before.parts[0].weights) {
        let expected = before.signum() * (before.abs() - 0.4f32).max(0.0);
        assert!((after - expected).abs() < 1e-6 && (*after == 0.0) == (before.abs() <= 0.4));
    }
}

#[test]
fn a_layer_gives_the_next_one_its_probabilities_z_scored() {
    // Samples in two groups, on more visible units than a block holds.
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    let data = Array2::from_shape_fn((90, 700), |(t, v)| {
        let noise: f32 = StandardNormal.sample(&mut rng);
        noise + if (t % 2 == 0) == (v < 350) { 1.0 } else { -1.0 }
    });
    let schedule = Schedule { hidden: 2, penalty: 0.01, rate: 0.002, epochs: 40, batch: 16 };
    let learnt = train(&ColumnBlocks::from_matrix(data.view()), &schedule, 1, &mut rng).unwrap();
    assert_eq!((learnt.weights.dim(), learnt.errors.len()), ((2, 700), 40));
    let last = learnt.errors[39];
    assert!(learnt.errors[0] > 1.5 && (0.9..1.2).contains(&last), "{} {last}", learnt.errors[0]);
    let output = learnt.output.to_matrix();
    for (course, spread) in output.columns().into_iter().zip(&learnt.spread) {
        let square = course.dot(&course) / 90.0;
        assert!(course.sum().abs() < 1e-3 && (square - 1.0).abs() < 1e-3 && *spread > 0.1);
        // Each tells the groups apart.
        assert!((0..90).all(|t| (course[t] > 0.0) == (course[t % 2] > 0.0)));
    }
}
