//! Results that say what they were made of.

use super::Provenance;
use crate::activation::{Activations, NeuronSeries};
use crate::brain::{BrainMap, Mask, Networks, VoxelSeries};
use crate::coupling::{NetworkMatch, SubGroups};
use crate::encoding::EncodingFit;
use crate::hex::hex;
use crate::pattern::Patterns;
use crate::stimulus::Stimulus;
use ndarray::Array2;
use sha2::{Digest, Sha256};

/// A result that says what it was made of.
pub trait Traced {
    /// What made it.
    fn provenance(&self) -> Provenance;
}

/// Numbers known by their content.
pub(crate) fn numbers(what: &str, values: impl Iterator<Item = f64>) -> Provenance {
    let mut hasher = Sha256::new();
    values.for_each(|value| hasher.update(value.to_le_bytes()));
    Provenance::content(what, &hex(hasher))
}

fn floats<'a>(what: &str, values: impl IntoIterator<Item = &'a f32>) -> Provenance {
    numbers(what, values.into_iter().map(|value| f64::from(*value)))
}

impl Traced for [f32] {
    fn provenance(&self) -> Provenance {
        floats("values", self)
    }
}

impl Traced for [f64] {
    fn provenance(&self) -> Provenance {
        numbers("values", self.iter().copied())
    }
}

impl Traced for Array2<f64> {
    fn provenance(&self) -> Provenance {
        numbers("values", self.iter().copied()).option("shape", format!("{} × {}", self.nrows(), self.ncols()))
    }
}

impl Traced for Mask {
    fn provenance(&self) -> Provenance {
        let affine = self.affine().0.into_iter().flatten();
        let shape = self.shape().map(|n| n as f64);
        numbers("mask", shape.into_iter().chain(affine).chain(self.voxels().iter().map(|v| f64::from(*v))))
    }
}

impl Traced for BrainMap {
    fn provenance(&self) -> Provenance {
        floats("map", self.values()).option("label", self.label()).input("mask", self.mask())
    }
}

impl Traced for Networks {
    fn provenance(&self) -> Provenance {
        floats("networks", self.maps()).option("atlas", self.atlas()).input("mask", self.mask())
    }
}

impl Traced for VoxelSeries {
    fn provenance(&self) -> Provenance {
        floats("voxels", self.data()).option("name", self.name()).input("mask", self.mask())
    }
}

impl Traced for NeuronSeries {
    fn provenance(&self) -> Provenance {
        floats("neurons", self.data()).option("model", &self.neurons().model)
    }
}

impl Traced for Patterns {
    fn provenance(&self) -> Provenance {
        floats("patterns", self.courses().iter().chain(self.loadings())).option("method", self.method())
    }
}

impl Traced for EncodingFit {
    fn provenance(&self) -> Provenance {
        Provenance::step("encode").input("scores", &self.score_map())
    }
}

impl Traced for Stimulus {
    fn provenance(&self) -> Provenance {
        let times = self.words().iter().flat_map(|w| [w.onset, w.offset]).flatten();
        let text: Vec<&str> = self.words().iter().map(|w| w.text.as_str()).collect();
        let text = hex(Sha256::new().chain_update(text.join(" ")));
        numbers("stimulus", times).option("name", self.name()).option("text", text)
    }
}

impl Traced for Activations {
    fn provenance(&self) -> Provenance {
        let values = Provenance::step("activations").option("model", &self.neurons().model);
        values.option("site", self.neurons().site).input("stimulus", self.stimulus())
    }
}

impl Traced for NetworkMatch {
    fn provenance(&self) -> Provenance {
        numbers("match", self.r().iter().copied()).option("atlas", self.atlas()).option("about", self.about())
    }
}

impl Traced for SubGroups {
    fn provenance(&self) -> Provenance {
        Provenance::step("subgroups").input("neurons", self.series()).input("patterns", self.patterns())
    }
}
