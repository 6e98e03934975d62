//! Back from networks to images: one value a network as a map, courses as a series, the networks themselves as an atlas.

use super::Networks;
use crate::brain::nifti::{Encoding, write_image};
use crate::brain::{BrainMap, NetworkSeries};
use crate::error::{Error, Result};
use crate::provenance::{Provenance, Traced};
use crate::replace::{replace, unwritten};
use std::path::Path;

impl Networks {
    /// A map in which each network has its value, Σ value·map: regions of labels hold the value itself.
    ///
    /// ```
    /// use neurocell::brain::Networks;
    /// let networks = Networks::yeo7()?;
    /// let ranks: Vec<f32> = (1..=7).map(|n| n as f32).collect();
    /// let map = networks.paint(&ranks, "rank", "place")?;
    /// assert_eq!(map.range(), Some((0.0, 7.0)));
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    ///
    /// # Errors
    /// If there is not one value for each network.
    pub fn paint(&self, values: &[f32], label: impl Into<String>, unit: impl Into<String>) -> Result<BrainMap> {
        if values.len() != self.count() {
            return Err(Error::shape(
                format!("{} values for the {} networks of {}", values.len(), self.count(), self.atlas),
                "give one value for each network, in the order of `networks.names()`",
            ));
        }
        let mut map = vec![0.0; self.mask.count()];
        self.spread(values, &mut map);
        let made = Provenance::step("paint").input("values", &values).input("networks", self);
        Ok(BrainMap::new(map, &self.mask, label, unit)?.made(made))
    }

    /// Σ value·map at each voxel of the mask.
    fn spread(&self, values: &[f32], map: &mut [f32]) {
        match self.maps.labels() {
            Some(labels) => map.iter_mut().zip(labels).for_each(|(to, label)| {
                *to = values.get(*label as usize).copied().unwrap_or(0.0);
            }),
            None => {
                map.fill(0.0);
                for (value, row) in values.iter().zip(self.maps().rows()) {
                    map.iter_mut().zip(row).for_each(|(to, weight)| *to += value * weight);
                }
            }
        }
    }

    /// Writes the networks as an image and a table that [`Networks::read`] reads: labels 1, 2, … in the order of the rows, or weighted maps as
    /// a 4-D image (float32) with one map a volume. The table has the columns `index`, `name`, `r`, `g`, `b`, with tabs between them.
    ///
    /// # Errors
    /// If a file cannot be written; nothing half-written stays.
    pub fn write(&self, image: impl AsRef<Path>, table: impl AsRef<Path>) -> Result<()> {
        let table = table.as_ref();
        let mut text = "index\tname\tr\tg\tb\n".to_owned();
        for (n, (name, [r, g, b])) in self.names.iter().zip(self.colours.iter()).enumerate() {
            text += &format!("{}\t{name}\t{r}\t{g}\t{b}\n", n + 1);
        }
        replace(table, text.as_bytes()).map_err(|cause| unwritten(table, cause))?;
        let labelled = self.maps.labels().is_some();
        let encoding = match self.count() {
            _ if !labelled => Encoding::Float32,
            0..=255 => Encoding::Uint8,
            _ => Encoding::Int16(1.0),
        };
        // The fourth axis of maps counts them: its step is 1.
        let volumes = (!labelled).then_some((self.count(), 1.0));
        let image_header = self.mask.image(volumes, encoding, &self.atlas).made(&self.provenance());
        let numbers: Vec<f32> = (1..=self.count()).map(|n| n as f32).collect();
        let mut values = vec![0.0; self.mask.count()];
        write_image(image.as_ref(), &image_header, |volume, grid| {
            match labelled {
                true => self.spread(&numbers, &mut values),
                false => values = self.maps.row(volume),
            }
            self.mask.voxels().iter().zip(&values).for_each(|(voxel, value)| grid[*voxel as usize] = *value);
            Ok(())
        })
    }
}

impl NetworkSeries {
    /// Writes one run as a 4-D NIfTI-1 image (float32, TR in the header): at each volume Σ course·map, so that a voxel of a region has the
    /// region's course (the `inverse_transform` of nilearn's `NiftiLabelsMasker` and `NiftiMapsMasker`).
    ///
    /// The image has the grid of `networks`, which must have a network of the name of each course.
    ///
    /// ```no_run
    /// use neurocell::prelude::*;
    /// # fn run(bold: VoxelSeries) -> Result<()> {
    /// let networks = Networks::yeo7()?.resampled_to(bold.mask())?;
    /// let courses = bold.network_courses(&networks)?;
    /// courses.write(0, &networks, "courses.nii.gz")?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If there is no such run, a course has no network of its name, or the file cannot be written; nothing half-written stays.
    pub fn write(&self, run: usize, networks: &Networks, path: impl AsRef<Path>) -> Result<()> {
        if run >= self.clock().runs() {
            return Err(Error::value(format!("run {run} of {}", self.clock().runs()), "runs are counted from 0"));
        }
        let rows = self.names().iter().map(|name| networks.row(name)).collect::<Result<Vec<usize>>>()?;
        let volumes = self.clock().rows(run);
        let made = Provenance::step("courses as an image").option("run", run);
        let made = made.input("courses", self).input("networks", networks);
        let time = Some((volumes.len(), self.clock().tr()));
        let image = networks.mask.image(time, Encoding::Float32, networks.atlas()).made(&made);
        let mut values = vec![0.0; networks.count()];
        let mut map = vec![0.0; networks.mask.count()];
        write_image(path.as_ref(), &image, |volume, grid| {
            rows.iter().zip(self.data().row(volumes.start + volume)).for_each(|(row, value)| values[*row] = *value);
            networks.spread(&values, &mut map);
            networks.mask.voxels().iter().zip(&map).for_each(|(voxel, value)| grid[*voxel as usize] = *value);
            Ok(())
        })
    }
}

/// Writes maps of one mask, weights of patterns for example, as the volumes of a 4-D NIfTI-1 image (float32).
///
/// # Errors
/// If there is no map, a map has another mask than the first, or the file cannot be written; nothing half-written stays.
pub fn write_maps(path: impl AsRef<Path>, maps: &[BrainMap]) -> Result<()> {
    let Some(first) = maps.first() else {
        return Err(Error::value("there is no map to write", "give one or more"));
    };
    if let Some(other) = maps.iter().find(|map| map.mask() != first.mask()) {
        return Err(Error::shape(
            format!("{} is on a {}, {} on a {}", first.label(), first.mask(), other.label(), other.mask()),
            "the volumes of an image have one grid: write maps of one mask",
        ));
    }
    let mask = first.mask();
    let labels: Vec<&str> = maps.iter().map(BrainMap::label).collect();
    let about = labels.join("; ");
    let made = Provenance::step("maps").inputs_of("map", maps);
    let image = mask.image(Some((maps.len(), 1.0)), Encoding::Float32, &about).made(&made);
    write_image(path.as_ref(), &image, |volume, grid| {
        mask.voxels().iter().zip(maps[volume].values()).for_each(|(voxel, value)| grid[*voxel as usize] = *value);
        Ok(())
    })
}
