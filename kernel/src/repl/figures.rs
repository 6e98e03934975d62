//! Figures in a terminal: a file whose path is printed, and the picture itself where the terminal can show it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Where figures are saved, below the current folder.
pub const FOLDER: &str = "neurocell-figures";

/// A picture that a cell shows, in one of two forms or both.
pub struct Picture {
    png: Option<Vec<u8>>,
    svg: Option<String>,
}

impl Picture {
    /// The picture among the forms of an output, if there is one.
    pub fn of(data: &Map<String, Value>) -> Option<Picture> {
        let text = |mime: &str| data.get(mime).and_then(Value::as_str);
        let png = text("image/png").and_then(|text| BASE64.decode(text.replace(['\n', '\r'], "")).ok());
        let svg = text("image/svg+xml").map(str::to_owned);
        (png.is_some() || svg.is_some()).then_some(Picture { png, svg })
    }

    /// Saves the picture under the next free number in the folder, as lines rather than pixels.
    ///
    /// # Errors
    /// If the folder or the file cannot be written.
    pub fn save(&self, folder: &Path) -> io::Result<PathBuf> {
        let (bytes, ending) = match (&self.svg, &self.png) {
            (Some(svg), _) => (svg.as_bytes(), "svg"),
            (None, png) => (png.as_deref().unwrap_or_default(), "png"),
        };
        fs::create_dir_all(folder)?;
        let mut number = highest(folder)? + 1;
        loop {
            let path = folder.join(format!("{number:03}.{ending}"));
            match fs::OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(mut file) => return file.write_all(bytes).map(|()| path),
                // Another session has just taken the number.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(error),
            }
        }
    }

    /// The sequence by which kitty's graphics protocol draws the picture's pixels; none for a drawing of lines only, which
    /// terminals do not draw. Source: "The terminal graphics protocol", sw.kovidgoyal.net/kitty/graphics-protocol.
    pub fn kitty(&self) -> Option<String> {
        let encoded = BASE64.encode(self.png.as_ref()?);
        let chunks = encoded.as_bytes().chunks(4096);
        let last = chunks.len().checked_sub(1)?;
        let mut text = String::new();
        for (number, chunk) in chunks.enumerate() {
            let more = u8::from(number < last);
            let control = if number == 0 { format!("f=100,a=T,m={more}") } else { format!("m={more}") };
            text.push_str(&format!("\u{1b}_G{control};{}\u{1b}\\", String::from_utf8_lossy(chunk)));
        }
        Some(text)
    }
}

/// The highest number in use.
fn highest(folder: &Path) -> io::Result<u32> {
    let names = fs::read_dir(folder)?.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    Ok(names.filter_map(|name| name.split_once('.')?.0.parse().ok()).max().unwrap_or(0))
}

/// Whether the terminal speaks kitty's graphics protocol, as it says itself; inside tmux nothing of it arrives.
pub fn terminal_draws() -> bool {
    let variable = |name| std::env::var(name).unwrap_or_default();
    let of_kitty =
        !variable("KITTY_WINDOW_ID").is_empty() || ["xterm-kitty", "xterm-ghostty"].contains(&&*variable("TERM"));
    let others = ["WezTerm", "ghostty"].contains(&&*variable("TERM_PROGRAM"));
    variable("TMUX").is_empty() && (of_kitty || others)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn picture(data: Value) -> Option<Picture> {
        Picture::of(data.as_object().unwrap())
    }

    #[test]
    fn figures_are_numbered_on_and_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join(FOLDER);
        let drawn = picture(json!({ "image/svg+xml": "<svg/>", "text/plain": "a figure" })).unwrap();
        assert_eq!(drawn.save(&place).unwrap(), place.join("001.svg"));
        fs::write(place.join("007.png"), "kept").unwrap();
        assert_eq!(drawn.save(&place).unwrap(), place.join("008.svg"));
        assert_eq!(fs::read_to_string(place.join("008.svg")).unwrap(), "<svg/>");
        let both = picture(json!({ "image/svg+xml": "<svg/>", "image/png": BASE64.encode([7]) })).unwrap();
        assert_eq!(both.save(&place).unwrap(), place.join("009.svg"));
        assert!(both.kitty().is_some());
    }

    #[test]
    fn a_picture_goes_to_the_terminal_in_pieces_that_end() {
        let bytes = BASE64.encode(vec![7; 9000]);
        let shown = picture(json!({ "image/png": bytes })).unwrap().kitty().unwrap();
        assert!(shown.starts_with("\u{1b}_Gf=100,a=T,m=1;"));
        assert_eq!(shown.matches("\u{1b}_G").count(), 3);
        assert_eq!(shown.matches("m=0;").count(), 1);
        assert!(shown.ends_with("\u{1b}\\"));
    }

    #[test]
    fn text_is_no_picture() {
        assert!(picture(json!({ "text/plain": "a", "text/html": "<b>a</b>" })).is_none());
        assert!(picture(json!({ "image/png": "%%%" })).is_none());
    }
}
