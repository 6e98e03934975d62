//! The letters of a PDF: the part of the crate's font that is used, and which letters its glyphs stand for.

use super::font;
use super::glyphs::Glyph;
use super::packing::deflated;
use super::render::broken;
use super::shaping::typed;
use crate::error::Result;
use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Filter, Finish, Name, Pdf, Rect, Ref, Str};
use std::collections::HashMap;
use subsetter::{GlyphRemapper, subset};

/// The letters that a document uses, of the regular and of the bold font.
#[derive(Default)]
pub(super) struct Letters([Used; 2]);

#[derive(Default)]
struct Used {
    glyphs: GlyphRemapper,
    numbers: HashMap<char, u16>,
    /// Each letter with its glyph, in the order of the part's numbers, the first of which is 1.
    letters: Vec<(char, Glyph)>,
    /// Whether a letter is a box.
    missing: bool,
}

const SYSTEM: SystemInfo<'static> = SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

impl Letters {
    /// The font's name among the page's resources.
    pub fn name(bold: bool) -> &'static str {
        if bold { "B" } else { "R" }
    }

    /// The letter's number in the part that will be embedded; 0, the box, if the font lacks it.
    pub fn number(&mut self, letter: char, bold: bool) -> u16 {
        let used = &mut self.0[usize::from(bold)];
        if let Some(number) = used.numbers.get(&letter) {
            return *number;
        }
        let Some(glyph) = font::glyphs(bold).known(letter) else {
            used.missing = true;
            return 0;
        };
        let before = used.glyphs.num_gids();
        let number = used.glyphs.remap(glyph.number);
        // Two letters may share a glyph; the first that came is what is found in the text.
        if number == before {
            used.letters.push((letter, glyph));
        }
        used.numbers.insert(letter, number);
        number
    }

    /// Writes the fonts that are used: their names and objects.
    pub fn write(&self, pdf: &mut Pdf, next: &mut Ref) -> Result<Vec<(&'static str, Ref)>> {
        let mut written = Vec::new();
        for (bold, used) in [false, true].into_iter().zip(&self.0) {
            if used.missing || !used.letters.is_empty() {
                written.push((Letters::name(bold), used.write(bold, pdf, next)?));
            }
        }
        Ok(written)
    }
}

impl Used {
    fn write(&self, bold: bool, pdf: &mut Pdf, next: &mut Ref) -> Result<Ref> {
        let [font, descendant, descriptor, file, map] = [(); 5].map(|()| next.bump());
        // Parts of a font are told apart by six letters before its name.
        let mut sum =
            self.letters.iter().fold(7u64, |sum, (c, _)| sum.wrapping_mul(31).wrapping_add(u64::from(u32::from(*c))));
        let mut name = String::new();
        for _ in 0..6 {
            name.push(char::from(b'A' + (sum % 26) as u8));
            sum /= 26;
        }
        name.push_str(if bold { "+DejaVuSans-Bold" } else { "+DejaVuSans" });
        let name = Name(name.as_bytes());

        pdf.type0_font(font)
            .base_font(name)
            .encoding_predefined(Name(b"Identity-H"))
            .descendant_font(descendant)
            .to_unicode(map);
        let mut cid = pdf.cid_font(descendant);
        cid.subtype(CidFontType::Type2).base_font(name).system_info(SYSTEM).font_descriptor(descriptor);
        cid.cid_to_gid_map_predefined(Name(b"Identity"));
        let thousandths = |ems: f64| (1000.0 * ems) as f32;
        let box_width = font::glyphs(bold).missing().advance;
        let widths = std::iter::once(box_width).chain(self.letters.iter().map(|(_, glyph)| glyph.advance));
        cid.widths().consecutive(0, widths.map(thousandths));
        cid.finish();

        // The outlines' own numbers, in thousandths of an em (hhea, OS/2 and head of DejaVu 2.37).
        pdf.font_descriptor(descriptor)
            .name(name)
            .flags(FontFlags::SYMBOLIC)
            .bbox(Rect::new(-1021.0, -463.0, 1793.0, 1232.0))
            .italic_angle(0.0)
            .ascent(928.0)
            .descent(-236.0)
            .cap_height(729.0)
            .stem_v(if bold { 140.0 } else { 88.0 })
            .font_file2(file);
        let part = subset(font::file(bold), 0, &self.glyphs).map_err(broken)?;
        let packed = deflated(&part, 6)?;
        let mut stream = pdf.stream(file, &packed);
        stream.filter(Filter::FlateDecode);
        stream.pair(Name(b"Length1"), part.len() as i32);
        stream.finish();

        let mut unicode = UnicodeCmap::new(Name(b"Typed"), SYSTEM);
        for (n, (letter, _)) in self.letters.iter().enumerate() {
            unicode.pair_with_multiple(n as u16 + 1, typed(*letter).chars());
        }
        let packed = deflated(unicode.finish().as_slice(), 6)?;
        pdf.cmap(map, &packed).filter(Filter::FlateDecode);
        Ok(font)
    }
}
