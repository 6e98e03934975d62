//! Transforms of regressors that are learned from training rows.

use super::super::scaling::Scale;
use super::super::{Features, Predictors};
use super::{Learned, Training};
use crate::error::{Error, Result};
use crate::linalg::{leading_eigen, product};
use crate::notebook::check_cancelled;
use crate::provenance::{Content, Provenance};
use ndarray::{Array2, Axis, s};
use std::fmt;
use std::sync::Arc;

/// Voxels whose correlations with all features are held at a time.
const VOXELS: usize = 1024;

/// Each regressor less its mean and divided by its standard deviation, both over the training rows (scikit-learn's `StandardScaler`).
///
/// [`encode`](super::super::encode) does this in each training set already; it is for computations of the reader's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standardise;

/// The first principal components of the standardised regressors, z·V with V the leading eigenvectors of zᵀz over the training rows (scikit-learn's `StandardScaler` and `PCA`).
///
/// The sign of a component is that which makes its largest weight positive.
///
/// ```
/// use neurocell::prelude::*;
/// # fn show(bold: VoxelSeries, embeddings: Features) -> Result<()> {
/// let fit = encode_each(&bold, Ridge::default(), &|train| FeaturePca::new(20).fit(train, &embeddings)?.transform(&embeddings))?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeaturePca {
    /// Number of components.
    pub count: usize,
}

/// The regressors that go best with BOLD in the training rows: those of the highest mean over voxels of r², the squared correlation over training rows.
///
/// Chosen over all rows, features "predict" pure noise (Kriegeskorte et al. 2009 call it circular); what this makes has seen its training rows and is refused where these are tested.
///
/// ```
/// use neurocell::prelude::*;
/// # fn show(bold: VoxelSeries, neurons: NeuronSeries) -> Result<()> {
/// let fit = encode_each(&bold, Ridge::default(), &|train| SelectFeatures::best(100).fit(train, &neurons)?.transform(&neurons))?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[doc(alias = "SelectKBest")]
pub struct SelectFeatures {
    /// Number of features that are kept.
    pub count: usize,
}

impl Standardise {
    /// Learns means and standard deviations from the training rows.
    ///
    /// # Errors
    /// If the regressors are on another clock.
    pub fn fit(&self, train: &Training, x: &dyn Predictors) -> Result<FittedTransform> {
        let learned = train.learned("means and standard deviations".to_owned(), false);
        Ok(FittedTransform::new(x, scale(train, x)?, Map::Each, learned))
    }
}

impl FeaturePca {
    /// So many components.
    pub fn new(count: usize) -> FeaturePca {
        FeaturePca { count }
    }

    /// Learns the components from the training rows.
    ///
    /// # Errors
    /// If the regressors are on another clock, no component is asked for, or more than there are regressors or training rows.
    pub fn fit(&self, train: &Training, x: &dyn Predictors) -> Result<FittedTransform> {
        let most = x.courses().ncols().min(train.rows().len());
        if self.count == 0 || self.count > most {
            return Err(Error::value(
                format!("{} components of {} in {} training volumes", self.count, x.describe(), train.rows().len()),
                format!("ask for 1 to {most}"),
            ));
        }
        let scale = scale(train, x)?;
        let z = scale.applied(x.courses().view(), train.rows()).mapv(f64::from);
        let mut vectors = match z.ncols() <= z.nrows() {
            true => leading_eigen(z.t().dot(&z).view(), self.count, 1e-9)?.vectors,
            false => {
                // V = zᵀ·U, scaled below.
                let rows = leading_eigen(z.dot(&z.t()).view(), self.count, 1e-9)?.vectors;
                z.t().dot(&rows)
            }
        };
        for mut column in vectors.columns_mut() {
            let largest = column.iter().copied().max_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap_or(0.0);
            let size = column.dot(&column).sqrt();
            // A component that training rows have not is 0.
            let factor = if size > 1e-9 { largest.signum() / size } else { 0.0 };
            column.mapv_inplace(|v| v * factor);
        }
        let learned = train.learned(format!("{} principal components of {}", self.count, x.describe()), false);
        Ok(FittedTransform::new(x, scale, Map::Weights(vectors.mapv(|v| v as f32)), learned))
    }
}

impl SelectFeatures {
    /// So many features.
    pub fn best(count: usize) -> SelectFeatures {
        SelectFeatures { count }
    }

