//! From a 4-D image to the courses of a mask's voxels.

use super::image::{Gaussian, Interpolation, Resampler, epi_mask};
use super::nifti::{Header, Source, Stored};
use super::series::room;
use super::{Mask, VoxelSeries};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::linalg::in_pool;
use crate::notebook::Progress;
use crate::provenance::{FileRead, Provenance, file};
use ndarray::Array2;
use rayon::prelude::*;
use std::path::Path;

/// How an image becomes voxel courses: brought onto the mask's grid if asked for, smoothed, masked, in this order (nilearn's), volume by volume as the file streams by.
///
/// Memory is that of the result and of a few volumes. What is done to the courses afterwards (drift, confounds, filters, z-score) is
/// [`Cleaning`](super::Cleaning)'s part.
///
/// ```
/// use neurocell::prelude::*;
/// use neurocell::brain::{Interpolation, Masker, write_series};
/// # let path = std::env::temp_dir().join(format!("neurocell-masker-{}.nii.gz", std::process::id()));
/// let mask = Mask::mni4mm()?;
/// # let made = ndarray::Array2::from_shape_fn((3, mask.count()), |(t, v)| ((t + v) % 7) as f32);
/// # write_series(&path, &mask, &made, 1.5)?;
/// let smooth = Masker::new(&mask).smoothing(8.0).read(&path, None)?;
/// assert_eq!(smooth.data().dim(), (3, mask.count()));
/// # std::fs::remove_file(&path).ok();
/// # Ok::<(), neurocell::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Masker {
    mask: Mask,
    smoothing: [f64; 3],
    onto_mask: Option<Interpolation>,
}

impl Masker {
    /// The voxels of a mask, as they are in the image.
    pub fn new(mask: &Mask) -> Masker {
        Masker { mask: mask.clone(), smoothing: [0.0; 3], onto_mask: None }
    }

    /// Smooths each volume by a Gaussian of this full width at half maximum in mm.
    pub fn smoothing(self, fwhm: f64) -> Masker {
        self.smoothing_by_axis([fwhm; 3])
    }

    /// Smooths by another width along each of the grid's axes, in mm; 0 leaves an axis alone.
    pub fn smoothing_by_axis(self, fwhm: [f64; 3]) -> Masker {
        Masker { smoothing: fwhm, ..self }
    }

    /// Brings an image of another grid onto the mask's. Without this, an image of another grid is an error.
    ///
    /// Voxels of the mask whose centre lies outside the image are 0. With [`Interpolation::Cubic`] and smoothing the file is read twice: values that the spline
    /// puts outside the image's own range are cut before they are smoothed.
    pub fn resampling(self, interpolation: Interpolation) -> Masker {
        Masker { onto_mask: Some(interpolation), ..self }
    }

    /// The same treatment, at the voxels of another mask.
    pub(super) fn on(&self, mask: &Mask) -> Masker {
        Masker { mask: mask.clone(), ..self.clone() }
    }

    /// The mask.
    pub fn mask(&self) -> &Mask {
        &self.mask
    }

    /// Reads one run: a 4-D image (`.nii` or `.nii.gz`). `tr` is in seconds; `None` takes the header's.
    ///
    /// # Errors
    /// If the file is no sound 4-D NIfTI-1 image; its grid is not the mask's and [`Masker::resampling`] was not asked for; a value that counts is NaN or infinite;
    /// a width is negative; or no TR is known.
    pub fn read(&self, path: impl AsRef<Path>, tr: Option<f64>) -> Result<VoxelSeries> {
        let path = path.as_ref();
        let source = Source::open(path)?;
        let read = FileRead::begin(vec![path.to_owned()]);
        let volumes = source.header().series_length()?;
        let tr = match tr {
            Some(tr) => tr,
            None => source.header().tr()?,
        };
        let clock = Clock::new(tr, &[volumes])?;
        let mut values = room(volumes, self.mask.count())?;
        self.read_into(source, &mut values)?;
        let data = Array2::from_shape_vec((volumes, self.mask.count()), values)
            .map_err(|cause| Error::shape(cause.to_string(), "read the image again"))?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let made = self.step().option("TR", tr).inputs_of("image", &read.done()?).input("mask", &self.mask);
        Ok(VoxelSeries::new(data, self.mask.clone(), clock, name + &self.said())?.made(made))
    }

