//! Number, advance, left bearing and inked width of each letter, read from a TrueType file's own tables.
//!
//! plotters' bitmap text begins each letter's ink at the pen and leaves its bearing out, which tears words apart
//! ("sub ject"); with these numbers each letter is placed by itself.

use super::shaping;
use std::collections::HashMap;

/// A letter's number in the font, and its advance, left bearing and inked width in ems.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Glyph {
    pub number: u16,
    pub advance: f64,
    pub bearing: f64,
    pub ink: f64,
}

/// The measures of a font's letters.
pub(super) struct Glyphs {
    known: HashMap<char, Glyph>,
    missing: Glyph,
}

impl Glyphs {
    /// Reads the tables; a file that has them not gives letters of one width.
    pub fn new(file: &[u8]) -> Glyphs {
        let fallback = Glyph { number: 0, advance: 0.6, bearing: 0.05, ink: 0.5 };
        read(file).unwrap_or(Glyphs { known: HashMap::new(), missing: fallback })
    }

    /// A letter that the font lacks is a box, as wide as other fonts' letters of the scripts that DejaVu lacks, so that
    /// an SVG has room for them.
    pub fn of(&self, letter: char) -> Glyph {
        let missing = || Glyph { advance: if letter >= '\u{1f000}' { 1.3 } else { 1.0 }, ..self.missing };
        self.known(letter).unwrap_or_else(missing)
    }

    /// The box for letters that the font lacks.
    pub fn missing(&self) -> Glyph {
        self.missing
    }

    /// A letter that the font has.
    pub fn known(&self, letter: char) -> Option<Glyph> {
        self.known.get(&letter).copied()
    }

    /// Width of a text in ems.
    pub fn width(&self, text: &str) -> f64 {
        match shaping::is_plain(text) {
            true => text.chars().map(|c| self.of(c).advance).sum(),
            false => shaping::shape(text, self).width,
        }
    }
}

fn short(file: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes([*file.get(at)?, *file.get(at + 1)?]))
}

fn long(file: &[u8], at: usize) -> Option<usize> {
    Some((usize::from(short(file, at)?) << 16) | usize::from(short(file, at + 2)?))
}

fn table(file: &[u8], name: &[u8; 4]) -> Option<usize> {
    let count = usize::from(short(file, 4)?);
    let entry = (0..count).map(|n| 12 + 16 * n).find(|at| file.get(*at..at + 4) == Some(name.as_slice()))?;
    long(file, entry + 8)
}

fn read(file: &[u8]) -> Option<Glyphs> {
    let units = f64::from(short(file, table(file, b"head")? + 18)?);
    let measured = usize::from(short(file, table(file, b"hhea")? + 34)?);
    let metrics = table(file, b"hmtx")?;
    let glyph = |number: usize| {
        // Glyphs beyond the measured ones share the last advance and have only a bearing.
        let advance = short(file, metrics + 4 * number.min(measured.checked_sub(1)?))?;
        let bearing = match number < measured {
            true => short(file, metrics + 4 * number + 2)?,
            false => short(file, metrics + 4 * measured + 2 * (number - measured))?,
        };
        let number = u16::try_from(number).ok()?;
        let [advance, bearing] = [f64::from(advance), f64::from(bearing.cast_signed())].map(|v| v / units);
        Some(Glyph { number, advance, bearing, ink: ink(file, usize::from(number))? / units })
    };
    let mut known = HashMap::new();
    let map = characters(file)?;
    for segment in 0..usize::from(short(file, map + 6)?) / 2 {
        let segments = usize::from(short(file, map + 6)?) / 2;
        let last = short(file, map + 14 + 2 * segment)?;
        let first = short(file, map + 16 + 2 * (segments + segment))?;
        let delta = short(file, map + 16 + 2 * (2 * segments + segment))?;
        let place = map + 16 + 2 * (3 * segments + segment);
        let offset = usize::from(short(file, place)?);
        for code in first..=last {
            let number = match offset {
                0 => code.wrapping_add(delta),
                _ => match short(file, place + offset + 2 * usize::from(code - first))? {
                    0 => 0,
                    number => number.wrapping_add(delta),
                },
            };
            if let (1.., Some(letter)) = (number, char::from_u32(u32::from(code))) {
                known.insert(letter, glyph(usize::from(number))?);
            }
        }
    }
    Some(Glyphs { known, missing: glyph(0)? })
}

/// The inked width of a glyph in font units, 0 for one without outlines.
fn ink(file: &[u8], number: usize) -> Option<f64> {
    let (places, outlines) = (table(file, b"loca")?, table(file, b"glyf")?);
    let place = |n: usize| match short(file, table(file, b"head")? + 50)? {
        0 => Some(2 * usize::from(short(file, places + 2 * n)?)),
        _ => long(file, places + 4 * n),
    };
    let (from, to) = (place(number)?, place(number + 1)?);
    if from == to {
        return Some(0.0);
    }
    let side = |at: usize| Some(f64::from(short(file, outlines + from + at)?.cast_signed()));
    Some(side(6)? - side(2)?)
}

/// Where the table of characters in the basic plane (format 4) begins.
fn characters(file: &[u8]) -> Option<usize> {
    let map = table(file, b"cmap")?;
    let count = usize::from(short(file, map + 2)?);
    (0..count).filter_map(|n| Some(map + long(file, map + 4 + 8 * n + 4)?)).find(|at| short(file, *at) == Some(4))
}
