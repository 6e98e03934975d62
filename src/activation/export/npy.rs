//! numpy's files. An array is a header, a Python dictionary of type, order and shape, and then its numbers; an `.npz` is a zip archive
//! of such arrays, stored without compression. Source: NEP 1, "A Simple File Format for NumPy Arrays", version 1.0.

use super::{Failed, little};
use crate::activation::Activations;
use crate::error::Result;
use std::io::{self, Seek, Write};
use zip::write::{SimpleFileOptions, ZipWriter};

/// Bytes that header and magic together are a multiple of.
const ALIGNED: usize = 64;

pub(super) fn one(acts: &Activations, out: &mut dyn Write, failed: Failed<'_>) -> Result<()> {
    out.write_all(&header("<f4", acts.values().shape())).map_err(failed)?;
    acts.stream(out, failed)
}

pub(super) fn several<W: Write + Seek>(acts: &Activations, out: W, failed: Failed<'_>) -> Result<W> {
    let mut archive = ZipWriter::new(out);
    let plain = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let zipped = |e: zip::result::ZipError| failed(io::Error::other(e));
    let large = plain.large_file(acts.values().len() as u64 * 4 > u64::from(u32::MAX) / 2);
    archive.start_file("values.npy", large).map_err(zipped)?;
    one(acts, &mut archive, failed)?;
    let words: Vec<&str> = acts.stimulus().words().iter().map(|word| word.text.as_str()).collect();
    let addresses = acts.addresses();
    let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
    let unmatched: Vec<i64> = acts.unmatched().iter().map(|word| *word as i64).collect();
    for (name, array) in [
        ("words", texts(&words)),
        ("onsets", numbers("<f8", &acts.times(|word| word.onset), f64::to_le_bytes)),
        ("offsets", numbers("<f8", &acts.times(|word| word.offset), f64::to_le_bytes)),
        ("runs", numbers("<i8", &acts.run_numbers(), i64::to_le_bytes)),
        ("neurons", texts(&addresses)),
        ("unmatched", numbers("<i8", &unmatched, i64::to_le_bytes)),
    ] {
        archive.start_file(format!("{name}.npy"), plain).map_err(zipped)?;
        archive.write_all(&array).map_err(failed)?;
    }
    archive.finish().map_err(zipped)
}

fn header(kind: &str, shape: &[usize]) -> Vec<u8> {
    let lengths: Vec<String> = shape.iter().map(|length| format!("{length},")).collect();
    let mut text = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({}), }}", lengths.join(" "));
    let before = b"\x93NUMPY\x01\x00".len() + 2;
    let filled = (before + text.len() + 1).next_multiple_of(ALIGNED);
    text.push_str(&" ".repeat(filled - before - text.len() - 1));
    text.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    // A header of a few dozen characters.
    bytes.extend((text.len() as u16).to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes
}

fn numbers<T: Copy>(kind: &str, values: &[T], bytes: impl Fn(T) -> [u8; 8]) -> Vec<u8> {
    let mut array = header(kind, &[values.len()]);
    array.extend(little(values, bytes));
    array
}

/// Texts as numpy keeps them: all of the same number of characters of four bytes, filled up with zeros.
fn texts(texts: &[&str]) -> Vec<u8> {
    let longest = texts.iter().map(|text| text.chars().count()).max().unwrap_or(0).max(1);
    let mut array = header(&format!("<U{longest}"), &[texts.len()]);
    for text in texts {
        let characters = text.chars().map(u32::from).chain(std::iter::repeat(0)).take(longest);
        array.extend(characters.flat_map(u32::to_le_bytes));
    }
    array
}
