//! Voxels, volume by volume as the file streams by.

use super::header::{HEADER, Header};
use crate::error::{Error, Result};
use crate::notebook::check_cancelled;
use flate2::bufread::MultiGzDecoder;
use nifti::NiftiType;
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind as IoKind, Read};
use std::path::Path;

/// Bytes read between two looks at the cancel flag.
const PIECE: usize = 1 << 20;

/// An open image: its header, and a stream that stands at the next volume.
pub(crate) struct Source {
    header: Header,
    stream: Box<dyn Read + Send>,
    packed: bool,
    taken: u64,
    volume: usize,
}

impl Source {
    /// Opens an image and reads its header; whether it is gzipped is seen from its first bytes, not from its name.
    pub(crate) fn open(path: &Path) -> Result<Source> {
        let mut source = Source::at_header(path)?;
        source.skip_to_voxels()?;
        Ok(source)
    }

    /// The same, with the stream behind the header.
    fn at_header(path: &Path) -> Result<Source> {
        let advice = match () {
            _ if path.is_dir() => "give a file, not a folder",
            _ if path.is_symlink() && !path.exists() => "the link's content is not here: `datalad get` fetches it",
            _ => "check the path; relative paths begin where the notebook runs",
        };
        let file = File::open(path).map_err(|cause| Error::file("open", path, cause, advice))?;
        let length = file.metadata().ok().filter(|about| about.is_file()).map(|about| about.len());
        let mut file = BufReader::with_capacity(1 << 18, file);
        let packed =
            file.fill_buf().map_err(|cause| Error::file("read", path, cause, advice))?.starts_with(&[0x1f, 0x8b]);
        let stream: Box<dyn Read + Send> = if packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
        Source::from_stream(stream, path, packed, length)
    }

    /// The same from bytes that are part of the program.
    pub(crate) fn embedded(gz: &'static [u8], name: &str) -> Result<Source> {
        let mut source = Source::from_stream(Box::new(MultiGzDecoder::new(gz)), Path::new(name), true, None)?;
        source.skip_to_voxels()?;
        Ok(source)
    }

    fn from_stream(mut stream: Box<dyn Read + Send>, path: &Path, packed: bool, length: Option<u64>) -> Result<Source> {
        let mut bytes = [0; HEADER];
        let got = fill(&mut stream, &mut bytes).map_err(|cause| broken(path, packed, 0, cause))?;
        if got < HEADER {
            let problem = format!("the file ends after {got} bytes; a NIfTI header has {HEADER}");
            return Err(Error::format(path, problem, "the copy is not complete: fetch the image again"));
        }
        let header = Header::parse(&bytes, path)?;
        if let Some(length) = length.filter(|_| !packed)
            && u128::from(header.offset) + header.data_bytes() > u128::from(length)
        {
            return Err(short(&header, u128::from(length.saturating_sub(header.offset))));
        }
        Ok(Source { header, stream, packed, taken: 0, volume: 0 })
    }

    fn skip_to_voxels(&mut self) -> Result<()> {
        let gap = self.header.offset - HEADER as u64;
        let skipped = std::io::copy(&mut (&mut self.stream).take(gap), &mut std::io::sink());
        match skipped.map_err(|cause| broken(&self.header.path, self.packed, 0, cause))? {
            all if all == gap => Ok(()),
            _ => Err(short(&self.header, 0)),
        }
    }

    /// The header.
    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    /// The next volume's values at the flat indices `voxels` (ascending), into `out` of the same length.
    ///
    /// # Errors
    /// If data end early, or a value is NaN or infinite (the first is named).
    pub(crate) fn masked_volume(&mut self, voxels: &[u32], out: &mut [f32]) -> Result<()> {
        let stored = self.stored(Vec::new())?;
        stored.masked(&self.header, voxels, out)
    }

    /// All values of the next volume.
    pub(crate) fn whole_volume(&mut self) -> Result<Vec<f32>> {
        let stored = self.stored(Vec::new())?;
        Ok(stored.whole(&self.header))
    }

