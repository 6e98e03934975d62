//! Voxels, decoded piece by piece as the file streams by.

use super::header::{HEADER, Header};
use crate::error::{Error, Result};
use crate::notebook::check_cancelled;
use flate2::bufread::MultiGzDecoder;
use nifti::NiftiType;
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind as IoKind, Read};
use std::path::Path;

/// Values decoded between two looks at the cancel flag, and the only buffer that reading needs.
const PIECE: usize = 1 << 16;

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
        Source::from_stream(Box::new(MultiGzDecoder::new(gz)), Path::new(name), true, None)
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
        let mut source = Source { header, stream, packed, taken: 0, volume: 0 };
        source.skip_to_voxels()?;
        Ok(source)
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
        let volume = self.volume;
        let header = self.header.clone();
        let mut next = 0;
        self.pieces(|first, piece| {
            let end = first + piece.len() / header.width();
            while let Some(&voxel) = voxels.get(next).filter(|v| (**v as usize) < end) {
                let value = decode(&header, piece, voxel as usize - first);
                out[next] = value as f32;
                if !out[next].is_finite() {
                    return Err(not_finite(&header, voxel as usize, volume, value));
                }
                next += 1;
            }
            Ok(())
        })
    }

    /// All values of the next volume.
    pub(crate) fn whole_volume(&mut self) -> Result<Vec<f32>> {
        let header = self.header.clone();
        // Not reserved at once: a damaged header may promise more than the file, and the machine, has.
        let mut values = Vec::new();
        self.pieces(|_, piece| {
            let count = piece.len() / header.width();
            values.extend((0..count).map(|n| decode(&header, piece, n) as f32));
            Ok(())
        })?;
        Ok(values)
    }

    /// After the last volume: an error if a gzip stream's checksum does not hold.
    pub(crate) fn finish(mut self) -> Result<()> {
        let mut beyond = [0; 1];
        let end = fill(&mut self.stream, &mut beyond);
        end.map(drop).map_err(|cause| broken(&self.header.path, self.packed, self.taken, cause))
    }

    /// Gives the next volume to `work` in pieces: the flat index of the first value, and the bytes.
    fn pieces(&mut self, mut work: impl FnMut(usize, &[u8]) -> Result<()>) -> Result<()> {
        let (voxels, width) = (self.header.voxels(), self.header.width());
        let mut buffer = vec![0; PIECE.min(voxels) * width];
        let mut first = 0;
        while first < voxels {
            check_cancelled("reading an image")?;
            let count = PIECE.min(voxels - first);
            let piece = &mut buffer[..count * width];
            let got = fill(&mut self.stream, piece);
            let got = got.map_err(|cause| broken(&self.header.path, self.packed, self.taken, cause))?;
            self.taken += got as u64;
            if got < piece.len() {
                return Err(short(&self.header, u128::from(self.taken)));
            }
            work(first, piece)?;
            first += count;
        }
        self.volume += 1;
        Ok(())
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

/// The value number `n` of `bytes`, scaled.
fn decode(header: &Header, bytes: &[u8], n: usize) -> f64 {
    macro_rules! stored {
        ($kind:ty) => {{
            const WIDTH: usize = size_of::<$kind>();
            let mut raw = [0; WIDTH];
            raw.copy_from_slice(&bytes[n * WIDTH..(n + 1) * WIDTH]);
            match header.big_endian {
                true => <$kind>::from_be_bytes(raw) as f64,
                false => <$kind>::from_le_bytes(raw) as f64,
            }
        }};
    }
    let value = match header.kind {
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
        _ => f64::NAN,
    };
    match header.scale {
        None => value,
        Some((slope, intercept)) => value * slope + intercept,
    }
}
