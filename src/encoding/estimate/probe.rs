//! How fast this machine is at the moment.

use super::count::{Counts, Sizes};
use crate::encoding::basis::Units;
use crate::encoding::moments::Plan;
use crate::encoding::nested::{Kind, Nested};
use crate::encoding::scaling::standardised;
use crate::encoding::{Folds, Ridge, Sharing, Targets};
use crate::error::Result;
use crate::linalg::{in_pool, multiply_alone};
use ndarray::Array2;
use rayon::prelude::*;
use std::time::Instant;

/// Below so many seconds a block of voxels is fitted again: the first call brings data and buffers in.
const SHORTEST: f64 = 0.05;
/// What share of a product's rate the factorisations (f64, eigenvectors) reach, and the fit of a block of voxels.
const SHARES: (f64, f64) = (0.15, 1.1);
/// Seconds that the cuts between bands of one spectrum take, at some 20 α.
const CUTS: f64 = 0.02;

/// A model that is to be fitted.
pub(super) struct Model<'a> {
    /// Kept row × regressor.
    pub x: &'a Array2<f32>,
    pub bold: &'a dyn Targets,
    pub folds: &'a Folds,
    pub ridge: &'a Ridge,
    pub plan: &'a Plan,
    pub width: usize,
}

/// Seconds of a whole model, and the products that serve all α.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seconds {
    pub factorisations: f64,
    pub voxels: f64,
    pub products: f64,
}

impl Model<'_> {
    pub fn sizes(&self, products: f64) -> Sizes {
        Sizes {
            regressors: self.x.ncols(),
            alphas: self.ridge.alphas.len(),
            components: self.ridge.components.unwrap_or(usize::MAX),
            products,
            shared: self.ridge.sharing != Sharing::None,
        }
    }

    /// Seconds by the rate of a product at this moment: within a factor of some 2.
    pub fn rough(&self, products: f64) -> Seconds {
        let counts = Counts::of(self.plan, self.sizes(products));
        let rate = rate();
        let cuts = CUTS * self.plan.splits.len() as f64;
        let factorisations = counts.factorisations / (SHARES.0 * rate) + cuts;
        let voxels = self.bold.mask().count() as f64 * counts.voxel() / (SHARES.1 * rate);
        Seconds { factorisations, voxels, products }
    }

    /// Seconds by doing it: all factorisations, and a block of voxels on each thread.
    pub fn timed(&self) -> Result<Seconds> {
        let threads = in_pool(rayon::current_num_threads);
        let kept: Vec<usize> = (0..self.bold.kept().len()).filter(|row| self.bold.kept()[*row]).collect();
        let started = Instant::now();
        let (folds, mask) = (self.folds, self.bold.kept());
        let nested = Nested::new(self.x.clone(), folds, mask, self.ridge, Units::Training, Kind::Nested)?;
        let factorisations = started.elapsed().as_secs_f64();
        let voxels = self.bold.mask().count();
        let width = self.width.min(voxels);
        let places = (voxels / width).max(1);
        let block = |number: usize| -> Result<f64> {
            let started = Instant::now();
            let first = (number % places) * width;
            let all = self.bold.columns(first..first + width)?;
            let (y, _) = standardised(all.view(), &kept);
            nested.fit(y.view(), None)?;
            Ok(started.elapsed().as_secs_f64())
        };
        let blocks = |from: usize| -> Result<f64> {
            let times: Vec<f64> = in_pool(|| (from..from + threads).into_par_iter().map(block).collect::<Result<_>>())?;
            Ok(times.iter().sum::<f64>() / threads as f64)
        };
        let mut one = blocks(0)?;
        if one < SHORTEST {
            one = blocks(threads)?;
        }
        let products = nested.norm_products();
        let of = |shared: bool| Counts::of(self.plan, Sizes { shared, ..self.sizes(products) }).voxel();
        let passes = of(self.ridge.sharing != Sharing::None) / of(false);
        // Threads take blocks as they come, so that only the last ones leave some idle.
        let rounds = (voxels as f64 / width as f64 / threads as f64).max(1.0);
        Ok(Seconds { factorisations, voxels: rounds * one * passes, products })
    }
}

/// Operations a second of a product on every thread, in f32.
fn rate() -> f64 {
    const SIZE: usize = 384;
    const TIMES: usize = 8;
    let one = |_| {
        let a = Array2::from_elem((SIZE, SIZE), 0.5f32);
        let mut c = Array2::zeros((SIZE, SIZE));
        multiply_alone(c.view_mut(), false, a.view(), a.view());
        let started = Instant::now();
        (0..TIMES).for_each(|_| multiply_alone(c.view_mut(), true, a.view(), a.view()));
        (2 * TIMES * SIZE * SIZE * SIZE) as f64 / started.elapsed().as_secs_f64().max(1e-9)
    };
    in_pool(|| (0..rayon::current_num_threads()).into_par_iter().map(one).sum())
}
