//! The provenance that a saved file carries.

use super::Provenance;
use super::embed::{COMMENT, ELEMENT, KEYWORD, MARK, place_beside};
use crate::brain::image_extensions;
use crate::error::{Error, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use flate2::read::ZlibDecoder;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// More text than any provenance has.
const MOST: u64 = 1 << 26;
/// What to do with a file that carries none.
const MAKE: &str =
    "figures, maps, series and tables carry one if this version of neurocell saved them: make the file again";

impl Provenance {
    /// The provenance that a file carries: a figure (`.png`, `.svg`, `.pdf`), an image (`.nii`, `.nii.gz`), activations (`.safetensors`, `.parquet`), a
    /// series on disk (`.voxels`), a fit's or a result's `meta.json`; of other files that of the `NAME.provenance.json` beside them.
    ///
    /// ```
    /// use neurocell::prelude::*;
    /// let path = std::env::temp_dir().join(format!("neurocell-read-{}.nii.gz", std::process::id()));
    /// let visual = Networks::yeo7()?.map("Visual")?;
    /// visual.write(&path)?;
    /// assert_eq!(Provenance::read(&path)?, visual.provenance());
    /// # std::fs::remove_file(&path).ok();
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    ///
    /// # Errors
    /// If there is no such file, it is damaged, another program made it, or its provenance was changed.
    pub fn read(path: impl AsRef<Path>) -> Result<Provenance> {
        let path = path.as_ref();
        let unreadable = |e| Error::file("open", path, e, "check the path; give a file that neurocell has saved");
        if path.is_dir() {
            let inside = path.join("meta.json");
            return match inside.is_file() {
                true => Provenance::read(inside),
                false => Err(Error::format(path, "this is a folder", "give a file that neurocell has saved")),
            };
        }
        let mut file = File::open(path).map_err(unreadable)?;
        let mut first = Vec::new();
        (&mut file).take(1024).read_to_end(&mut first).map_err(unreadable)?;
        file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
        let found = match &first[..] {
            [] => return Err(Error::format(path, "the file is empty", "copy it again, or make it again")),
            start if start.starts_with(b"\x89PNG\r\n\x1a\n") => png(&mut file, path)?,
            start if start.starts_with(b"%PDF") => marked(&all(file, path)?, path)?,
            start if start.starts_with(&[0x1f, 0x8b]) || is_nifti(start) => nifti(path)?,
            start if start.starts_with(b"neurocell voxel") => crate::brain::voxel_file_provenance(path)?,
            start if start.starts_with(b"PAR1") => parquet(&mut file, path)?,
            start if start.get(8) == Some(&b'{') => safetensors(&mut file, path)?,
            start if start.trim_ascii_start().starts_with(b"<") => svg(&all(file, path)?, path)?,
            start if start.trim_ascii_start().starts_with(b"{") => return json(file, path),
            _ => None,
        };
        let beside = place_beside(path);
        match found {
            Some(text) => Provenance::from_json(&text).map_err(|error| named(error, path)),
            None if beside.is_file() => json(File::open(&beside).map_err(unreadable)?, &beside),
            None => {
                let problem = format!("it carries no provenance, and there is no {} beside it", file_name(&beside));
                Err(Error::format(path, problem, MAKE))
            }
        }
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn named(error: Error, path: &Path) -> Error {
    Error::new(error.kind(), format!("{}: {}", path.display(), error.problem()), error.advice())
}

fn all(file: File, path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(MOST)
        .read_to_end(&mut bytes)
        .map_err(|e| Error::file("read", path, e, "check the disk, or copy the file again"))?;
    Ok(bytes)
}

fn cut(path: &Path, what: &str) -> Error {
    Error::format(
        path,
        format!("the {what} breaks off before its end"),
        "the copy is not complete: copy the file again",
    )
}

/// A text of JSON: a provenance by itself, or that of a result in a store.
fn json(file: File, path: &Path) -> Result<Provenance> {
    let bytes = all(file, path)?;
    let Ok(text) = std::str::from_utf8(&bytes) else {
        return Err(Error::format(path, "this is no text", "give a file that neurocell has saved"));
    };
    if let Ok(serde_json::Value::Object(meta)) = serde_json::from_str(text)
        && meta.contains_key("layout")
        && meta.contains_key("format")
    {
        return match meta.get("provenance").and_then(serde_json::Value::as_str) {
            Some(text) if !text.is_empty() => Provenance::from_json(text).map_err(|error| named(error, path)),
            _ => Err(Error::format(
                path,
                "the stored result carries no provenance",
                "clear the store, and compute it again",
            )),
        };
    }
    Provenance::from_json(text).map_err(|error| named(error, path))
}

/// The text of the chunk with our keyword.
fn png(file: &mut File, path: &Path) -> Result<Option<String>> {
    let mut bytes = Vec::new();
    file.take(MOST).read_to_end(&mut bytes).map_err(|e| Error::file("read", path, e, "copy the file again"))?;
    let mut at = 8;
    let mut found = None;
    loop {
        let Some(head) = bytes.get(at..at + 8) else { return Err(cut(path, "PNG")) };
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let (kind, Some(data)) = (&head[4..8], bytes.get(at + 8..at + 8 + length)) else {
            return Err(cut(path, "PNG"));
        };
        if kind == b"iTXt" && data.starts_with(format!("{KEYWORD}\0").as_bytes()) {
            found = Some(itxt(&data[KEYWORD.len() + 1..]).ok_or_else(|| cut(path, "text chunk of the PNG"))?);
        }
        if kind == b"IEND" {
            return Ok(found);
        }
        at += 12 + length;
    }
}

/// What follows the keyword: a flag for compression, its method, language and translated keyword, the text.
fn itxt(data: &[u8]) -> Option<String> {
    let (flags, rest) = data.split_at_checked(2)?;
    let mut parts = rest.splitn(3, |byte| *byte == 0);
    let text = parts.nth(2)?;
    let mut out = String::new();
    match flags[0] {
        0 => out.push_str(std::str::from_utf8(text).ok()?),
        _ => drop(ZlibDecoder::new(text).take(MOST).read_to_string(&mut out).ok()?),
    }
    Some(out)
}

fn svg(bytes: &[u8], path: &Path) -> Result<Option<String>> {
    let text = String::from_utf8_lossy(bytes);
    let Some((_, rest)) = text.split_once(ELEMENT) else { return Ok(None) };
    let Some((inside, rest)) = rest.split_once("</metadata>") else { return Err(cut(path, "SVG")) };
    if !rest.trim_end().ends_with("</svg>") {
        return Err(cut(path, "SVG"));
    }
    Ok(Some(inside.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")))
}

/// A packed text behind its mark, wherever it stands.
fn marked(bytes: &[u8], path: &Path) -> Result<Option<String>> {
    let Some(start) = bytes.windows(MARK.len()).position(|window| window == MARK.as_bytes()) else { return Ok(None) };
    let rest = &bytes[start + MARK.len()..];
    let text = rest.iter().position(|byte| *byte == b';').and_then(|end| {
        let packed = BASE64.decode(&rest[..end]).ok()?;
        let mut text = String::new();
        ZlibDecoder::new(&packed[..]).take(MOST).read_to_string(&mut text).ok()?;
        Some(text)
    });
    text.map(Some).ok_or_else(|| cut(path, "PDF"))
}

fn is_nifti(start: &[u8]) -> bool {
    start.get(344..348).is_some_and(|magic| magic == b"n+1\0")
}

/// The text of the header's extension that is ours.
fn nifti(path: &Path) -> Result<Option<String>> {
    let extensions = image_extensions(path)?;
    let texts = extensions.into_iter().filter(|(code, _)| *code == COMMENT);
    let mut texts = texts.filter_map(|(_, bytes)| String::from_utf8(bytes).ok());
    Ok(texts.find(|text| text.contains("\"neurocell_provenance\"")).map(|text| text.trim_end_matches('\0').to_owned()))
}

fn safetensors(file: &mut File, path: &Path) -> Result<Option<String>> {
    let mut length = [0; 8];
    file.read_exact(&mut length).map_err(|_| cut(path, "file"))?;
    let length = u64::from_le_bytes(length);
    let mut text = Vec::new();
    file.take(length.min(MOST)).read_to_end(&mut text).map_err(|_| cut(path, "header of tensors"))?;
    let Ok(header) = serde_json::from_slice::<serde_json::Value>(&text) else {
        return Err(cut(path, "header of tensors"));
    };
    Ok(header["__metadata__"]["provenance"].as_str().map(str::to_owned))
}

fn parquet(file: &mut File, path: &Path) -> Result<Option<String>> {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    let file = file.try_clone().map_err(|e| Error::file("read", path, e, "copy the file again"))?;
    let reader = SerializedFileReader::new(file).map_err(|cause| cut(path, "table").caused_by(cause))?;
    let about = reader.metadata().file_metadata().key_value_metadata().cloned().unwrap_or_default();
    Ok(about.into_iter().find(|entry| entry.key == "provenance").and_then(|entry| entry.value))
}

#[cfg(test)]
mod tests {
    use super::super::embed::{marked_text, png_chunk, svg_element};
    use super::*;

    fn made() -> Provenance {
        Provenance::step("encode").option("α", "<1 & \"2\">").input("x", &Provenance::content("values", "00"))
    }

    fn read(name: &str, bytes: &[u8]) -> Result<Provenance> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        Provenance::read(path)
    }

    /// A PNG of nothing but a header and one text chunk.
    fn png(data: &[u8]) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
        for (kind, data) in [(b"IHDR", &[0u8; 13][..]), (b"iTXt", data), (b"IEND", &[])] {
            bytes.extend((data.len() as u32).to_be_bytes());
            bytes.extend(kind);
            bytes.extend(data);
            bytes.extend([0; 4]);
        }
        bytes
    }

    #[test]
    fn each_form_gives_back_what_went_in() {
        let whole = png(&png_chunk(&made()));
        assert_eq!(read("a.png", &whole).unwrap(), made());
        assert!(read("a.png", &whole[..whole.len() - 20]).unwrap_err().problem().contains("breaks off"));
        // Other tools write the text as it is.
        let plain = [b"neurocell\0\0\0\0\0", made().json().as_bytes()].concat();
        assert_eq!(read("a.png", &png(&plain)).unwrap(), made());
        let svg = format!("<svg xmlns=\"a\">\n{}</svg>\n", svg_element(&made()));
        assert_eq!(read("a.svg", svg.as_bytes()).unwrap(), made());
        assert!(!svg.contains("<1 &") && svg.contains("&lt;1 &amp;"));
        assert!(read("a.svg", &svg.as_bytes()[..svg.len() - 12]).unwrap_err().problem().contains("breaks off"));
        let pdf = format!("%PDF-1.7\n<< /Provenance ({}) >>\n", marked_text(&made()));
        assert_eq!(read("a.pdf", pdf.as_bytes()).unwrap(), made());
        assert!(read("a.pdf", &pdf.as_bytes()[..60]).unwrap_err().problem().contains("breaks off"));
    }
}
