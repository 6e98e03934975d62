//! The vertices of a GIFTI surface as Connectome Workbench writes it: float32, little-endian, zlib in base64.

use crate::error::{Error, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use flate2::read::ZlibDecoder;
use std::io::Read;
use std::path::Path;

/// Each vertex in mm.
pub(super) fn points(path: &Path) -> Result<Vec<[f64; 3]>> {
    let advice = "remove the folder and fetch the atlas again";
    let text = std::fs::read_to_string(path).map_err(|e| Error::file("read", path, e, advice))?;
    parse(&text).map_err(|problem| Error::format(path, problem, advice))
}

fn parse(text: &str) -> Result<Vec<[f64; 3]>, String> {
    let array = text
        .split("<DataArray ")
        .skip(1)
        .find(|array| array.contains("\"NIFTI_INTENT_POINTSET\""))
        .ok_or("there is no set of points")?;
    let (attributes, rest) = array.split_once('>').ok_or("a tag has no end")?;
    for wanted in ["Encoding=\"GZipBase64Binary\"", "Endian=\"LittleEndian\"", "DataType=\"NIFTI_TYPE_FLOAT32\""] {
        if !attributes.contains(wanted) {
            return Err(format!("the points are not {wanted}"));
        }
    }
    let data = rest.split_once("<Data>").and_then(|(_, data)| Some(data.split_once("</Data>")?.0));
    let packed = BASE64.decode(data.ok_or("the points have no data")?.trim()).map_err(|e| e.to_string())?;
    let mut bytes = Vec::new();
    ZlibDecoder::new(&packed[..]).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    if bytes.is_empty() || bytes.len() % 12 != 0 {
        return Err(format!("the points have {} bytes; each takes 12", bytes.len()));
    }
    let number = |four: &[u8]| f64::from(four.try_into().map(f32::from_le_bytes).unwrap_or_default());
    Ok(bytes.chunks_exact(12).map(|point| [0, 4, 8].map(|at| number(&point[at..at + 4]))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written by nibabel 5.4.2: points (1, 2, 3) and (-4.5, 0, 60).
    const WRITTEN: &str = include_str!("../../../tests/reference/brain/two_points.surf.gii");

    #[test]
    fn points_that_nibabel_wrote_are_read() {
        assert_eq!(parse(WRITTEN).unwrap(), [[1.0, 2.0, 3.0], [-4.5, 0.0, 60.0]]);
        assert!(parse(&WRITTEN.replace("LittleEndian", "BigEndian")).unwrap_err().contains("LittleEndian"));
        assert!(parse("<GIFTI></GIFTI>").unwrap_err().contains("no set of points"));
    }
}
