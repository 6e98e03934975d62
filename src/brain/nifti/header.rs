//! What a NIfTI header says, checked before a voxel is read.

use super::orientation;
use crate::brain::Affine;
use crate::error::{Error, Result};
use nifti::{Endianness, NiftiHeader, NiftiType, Unit};
use std::path::{Path, PathBuf};

/// Bytes of a NIfTI-1 header.
pub(super) const HEADER: usize = 348;

/// A NIfTI-1 header that was found fit for reading.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    pub(crate) path: PathBuf,
    pub(crate) shape: [usize; 3],
    /// Volumes of a 4-D image, `None` for a 3-D image.
    pub(crate) volumes: Option<usize>,
    pub(crate) affine: Affine,
    pub(crate) kind: NiftiType,
    pub(crate) big_endian: bool,
    /// value = stored · slope + intercept.
    pub(crate) scale: Option<(f64, f64)>,
    /// Where the voxels begin in the (unpacked) file.
    pub(crate) offset: u64,
    time_step: f64,
    time_unit: u8,
}

impl Header {
    pub(super) fn parse(bytes: &[u8; HEADER], path: &Path) -> Result<Header> {
        let size = [bytes[0], bytes[1], bytes[2], bytes[3]];
        let size = [i32::from_le_bytes(size), i32::from_be_bytes(size)];
        if size.contains(&540) {
            return Err(Error::format(
                path,
                "this is NIfTI-2; NIfTI-1 is read here",
                "convert it, for example with nibabel: `nibabel.Nifti1Image.from_image(image)`",
            ));
        }
        if !size.contains(&348) {
            return Err(not_nifti(path));
        }
        let header = NiftiHeader::from_reader(&bytes[..]).map_err(|cause| not_nifti(path).caused_by(cause))?;
        if header.sizeof_hdr != 348 {
            return Err(not_nifti(path));
        }
        if &header.magic == nifti::header::MAGIC_CODE_NI1 {
            return Err(Error::format(
                path,
                "this is the header of a .hdr/.img pair",
                "convert the pair to one .nii or .nii.gz file",
            ));
        }
        let (shape, volumes) = grid(&header, path)?;
        let kind = header.data_type().map_err(|cause| {
            let problem = format!("the header's data type has the code {}, which NIfTI does not know", header.datatype);
            Error::format(path, problem, "the header is damaged: fetch or make the image again").caused_by(cause)
        })?;
        if matches!(
            kind,
            NiftiType::Complex64
                | NiftiType::Complex128
                | NiftiType::Complex256
                | NiftiType::Rgb24
                | NiftiType::Rgba32
                | NiftiType::Float128
        ) {
            return Err(Error::format(
                path,
                format!("voxels are {kind:?}; integers up to 64 bits and float32 or float64 are read here"),
                "convert the image to float32",
            ));
        }
        Ok(Header {
            path: path.to_owned(),
            shape,
            volumes,
            affine: orientation::affine(&header, shape, path)?,
            kind,
            big_endian: header.endianness == Endianness::Big,
            scale: scale(&header, path)?,
            offset: offset(&header, path)?,
            time_step: f64::from(header.pixdim[4]),
            time_unit: header.xyzt_units & 0o70,
        })
    }

    /// Voxels of one volume.
    pub(crate) fn voxels(&self) -> usize {
        self.shape.iter().product()
    }

    /// Bytes of one stored value.
    pub(crate) fn width(&self) -> usize {
        self.kind.size_of()
    }

    /// Bytes of all voxels.
    pub(crate) fn data_bytes(&self) -> u128 {
        self.voxels() as u128 * self.volumes.unwrap_or(1) as u128 * self.width() as u128
    }

    /// "20 × 30 × 10 × 4 of Int16".
    pub(crate) fn content(&self) -> String {
        let [x, y, z] = self.shape;
        let volumes = self.volumes.map_or(String::new(), |n| format!(" × {n}"));
        format!("{x} × {y} × {z}{volumes} of {:?}", self.kind)
    }

    /// Volumes of an image that must be 4-D.
    pub(crate) fn series_length(&self) -> Result<usize> {
        self.volumes.ok_or_else(|| {
            Error::format(
                &self.path,
                format!("a 4-D image is needed, this one is 3-D: {}", self.content()),
                "give the BOLD series, not its mean, reference or mask",
            )
        })
    }

    /// An error unless the image is one volume.
    pub(crate) fn one_volume(&self, what: &str) -> Result<()> {
        match self.volumes {
            None | Some(1) => Ok(()),
            Some(n) => Err(Error::format(
                &self.path,
                format!("{what} has one volume, this image has {n}"),
                "give a 3-D image, or take one volume out of it",
            )),
        }
    }

