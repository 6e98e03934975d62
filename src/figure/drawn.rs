//! A drawn figure as a value.

use super::render;
use super::sheet::Sheet;
use super::theme::Theme;
use crate::error::{Error, ErrorKind, Result};
use crate::notebook::{display, display_picture};
use crate::provenance::{Provenance, Traced};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

/// A drawn figure: shows itself in a notebook, saves itself as SVG or PNG; clones are cheap.
///
/// Line figures are shown as SVG, figures with pictures in them (brains, large heat maps) as PNG at twice their size.
///
/// ```
/// use neurocell::figure::bars;
/// let figure = bars(&["story", "voice"], &[3.1, 2.4], "Words of pattern 3", "z")?;
/// let folder = std::env::temp_dir().join("neurocell-figure-doctest");
/// std::fs::create_dir_all(&folder).ok();
/// figure.save(folder.join("words.svg"))?;
/// figure.save(folder.join("words.png"))?;
/// assert!(figure.save(folder.join("words.bmp")).is_err());
/// # std::fs::remove_dir_all(&folder).ok();
/// # Ok::<(), neurocell::Error>(())
/// ```
#[derive(Clone)]
pub struct Figure {
    sheet: Arc<Sheet>,
    alt: Arc<str>,
    theme: Theme,
    made: Provenance,
}

impl Figure {
    /// A figure of a drawn sheet; `alt` says in words what it shows.
    pub(super) fn new(sheet: Sheet, alt: impl Into<String>) -> Figure {
        Figure { sheet: Arc::new(sheet), alt: alt.into().into(), theme: Theme::Light, made: Provenance::step("figure") }
    }

    /// The figure with what it was drawn from.
    pub(super) fn made(self, made: Provenance) -> Figure {
        Figure { made, ..self }
    }

    /// The figure on another page: `figure.theme(Theme::Dark)`.
    pub fn theme(self, theme: Theme) -> Figure {
        Figure { theme, ..self }
    }

    /// What it is drawn from, for tests.
    #[cfg(test)]
    pub(super) fn shapes(&self) -> &[super::sheet::Shape] {
        &self.sheet.shapes
    }

    /// Width and height in logical pixels (1/96 inch); a PNG has twice as many.
    pub fn size(&self) -> [u32; 2] {
        [self.sheet.width.round() as u32, self.sheet.height.round() as u32]
    }

    /// What the figure shows, in words: shown where pictures cannot be.
    pub fn alt(&self) -> &str {
        &self.alt
    }

    /// The figure as SVG; text stays text, pictures are embedded.
    ///
    /// # Errors
    /// If the drawing backend fails.
    pub fn svg(&self) -> Result<String> {
        render::svg(&self.sheet, self.theme, &self.alt, &self.provenance())
    }

    /// The figure as PNG, twice the logical size, 192 dots per inch.
    ///
    /// # Errors
    /// If the drawing backend fails.
    pub fn png(&self) -> Result<Vec<u8>> {
        render::png(&self.sheet, self.theme, &self.alt, &self.provenance())
    }

    /// Saves the figure; the ending chooses the format, `.svg` or `.png`.
    ///
    /// The file is written beside and renamed, so that a half-written figure is never found.
    ///
    /// # Errors
    /// If the ending is another one, or the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
        let bytes = match ending.as_str() {
            "svg" => self.svg()?.into_bytes(),
            "png" => self.png()?,
            _ => {
                return Err(Error::new(
                    ErrorKind::Value,
                    format!("a figure cannot be saved as {}: the ending is \"{ending}\"", path.display()),
                    "end the name with .svg (lines and text that can be edited) or .png (a picture)",
                ));
            }
        };
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let beside = path.with_file_name(format!(".{name}.{}.part", std::process::id()));
        let written = std::fs::File::create(&beside)
            .and_then(|mut file| file.write_all(&bytes).and_then(|()| file.sync_all()))
            .and_then(|()| std::fs::rename(&beside, path));
        written.map_err(|cause| {
            // What was written so far is of no use; if it was never made there is nothing to remove.
            let _ = std::fs::remove_file(&beside);
            Error::file("write", path, cause, "make the folder first, or choose one in which you may write")
        })
    }

    /// Shows the figure in the notebook; if it cannot be drawn, its description and the error are shown.
    ///
    /// A drawing without pixels goes as SVG, and as PNG too: Jupyter shows no SVG of a notebook that was run elsewhere (until it is trusted), nor do many other viewers.
    pub fn evcxr_display(&self) {
        match self.forms() {
            Ok(forms) => {
                let [width, _] = self.size();
                let mut bundle = vec![("text/plain", self.alt.as_bytes())];
                bundle.extend(forms.iter().map(|(mime, bytes)| (*mime, bytes.as_slice())));
                display_picture(&bundle, width);
            }
            Err(error) => display(&[("text/plain", format!("{}\n{error}", self.alt).as_bytes())]),
        }
    }

    /// What a notebook gets of the figure.
    fn forms(&self) -> Result<Vec<(&'static str, Vec<u8>)>> {
        let mut forms = vec![("image/png", self.png()?)];
        if !self.sheet.has_picture() {
            forms.push(("image/svg+xml", self.svg()?.into_bytes()));
        }
        Ok(forms)
    }

    /// The figure's pixels as PNG shows them: width, height, and red, green, blue row by row, for tests.
    #[cfg(test)]
    pub(super) fn pixels(&self) -> Result<(usize, usize, Vec<u8>)> {
        render::bitmap(&self.sheet, self.theme).map(|p| (p.columns, p.rows, p.data))
    }
}

impl Traced for Figure {
    fn provenance(&self) -> Provenance {
        self.made.option("theme", format!("{:?}", self.theme))
    }
}

impl std::fmt::Debug for Figure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [w, h] = self.size();
        write!(f, "Figure {w} × {h} px: {}", self.alt)
    }
}
