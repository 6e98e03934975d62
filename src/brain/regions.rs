//! From voxels to networks: means over regions, least squares for maps that overlap.

use super::nifti::{Source, Stored};
use super::{Mask, Masker, NetworkSeries, Networks, VoxelSeries};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::linalg::{in_pool, product, pseudo_inverse};
use crate::notebook::Progress;
use crate::provenance::{Origin, Provenance, file};
use ndarray::{Array2, ArrayView2, Axis, s};
use rayon::prelude::*;
use std::path::Path;

/// Volumes that are turned into courses at once while a file streams by.
const BLOCK: usize = 16;

/// How volumes become courses of networks.
enum Reading {
    Means(Regions),
    /// (M·Mᵀ)⁺·M, network × voxel.
    Fit(Array2<f32>),
}

/// Each region's voxels: those of region r are `voxels[starts[r]..starts[r + 1]]`.
struct Regions {
    starts: Vec<usize>,
    voxels: Vec<u32>,
}

impl Reading {
    fn new(networks: &Networks) -> Result<Reading> {
        match networks.maps.labels() {
            Some(labels) => Ok(Reading::Means(Regions::new(labels, networks.count()))),
            None => {
                let wide = networks.maps().mapv(f64::from);
                let inverse = pseudo_inverse(wide.dot(&wide.t()).view())?;
                Ok(Reading::Fit(inverse.dot(&wide).mapv(|v| v as f32)))
            }
        }
    }

    /// Volume × voxel to volume × network.
    fn courses(&self, data: ArrayView2<f32>) -> Result<Array2<f32>> {
        match self {
            Reading::Means(regions) => Ok(regions.means(data)),
            Reading::Fit(solver) => product(data, solver.t()),
        }
    }
}

impl Regions {
    fn new(labels: &[u32], count: usize) -> Regions {
        let mut lists = vec![Vec::new(); count];
        for (voxel, label) in (0u32..).zip(labels) {
            // Voxels of no region have a label beyond all.
            if let Some(list) = lists.get_mut(*label as usize) {
                list.push(voxel);
            }
        }
        let mut starts = vec![0];
        lists.iter().for_each(|list| starts.push(starts[starts.len() - 1] + list.len()));
        Regions { starts, voxels: lists.concat() }
    }

    fn means(&self, data: ArrayView2<f32>) -> Array2<f32> {
        let mut means = Array2::zeros((data.nrows(), self.starts.len() - 1));
        in_pool(|| {
            let rows = means.axis_iter_mut(Axis(0)).into_par_iter().zip(data.axis_iter(Axis(0)).into_par_iter());
            rows.for_each(|(mut to, row)| {
                let values = row.as_slice().map_or_else(|| row.to_vec().into(), std::borrow::Cow::Borrowed);
                for (to, ends) in to.iter_mut().zip(self.starts.windows(2)) {
                    let voxels = &self.voxels[ends[0]..ends[1]];
                    // Four sums, so that an addition need not wait for the one before it.
                    let mut sums = [0.0f64; 4];
                    let mut fours = voxels.chunks_exact(4);
                    for four in &mut fours {
                        sums.iter_mut().zip(four).for_each(|(sum, voxel)| *sum += f64::from(values[*voxel as usize]));
                    }
                    fours.remainder().iter().for_each(|voxel| sums[0] += f64::from(values[*voxel as usize]));
                    *to = ((sums[0] + sums[1] + sums[2] + sums[3]) / voxels.len() as f64) as f32;
                }
            });
        });
        means
    }
}

impl VoxelSeries {
    /// The course of each network: the mean over its voxels where networks are labels (nilearn's `NiftiLabelsMasker`); where they are weighted maps that
    /// may overlap, the least-squares fit of all maps to each volume, X·Mᵀ·(M·Mᵀ)⁺ (nilearn's `NiftiMapsMasker`).
    ///
    /// Networks of another grid are brought onto the series' mask ([`Networks::resampled_to`]), which is printed and said in the result; a region without a
    /// voxel in the mask is left out and named. The way back to an image is [`NetworkSeries::write`].
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// let networks = Networks::yeo7()?;
    /// # let data = ndarray::Array2::from_shape_fn((20, networks.mask().count()), |(t, v)| ((t * 7 + v) % 13) as f32);
    /// # let bold = VoxelSeries::new(data, networks.mask().clone(), Clock::new(1.5, &[20])?, "made")?;
    /// let courses = bold.network_courses(&networks)?;
    /// assert_eq!(courses.data().dim(), (20, 7));
    /// assert_eq!(courses.course("Default")?.len(), 20);
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    ///
    /// # Errors
    /// If no network has a voxel in the series' mask.
    pub fn network_courses(&self, networks: &Networks) -> Result<NetworkSeries> {
        let networks = networks.resampled_to(self.mask())?;
        let courses = Reading::new(&networks)?.courses(self.data().view())?;
        let about = format!("{}; networks: {}", self.name(), networks.atlas());
        let made = Provenance::step("courses of networks").input("bold", self).input("networks", &networks);
        let courses = NetworkSeries::new(courses, networks.names(), self.clock().clone(), about)?;
        Ok(courses.keeping(self.kept()).made(made))
    }
}

