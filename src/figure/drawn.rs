//! A drawn figure as a value.

use super::sheet::{Shape, Sheet};
use super::theme::Theme;
use super::{dense, font, pdf, render};
use crate::error::{Error, ErrorKind, Result};
use crate::notebook::{display, display_picture};
use crate::provenance::{Provenance, Traced};
use crate::replace::{replace, unwritten};
use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

/// Dots per inch of a PNG where nothing else is asked for: twice the page's pixels, for screens with fine ones.
const DPI: u32 = 96 * render::PNG_SCALE as u32;
/// Bytes that a figure has in a notebook at most, as the notebook's file has them (base64).
const MOST: usize = 2_000_000;

/// A drawn figure: shows itself in a notebook, saves itself as SVG, PNG or PDF; clones are cheap.
///
/// Line figures are shown as SVG, figures with pictures in them (brains, large heat maps) as PNG at twice their size. Where
/// a figure has more than 20,000 points, what carries its data is a picture in SVG and PDF too; axes and text are not. In a
/// notebook no figure takes more than 2 MB.
///
/// ```
/// use neurocell::figure::bars;
/// let figure = bars(&["story", "voice"], &[3.1, 2.4], "Words of pattern 3", "z")?;
/// let folder = std::env::temp_dir().join("neurocell-figure-doctest");
/// std::fs::create_dir_all(&folder).ok();
/// figure.save(folder.join("words.svg"))?;
/// figure.save(folder.join("words.pdf"))?;
/// figure.titled("").width_inches(3.5).dpi(300).save(folder.join("words.png"))?;
/// assert!(figure.save(folder.join("words.bmp")).is_err());
/// # std::fs::remove_dir_all(&folder).ok();
/// # Ok::<(), neurocell::Error>(())
/// ```
#[derive(Clone)]
pub struct Figure {
    sheet: Arc<Sheet>,
    alt: Arc<str>,
    theme: Theme,
    /// How much larger than drawn.
    scale: f64,
    dpi: u32,
    /// The title, where it is not the one that it was drawn with.
    title: Option<Arc<str>>,
    made: Provenance,
}

impl Figure {
    /// A figure of a drawn sheet; `alt` says in words what it shows.
    pub(super) fn new(sheet: Sheet, alt: impl Into<String>) -> Figure {
        let mut alt: String = alt.into();
        let lacks = |shape: &Shape| matches!(shape, Shape::Words { text, .. } if font::lacks(&text.text, text.bold));
        if sheet.shapes.iter().any(lacks) {
            alt.push_str(" (letters that the shipped font lacks are boxes in PNG and PDF)");
        }
        Figure {
            sheet: Arc::new(sheet),
            alt: alt.into(),
            theme: Theme::of_session(),
            scale: 1.0,
            dpi: DPI,
            title: None,
            made: Provenance::step("figure"),
        }
    }

    /// The figure with what it was drawn from.
    pub(super) fn made(self, made: Provenance) -> Figure {
        Figure { made, ..self }
    }

    /// The figure on another page: `figure.theme(Theme::Dark)`. Default: the session's
    /// ([`set_theme`](crate::figure::set_theme)), else light.
    pub fn theme(&self, theme: Theme) -> Figure {
        Figure { theme, ..self.clone() }
    }

    /// The figure under another title; what is below moves up or down, and an empty title leaves no room.
    pub fn titled(&self, title: impl Into<String>) -> Figure {
        let title: String = title.into();
        let alt = match self.alt.strip_prefix(self.sheet.title()).filter(|_| !self.sheet.title().is_empty()) {
            Some(rest) if title.is_empty() => rest.trim_start_matches([':', ',', ' ']).to_owned(),
            Some(rest) => format!("{title}{rest}"),
            None if title.is_empty() => self.alt.to_string(),
            None => format!("{title}: {}", self.alt),
        };
        Figure {
            sheet: Arc::new(self.sheet.titled(&title)),
            alt: alt.into(),
            title: Some(title.into()),
            ..self.clone()
        }
    }