    /// Chooses the features by the training rows.
    ///
    /// # Errors
    /// If the regressors are on another clock, or fewer than one feature or more than there are is asked for; or it is stopped.
    pub fn fit(&self, train: &Training, x: &dyn Predictors) -> Result<FittedTransform> {
        let count = x.courses().ncols();
        if self.count == 0 || self.count > count {
            return Err(Error::value(
                format!("the best {} of {}", self.count, x.describe()),
                format!("ask for 1 to {count}"),
            ));
        }
        let of_x = scale(train, x)?;
        let z = of_x.applied(x.courses().view(), train.rows());
        let bold = train.targets();
        let rows: Vec<usize> = (0..bold.nrows()).collect();
        let mut scores = vec![0f64; count];
        for start in (0..bold.ncols()).step_by(VOXELS) {
            check_cancelled("choosing features")?;
            let y = bold.slice(s![.., start..(start + VOXELS).min(bold.ncols())]);
            let y = Scale::of(y, &rows).applied(y, &rows);
            let products = product(z.t(), y.view())?;
            for (score, products) in scores.iter_mut().zip(products.rows()) {
                *score += products.iter().map(|p| (f64::from(*p) / rows.len() as f64).powi(2)).sum::<f64>()
                    / bold.ncols() as f64;
            }
        }
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b)));
        let mut chosen = order[..self.count].to_vec();
        chosen.sort_unstable();
        let what = format!("the {} of {count} {} that correlate most with BOLD", self.count, x.kind());
        Ok(FittedTransform::new(x, of_x, Map::Chosen(chosen.into()), train.learned(what, true)))
    }
}

/// A transform of regressors, as it was learned from training rows, with the rows that it has seen; clones are cheap.
#[derive(Clone, Debug)]
pub struct FittedTransform(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    kind: &'static str,
    regressors: usize,
    scale: Scale,
    map: Map,
    learned: Learned,
}

#[derive(Debug)]
enum Map {
    /// Each standardised regressor.
    Each,
    /// Weighted sums of standardised regressors, regressor × sum.
    Weights(Array2<f32>),
    /// Some regressors as they are.
    Chosen(Arc<[usize]>),
}

impl FittedTransform {
    fn new(x: &dyn Predictors, scale: Scale, map: Map, learned: Learned) -> FittedTransform {
        FittedTransform(Arc::new(Inner { kind: x.kind(), regressors: x.courses().ncols(), scale, map, learned }))
    }

    /// What it makes of regressors, for every row: those of the scan in which it was learned, or of another.
    ///
    /// The features carry the rows that were seen: [`encode`](super::super::encode) refuses to test them on rows whose brain data chose them.
    ///
    /// # Errors
    /// If the regressors are others in number or kind.
    pub fn transform(&self, x: &dyn Predictors) -> Result<Features> {
        let Inner { kind, regressors, scale, map, learned } = &*self.0;
        if x.courses().ncols() != *regressors || x.kind() != *kind {
            return Err(Error::shape(
                format!("the transform was learned from {regressors} {kind}, and {} are given", x.describe()),
                "give the same regressors, made in the same way",
            ));
        }
        let rows: Vec<usize> = (0..x.courses().nrows()).collect();
        let z = || scale.applied(x.courses().view(), &rows);
        let (data, names): (Array2<f32>, Vec<String>) = match map {
            Map::Each => (z(), (0..*regressors).map(|n| x.regressor(n)).collect()),
            Map::Weights(weights) => {
                (product(z().view(), weights.view())?, (0..weights.ncols()).map(|n| format!("component {n}")).collect())
            }
            Map::Chosen(chosen) => {
                (x.courses().select(Axis(1), chosen), chosen.iter().map(|n| x.regressor(*n)).collect())
            }
        };
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut features = Features::new(learned.what(), data, x.clock())?.named(&names)?;
        for before in x.learned() {
            features = features.with_learned(before);
        }
        // What was learned is told by what it makes: the digest of the features.
        let content = Content::new().array(features.data()).digest();
        let made = Provenance::step("learned features").option("learned", learned.what()).option("values", content);
        let made = made.input(x.kind(), x);
        Ok(features.with_learned(learned.clone()).made(made))
    }

    /// Numbers of the regressors that were chosen, ascending; all where none were chosen.
    pub fn chosen(&self) -> Vec<usize> {
        match &self.0.map {
            Map::Chosen(chosen) => chosen.to_vec(),
            _ => (0..self.0.regressors).collect(),
        }
    }

    /// From which rows it was learned.
    pub fn learned(&self) -> &Learned {
        &self.0.learned
    }
}

impl fmt::Display for FittedTransform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Learned { rows, .. } = self.learned();
        let brain = if self.learned().from_brain() { ", by their brain data" } else { ", without brain data" };
        write!(f, "FittedTransform: {}, learned from {} volumes{brain}", self.learned().what(), rows.len())
    }
}

fn scale(train: &Training, x: &dyn Predictors) -> Result<Scale> {
    let rows = train.x(x)?;
    let all: Vec<usize> = (0..rows.nrows()).collect();
    Ok(Scale::of(rows.view(), &all))
}