    /// The time unit is one of seconds, milliseconds or microseconds: a TR that is set on purpose.
    pub(crate) fn time_unit_is_known(&self) -> bool {
        [Unit::Sec, Unit::Msec, Unit::Usec].iter().any(|unit| *unit as u8 == self.time_unit)
    }

    /// TR in seconds, from the header's fourth step and its unit; a unit that is not said counts as seconds.
    pub(crate) fn tr(&self) -> Result<f64> {
        let ask = "say the repetition time in seconds yourself: `Some(1.5)` for one file, `with_tr(1.5)` for a subject";
        if self.time_step == 0.0 {
            return Err(Error::format(&self.path, "the header's TR is 0", ask));
        }
        let unit = match self.time_unit {
            code if code == Unit::Msec as u8 => 1e-3,
            code if code == Unit::Usec as u8 => 1e-6,
            code if code == Unit::Sec as u8 || code == 0 => 1.0,
            code => {
                let problem = format!("the header's fourth axis is not time (unit code {code})");
                return Err(Error::format(&self.path, problem, ask));
            }
        };
        // pixdim is f32: 0.8 is stored as 0.800000012; the shortest decimal that gives the same f32 is what was meant.
        let step = self.time_step as f32;
        let meant: f64 = step.to_string().parse().unwrap_or(self.time_step);
        let tr = match unit {
            1.0 => meant,
            _ => meant / (1.0f64 / unit).round(),
        };
        if !(0.01..=30.0).contains(&tr) {
            let said = if self.time_unit_is_known() { "" } else { ", and no unit is said" };
            return Err(Error::format(&self.path, format!("the header's TR is {tr} s{said}"), ask));
        }
        Ok(tr)
    }
}

fn not_nifti(path: &Path) -> Error {
    Error::format(
        path,
        "this is not a NIfTI-1 image",
        "give a .nii or .nii.gz file; a download may have saved a web page",
    )
}

/// Shape and volumes: 3 or 4 axes, further ones only of length 1.
fn grid(header: &NiftiHeader, path: &Path) -> Result<([usize; 3], Option<usize>)> {
    let damaged = "the header is damaged: fetch or make the image again";
    let axes = usize::from(header.dim[0]);
    if !(1..=7).contains(&axes) {
        return Err(Error::format(path, format!("the header has {axes} axes"), damaged));
    }
    let lengths = &header.dim[1..=axes];
    let shown: Vec<String> = lengths.iter().map(u16::to_string).collect();
    let shown = shown.join(" × ");
    if axes < 3 {
        return Err(Error::format(
            path,
            format!("the image is {axes}-D ({shown}); 3-D or 4-D is needed"),
            "give a volume",
        ));
    }
    // NIfTI stores lengths as i16: larger ones are negative numbers.
    if let Some(bad) = lengths.iter().find(|n| **n == 0 || **n > i16::MAX as u16) {
        return Err(Error::format(path, format!("an axis has the length {} ({shown})", *bad as i16), damaged));
    }
    if lengths.iter().skip(4).any(|n| *n != 1) {
        return Err(Error::format(
            path,
            format!("the image is {axes}-D ({shown}); 3-D or 4-D is needed"),
            "put the volumes on the fourth axis",
        ));
    }
    let shape = [0, 1, 2].map(|axis| usize::from(lengths[axis]));
    if shape.iter().map(|n| *n as u64).product::<u64>() > u64::from(u32::MAX) {
        return Err(Error::format(path, format!("{shown} voxels are more than 4 billion"), damaged));
    }
    Ok((shape, lengths.get(3).map(|n| usize::from(*n))))
}

/// Slope and intercept; a slope of 0 or NaN means that stored values are the values.
fn scale(header: &NiftiHeader, path: &Path) -> Result<Option<(f64, f64)>> {
    let (slope, intercept) = (f64::from(header.scl_slope), f64::from(header.scl_inter));
    if slope == 0.0 || slope.is_nan() {
        return Ok(None);
    }
    if !slope.is_finite() || !intercept.is_finite() {
        return Err(Error::format(
            path,
            format!("the header scales values by {slope} and adds {intercept}"),
            "the header is damaged: fetch or make the image again",
        ));
    }
    Ok((slope != 1.0 || intercept != 0.0).then_some((slope, intercept)))
}

/// Where the voxels begin: 352 if the header leaves it open.
fn offset(header: &NiftiHeader, path: &Path) -> Result<u64> {
    match header.vox_offset {
        0.0 => Ok(352),
        // A header with its extensions is some MB at the most.
        at if (HEADER as f32..1e9).contains(&at) && at.fract() == 0.0 => Ok(at as u64),
        at => Err(Error::format(
            path,
            format!("the header says that voxels begin at byte {at}"),
            "the header is damaged: fetch or make the image again",
        )),
    }
}
