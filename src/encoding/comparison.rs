//! Two models on the same data, and one model over subjects.

use super::significance::{TestRows, check_same, learned, spread};
use super::{Correction, EncodingFit, Targets, VoxelTest};
use crate::error::{Error, Result};
use crate::linalg::in_pool;
use crate::notebook::check_cancelled;
use crate::provenance::Provenance;
use crate::statistics::{GroupTest, SignFlip, fisher_z, sign_flip, sign_flip_spread, unit_runs};
use ndarray::{Array2, s};
use rayon::prelude::*;

/// Voxels of a block; each block belongs to one thread.
const WIDTH: usize = 256;
const LEVEL: f64 = 0.05;

/// Does model `a` predict held-out data better than model `b`? For each voxel the difference of their r, by swapping the two predictions block by block.
///
/// With predictions and data of mean 0 and length 1 in each fold, r_a − r_b is the mean over folds of Σ over blocks of d = Σₜ (aₜ − bₜ)·yₜ. If the models
/// are as good as each other, the two predictions of a block of `block_seconds` (20, say: longer than the series remember) might as well be swapped,
/// which turns the sign of its d ([`sign_flip`]); where folds learn
/// from each other chance is taken √2 times as wide, as in [`significance`](super::significance()). By default only a > b counts; [`SignFlip::sides`] says otherwise. q are Benjamini–Hochberg's at 0.05;
/// [`VoxelTest::corrected`] gives others.
///
/// ```
/// use neurocell::prelude::*;
/// # fn show(words: Features, sounds: Features, bold: VoxelSeries) -> Result<()> {
/// let (a, b) = (encode(&words, &bold, Ridge::default())?, encode(&sounds, &bold, Ridge::default())?);
/// println!("{}", compare(&a, &b, &bold, 20.0, SignFlip::default())?);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// If a fit is of other data than `bold`, the two have other folds, blocks are no positive number of seconds or there are fewer than two of them;
/// data cannot be read; or it is stopped.
pub fn compare(
    a: &EncodingFit,
    b: &EncodingFit,
    bold: &dyn Targets,
    block_seconds: f64,
    options: SignFlip,
) -> Result<VoxelTest> {
    check_same(a, bold)?;
    check_same(b, bold)?;
    if a.folds() != b.folds() {
        return Err(Error::value(
            format!("the models have different folds: {} and {}", a.folds(), b.folds()),
            "fit both with the same folds: `Ridge::default().folds(folds.clone())`",
        ));
    }
    if !(block_seconds.is_finite() && block_seconds > 0.0) {
        return Err(Error::value(format!("blocks of {block_seconds} s"), "give seconds, 20 say"));
    }
    let (of_a, clock) = (TestRows::new(a, bold)?, TestRows::new(b, bold)?.clock);
    let length = ((block_seconds / clock.tr()).round() as usize).max(1);
    let folds = (0..clock.runs()).map(|fold| clock.rows(fold));
    // A rest at a fold's end is a block of its own, and only shorter.
    let blocks: Vec<_> = folds
        .flat_map(|rows| rows.clone().step_by(length).map(move |start| start..(start + length).min(rows.end)))
        .collect();
    let voxels = bold.mask().count();
    let one = |block: usize| -> Result<Array2<f32>> {
        check_cancelled("the comparison")?;
        let range = block * WIDTH..((block + 1) * WIDTH).min(voxels);
        let (first, data) = of_a.fetch(a, bold, range.clone())?;
        let (second, _) = of_a.fetch(b, bold, range)?;
        let [first, second, data] = [first, second, data].map(|columns| unit_runs(columns.view(), &clock));
        let product = (first - second) * data;
        let mut d = Array2::zeros((blocks.len(), product.ncols()));
        for (mut row, rows) in d.rows_mut().into_iter().zip(&blocks) {
            row.assign(&product.slice(s![rows.clone(), ..]).sum_axis(ndarray::Axis(0)));
        }
        // The mean over rows is then the mean over folds of the sums.
        d *= blocks.len() as f32 / clock.runs() as f32;
        Ok(d)
    };
    let parts: Vec<Array2<f32>> =
        in_pool(|| (0..voxels.div_ceil(WIDTH)).into_par_iter().map(one).collect::<Result<_>>())?;
    let mut d = Array2::zeros((blocks.len(), voxels));
    for (n, part) in parts.into_iter().enumerate() {
        d.slice_mut(s![.., n * WIDTH..n * WIDTH + part.ncols()]).assign(&part);
    }
    let spread = spread(a.folds());
    let made = Provenance::step("compare").options_of(&options, &[]).option("block seconds", block_seconds);
    let made = made.input("a", a).input("b", b).input("bold", bold);
    let found = sign_flip_spread(&d, options, spread)?;
    let about = format!(
        "{} blocks of {length} volumes; {found}{}; a: {}; b: {}",
        blocks.len(),
        learned(spread),
        a.about(),
        b.about()
    );
    tested(&found, a, ("Difference of held-out r", "Δr"), a.whose.clone(), (about, made))
}

/// Is a model's held-out r above 0 over subjects? For each voxel Fisher's z of every subject, tested by turning signs ([`sign_flip`]).
///
/// All fits must be on one mask, in a space that subjects share. Values are mean z. With n subjects no p is below 2⁻ⁿ, so that five cannot pass a
/// correction over many voxels: what is printed says so. q are Benjamini–Hochberg's at 0.05; [`VoxelTest::corrected`] gives others.
///
/// ```
/// use neurocell::prelude::*;
/// # fn show(fits: Vec<EncodingFit>) -> Result<()> {
/// println!("{}", group_test(&fits, SignFlip::default())?);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// If there are fewer than two fits; their masks differ; an option is out of its range; or it is stopped.
pub fn group_test(fits: &[EncodingFit], options: SignFlip) -> Result<VoxelTest> {
    let Some(first) = fits.first() else {
        return Err(Error::value("a test over 0 subjects", "give one fit for each subject, 6 or more"));
    };
    if let Some(other) = fits.iter().find(|fit| fit.mask() != first.mask()) {
        return Err(Error::shape(
            format!(
                "{} has {} voxels, and {} has {} of another mask",
                first.whose,
                first.mask().count(),
                other.whose,
                other.mask().count()
            ),
            "bring all subjects to one mask before fitting: `Masker::new(&mask)`",
        ));
    }
    let z = Array2::from_shape_fn((fits.len(), first.mask().count()), |(n, voxel)| {
        fisher_z(f64::from(fits[n].r()[voxel])) as f32
    });
    let made = Provenance::step("group test").options_of(&options, &[]).inputs_of("fit", fits);
    let found = sign_flip(&z, options)?;
    let whose = format!("{} subjects", fits.len());
    let about = format!("{found}; {}", fits.iter().map(|fit| fit.whose.as_str()).collect::<Vec<_>>().join(", "));
    tested(&found, first, ("Mean Fisher z of held-out r", "z"), whose, (about, made))
}

fn tested(
    found: &GroupTest,
    fit: &EncodingFit,
    what: (&'static str, &'static str),
    whose: String,
    (about, made): (String, Provenance),
) -> Result<VoxelTest> {
    VoxelTest {
        origin: made.into(),
        values: found.mean().into(),
        p: found.p().into(),
        max_p: Some(found.max_p().into()),
        q: [].into(),
        correction: Correction::default(),
        level: LEVEL,
        mask: fit.mask().clone(),
        what,
        whose,
        about,
    }
    .corrected(Correction::default(), LEVEL)
}
