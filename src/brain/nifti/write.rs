//! NIfTI-1 out: header with sform and qform, then the voxels; under its name only once it is whole.

use super::header::HEADER;
use super::orientation::quaternion;
use crate::brain::Affine;
use crate::error::{Error, Result};
use crate::provenance::{Provenance, nifti_extension};
use crate::replace::{Part, unwritten};
use flate2::Compression;
use flate2::write::GzEncoder;
use nifti::{NiftiType, Unit};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

/// How values are stored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Encoding {
    /// As bytes 0 to 255.
    Uint8,
    /// As they are.
    Float32,
    /// Times this slope.
    Int16(f32),
}

/// What the header of a file to be written says.
pub(crate) struct Image<'a> {
    pub(crate) shape: [usize; 3],
    pub(crate) affine: &'a Affine,
    /// Volumes and TR in seconds, for a 4-D image.
    pub(crate) time: Option<(usize, f64)>,
    pub(crate) encoding: Encoding,
    /// A line for the header; NIfTI keeps 79 bytes of it.
    pub(crate) description: &'a str,
    /// What stands between header and voxels.
    pub(crate) extension: Vec<u8>,
}

/// sform and qform say "aligned to something else": which space it is only the user knows.
const ALIGNED: i16 = 2;

/// Writes an image whose volume number v has the values that `volume(v, &mut values)` leaves in `values` (the whole
/// grid, first axis fastest, zero at the start of each call).
pub(crate) fn write_image(
    path: &Path,
    image: &Image<'_>,
    mut volume: impl FnMut(usize, &mut [f32]) -> Result<()>,
) -> Result<()> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let packed = name.ends_with(".nii.gz");
    if !packed && !name.ends_with(".nii") {
        let problem = format!("{} is no name for an image", path.display());
        return Err(Error::value(problem, "let the file name end in .nii.gz or .nii"));
    }
    let header = image.header(path)?;
    let failed = |cause| unwritten(path, cause);
    let part = Part::of(path).map_err(failed)?;
    let volumes = image.time.map_or(1, |(volumes, _)| volumes);
    let mut write = |out: &mut dyn Write| -> Result<()> {
        out.write_all(&header).map_err(failed)?;
        let mut values = vec![0.0f32; image.shape.iter().product()];
        let mut bytes = Vec::new();
        for number in 0..volumes {
            crate::notebook::check_cancelled("writing an image")?;
            values.fill(0.0);
            volume(number, &mut values)?;
            bytes.clear();
            image.encoding.encode(&values, &mut bytes);
            out.write_all(&bytes).map_err(failed)?;
        }
        Ok(())
    };
    let mut file = BufWriter::with_capacity(1 << 18, File::create(part.path()).map_err(failed)?);
    if packed {
        let mut packer = GzEncoder::new(&mut file, Compression::fast());
        write(&mut packer)?;
        packer.finish().map_err(failed)?;
    } else {
        write(&mut file)?;
    }
    let file = file.into_inner().map_err(|cause| failed(cause.into_error()))?;
    file.sync_all().and_then(|()| part.place()).map_err(failed)
}

impl Encoding {
    fn kind(self) -> NiftiType {
        match self {
            Encoding::Uint8 => NiftiType::Uint8,
            Encoding::Float32 => NiftiType::Float32,
            Encoding::Int16(_) => NiftiType::Int16,
        }
    }

    fn encode(self, values: &[f32], bytes: &mut Vec<u8>) {
        match self {
            Encoding::Uint8 => bytes.extend(values.iter().map(|v| v.round() as u8)),
            Encoding::Float32 => bytes.extend(values.iter().flat_map(|v| v.to_le_bytes())),
            Encoding::Int16(slope) => {
                let stored = |v: &f32| (f64::from(*v) / f64::from(slope)).round() as i16;
                bytes.extend(values.iter().flat_map(|v| stored(v).to_le_bytes()));
            }
        }
    }
}

impl Image<'_> {
    /// The same with what the values were made of, as an extension of the header.
    pub(crate) fn made(self, made: &Provenance) -> Self {
        Self { extension: nifti_extension(made), ..self }
    }

    /// The 348 bytes of the header, the 4 that say whether there is an extension, and the extension.
    fn header(&self, path: &Path) -> Result<Vec<u8>> {
        let (volumes, tr) = self.time.unwrap_or((1, 0.0));
        let [x, y, z] = self.shape;
        let lengths = [if self.time.is_some() { 4 } else { 3 }, x, y, z, volumes, 1, 1, 1];
        let mut dim = [0i16; 8];
        for (to, from) in dim.iter_mut().zip(lengths) {
            *to = i16::try_from(from).map_err(|_| {
                let problem = format!("an axis of {from} is longer than NIfTI-1 can say (32767)");
                Error::value(problem, format!("write {} in parts", path.display()))
            })?;
        }
        let kind = self.encoding.kind();
        let size = self.affine.voxel_size();
        let turn = quaternion(self.affine);
        let (turned, flip) = turn.unwrap_or(([0.0; 3], 1.0));
        let pixdim = [flip, size[0], size[1], size[2], tr, 0.0, 0.0, 0.0];
        let slope = if let Encoding::Int16(slope) = self.encoding { slope } else { 1.0 };
        let mut out = Vec::with_capacity(352);
        let f32s =
            |out: &mut Vec<u8>, values: &[f64]| values.iter().for_each(|v| out.extend((*v as f32).to_le_bytes()));
        let i16s = |out: &mut Vec<u8>, values: &[i16]| values.iter().for_each(|v| out.extend(v.to_le_bytes()));
        out.extend((HEADER as i32).to_le_bytes());
        out.resize(40, 0);
        i16s(&mut out, &dim);
        out.resize(70, 0);
        i16s(&mut out, &[kind as i16, 8 * kind.size_of() as i16, 0]);
        f32s(&mut out, &pixdim);
        f32s(&mut out, &[(352 + self.extension.len()) as f64, f64::from(slope), 0.0]);
        out.extend([0, 0, 0, Unit::Mm as u8 | Unit::Sec as u8]);
        out.resize(148, 0);
        let mut end = self.description.len().min(79);
        while !self.description.is_char_boundary(end) {
            end -= 1;
        }
        out.extend(&self.description.as_bytes()[..end]);
        out.resize(252, 0);
        i16s(&mut out, &[if turn.is_some() { ALIGNED } else { 0 }, ALIGNED]);
        f32s(&mut out, &turned);
        f32s(&mut out, &self.affine.0.map(|row| row[3]));
        self.affine.0.iter().for_each(|row| f32s(&mut out, row));
        out.resize(344, 0);
        out.extend(nifti::header::MAGIC_CODE_NIP1);
        out.extend([u8::from(!self.extension.is_empty()), 0, 0, 0]);
        out.extend(&self.extension);
        Ok(out)
    }
}