    /// The next volume as the file has it, in the room of a buffer that is no longer needed.
    pub(crate) fn stored(&mut self, mut bytes: Vec<u8>) -> Result<Stored> {
        bytes.clear();
        let all = self.header.voxels() * self.header.width();
        // Not reserved at once: a damaged header may promise more than the file, and the machine, has.
        while bytes.len() < all {
            check_cancelled("reading an image")?;
            let piece = PIECE.min(all - bytes.len());
            let got = (&mut self.stream).take(piece as u64).read_to_end(&mut bytes);
            let got = got.map_err(|cause| broken(&self.header.path, self.packed, self.taken, cause))?;
            self.taken += got as u64;
            if got < piece {
                return Err(short(&self.header, u128::from(self.taken)));
            }
        }
        self.volume += 1;
        Ok(Stored { number: self.volume - 1, bytes })
    }

    /// After the last volume: an error if a gzip stream's checksum does not hold.
    pub(crate) fn finish(mut self) -> Result<()> {
        let mut beyond = [0; 1];
        let end = fill(&mut self.stream, &mut beyond);
        end.map(drop).map_err(|cause| broken(&self.header.path, self.packed, self.taken, cause))
    }
}

/// The extensions of an image's header: the code of each, and its bytes.
///
/// # Errors
/// If the file is no sound NIfTI-1 image, or an extension is longer than the room before the voxels.
pub(crate) fn extensions(path: &Path) -> Result<Vec<(i32, Vec<u8>)>> {
    let mut source = Source::at_header(path)?;
    let mut room = Vec::new();
    let gap = source.header.offset - HEADER as u64;
    let read = (&mut source.stream).take(gap).read_to_end(&mut room);
    read.map_err(|cause| broken(path, source.packed, 0, cause))?;
    if (room.len() as u64) < gap {
        return Err(short(&source.header, 0));
    }
    let mut found = Vec::new();
    let Some((&[there, ..], mut rest)) = room.split_at_checked(4) else { return Ok(found) };
    if there == 0 {
        return Ok(found);
    }
    while let Some((head, _)) = rest.split_at_checked(8) {
        let number = |at: usize| {
            let bytes = [head[at], head[at + 1], head[at + 2], head[at + 3]];
            if source.header.big_endian { i32::from_be_bytes(bytes) } else { i32::from_le_bytes(bytes) }
        };
        let length = usize::try_from(number(0)).ok().filter(|length| (8..=rest.len()).contains(length));
        let Some(length) = length else {
            let problem = format!("an extension of the header says that it has {} bytes of {}", number(0), rest.len());
            return Err(Error::format(path, problem, "the header is damaged: fetch or make the image again"));
        };
        found.push((number(4), rest[8..length].to_vec()));
        rest = &rest[length..];
    }
    Ok(found)
}

/// One volume as the file has it, not yet decoded.
pub(crate) struct Stored {
    /// Which volume it is.
    pub(crate) number: usize,
    /// The file's bytes.
    pub(crate) bytes: Vec<u8>,
}

impl Stored {
    /// The values at the flat indices `voxels`, into `out` of the same length.
    ///
    /// # Errors
    /// If one is NaN or infinite (the first is named).
    pub(crate) fn masked(&self, header: &Header, voxels: &[u32], out: &mut [f32]) -> Result<()> {
        let mut to = out.iter_mut();
        decode(header, &self.bytes, voxels.iter().map(|v| *v as usize), |value| {
            if let Some(to) = to.next() {
                *to = value as f32;
            }
        });
        match out.iter().position(|v| !v.is_finite()) {
            None => Ok(()),
            Some(bad) => {
                let voxel = voxels[bad] as usize;
                let mut stored = f64::NAN;
                decode(header, &self.bytes, std::iter::once(voxel), |value| stored = value);
                Err(not_finite(header, voxel, self.number, stored))
            }
        }
    }

