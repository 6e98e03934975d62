//! What a fit will take: seconds, memory and operations, known before it begins.
//!
//! Operations are counted from the sizes (rows, regressors, α, folds inside folds, voxels). [`estimate`] then factorises every training set and fits one block of
//! voxels on each thread, and carries that over to all voxels. Before a fit only the rate of a product is measured, for some milliseconds: that
//! tells whether it will be long, to a factor of some 2.

mod count;
mod probe;

use super::blocks::width;
use super::encode::{agreed, regressors};
use super::moments::Plan;
use super::{Folds, Predictors, Ridge, Storing, Targets};
use crate::error::{Error, Result};
use crate::linalg::in_pool;
use crate::notebook::free_memory;
use count::{Bytes, Counts};
use ndarray::Array2;
use probe::{Model, Seconds};
use std::fmt;

/// A fit that takes longer is said beforehand, and kept in the store.
const LONG: f64 = 10.0;
/// Results of more bytes are kept in the store, and memory of more bytes is said beforehand.
const LARGE: f64 = 1e9;
/// Products that usually serve all α.
const USUAL: f64 = 5.0;
/// Below so many operations on each thread no machine takes long, and nothing has to be measured.
const FEW: f64 = 3e9;

/// Seconds, memory and operations of an encoding model that has not been fitted yet: [`estimate`].
#[derive(Clone, Debug)]
pub struct Estimate {
    seconds: f64,
    parts: Vec<EstimatePart>,
    bytes: Bytes,
    voxels: usize,
    threads: usize,
    storing: Storing,
    what: String,
}

/// One part of an [`Estimate`].
#[derive(Clone, Debug, PartialEq)]
pub struct EstimatePart {
    /// "factorisations", "components", "scores" or "weights".
    pub name: &'static str,
    /// Additions and multiplications, counted.
    pub operations: f64,
}

/// What [`encode`](super::encode) will take with these arguments: seconds, memory at the peak, operations by part. Within a factor of 1.5 of the truth
/// while the machine has nothing else to do. It takes as long as factorising the training sets and fitting one block of
/// voxels on each thread do.
///
/// ```
/// use neurocell::prelude::*;
/// # fn show(features: Features, bold: VoxelSeries) -> Result<()> {
/// let said = estimate(&features, &bold, &Ridge::default())?;
/// println!("{said}");
/// println!("{:.0} s, {:.1} GB", said.seconds(), said.bytes() as f64 / 1e9);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// As [`encode`](super::encode), as far as the arguments are concerned.
pub fn estimate(x: &dyn Predictors, bold: &dyn Targets, ridge: &Ridge) -> Result<Estimate> {
    ridge.check()?;
    let (folds, kept) = agreed(x, bold, ridge.folds.as_ref(), &ridge.delays)?;
    let (regressors, _) = regressors(x, bold, &ridge.delays, &kept, &folds.weighted(bold.kept()))?;
    Estimate::measured(&regressors, bold, &folds, ridge)
}

impl Estimate {
    /// `x` are the kept rows of the regressors at every delay.
    fn measured(x: &Array2<f32>, bold: &dyn Targets, folds: &Folds, ridge: &Ridge) -> Result<Estimate> {
        Estimate::of(x, bold, folds, ridge, true)
    }

    /// The same without measuring what cannot take long.
    pub(super) fn rough(x: &Array2<f32>, bold: &dyn Targets, folds: &Folds, ridge: &Ridge) -> Result<Estimate> {
        Estimate::of(x, bold, folds, ridge, false)
    }

    fn of(x: &Array2<f32>, bold: &dyn Targets, folds: &Folds, ridge: &Ridge, always: bool) -> Result<Estimate> {
        let plan = Plan::new(folds, bold.kept(), true);
        let width = width(x.nrows(), x.ncols());
        let model = Model { x, bold, folds, ridge, plan: &plan, width };
        let (voxels, threads) = (bold.mask().count(), in_pool(rayon::current_num_threads));
        let all = |counts: &Counts| counts.factorisations + voxels as f64 * counts.voxel();
        let found = match always {
            true => model.timed()?,
            false if all(&Counts::of(&plan, model.sizes(USUAL))) > FEW * threads as f64 => model.rough(USUAL),
            false => Seconds { products: USUAL, ..Seconds::default() },
        };
        let (seconds, products) = (found.factorisations + found.voxels, found.products);
        let sizes = model.sizes(products);
        let counts = Counts::of(&plan, sizes);
        let part = |name, operations| EstimatePart { name, operations };
        let of_voxels = |operations: f64| operations * voxels as f64;
        Ok(Estimate {
            seconds,
            parts: vec![
                part("factorisations", counts.factorisations),
                part("components", of_voxels(counts.components)),
                part("scores", of_voxels(counts.scores)),
                part("weights", of_voxels(counts.weights)),
            ],
            bytes: Bytes::of(&plan, sizes, bold.clock().total(), width),
            voxels,
            threads,
            storing: ridge.storing.clone(),
            what: format!(
                "{} volumes × {} regressors × {voxels} voxels, {} α, {}",
                x.nrows(),
                x.ncols(),
                ridge.alphas.len(),
                folds.words()
            ),
        })
    }

