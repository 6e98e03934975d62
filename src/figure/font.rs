//! The shipped font: registered once, measured, and lines broken by its widths.

use super::glyphs::Glyphs;
use super::shaping;
use plotters::style::{FontDesc, FontFamily, FontStyle, register_font};
use std::sync::OnceLock;
use unicode_normalization_alignments::UnicodeNormalization;

/// The name under which the font is registered and which an SVG carries: the families that follow have nearly the
/// same widths, for machines without DejaVu Sans.
pub(super) const FAMILY: &str = "DejaVu Sans, Verdana, Geneva, sans-serif";

/// Line height (ascent − descent) of DejaVu Sans in ems: plotters' bitmap text takes its size as this height.
pub(super) const LINE_HEIGHT: f64 = 1.164;

/// The two files.
pub(super) fn file(bold: bool) -> &'static [u8] {
    if bold { BOLD } else { REGULAR }
}

static REGULAR: &[u8] = include_bytes!("../../assets/font/DejaVuSans.ttf");
static BOLD: &[u8] = include_bytes!("../../assets/font/DejaVuSans-Bold.ttf");

/// Makes the font known to plotters; the first call does it.
pub(super) fn register() {
    static DONE: OnceLock<()> = OnceLock::new();
    DONE.get_or_init(|| {
        // The two files are part of the crate and parse (a test draws with them); without them text would be missing
        // from bitmaps and nothing else.
        let _ = register_font(FAMILY, FontStyle::Normal, REGULAR);
        let _ = register_font(FAMILY, FontStyle::Bold, BOLD);
    });
}

/// The font at a size in plotters' own terms.
pub(super) fn font(size: f64, bold: bool) -> FontDesc<'static> {
    register();
    FontDesc::new(FontFamily::Name(FAMILY), size, if bold { FontStyle::Bold } else { FontStyle::Normal })
}

/// Advances and bearings of the letters.
pub(super) fn glyphs(bold: bool) -> &'static Glyphs {
    static MEASURES: [OnceLock<Glyphs>; 2] = [OnceLock::new(), OnceLock::new()];
    MEASURES[usize::from(bold)].get_or_init(|| Glyphs::new(file(bold)))
}

/// Width of a text in pixels at a font size (em) in pixels.
pub(super) fn width(text: &str, size: f64, bold: bool) -> f64 {
    glyphs(bold).width(text) * size
}

/// A text without what neither SVG nor a bitmap can show: control characters become blanks, and letters with their
/// combining marks the one letter that means the same (é), where there is one.
pub(super) fn clean(text: &str) -> String {
    let shown = |c: char| if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') { ' ' } else { c };
    match shaping::is_plain(text) {
        true => text.chars().map(shown).collect(),
        false => text.nfc().map(|(c, _)| shown(c)).collect(),
    }
}

/// Whether the font lacks a letter of the text.
pub(super) fn lacks(text: &str, bold: bool) -> bool {
    let glyphs = glyphs(bold);
    !shaping::is_plain(text) && text.chars().any(|c| !shaping::is_invisible(c) && glyphs.known(c).is_none())
}

/// The parts of a word between which a line may end: "DorsalAttention" has two.
pub(super) fn parts(word: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut before = ' ';
    for letter in word.chars() {
        match parts.last_mut() {
            Some(part) if !(before.is_lowercase() && letter.is_uppercase()) => part.push(letter),
            _ => parts.push(letter.to_string()),
        }
        before = letter;
    }
    parts
}

/// The text in lines that are at most `limit` pixels wide; a word wider than that is broken, between its parts if that helps.
pub(super) fn wrap(text: &str, size: f64, bold: bool, limit: f64) -> Vec<String> {
    let fits = |line: &str| width(line, size, bold) <= limit;
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in clean(text).split_whitespace() {
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if fits(&longer) {
            line = longer;
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for part in parts(word) {
            if !line.is_empty() && !fits(&format!("{line}{part}")) {
                lines.push(std::mem::take(&mut line));
            }
            for letter in part.chars() {
                if !line.is_empty() && !fits(&format!("{line}{letter}")) {
                    lines.push(std::mem::take(&mut line));
                }
                line.push(letter);
            }
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// The text, cut with an ellipsis if it is wider than `limit` pixels.
pub(super) fn shorten(text: &str, size: f64, bold: bool, limit: f64) -> String {
    let text = clean(text);
    if width(&text, size, bold) <= limit {
        return text;
    }
    let mut letters: Vec<char> = text.chars().collect();
    while letters.pop().is_some() {
        let cut = format!("{}…", letters.iter().collect::<String>().trim_end());
        if width(&cut, size, bold) <= limit {
            return cut;
        }
    }
    "…".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_those_of_the_font_designers() {
        // From fontTools: advances of DejaVu Sans (2048 units per em): M 1767, j 569 with bearing −37 (bold: 702, −68).
        assert!((width("M", 2048.0, false) - 1767.0).abs() < 1e-9);
        assert_eq!((glyphs(false).of('j').advance * 2048.0, glyphs(false).of('j').bearing * 2048.0), (569.0, -37.0));
        assert_eq!((glyphs(true).of('j').advance * 2048.0, glyphs(true).of('j').bearing * 2048.0), (702.0, -68.0));
    }

    #[test]
    fn bold_text_is_wider_than_regular_text() {
        assert!(width("Networks", 14.0, true) > width("Networks", 14.0, false));
    }

    #[test]
    fn no_wrapped_line_is_wider_than_the_limit() {
        let text =
            "held-out r of a simulated subject, 64 patterns of minilm-l6, Donaudampfschifffahrtsgesellschaftskapitän";
        let lines = wrap(text, 14.0, true, 160.0);
        assert!(lines.len() > 3);
        for line in &lines {
            assert!(width(line, 14.0, true) <= 160.0, "{line}");
        }
        assert_eq!(lines.concat().replace(' ', ""), text.replace(' ', ""));
    }

    #[test]
    fn a_wide_word_is_broken_between_its_parts() {
        assert_eq!(wrap("DorsalAttention", 12.5, false, 90.0), ["Dorsal", "Attention"]);
        assert_eq!(wrap("DorsalAttention", 12.5, false, 200.0), ["DorsalAttention"]);
    }

    #[test]
    fn a_shortened_text_ends_with_an_ellipsis_and_fits() {
        let cut = shorten("Dorsal Attention Network of the right hemisphere", 13.0, false, 100.0);
        assert!(cut.ends_with('…') && width(&cut, 13.0, false) <= 100.0, "{cut}");
        assert_eq!(shorten("Visual", 13.0, false, 100.0), "Visual");
    }
}
