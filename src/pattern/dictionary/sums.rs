//! What the codes of many neurons tell the atoms, and what the atoms make of it.

use crate::linalg::{in_pool, multiply_into, vectorised};
use faer::Par;
use ndarray::{Array1, Array2, ArrayView2, Axis, s};
use rayon::prelude::*;

/// Sums over neurons of what their codes a and courses s tell the atoms.
pub(super) struct Sums {
    /// Σ a·aᵀ, atom × atom.
    pub codes: Array2<f64>,
    /// Σ a·sᵀ, atom × time.
    pub courses: Array2<f64>,
    /// Σ |a|, for each atom.
    pub magnitudes: Array1<f64>,
    /// Neurons that use each atom.
    pub users: Vec<i64>,
}

/// The same of a few neurons, or how it changed when their codes did.
pub(super) struct Part {
    codes: Array2<f32>,
    courses: Array2<f32>,
    magnitudes: Array1<f64>,
    users: Vec<i64>,
}

impl Part {
    /// Of courses (time × neuron) and their codes (atom × neuron).
    pub(super) fn of(courses: ArrayView2<f32>, codes: &Array2<f32>) -> Part {
        let atoms = codes.nrows();
        Part {
            codes: multiplied(codes.view(), codes.t(), (atoms, atoms)),
            courses: multiplied(codes.view(), courses.t(), (atoms, courses.nrows())),
            magnitudes: codes.map_axis(Axis(1), |row| row.iter().map(|a| f64::from(a.abs())).sum()),
            users: codes.rows().into_iter().map(|row| row.iter().filter(|a| **a != 0.0).count() as i64).collect(),
        }
    }

    /// What changes where the codes of these courses were `before` and are `after`.
    pub(super) fn change(courses: ArrayView2<f32>, before: &Array2<f32>, after: &Array2<f32>) -> Part {
        let none = courses.slice(s![..0, ..]);
        let (old, new) = (Part::of(none, before), Part::of(none, after));
        Part {
            codes: new.codes - old.codes,
            courses: multiplied((after - before).view(), courses.t(), (after.nrows(), courses.nrows())),
            magnitudes: new.magnitudes - old.magnitudes,
            users: new.users.iter().zip(&old.users).map(|(new, old)| new - old).collect(),
        }
    }
}

fn multiplied(left: ArrayView2<f32>, right: ArrayView2<f32>, shape: (usize, usize)) -> Array2<f32> {
    let mut product = Array2::zeros(shape);
    multiply_into(product.view_mut(), left, right, Par::Seq);
    product
}

impl Sums {
    pub(super) fn none(atoms: usize, time: usize) -> Sums {
        Sums {
            codes: Array2::zeros((atoms, atoms)),
            courses: Array2::zeros((atoms, time)),
            magnitudes: Array1::zeros(atoms),
            users: vec![0; atoms],
        }
    }

    /// Adds parts whose courses were `scale` times those that the objective is about, one after another in their order.
    pub(super) fn add(&mut self, parts: &[Part], scale: f64) {
        for part in parts {
            self.codes.zip_mut_with(&part.codes, |sum, &p| *sum += f64::from(p));
            self.magnitudes += &part.magnitudes;
            self.users.iter_mut().zip(&part.users).for_each(|(sum, p)| *sum += p);
        }
        let inverse = 1.0 / scale;
        in_pool(|| {
            let rows: Vec<_> = self.courses.rows_mut().into_iter().collect();
            rows.into_par_iter().enumerate().for_each(|(j, mut row)| {
                for part in parts {
                    row.zip_mut_with(&part.courses.row(j), |sum, &p| *sum += f64::from(p) * inverse);
                }
            });
        });
    }

    /// Each code of atom j becomes `factors[j]` times what it was.
    pub(super) fn rescale(&mut self, factors: &Array1<f64>) {
        let column = factors.view().insert_axis(Axis(1));
        self.codes *= factors;
        self.codes *= &column;
        self.courses *= &column;
        self.magnitudes *= factors;
    }

    /// Σ ½‖s − D·a‖² + λ‖a‖₁ for courses whose squared norms add up to `norms`.
    pub(super) fn objective(&self, atoms: &Array2<f64>, norms: f64, penalty: f64) -> f64 {
        let fit = norms - 2.0 * (atoms * &self.courses).sum() + (atoms.dot(&atoms.t()) * &self.codes).sum();
        0.5 * fit + penalty * self.magnitudes.sum()
    }

    /// Improves the atoms one after another, each to the best course of norm at most 1 while the others stay.
    ///
    /// dⱼ ← u / max(1, ‖u‖),  u = dⱼ + (Bⱼ − Aⱼ·D) / Aⱼⱼ  with A = Σ a·aᵀ, B = Σ a·sᵀ.
    pub(super) fn improve(&self, atoms: &mut Array2<f64>, passes: usize) {
        for _ in 0..passes {
            for j in 0..atoms.nrows() {
                if self.users[j] == 0 {
                    continue;
                }
                let inverse = 1.0 / self.codes[[j, j]];
                let mut better = self.courses.row(j).mapv(|b| b * inverse);
                let course = better.as_slice_mut().expect("a new array is contiguous");
                vectorised(
                    #[inline(always)]
                    || {
                        for (i, atom) in atoms.rows().into_iter().enumerate() {
                            let part = -self.codes[[j, i]] * inverse;
                            if i != j && part != 0.0 {
                                let atom = atom.to_slice().unwrap_or_default();
                                course.iter_mut().zip(atom).for_each(|(c, &a)| *c = part.mul_add(a, *c));
                            }
                        }
                    },
                );
                better /= better.dot(&better).sqrt().max(1.0);
                atoms.row_mut(j).assign(&better);
            }
        }
    }
}

/// Makes each atom of norm 1; what the norms were.
pub(super) fn normalise(atoms: &mut Array2<f64>) -> Array1<f64> {
    let norms = atoms.map_axis(Axis(1), |atom| atom.dot(&atom).sqrt());
    *atoms /= &norms.view().insert_axis(Axis(1));
    norms
}