    /// The figure this many pixels (1/96 inch) wide; height, lines and text grow or shrink with it.
    pub fn width_px(&self, width: u32) -> Figure {
        Figure { scale: f64::from(width) / self.sheet.width, ..self.clone() }
    }

    /// The figure this many inches wide, as journals ask for it (one column is about 3.5, a page 7); height, lines and text
    /// grow or shrink with it.
    pub fn width_inches(&self, width: f64) -> Figure {
        Figure { scale: 96.0 * width / self.sheet.width, ..self.clone() }
    }

    /// The resolution of PNG: `figure.width_inches(6.5).dpi(300)` is what `figsize=(6.5, …)` and `savefig(…, dpi=300)` are in
    /// matplotlib. Default 192. SVG and PDF are sharp at any; the notebook's picture has 192.
    pub fn dpi(&self, dpi: u32) -> Figure {
        Figure { dpi, ..self.clone() }
    }

    /// What it is drawn from, for tests.
    #[cfg(test)]
    pub(super) fn shapes(&self) -> &[Shape] {
        &self.sheet.shapes
    }

    /// The shapes as they stand on a larger page whose pixels are the figure's.
    pub(super) fn placed(&self, corner: [f64; 2]) -> impl Iterator<Item = Shape> {
        self.sheet.shapes.iter().map(move |shape| shape.placed(self.scale, corner))
    }

    pub(super) fn exact_size(&self) -> [f64; 2] {
        [self.sheet.width, self.sheet.height].map(|side| side * self.scale)
    }

    pub(super) fn own_theme(&self) -> Theme {
        self.theme
    }

    /// Width and height in logical pixels (1/96 inch); a PNG has twice as many, unless [`Figure::dpi`] says otherwise.
    pub fn size(&self) -> [u32; 2] {
        self.exact_size().map(|side| side.round() as u32)
    }

    /// What the figure shows, in words: shown where pictures cannot be.
    pub fn alt(&self) -> &str {
        &self.alt
    }

    /// Whether size and resolution can be drawn.
    pub(super) fn check(&self) -> Result<()> {
        let [width, height] = self.exact_size();
        if !(width >= 20.0 && width.max(height) <= 100_000.0) {
            return Err(Error::value(
                format!("a figure of {width:.0} × {height:.0} pixels"),
                "give a width of 20 to 20,000 pixels, or of 0.3 to 200 inches",
            ));
        }
        if !(24..=2400).contains(&self.dpi) {
            return Err(Error::value(format!("{} dots per inch", self.dpi), "give 24 to 2400; journals ask for 300"));
        }
        Ok(())
    }