    /// Seconds from begin to end.
    pub fn seconds(&self) -> f64 {
        self.seconds
    }

    /// Bytes of memory at the peak, beside regressors and BOLD themselves.
    pub fn bytes(&self) -> u64 {
        // A value beyond what can be counted is the largest that can.
        self.bytes.peak(self.voxels, self.threads, self.on_disk()) as u64
    }

    /// Operations by part.
    pub fn parts(&self) -> &[EstimatePart] {
        &self.parts
    }

    /// Whether the fit goes into the store.
    pub fn on_disk(&self) -> bool {
        match self.storing {
            Storing::BySize => self.worth_storing(),
            Storing::Always | Storing::In(_) => true,
            Storing::Never => false,
        }
    }

    pub(super) fn worth_storing(&self) -> bool {
        self.seconds > LONG || self.bytes.voxel * self.voxels as f64 > LARGE
    }

    /// Says it, if it is long or large.
    pub(super) fn state(&self) {
        if self.seconds > LONG || self.bytes() as f64 > LARGE {
            println!("{self}");
        }
    }

    /// An error if the memory does not suffice, with what would do.
    pub(super) fn fits(&self, on_disk: bool) -> Result<()> {
        match free_memory() {
            Some(free) => self.fits_into(free, on_disk),
            None => Ok(()),
        }
    }

    fn fits_into(&self, free: u64, on_disk: bool) -> Result<()> {
        let peak = |on_disk| self.bytes.peak(self.voxels, self.threads, on_disk);
        let needed = peak(on_disk);
        if needed <= free as f64 {
            return Ok(());
        }
        let gigabytes = |bytes: f64| format!("{:.1} GB", bytes / 1e9);
        let left = free as f64 - self.bytes.peak(0, self.threads, on_disk);
        let advice = if !on_disk && peak(true) <= free as f64 {
            let rows = (left / self.bytes.voxel).max(0.0) as usize;
            let fewer = if rows >= 256 {
                format!(", or fit {rows} voxels at a time: `bold.within(&mask)`")
            } else {
                String::new()
            };
            format!("keep the fit on disk, for which {} do: `.stored()`{fewer}", gigabytes(peak(true)))
        } else if left > 256.0 * self.bytes.score && on_disk {
            format!("fit {} voxels at a time: `bold.within(&mask)`", (left / self.bytes.score) as usize)
        } else {
            let held = gigabytes(self.bytes.peak(0, self.threads, true));
            format!("take fewer regressors or delays: without any voxel the model takes {held}")
        };
        Err(Error::value(
            format!(
                "the model ({}) needs {} of memory, and {} are free",
                self.what,
                gigabytes(needed),
                gigabytes(free as f64)
            ),
            advice,
        ))
    }
}

impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Estimate: ")?;
        match self.seconds {
            0.0 => write!(f, "a few seconds")?,
            seconds if seconds < 120.0 => write!(f, "{seconds:.1} s")?,
            seconds => write!(f, "{:.0} min", seconds / 60.0)?,
        }
        write!(f, ", {:.2} GB of memory", self.bytes() as f64 / 1e9)?;
        if self.on_disk() {
            write!(f, ", {:.2} GB on disk", self.bytes.voxel * self.voxels as f64 / 1e9)?;
        }
        let parts: Vec<String> =
            self.parts.iter().map(|part| format!("{} {:.3}", part.name, part.operations / 1e12)).collect();
        write!(f, "; {}; 10¹² operations: {}", self.what, parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::encoding::Features;
    use crate::encoding::tests::{bold, noise};

    fn of(voxels: usize, ridge: &Ridge) -> Estimate {
        let clock = Clock::new(2.0, &[40, 40, 40]).unwrap();
        let x = Features::new("noise", noise(120, 8, 1), &clock).unwrap();
        estimate(&x, &bold(noise(120, voxels, 2), &clock), ridge).unwrap()
    }

    #[test]
    fn an_estimate_has_time_memory_and_operations() {
        let said = of(300, &Ridge::default());
        assert!(said.seconds() > 0.0 && said.seconds() < 60.0, "{said}");
        assert!(said.bytes() > 300 * 128 * 4 && said.bytes() < 1 << 30, "{said}");
        assert!(said.parts().iter().all(|part| part.operations > 0.0), "{said}");
        assert!(!said.on_disk() && of(300, &Ridge::default().stored()).on_disk());
    }

    #[test]
    fn what_does_not_fit_is_refused_with_what_would() {
        let mut said = of(300, &Ridge::default());
        said.voxels = 50_000_000;
        let free = 20_000_000_000;
        let error = said.fits_into(free, false).unwrap_err();
        assert!(error.problem().contains("20.0 GB are free"), "{error}");
        assert!(error.advice().contains(".stored()") && error.advice().contains("voxels at a time"), "{error}");
        said.fits_into(free, true).unwrap();
        let error = said.fits_into(100_000, true).unwrap_err();
        assert!(error.advice().contains("fewer regressors"), "{error}");
        said.voxels = usize::MAX;
        let error = said.fits_into(free, true).unwrap_err();
        assert!(error.advice().contains("voxels at a time"), "{error}");
    }
}
