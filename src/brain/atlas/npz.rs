//! Arrays of whole numbers out of numpy's `.npz` files.

use crate::error::{Error, Result};
use std::io::Read;
use std::path::Path;

/// The values of an array of little-endian 64-bit integers.
pub(super) fn integers(path: &Path, name: &str) -> Result<Vec<i64>> {
    let advice = "remove the folder and fetch the atlas again";
    let broken = |problem: String| Error::format(path, format!("{name}: {problem}"), advice);
    let file = std::fs::File::open(path).map_err(|e| Error::file("open", path, e, advice))?;
    let mut archive = zip::ZipArchive::new(file).map_err(|e| broken(e.to_string()).caused_by(e))?;
    let mut entry = archive.by_name(&format!("{name}.npy")).map_err(|e| broken(e.to_string()))?;
    let mut bytes = Vec::new();
    entry.read_to_end(&mut bytes).map_err(|e| broken(e.to_string()).caused_by(e))?;
    // Magic (6 bytes), version (2), length of the header (2), header.
    let header = match bytes.get(..10) {
        Some(head) if head.starts_with(b"\x93NUMPY\x01") => usize::from(u16::from_le_bytes([head[8], head[9]])),
        _ => return Err(broken("this is no array of numpy's format 1".to_owned())),
    };
    let text = bytes.get(10..10 + header).map(String::from_utf8_lossy).unwrap_or_default();
    if !text.contains("'descr': '<i8'") {
        return Err(broken(format!("64-bit integers are expected, the array is {}", text.trim())));
    }
    let whole = |eight: &[u8]| eight.try_into().map(i64::from_le_bytes).unwrap_or_default();
    Ok(bytes[10 + header..].chunks_exact(8).map(whole).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;
    use ndarray_npy::NpzWriter;

    #[test]
    fn integers_come_back_and_other_arrays_are_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut npz = NpzWriter::new(file.reopen().unwrap());
        npz.add_array("whole", &array![3i64, -1, 1 << 40]).unwrap();
        npz.add_array("wide", &array![0.5f64]).unwrap();
        npz.finish().unwrap();
        assert_eq!(integers(file.path(), "whole").unwrap(), [3, -1, 1 << 40]);
        assert!(integers(file.path(), "wide").unwrap_err().problem().contains("64-bit integers"));
        assert!(integers(file.path(), "none").is_err());
    }
}