    /// What is done, as a step.
    pub(super) fn step(&self) -> Provenance {
        let step = Provenance::step("mask an image");
        match self.said() {
            nothing if nothing.is_empty() => step,
            said => step
                .option("treatment", said.trim_start_matches("; "))
                .option("widths", format!("{:?} mm", self.smoothing)),
        }
    }

    /// What is done, behind a name: "; smoothed 6 mm", or nothing.
    pub(super) fn said(&self) -> String {
        let mut said = match self.onto_mask {
            Some(how) => format!("; on the mask's grid ({})", format!("{how:?}").to_lowercase()),
            None => String::new(),
        };
        match self.smoothing {
            [0.0, 0.0, 0.0] => {}
            [x, y, z] if x == y && y == z => said += &format!("; smoothed {x} mm"),
            [x, y, z] => said += &format!("; smoothed {x} × {y} × {z} mm"),
        }
        said
    }

    /// All volumes of an open image, volume × voxel.
    pub(super) fn read_into(&self, mut source: Source, values: &mut [f32]) -> Result<()> {
        let header = source.header().clone();
        let volumes = header.series_length()?;
        let name = header.path.display().to_string();
        let same = self.mask.same_grid(header.shape, &header.affine);
        let resampler = match self.onto_mask {
            Some(how) if !same => {
                let from = (header.shape, &header.affine);
                Some(Resampler::new(from, (self.mask.shape(), self.mask.affine()), how)?)
            }
            _ => {
                self.mask.check_grid("the mask", header.shape, &header.affine, &name)?;
                None
            }
        };
        if let Some(bad) = self.smoothing.iter().find(|fwhm| !(fwhm.is_finite() && **fwhm >= 0.0)) {
            return Err(Error::value(
                format!("smoothing by a Gaussian of {bad} mm"),
                "give the full width at half maximum in mm, 6 for example; 0 for none",
            ));
        }
        let mut progress = Progress::new(format!("volumes of {name}"), volumes as u64);
        let gaussian = Gaussian::new(self.smoothing, self.mask.affine().voxel_size());
        let smooths = self.smoothing != [0.0; 3];
        // A spline overshoots at sharp edges; as in nilearn, nothing leaves the range of the whole image's own values and 0. What is smoothed
        // after must be cut before, so that the range has to be known.
        let cut = resampler.is_some() && self.onto_mask == Some(Interpolation::Cubic);
        let known = if cut && smooths { Some(range_of(&header)?) } else { None };
        let as_it_is = resampler.is_none() && !smooths;
        let steps = Steps { resampler, cut: known, gaussian };
        let prepare = |(stored, row): (Stored, &mut [f32])| -> Result<(Vec<u8>, [f32; 2])> {
            let range = match as_it_is {
                true => stored.masked(&header, self.mask.voxels(), row).map(|()| [0.0; 2])?,
                false => self.prepare(&header, &stored, row, &steps)?,
            };
            Ok((stored.bytes, range))
        };
        let threads = in_pool(rayon::current_num_threads);
        let mut rows = values.chunks_exact_mut(self.mask.count()).take(volumes);
        let (mut waiting, mut free) = (Vec::new(), Vec::new());
        let mut range = [0.0f32; 2];
        let mut read = 0;
        // While some volumes are worked on, the next ones are unpacked.
        while read < volumes || !waiting.is_empty() {
            let next: Vec<&mut [f32]> = rows.by_ref().take(2 * threads).collect();
            read += next.len();
            let ready = std::mem::take(&mut waiting);
            let done = ready.len() as u64;
            let mut buffers = std::mem::take(&mut free);
            let (unpacked, prepared) = in_pool(|| {
                rayon::join(
                    || {
                        let unpack = |row| Ok((source.stored(buffers.pop().unwrap_or_default())?, row));
                        next.into_iter().map(unpack).collect::<Result<Vec<_>>>()
                    },
                    || ready.into_par_iter().map(prepare).collect::<Result<Vec<_>>>(),
                )
            });
            waiting = unpacked?;
            for (buffer, [low, high]) in prepared? {
                range = [range[0].min(low), range[1].max(high)];
                free.push(buffer);
            }
            progress.advance(done);
        }
        if cut && known.is_none() {
            values.iter_mut().for_each(|v| *v = v.clamp(range[0], range[1]));
        }
        source.finish()
    }

