//! The header of a GGUF file: what it says of the model, and where its tensors lie.
//!
//! The format is llama.cpp's (github.com/ggml-org/ggml, docs/gguf.md, versions 2 and 3). candle reads it; before it does, the header is
//! walked through without keeping anything of it, so that a file that is cut off, or that was made to do harm, asks for no more memory than it has
//! bytes, and afterwards every tensor is known to lie inside the file.

use crate::error::{Error, Result};
use candle_core::quantized::gguf_file::{Content, Value};
use std::collections::HashSet;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

/// Bytes of a key or of a tensor's name; the format allows no more.
const LONGEST_NAME: u64 = 65_535;
/// Values in all arrays together: a vocabulary of a million words, its scores, kinds and merges. Each takes 32 bytes once read.
const MOST_VALUES: u64 = 1 << 22;
const MOST_ENTRIES: u64 = 1 << 16;
const MOST_TENSORS: u64 = 1 << 20;
const DEEPEST: usize = 4;
/// The numbers of the kinds of tensors that candle reads: F32, F16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q8_1, Q2_K to Q6_K, Q8_K, BF16.
const KINDS: [u32; 15] = [0, 1, 2, 3, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 30];

const AGAIN: &str = "fetch or make the file again";

/// Reads the header of a GGUF file, and checks that all its tensors lie inside the file.
///
/// # Errors
/// If the file cannot be read, is no GGUF file of version 2 or 3, is cut off or one of several parts, names something twice, or has tensors of a
/// kind that is not read here.
pub(super) fn gguf_content(path: &Path) -> Result<Content> {
    let unreadable = |e| Error::file("read", path, e, "see that the file is there and may be read");
    let file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if metadata.is_dir() {
        return Err(Error::format(path, "this is a folder, not a GGUF file", "give the .gguf file itself"));
    }
    let walked = Walk { file: BufReader::new(&file), left: metadata.len(), values: 0 }.through();
    walked.map_err(|(problem, advice)| Error::format(path, problem, advice))?;
    let mut again = BufReader::new(File::open(path).map_err(unreadable)?);
    let content =
        Content::read(&mut again).map_err(|e| Error::format(path, format!("its header: {e}"), AGAIN).caused_by(e))?;
    whole(path, &content, metadata.len())?;
    Ok(content)
}