impl Masker {
    /// The courses of networks straight from one run's 4-D image, without the voxels' courses in between: what
    /// `masker.read(path, tr)?.network_courses(networks)?` gives, with memory for the result and a few volumes.
    ///
    /// With smoothing or resampling the voxels' courses are held while the file is read, as [`Masker::read`] holds them.
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// use neurocell::brain::{Masker, write_series};
    /// # let path = std::env::temp_dir().join(format!("neurocell-regions-{}.nii.gz", std::process::id()));
    /// let mask = Mask::mni4mm()?;
    /// # let made = ndarray::Array2::from_shape_fn((3, mask.count()), |(t, v)| ((t + v) % 7) as f32);
    /// # write_series(&path, &mask, &made, 1.5)?;
    /// let courses = Masker::new(&mask).network_courses(&path, &Networks::yeo7()?, None)?;
    /// assert_eq!(courses.data().dim(), (3, 7));
    /// # std::fs::remove_file(&path).ok();
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Masker::read`], and if no network has a voxel in the mask.
    pub fn network_courses(
        &self,
        path: impl AsRef<Path>,
        networks: &Networks,
        tr: Option<f64>,
    ) -> Result<NetworkSeries> {
        let path = path.as_ref();
        if *self != Masker::new(self.mask()) {
            return self.read(path, tr)?.network_courses(networks);
        }
        let networks = networks.resampled_to(self.mask())?;
        let mut source = Source::open(path)?;
        let header = source.header().clone();
        let volumes = header.series_length()?;
        self.mask().check_grid("the mask", header.shape, &header.affine, &path.display().to_string())?;
        let tr = match tr {
            Some(tr) => tr,
            None => header.tr()?,
        };
        let clock = Clock::new(tr, &[volumes])?;
        let (mask, reading) = needed(&networks)?;
        let mut courses = Array2::zeros((volumes, networks.count()));
        let width = mask.count();
        let mut values = vec![0.0f32; BLOCK.min(volumes) * width];
        let mut progress = Progress::new(format!("volumes of {}", path.display()), volumes as u64);
        let (mut waiting, mut free): (Vec<Stored>, Vec<Vec<u8>>) = (Vec::new(), Vec::new());
        let (mut read, mut done) = (0, 0);
        // While some volumes become courses, the next ones are unpacked.
        while done < volumes {
            let next = BLOCK.min(volumes - read);
            let ready = std::mem::take(&mut waiting);
            let rows = &mut values[..ready.len() * width];
            let (unpacked, found) = in_pool(|| {
                rayon::join(
                    || (0..next).map(|_| source.stored(free.pop().unwrap_or_default())).collect::<Result<Vec<_>>>(),
                    || -> Result<Array2<f32>> {
                        let pairs = rows.par_chunks_exact_mut(width).zip(&ready);
                        pairs.try_for_each(|(row, stored)| stored.masked(&header, mask.voxels(), row))?;
                        match ArrayView2::from_shape((ready.len(), width), rows) {
                            Ok(block) if !ready.is_empty() => reading.courses(block),
                            Ok(_) => Ok(Array2::zeros((0, networks.count()))),
                            Err(cause) => Err(Error::shape(cause.to_string(), "read the image with `Masker::read`")),
                        }
                    },
                )
            });
            courses.slice_mut(s![done..done + ready.len(), ..]).assign(&found?);
            progress.advance(ready.len() as u64);
            done += ready.len();
            waiting = unpacked?;
            read += waiting.len();
            free = ready.into_iter().map(|stored| stored.bytes).collect();
        }
        source.finish()?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let made = Provenance::step("courses of networks").input("image", &file(path)?).input("networks", &networks);
        let about = format!("{name}; networks: {}", networks.atlas());
        Ok(NetworkSeries::new(courses, networks.names(), clock, about)?.made(made))
    }
}

/// The voxels that any network needs, and the reading of these.
fn needed(networks: &Networks) -> Result<(Mask, Reading)> {
    let mask = networks.mask();
    let Some(labels) = networks.labels() else { return Ok((mask.clone(), Reading::new(networks)?)) };
    let inside = mask.voxels().iter().zip(labels).filter(|(_, label)| label.is_some());
    let voxels = inside.map(|(voxel, _)| *voxel).collect();
    let fewer = Mask { voxels, origin: Origin::given(), ..mask.clone() };
    let reading = Reading::new(&networks.at_voxels_of(&fewer))?;
    Ok((fewer, reading))
}