    /// The sheet as SVG and PDF have it.
    fn vectors(&self) -> Result<Cow<'_, Sheet>> {
        self.check()?;
        dense::thinned(&self.sheet, self.theme, render::PNG_SCALE as f64 * self.scale)
    }

    /// The figure as SVG; text stays text, pictures are embedded.
    ///
    /// # Errors
    /// If the width is not between 20 and 100,000 pixels, or the drawing backend fails.
    pub fn svg(&self) -> Result<String> {
        render::svg(&*self.vectors()?, self.theme, self.scale, &self.alt, &self.provenance())
    }

    /// The figure as PNG, twice the logical size (192 dots per inch) unless [`Figure::dpi`] says otherwise.
    ///
    /// # Errors
    /// If width or resolution cannot be drawn, there would be more than 100 million pixels, or the drawing backend fails.
    pub fn png(&self) -> Result<Vec<u8>> {
        self.check()?;
        let scale = self.scale * f64::from(self.dpi) / 96.0;
        render::png(&self.sheet, self.theme, scale, self.dpi, &self.alt, &self.provenance())
    }

    /// The figure as a notebook's PNG: pictures in 256 colours, so that a notebook of many maps stays small.
    fn notebook_png(&self) -> Result<Vec<u8>> {
        if !self.sheet.has_picture() {
            return self.png();
        }
        self.check()?;
        let scale = self.scale * f64::from(self.dpi) / 96.0;
        render::small_png(&self.sheet, self.theme, scale, self.dpi, &self.alt, &self.provenance())
    }

    /// The figure as a page of PDF of its own size: lines stay lines, text can be searched and copied, the font is embedded.
    /// The same figure gives the same bytes.
    ///
    /// # Errors
    /// If the width is not between 20 and 100,000 pixels, or the font cannot be embedded.
    ///
    /// ```
    /// use neurocell::figure::bars;
    /// let figure = bars(&["story", "voice"], &[3.1, 2.4], "Words of pattern 3", "z")?;
    /// assert!(figure.pdf()?.starts_with(b"%PDF-1.7"));
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    pub fn pdf(&self) -> Result<Vec<u8>> {
        pdf::pdf(&*self.vectors()?, self.theme, self.scale, &self.alt, &self.provenance())
    }

    /// Saves the figure; the ending chooses the format: `.pdf`, `.svg` or `.png`.
    ///
    /// The file is written beside and renamed, so that a half-written figure is never found. One that is there is replaced.
    ///
    /// # Errors
    /// If the ending is another one, the path is a folder, the file cannot be written, or the figure cannot be drawn.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
        let bytes = match ending.as_str() {
            "svg" => self.svg()?.into_bytes(),
            "png" => self.png()?,
            "pdf" => self.pdf()?,
            _ if path.is_dir() => Vec::new(),
            _ => {
                let what = if ending.is_empty() { "there is no ending" } else { "the ending is another" };
                return Err(Error::new(
                    ErrorKind::Value,
                    format!("a figure cannot be saved as {}: {what}", path.display()),
                    "end the name with .pdf or .svg (lines and text that can be edited) or .png (a picture)",
                ));
            }
        };
        replace(path, &bytes).map_err(|cause| unwritten(path, cause))
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

    /// What a notebook gets of the figure: together at most 2 MB of the notebook's file.
    pub(crate) fn forms(&self) -> Result<Vec<(&'static str, Vec<u8>)>> {
        let base64 = |bytes: usize| bytes.div_ceil(3) * 4;
        let mut dpi = DPI;
        let png = loop {
            // A page that is too large even so is shown coarser.
            match self.dpi(dpi).notebook_png() {
                Ok(png) if base64(png.len()) <= MOST => break png,
                Err(error) if dpi < 48 => return Err(error),
                Ok(png) if dpi < 48 => break png,
                _ => dpi = dpi * 3 / 4,
            }
        };
        let room = MOST.saturating_sub(base64(png.len()));
        let mut forms = vec![("image/png", png)];
        if !self.sheet.has_picture() {
            let svg = self.svg()?.into_bytes();
            if svg.len() <= room {
                forms.push(("image/svg+xml", svg));
            }
        }
        Ok(forms)
    }

    /// The figure's pixels as PNG shows them: width, height, and red, green, blue row by row, for tests.
    #[cfg(test)]
    pub(super) fn pixels(&self) -> Result<(usize, usize, Vec<u8>)> {
        let scale = self.scale * f64::from(self.dpi) / 96.0;
        super::bitmap::bitmap(&self.sheet, self.theme, scale).map(|p| (p.columns, p.rows, p.data))
    }
}

impl Traced for Figure {
    fn provenance(&self) -> Provenance {
        let mut made = self.made.clone();
        if self.theme != Theme::Light {
            made = made.option("theme", "dark");
        }
        if self.scale != 1.0 {
            made = made.option("width", format!("{} px", self.exact_size()[0]));
        }
        if self.dpi != DPI {
            made = made.option("dpi", self.dpi);
        }
        match &self.title {
            Some(title) => made.option("title", title),
            None => made,
        }
    }
}

impl std::fmt::Debug for Figure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [w, h] = self.size();
        write!(f, "Figure {w} × {h} px: {}", self.alt)
    }
}