/// What is wrong, and what to do.
type Wrong = (String, &'static str);

/// The header read once, byte by byte, with nothing kept but names.
struct Walk<R> {
    file: R,
    /// Bytes of the file that were not read yet.
    left: u64,
    /// Values of arrays so far.
    values: u64,
}

impl<R: Read> Walk<R> {
    fn through(mut self) -> std::result::Result<(), Wrong> {
        if self.bytes()? != *b"GGUF" {
            return Err((
                "it does not begin with `GGUF`".to_owned(),
                "give a GGUF file, or the folder of a checkpoint",
            ));
        }
        let version = self.number()?;
        if !(2..=3).contains(&version) {
            let problem = match version.swap_bytes() {
                2 | 3 => "its numbers have their bytes in big-endian order".to_owned(),
                _ => format!("its version is {version}; versions 2 and 3 are read here"),
            };
            return Err((problem, "make the file with a current llama.cpp"));
        }
        let (tensors, entries) = (self.long()?, self.long()?);
        for (count, most, what) in [(tensors, MOST_TENSORS, "tensors"), (entries, MOST_ENTRIES, "entries")] {
            if count > most {
                return Err((format!("its header speaks of {count} {what}; no model has more than {most}"), AGAIN));
            }
        }
        let mut keys = HashSet::new();
        for _ in 0..entries {
            let key = self.name()?;
            let kind = self.number()?;
            if key == "general.alignment" && kind == 4 {
                let alignment = self.number()?;
                if !alignment.is_power_of_two() {
                    return Err((format!("general.alignment is {alignment}, not a power of two"), AGAIN));
                }
            } else if key == "general.alignment" {
                return Err(("general.alignment is no 32-bit number".to_owned(), AGAIN));
            } else {
                self.value(kind, 0).map_err(|(problem, advice)| (format!("{key}: {problem}"), advice))?;
            }
            if !keys.insert(key.clone()) {
                return Err((format!("{key} is there twice"), AGAIN));
            }
        }
        let mut names = HashSet::new();
        for _ in 0..tensors {
            let name = self.name()?;
            let dimensions = self.number()?;
            if !(1..=4).contains(&dimensions) {
                return Err((format!("the tensor {name} has {dimensions} dimensions"), AGAIN));
            }
            self.skip(8 * u64::from(dimensions))?;
            let kind = self.number()?;
            if !KINDS.contains(&kind) {
                let problem = format!("the tensor {name} is of ggml's kind {kind}, which is not read here");
                return Err((problem, "give a file in F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0 or Q2_K to Q6_K"));
            }
            self.skip(8)?;
            if !names.insert(name.clone()) {
                return Err((format!("the tensor {name} is there twice"), AGAIN));
            }
        }
        Ok(())
    }

    fn value(&mut self, kind: u32, depth: usize) -> std::result::Result<(), Wrong> {
        if let Some(size) = size_of(kind) {
            return self.skip(size);
        }
        match kind {
            8 => {
                let length = self.long()?;
                self.skip(length)
            }
            9 if depth < DEEPEST => {
                let (kind, length) = (self.number()?, self.long()?);
                self.values = self.values.saturating_add(length);
                if self.values > MOST_VALUES {
                    let problem = format!("with {length} values here its arrays have over {MOST_VALUES}");
                    return Err((problem, "no model has so many; fetch or make the file again"));
                }
                match size_of(kind) {
                    Some(size) => self.skip(size * length),
                    None => (0..length).try_for_each(|_| self.value(kind, depth + 1)),
                }
            }
            9 => Err((format!("arrays are nested more than {DEEPEST} deep"), AGAIN)),
            _ => Err((format!("there is no kind {kind} of value"), AGAIN)),
        }
    }

    fn name(&mut self) -> std::result::Result<String, Wrong> {
        let length = self.long()?;
        if length > LONGEST_NAME {
            return Err((format!("a name in its header is {length} bytes long"), AGAIN));
        }
        let mut name = vec![0; self.take(length)? as usize];
        self.file.read_exact(&mut name).map_err(failed)?;
        String::from_utf8(name).map_err(|e| (format!("a name in its header is no text: {e}"), AGAIN))
    }

    fn skip(&mut self, bytes: u64) -> std::result::Result<(), Wrong> {
        let bytes = self.take(bytes)?;
        let read = std::io::copy(&mut self.file.by_ref().take(bytes), &mut std::io::sink()).map_err(failed)?;
        if read == bytes { Ok(()) } else { Err(cut_off()) }
    }

    fn number(&mut self) -> std::result::Result<u32, Wrong> {
        self.bytes().map(u32::from_le_bytes)
    }

    fn long(&mut self) -> std::result::Result<u64, Wrong> {
        self.bytes().map(u64::from_le_bytes)
    }

    fn bytes<const N: usize>(&mut self) -> std::result::Result<[u8; N], Wrong> {
        self.take(N as u64)?;
        let mut bytes = [0; N];
        self.file.read_exact(&mut bytes).map_err(failed)?;
        Ok(bytes)
    }

    /// So many bytes are about to be read.
    fn take(&mut self, bytes: u64) -> std::result::Result<u64, Wrong> {
        self.left = self.left.checked_sub(bytes).ok_or_else(cut_off)?;
        Ok(bytes)
    }
}

fn cut_off() -> Wrong {
    ("the file ends inside its header".to_owned(), AGAIN)
}

fn failed(error: std::io::Error) -> Wrong {
    (format!("cannot be read: {error}"), "see that the file is there and may be read")
}

/// Bytes of a value of a kind that always has the same.
fn size_of(kind: u32) -> Option<u64> {
    match kind {
        0 | 1 | 7 => Some(1),
        2 | 3 => Some(2),
        4..=6 => Some(4),
        10..=12 => Some(8),
        _ => None,
    }
}

/// An error unless every tensor has a size that its kind allows, and lies in the file, which is not a part of something larger.
fn whole(path: &Path, content: &Content, length: u64) -> Result<()> {
    if let Some(parts) = content.metadata.get("split.count").and_then(integer).filter(|n| *n > 1) {
        return Err(Error::format(
            path,
            format!("this is one of {parts} parts of a model"),
            "join them by `llama-gguf-split --merge`, and give the result",
        ));
    }
    for (name, tensor) in &content.tensor_infos {
        let dimensions = tensor.shape.dims();
        let values = dimensions.iter().try_fold(1_u64, |n, d| n.checked_mul(*d as u64)).filter(|n| *n > 0);
        let block = tensor.ggml_dtype.block_size() as u64;
        let fits = dimensions.last().is_some_and(|row| (*row as u64).is_multiple_of(block));
        let Some(values) = values.filter(|_| fits) else {
            let problem = format!("the tensor {name} of {dimensions:?} cannot be of kind {:?}", tensor.ggml_dtype);
            return Err(Error::format(path, problem, AGAIN));
        };
        let bytes = (values / block).checked_mul(tensor.ggml_dtype.type_size() as u64);
        let start = content.tensor_data_offset.checked_add(tensor.offset);
        let end = start.zip(bytes).and_then(|(start, bytes)| start.checked_add(bytes));
        if end.is_none_or(|end| end > length) {
            let end = end.map_or("far beyond".to_owned(), |end| end.to_string());
            let problem = format!("the tensor {name} ends at byte {end}, the file at {length}: it is cut off");
            return Err(Error::format(path, problem, AGAIN));
        }
    }
    Ok(())
}

/// An entry's whole number, of whichever size it was written.
pub(super) fn integer(value: &Value) -> Option<u64> {
    match *value {
        Value::U8(n) => Some(n.into()),
        Value::U16(n) => Some(n.into()),
        Value::U32(n) => Some(n.into()),
        Value::U64(n) => Some(n),
        Value::I8(n) => n.try_into().ok(),
        Value::I16(n) => n.try_into().ok(),
        Value::I32(n) => n.try_into().ok(),
        Value::I64(n) => n.try_into().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
