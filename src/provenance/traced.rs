//! Results that say what they were made of.

use super::{Content, Provenance};
use crate::activation::{Activations, NeuronSeries};
use crate::brain::{Bold, BrainMap, Mask, NetworkSeries, Networks, Participants, VoxelFile, VoxelSeries};
use crate::coupling::{Coupling, NetworkMatch, SubGroups};
use crate::encoding::{
    BandedFit, EncodingFit, Features, Folds, NewScores, NoiseCeiling, NormalisedScores, Partition, RoiCorrelations,
    RoiScores, VoxelTest,
};
use crate::experiment::{InSilico, Lesion, Lesions, NetworkContrasts, Predicted, TextContrast};
use crate::extract::{DualRegression, Extraction};
use crate::model::Model;
use crate::pattern::{Hierarchy, KCurve, Patterns, Spectrum};
use crate::simulate::{Simulated, SimulatedGroup};
use crate::stimulus::Stimulus;
use ndarray::{Array1, Array2};

/// A result that says what it was made of.
pub trait Traced {
    /// What made it: the step, its options, and what went in, down to the files.
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// let story = Stimulus::example()?.starting_at(12.0);
    /// println!("{}", story.provenance());
    /// assert_eq!(story.provenance().what(), "starting at");
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    fn provenance(&self) -> Provenance;
}

impl Traced for Provenance {
    fn provenance(&self) -> Provenance {
        self.clone()
    }
}

impl<T: Traced + ?Sized> Traced for &T {
    fn provenance(&self) -> Provenance {
        (*self).provenance()
    }
}

impl Traced for [f32] {
    fn provenance(&self) -> Provenance {
        Content::new().slice(self).given("values")
    }
}

impl Traced for [f64] {
    fn provenance(&self) -> Provenance {
        Content::new().slice(self).given("values")
    }
}

impl Traced for Array1<f32> {
    fn provenance(&self) -> Provenance {
        Content::new().array(self).given("values")
    }
}

impl Traced for Array1<f64> {
    fn provenance(&self) -> Provenance {
        Content::new().array(self).given("values")
    }
}

impl Traced for Array2<f32> {
    fn provenance(&self) -> Provenance {
        Content::new().array(self).given("values").option("shape", format!("{} × {}", self.nrows(), self.ncols()))
    }
}

impl Traced for Array2<f64> {
    fn provenance(&self) -> Provenance {
        Content::new().array(self).given("values").option("shape", format!("{} × {}", self.nrows(), self.ncols()))
    }
}

impl Traced for Stimulus {
    fn provenance(&self) -> Provenance {
        let time = |time: Option<f64>| time.unwrap_or(f64::NAN);
        self.origin.or(|| {
            let words = self.words();
            let content = Content::new().texts(words.iter().map(|word| &word.text));
            let times: Vec<f64> = words.iter().flat_map(|w| [w.run as f64, time(w.onset), time(w.offset)]).collect();
            content.slice(&times).given("stimulus").option("name", self.name())
        })
    }
}

impl Traced for Model {
    fn provenance(&self) -> Provenance {
        self.made()
    }
}

impl Traced for Activations {
    fn provenance(&self) -> Provenance {
        self.origin.or(|| {
            let content = Content::new().array(&self.values()).given("activations");
            content.option("model", &self.neurons().model).option("site", self.neurons().site)
        })
    }
}

impl Traced for NeuronSeries {
    fn provenance(&self) -> Provenance {
        self.origin.or(|| {
            let content = Content::new().array(self.data()).given("neuron series");
            content.option("neurons", self.neurons()).option("clock", self.clock())
        })
    }
}

impl Traced for Patterns {
    fn provenance(&self) -> Provenance {
        self.origin.or(|| {
            let content = Content::new().array(self.courses()).array(self.loadings()).given("patterns");
            content.option("method", self.method())
        })
    }
}

impl Traced for Hierarchy {
    fn provenance(&self) -> Provenance {
        let tree = self.merges().iter().flat_map(|m| [m.clusters[0] as f64, m.clusters[1] as f64, m.distance]);
        let content = Content::new().slice(&tree.collect::<Vec<f64>>()).texts(self.labels());
        content.given("hierarchy").options_of(&self.options(), &[])
    }
}

impl Traced for KCurve {
    fn provenance(&self) -> Provenance {
        let points = self.points().iter();
        let points = points.flat_map(|p| [p.k as f64, p.inertia, p.silhouette, p.stability, p.spread]);
        let content = Content::new().slice(&points.collect::<Vec<f64>>()).given("curve of k");
        content.option("method", self.method()).options_of(self.options(), &[])
    }
}

impl Traced for Spectrum {
    fn provenance(&self) -> Provenance {
        Content::new().slice(self.shares()).slice(self.chance()).given("spectrum")
    }
}

impl Traced for Mask {
    fn provenance(&self) -> Provenance {
        self.origin.or(|| {
            let affine: Vec<f64> = self.affine().0.into_iter().flatten().collect();
            let shape = self.shape().map(|n| n as f64);
            let content = Content::new().slice(&shape).slice(&affine).slice(self.voxels()).given("mask");
            content.option("voxels", self.count())
        })
    }
}

