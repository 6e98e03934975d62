//! The fit of a training set with what was chosen for each voxel.

use super::search::{Chosen, MANY, Search};
use crate::encoding::basis::{Basis, Side};
use crate::encoding::moments::Parts;
use crate::encoding::split::{Trained, product};
use crate::error::Result;
use crate::linalg::in_pool;
use crate::notebook::check_cancelled;
use ndarray::{Array1, Array2, Axis};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Voxels of one candidate that one thread fits at a time.
const VOXELS: usize = 512;

/// How voxels were standardised: mean and 1 / standard deviation over training rows.
pub(super) struct Standard {
    pub mean: Array1<f64>,
    /// 0 where a voxel does not vary.
    pub inverse: Array1<f64>,
}

impl Search {
    /// Fits the voxels `y` in a training set by what `choice` says. `take` gets, for some voxels in any order, their numbers, weights of the
    /// regressors as they are given less their mean (regressor × voxel, of voxels standardised by the training rows), and how these were
    /// standardised.
    pub fn solve(
        &self,
        train: usize,
        (choice, chosen): (usize, &Chosen),
        y: &Array2<f32>,
        take: impl Fn(&[usize], Array2<f32>, &Standard) + Sync + Send,
    ) -> Result<()> {
        if let Some(deltas) = &chosen.deltas {
            return self.solve_each(train, (choice, deltas), y, take);
        }
        let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        chosen.candidate.row(choice).iter().enumerate().for_each(|(v, &n)| groups.entry(n).or_default().push(v));
        let groups: Vec<(usize, Vec<usize>)> = groups.into_iter().collect();
        let set = &self.sets[train];
        let rows = match set.side() {
            Side::Sums => Array2::zeros((0, 0)),
            Side::Kernel => set.standardised(&self.given, &set.rows),
        };
        for some in groups.chunks(self.at_once()) {
            let alone = some.len() >= MANY;
            let one = |(candidate, _): &(usize, Vec<usize>)| {
                check_cancelled("banded ridge")?;
                Ok(set.basis(&self.given, self.gammas.row(*candidate), alone)?.0)
            };
            let bases: Vec<Basis> = match alone {
                true => in_pool(|| some.par_iter().map(one).collect::<Result<_>>())?,
                false => some.iter().map(one).collect::<Result<_>>()?,
            };
            let parts = some.iter().zip(&bases).flat_map(|((candidate, voxels), basis)| {
                voxels.chunks(VOXELS).map(move |voxels| (*candidate, voxels, basis))
            });
            let parts: Vec<(usize, &[usize], &Basis)> = parts.collect();
            in_pool(|| {
                parts.par_iter().try_for_each(|&(candidate, voxels, basis)| -> Result<()> {
                    check_cancelled("banded ridge")?;
                    let alphas: Vec<f64> = voxels.iter().map(|&v| self.alphas[chosen.alpha[[choice, v]]]).collect();
                    let y = y.select(Axis(1), voxels);
                    let sums = (basis.side == Side::Sums).then_some(&self.given.x);
                    let parts = Parts::new(sums, y.view(), &self.plan.segments);
                    let trained = basis.train(&parts, &self.plan.trains[train], self.units);
                    let weights = self.weights(train, candidate, basis, &trained, &alphas, &rows);
                    take(voxels, weights, &Standard { mean: trained.mean, inverse: trained.inverse });
                    Ok(())
                })
            })?;
        }
        Ok(())
    }

    /// `rows`: the standardised training rows, where components come from the kernel.
    fn weights(
        &self,
        train: usize,
        candidate: usize,
        basis: &Basis,
        trained: &Trained,
        alphas: &[f64],
        rows: &Array2<f32>,
    ) -> Array2<f32> {
        let mut shrunk = trained.z.clone();
        for (mut row, value) in shrunk.rows_mut().into_iter().zip(&basis.values) {
            let numerator = if basis.side == Side::Sums { *value } else { 1.0 };
            row.iter_mut().zip(alphas).for_each(|(z, alpha)| *z *= (numerator / (value + alpha)) as f32);
        }
        let found = product(basis.map.t(), shrunk.view());
        if basis.side == Side::Sums {
            return found;
        }
        // b_s = γ_s·X_sᵀ·c with the weights c of the training rows.
        let mut weights = product(rows.t(), found.view());
        let scale = self.given.spread(|space| self.gammas[[candidate, space]]) * &self.sets[train].inverse;
        for (mut row, &scale) in weights.rows_mut().into_iter().zip(&scale) {
            row.mapv_inplace(|w| w * scale as f32);
        }
        weights
    }
}
