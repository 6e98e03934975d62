//! How encoding models and what they are worth show themselves.

use super::{grouped, show};
use crate::brain::BrainMap;
use crate::encoding::{
    BandedCv, BandedFit, ElasticPath, EncodingFit, Estimate, Features, FittedTransform, NewScores, NoiseCeiling,
    NormalisedScores, Partition, RidgeCv, Spaces, Training, VoxelTest,
};
use crate::figure::{Cuts, Look, bars, ceiling_hexbin, mosaic_grid, score_histograms};
use crate::statistics::{ColumnTest, GroupTest, Interval, Spearman};

impl Estimate {
    /// Shows in a notebook what a fit will take.
    pub fn evcxr_display(&self) {
        show(&self.to_string(), vec![]);
    }
}

impl EncodingFit {
    /// Shows the fit in a notebook: how well voxels are predicted, and the spread of scores and α.
    pub fn evcxr_display(&self) {
        show(&fit_text(self), vec![score_histograms(self)]);
    }
}

fn fit_text(fit: &EncodingFit) -> String {
    let mut r: Vec<f32> = fit.r().iter().copied().filter(|r| r.is_finite()).collect();
    r.sort_by(f32::total_cmp);
    let scores = match (r.get(r.len() / 2), r.last()) {
        (Some(median), Some(best)) => format!("held-out r: median {median:.3}, best {best:.3}"),
        _ => "no voxel has a held-out r".to_owned(),
    };
    let (regressors, voxels) = fit.dim();
    let about = fit.about().replace("; WARNING:", "\nWARNING:");
    let warning = fit.grid_warning().map(|warning| format!("\nWARNING: {warning}")).unwrap_or_default();
    format!(
        "EncodingFit: {} {} → {} voxels\n{about}\n{scores}{warning}",
        grouped(regressors),
        fit.kind(),
        grouped(voxels)
    )
}

impl ElasticPath {
    /// Shows in a notebook how many regressors are used at each λ.
    pub fn evcxr_display(&self) {
        show(&self.to_string(), Vec::new());
    }
}

impl Spaces {
    /// Shows the feature spaces in a notebook: their names and sizes.
    pub fn evcxr_display(&self) {
        show(&self.to_string(), Vec::new());
    }
}

impl BandedFit {
    /// Shows the fit in a notebook: how well voxels are predicted, where, and what part falls to each space.
    pub fn evcxr_display(&self) {
        let parts = self.split_r2().rows().into_iter().zip(self.spaces()).take(6);
        let maps = parts.map(|(part, name)| BrainMap::of(part.to_vec(), self.mask(), name.to_owned(), "R²"));
        let maps: Vec<BrainMap> = maps.collect();
        let title = "Part of the held-out R² that falls to each space";
        show(
            &self.to_string().replace("; ", "\n"),
            vec![mosaic_grid(&maps, Cuts::default(), Look::default().title(title))],
        );
    }
}

impl BandedCv {
    /// Shows the fit in a notebook: how well the folds that chose γ and α were predicted.
    pub fn evcxr_display(&self) {
        show(&self.to_string().replace("; ", "\n"), Vec::new());
    }
}

impl Partition {
    /// Shows the partition in a notebook: means of the parts over voxels, as text and bars.
    pub fn evcxr_display(&self) {
        let means = self.means(0.01);
        let (names, values): (Vec<&str>, Vec<f64>) = means.into_iter().unzip();
        let figures = match names.is_empty() {
            true => Vec::new(),
            false => vec![bars(&names, &values, "Held-out R² in parts, mean over voxels with 0.01 or more", "R²")],
        };
        show(&self.to_string(), figures);
    }
}

impl NewScores {
    /// Shows in a notebook how well new runs are predicted, and where.
    pub fn evcxr_display(&self) {
        show(&self.to_string(), vec![self.score_map().slices()]);
    }
}

impl FittedTransform {
    /// Shows the transform in a notebook: what it is, and what it was learned from.
    pub fn evcxr_display(&self) {
        show(&self.to_string(), Vec::new());
    }
}

impl Training {
    /// Shows in a notebook which volumes there are to learn from.
    pub fn evcxr_display(&self) {
        show(&self.to_string(), Vec::new());
    }
}

impl Features {
    /// Shows the features in a notebook: how many, on which clock, and their names.
    pub fn evcxr_display(&self) {
        show(&self.to_string(), Vec::new());
    }
}

impl NoiseCeiling {
    /// Shows the ceiling in a notebook: how it was estimated, and where it is how high.
    pub fn evcxr_display(&self) {
        show(&self.to_string(), vec![self.r_map().slices()]);
    }
}

impl NormalisedScores {
    /// Shows the scores in a notebook: how many voxels count, scores against their ceiling, and the map.
    pub fn evcxr_display(&self) {
        show(&self.to_string(), vec![ceiling_hexbin(self), self.map().slices()]);
    }
}

impl RidgeCv {
    /// Shows the fit in a notebook: how well the folds that chose α were predicted.
    pub fn evcxr_display(&self) {
        show(&self.to_string().replace("; ", "\n"), Vec::new());
    }
}

impl VoxelTest {
    /// Shows the test in a notebook: how many voxels are significant and by which null, and the map of them.
    pub fn evcxr_display(&self) {
        show(&self.to_string().replace("; ", "\n"), vec![self.map().slices()]);
    }
}

impl ColumnTest {
    /// Shows the test in a notebook: how many columns, the smallest p, and the null.
    pub fn evcxr_display(&self) {
        show(&self.to_string().replace("; ", "\n"), Vec::new());
    }
}

impl GroupTest {
    /// Shows the test in a notebook: how many columns and rows, and how small p can be.
    pub fn evcxr_display(&self) {
        show(&self.to_string().replace("; ", "\n"), Vec::new());
    }
}

impl Interval {
    /// Shows the intervals in a notebook: how wide they are, and from how many rows.
    pub fn evcxr_display(&self) {
        show(&self.to_string().replace("; ", "\n"), Vec::new());
    }
}

impl Spearman {
    /// Shows the correlation in a notebook, with its p.
    pub fn evcxr_display(&self) {
        show(&self.to_string(), Vec::new());
    }
}
