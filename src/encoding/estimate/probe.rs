//! How fast this machine is at the moment at a given model: the model itself, thinned out, for a short while.

use super::count::{Counts, Sizes};
use crate::encoding::bands::Bands;
use crate::encoding::basis::Units;
use crate::encoding::moments::Plan;
use crate::encoding::nested::{Kind, Nested};
use crate::encoding::scaling::standardised;
use crate::encoding::{Folds, Ridge, Sharing, Solver, Targets};
use crate::error::Result;
use crate::linalg::in_pool;
use ndarray::{Array2, Axis};
use rayon::prelude::*;
use std::time::Instant;

/// A probe may take this long, in seconds, or this share of what it foresees.
const SHORTEST: f64 = 0.05;
const SHARE: f64 = 0.03;
/// Operations that the first probe may take on each thread.
const FIRST: f64 = 1e8;

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

/// What a probe says of the whole model, in seconds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seconds {
    pub factorisations: f64,
    pub voxels: f64,
    /// Products that serve all α.
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

    /// Foreseen seconds, from probes that come nearer to the model's size as long as they are short beside it.
    pub fn seconds(&self) -> Result<Seconds> {
        let threads = in_pool(rayon::current_num_threads);
        let rough = Counts::of(self.plan, self.sizes(5.0));
        let shortest = |segments: &Vec<usize>| segments.iter().map(|n| self.plan.segments[*n].len()).sum::<usize>();
        let tests = self.plan.splits.iter().map(|split| shortest(&split.test));
        let fewest = tests.chain(self.plan.trains.iter().map(shortest)).min().unwrap_or(0);
        let operations = |every: usize| {
            let every = every as f64;
            rough.factorisations / every.powi(3) / threads as f64 + self.width as f64 * rough.voxel() / every.powi(2)
        };
        let mut every = 1;
        while operations(every) > FIRST && fewest / (2 * every) >= 6 {
            every *= 2;
        }
        loop {
            let started = Instant::now();
            let found = self.thinned(every, threads)?;
            let (took, total) = (started.elapsed().as_secs_f64(), found.factorisations + found.voxels);
            if every == 1 || 8.0 * took > SHORTEST.max(SHARE * total) {
                return Ok(found);
            }
            every /= 2;
        }
    }

    /// The model of every n-th row and regressor: its time, and what that of all would be.
    fn thinned(&self, every: usize, threads: usize) -> Result<Seconds> {
        let rows: Vec<usize> = (0..self.x.nrows()).step_by(every).collect();
        let columns: Vec<usize> = (0..self.x.ncols()).step_by(every).collect();
        let x = self.x.select(Axis(0), &rows).select(Axis(1), &columns);
        let whole: Vec<usize> = (0..self.bold.kept().len()).filter(|row| self.bold.kept()[*row]).collect();
        let mut kept = vec![false; self.bold.kept().len()];
        rows.iter().for_each(|row| kept[whole[*row]] = true);
        let places: Vec<usize> = rows.iter().map(|row| whole[*row]).collect();
        let components = self.ridge.components.map(|count| count.div_ceil(every));
        let ridge = Ridge { components, ..self.ridge.clone() };

        let started = Instant::now();
        let nested = Nested::new(x, self.folds, &kept, &ridge, Units::Training, Kind::Nested)?;
        let factorised = started.elapsed().as_secs_f64();
        let products = nested.norm_products();

        let width = self.width.min(self.bold.mask().count());
        let block = || -> Result<[f64; 2]> {
            let started = Instant::now();
            let all = self.bold.columns(0..width)?;
            let (y, _) = standardised(all.view(), &places);
            let read = started.elapsed().as_secs_f64();
            nested.fit(y.view(), None)?;
            Ok([read, started.elapsed().as_secs_f64() - read])
        };
        let blocks =
            || -> Result<Vec<[f64; 2]>> { in_pool(|| (0..threads).into_par_iter().map(|_| block()).collect()) };
        let mut times = blocks()?;
        if times.iter().flatten().sum::<f64>() < SHORTEST {
            // The first call brings data and buffers in.
            times = blocks()?;
        }
        let mean = |part: usize| times.iter().map(|time| time[part]).sum::<f64>() / times.len() as f64;

        let full = Counts::of(self.plan, self.sizes(products));
        let thin =
            Sizes { regressors: columns.len(), components: components.unwrap_or(usize::MAX), ..self.sizes(products) };
        let thin = Counts::of(&Plan::new(self.folds, &kept, true), Sizes { shared: false, ..thin });
        // The cuts between bands take the same whatever the size.
        let bands = self.plan.splits.len() as f64 * self.cuts(columns.len().min(rows.len()))?;
        let factorisations =
            (factorised - bands).max(0.1 * factorised) * full.factorisations / thin.factorisations + bands;
        let one = mean(0) + mean(1) * full.voxel() / thin.voxel();
        let rounds = self.bold.mask().count().div_ceil(width).div_ceil(threads) as f64;
        Ok(Seconds { factorisations, voxels: rounds * one, products })
    }

    /// Seconds that the cuts of one spectrum take.
    fn cuts(&self, components: usize) -> Result<f64> {
        if self.ridge.solver == Solver::PerAlpha {
            return Ok(0.0);
        }
        let value = |k: usize| 10f64.powf(4.0 - 6.0 * k as f64 / components as f64);
        let alphas = &self.ridge.alphas;
        let shrinkage = Array2::from_shape_fn((components, alphas.len()), |(k, a)| value(k) / (value(k) + alphas[a]));
        let started = Instant::now();
        Bands::new(shrinkage.view(), &vec![1.0; components], components)?;
        Ok(started.elapsed().as_secs_f64())
    }
}