    /// All values.
    pub(crate) fn whole(&self, header: &Header) -> Vec<f32> {
        let mut values = Vec::with_capacity(header.voxels());
        decode(header, &self.bytes, 0..header.voxels(), |value| values.push(value as f32));
        values
    }
}

/// Reads until the buffer is full or the stream ends; gives the bytes read.
fn fill(stream: &mut dyn Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut got = 0;
    while got < buffer.len() {
        match stream.read(&mut buffer[got..]) {
            Ok(0) => break,
            Ok(n) => got += n,
            Err(cause) if cause.kind() == IoKind::Interrupted => {}
            Err(cause) => return Err(cause),
        }
    }
    Ok(got)
}

fn broken(path: &Path, packed: bool, taken: u64, cause: std::io::Error) -> Error {
    if !packed {
        return Error::file("read", path, cause, "check the disk, or copy the image again");
    }
    let problem = match cause.kind() {
        IoKind::UnexpectedEof => format!("the gzip stream breaks off after {taken} bytes of voxels"),
        _ => format!("the gzip stream is damaged near byte {taken} of the voxels: {cause}"),
    };
    Error::format(path, problem, "the copy is not complete: fetch the image again").caused_by(cause)
}

fn short(header: &Header, got: u128) -> Error {
    Error::format(
        &header.path,
        format!(
            "the header promises {} = {} bytes of voxels, the file has {got}",
            header.content(),
            header.data_bytes()
        ),
        "the copy is not complete: fetch the image again",
    )
}

fn not_finite(header: &Header, flat: usize, volume: usize, value: f64) -> Error {
    let [nx, ny, _] = header.shape;
    let position = [flat % nx, flat / nx % ny, flat / (nx * ny)];
    let in_volume = if header.volumes.is_some() { format!(" of volume {volume}") } else { String::new() };
    let problem = match value.is_finite() {
        true => format!("voxel {position:?}{in_volume}, inside the mask, has the value {value}, too large for f32"),
        false => format!("voxel {position:?}{in_volume}, inside the mask, has the value {value}"),
    };
    Error::format(&header.path, problem, "leave the voxel out of the mask, or mend the image")
}

/// Gives the values at some `places` of `bytes`, scaled, to `take`, one after the other.
fn decode(header: &Header, bytes: &[u8], places: impl Iterator<Item = usize>, take: impl FnMut(f64)) {
    macro_rules! stored {
        ($kind:ty) => {
            match header.big_endian {
                true => each(bytes, places, header.scale, |raw| <$kind>::from_be_bytes(raw) as f64, take),
                false => each(bytes, places, header.scale, |raw| <$kind>::from_le_bytes(raw) as f64, take),
            }
        };
    }
    match header.kind {
        NiftiType::Uint8 => stored!(u8),
        NiftiType::Int8 => stored!(i8),
        NiftiType::Int16 => stored!(i16),
        NiftiType::Uint16 => stored!(u16),
        NiftiType::Int32 => stored!(i32),
        NiftiType::Uint32 => stored!(u32),
        NiftiType::Int64 => stored!(i64),
        NiftiType::Uint64 => stored!(u64),
        NiftiType::Float32 => stored!(f32),
        NiftiType::Float64 => stored!(f64),
        // Header::parse lets no other kind pass.
        _ => each(bytes, places, None, |_: [u8; 1]| f64::NAN, take),
    }
}

/// [`decode`] for one kind of number: the compiler makes a loop of its own for each.
#[inline(always)]
fn each<const WIDTH: usize>(
    bytes: &[u8],
    places: impl Iterator<Item = usize>,
    scale: Option<(f64, f64)>,
    read: impl Fn([u8; WIDTH]) -> f64,
    mut take: impl FnMut(f64),
) {
    let (values, _) = bytes.as_chunks::<WIDTH>();
    match scale {
        None => places.for_each(|n| take(read(values[n]))),
        Some((slope, intercept)) => places.for_each(|n| take(read(values[n]) * slope + intercept)),
    }
}