impl Traced for BrainMap {
    fn provenance(&self) -> Provenance {
        self.origin.or(|| {
            let content = Content::new().slice(self.values()).given("map");
            content.option("label", self.label()).input("mask", self.mask())
        })
    }
}

impl Traced for Networks {
    fn provenance(&self) -> Provenance {
        self.origin.or(|| {
            let content = Content::new().texts(self.names());
            let content = match self.maps.labels() {
                Some(labels) => content.slice(labels),
                None => content.array(self.maps()),
            };
            content.given("networks").option("atlas", self.atlas()).input("mask", self.mask())
        })
    }
}

impl Traced for Bold {
    fn provenance(&self) -> Provenance {
        self.made_of(None)
    }
}

impl Traced for VoxelSeries {
    fn provenance(&self) -> Provenance {
        self.origin.or(|| {
            let kept: Vec<u32> = self.kept().iter().map(|kept| u32::from(*kept)).collect();
            let content = Content::new().array(self.data()).slice(&kept).given("voxel series");
            content.option("name", self.name()).option("clock", self.clock()).input("mask", self.mask())
        })
    }
}

impl Traced for VoxelFile {
    fn provenance(&self) -> Provenance {
        self.made()
    }
}

impl Traced for NetworkSeries {
    fn provenance(&self) -> Provenance {
        self.origin.or(|| {
            let content = Content::new().array(self.data()).texts(self.names()).given("network series");
            content.option("about", self.about()).option("clock", self.clock())
        })
    }
}

impl Traced for Participants {
    fn provenance(&self) -> Provenance {
        self.made()
    }
}

impl Traced for Features {
    fn provenance(&self) -> Provenance {
        self.origin.or(|| {
            let content = Content::new().array(self.data()).given("features");
            content.option("name", self.name()).option("clock", self.clock())
        })
    }
}

impl Traced for Folds {
    fn provenance(&self) -> Provenance {
        let rows = |rows: &[usize]| rows.iter().map(|row| *row as u32).collect::<Vec<u32>>();
        let mut content = Content::new();
        for n in 0..self.count() {
            let inside = self.inside(n);
            for fold in std::iter::once(self.fold(n)).chain(&inside) {
                content = content.slice(&rows(fold.train())).slice(&rows(fold.test()));
            }
        }
        let step = Provenance::step("folds").option("folds", self.words()).option("clock", self.clock());
        step.option("rows", content.digest())
    }
}

impl Traced for EncodingFit {
    fn provenance(&self) -> Provenance {
        self.origin.or(|| {
            let content = Content::new().slice(self.r()).slice(self.r2()).given("encoding model");
            content.option("about", self.about()).input("mask", self.mask())
        })
    }
}

impl Traced for BandedFit {
    fn provenance(&self) -> Provenance {
        self.joint().provenance()
    }
}

impl Traced for Partition {
    fn provenance(&self) -> Provenance {
        self.made()
    }
}

impl Traced for NewScores {
    fn provenance(&self) -> Provenance {
        self.made()
    }
}

impl Traced for VoxelTest {
    fn provenance(&self) -> Provenance {
        self.origin.or(|| {
            let content = Content::new().slice(self.values()).slice(self.p()).slice(self.q()).given("test");
            content.option("about", self.about())
        })
    }
}

impl Traced for NoiseCeiling {
    fn provenance(&self) -> Provenance {
        self.made()
    }
}

impl Traced for NormalisedScores {
    fn provenance(&self) -> Provenance {
        let step = Provenance::step("normalise").option("floor", self.floor());
        step.input("scores", self.scores()).input("ceiling", self.ceiling())
    }
}

impl Traced for RoiScores {
    fn provenance(&self) -> Provenance {
        self.made()
    }
}

impl Traced for RoiCorrelations {
    fn provenance(&self) -> Provenance {
        self.made()
    }
}

impl Traced for Extraction {
    fn provenance(&self) -> Provenance {
        self.networks().provenance()
    }
}

impl Traced for DualRegression {
    fn provenance(&self) -> Provenance {
        self.maps().provenance()
    }
}

impl Traced for NetworkMatch {
    fn provenance(&self) -> Provenance {
        self.made()
    }
}

impl Traced for Coupling {
    fn provenance(&self) -> Provenance {
        self.made()
    }
}

impl Traced for SubGroups {
    fn provenance(&self) -> Provenance {
        self.made()
    }
}

impl Traced for InSilico {
    fn provenance(&self) -> Provenance {
        self.made()
    }
}

impl Traced for Predicted {
    fn provenance(&self) -> Provenance {
        self.voxels().provenance()
    }
}

impl Traced for TextContrast {
    fn provenance(&self) -> Provenance {
        self.made()
    }
}

impl Traced for NetworkContrasts {
    fn provenance(&self) -> Provenance {
        self.made()
    }
}

impl Traced for Lesion {
    fn provenance(&self) -> Provenance {
        self.made()
    }
}

impl Traced for Lesions {
    fn provenance(&self) -> Provenance {
        self.made()
    }
}

impl Traced for Simulated {
    fn provenance(&self) -> Provenance {
        self.made()
    }
}

impl Traced for SimulatedGroup {
    fn provenance(&self) -> Provenance {
        self.made()
    }
}