    /// One volume, resampled, smoothed and masked; gives the range of its values.
    fn prepare(&self, header: &Header, stored: &Stored, row: &mut [f32], steps: &Steps) -> Result<[f32; 2]> {
        let Steps { resampler, cut, gaussian } = steps;
        let (number, mut volume) = (stored.number, stored.whole(header));
        // As in nilearn, what is not finite counts as 0 where it is not looked at; inside the mask, or where a spline would carry it anywhere, it is an error.
        let [x, y, _] = header.shape;
        for (n, value) in volume.iter_mut().enumerate().filter(|(_, value)| !value.is_finite()) {
            let at = [n % x, n / x % y, n / (x * y)];
            if resampler.is_some() || self.mask.number(at).is_some() {
                return Err(Error::format(
                    &header.path,
                    format!(
                        "voxel {at:?} of volume {number} has the value {value}, which would spread to those around it"
                    ),
                    "mend the image: set such voxels to 0, or to what is around them",
                ));
            }
            *value = 0.0;
        }
        let range = volume.iter().fold([0.0f32; 2], |[low, high], v| [low.min(*v), high.max(*v)]);
        if let Some(resampler) = resampler {
            volume = resampler.resample(&volume);
            if let Some([low, high]) = *cut {
                volume.iter_mut().for_each(|v| *v = v.clamp(low, high));
            }
        }
        gaussian.smooth(&mut volume, self.mask.shape());
        row.iter_mut().zip(self.mask.voxels()).for_each(|(to, voxel)| *to = volume[*voxel as usize]);
        Ok(range)
    }
}

/// What is done to a volume before the mask is laid over it.
struct Steps {
    resampler: Option<Resampler>,
    /// Between which values it is cut after resampling.
    cut: Option<[f32; 2]>,
    gaussian: Gaussian,
}

/// The lowest and the highest value of an image and 0.
fn range_of(header: &Header) -> Result<[f32; 2]> {
    let mut source = Source::open(&header.path)?;
    let mut range = [0.0f32; 2];
    for _ in 0..header.series_length()? {
        range = source.whole_volume()?.iter().fold(range, |[low, high], v| [low.min(*v), high.max(*v)]);
    }
    Ok(range)
}

impl Mask {
    /// The brain as it is found in a 4-D EPI image, with the rule of nilearn's `compute_epi_mask`.
    ///
    /// The values of the mean volume are sorted; the threshold stands in the widest gap between their 20th and 85th percentile, between background and brain. The mask is opened
    /// (thin bridges go) and its largest piece is kept. NaN counts as 0.
    ///
    /// # Errors
    /// If the file is no sound 4-D NIfTI-1 image, or nothing is found.
    pub fn of_epi(path: impl AsRef<Path>) -> Result<Mask> {
        let path = path.as_ref();
        let mut source = Source::open(path)?;
        let header = source.header().clone();
        let volumes = header.series_length()?;
        let mut sum = vec![0.0f64; header.voxels()];
        let mut progress = Progress::new(format!("volumes of {}", path.display()), volumes as u64);
        for _ in 0..volumes {
            sum.iter_mut().zip(source.whole_volume()?).for_each(|(sum, v)| *sum += f64::from(v));
            progress.advance(1);
        }
        source.finish()?;
        let mean: Vec<f32> =
            sum.into_iter().map(|s| (s / volumes as f64) as f32).map(|v| if v.is_finite() { v } else { 0.0 }).collect();
        let inside = epi_mask(&mean, header.shape);
        if !inside.contains(&true) {
            return Err(Error::format(
                path,
                "no brain is found in the mean of its volumes",
                "is it an EPI series that was not detrended? else give a mask: `Mask::read(path)?`",
            ));
        }
        let made = Provenance::step("brain of an EPI image").input("image", &file(path)?);
        Ok(Mask::new(header.shape, header.affine, &inside)?.made(made))
    }
}
