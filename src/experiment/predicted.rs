//! Courses that are predicted for a text.

use crate::brain::{NetworkSeries, Networks, VoxelSeries};
use crate::error::{Error, Result};
use crate::provenance::Provenance;
use crate::stimulus::Stimulus;
use ndarray::Array2;
use std::fmt;

/// Predicted courses of a text that no subject heard: [`InSilico::predict`](super::InSilico::predict). Values are in standard deviations of each voxel about its mean in the
/// scan that the model was learned from; clones are cheap.
#[derive(Clone, Debug)]
pub struct Predicted {
    each: Vec<VoxelSeries>,
    mean: VoxelSeries,
    text: Stimulus,
}

impl Predicted {
    pub(super) fn new(each: Vec<VoxelSeries>, text: &Stimulus) -> Result<Predicted> {
        let mean = match &each[..] {
            [one] => one.clone(),
            [first, ..] => {
                let zero = Array2::<f32>::zeros(first.data().dim());
                let sum = each.iter().fold(zero, |sum, series| sum + series.data());
                let name =
                    format!("predicted for {} subjects in `{}`, their mean, heard by nobody", each.len(), text.name());
                let series =
                    VoxelSeries::new(sum / each.len() as f32, first.mask().clone(), first.clock().clone(), name)?;
                series.made(Provenance::step("mean over subjects").inputs_of("predicted", &each))
            }
            [] => {
                return Err(Error::value("there is no fit to predict with", "add one: `silico.subject(&fit, &bold)?`"));
            }
        };
        Ok(Predicted { each, mean, text: text.clone() })
    }

    /// The voxels' courses, mean over subjects.
    pub fn voxels(&self) -> &VoxelSeries {
        &self.mean
    }

    /// The voxels' courses of one subject, counted from 0 in the order in which they were added.
    ///
    /// # Errors
    /// If there is no such subject.
    pub fn of_subject(&self, number: usize) -> Result<&VoxelSeries> {
        self.each.get(number).ok_or_else(|| {
            Error::value(format!("subject {number} of {}", self.each.len()), "subjects are counted from 0")
        })
    }

    /// The networks' courses: the mean of each network's voxels, mean over subjects.
    ///
    /// # Errors
    /// As [`VoxelSeries::network_courses`].
    pub fn networks(&self, networks: &Networks) -> Result<NetworkSeries> {
        self.mean.network_courses(networks)
    }

    /// The text.
    pub fn text(&self) -> &Stimulus {
        &self.text
    }

    /// Number of subjects.
    pub fn subjects(&self) -> usize {
        self.each.len()
    }
}

impl fmt::Display for Predicted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (volumes, voxels) = self.mean.data().dim();
        write!(
            f,
            "Predicted: {volumes} volumes × {voxels} voxels of {} subject(s), in sd of each voxel; nobody heard this\n  {}\n  {}",
            self.each.len(),
            self.text,
            self.mean.clock()
        )
    }
}
