//! From shapes to a page of PDF: lines and areas stay vectors, text stays text.

use super::font;
use super::ground::ground;
use super::packing::deflated;
use super::pdf_font::Letters;
use super::pdf_picture::Pictures;
use super::shaping::{self, Placed};
use super::sheet::{Anchor, Colour, Ink, PAPER, Shape, Sheet, Text};
use super::theme::Theme;
use crate::error::Result;
use crate::provenance::{Provenance, marked_text};
use pdf_writer::types::{LineCapStyle, LineJoinStyle};
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, Str, TextStr};

/// PDF's points per logical pixel: 72 and 96 to the inch.
const POINT: f64 = 0.75;

/// The sheet as a page of PDF, `scale` times its logical size; `alt` becomes the document's subject. There is no date in
/// it: the same sheet gives the same bytes.
pub(super) fn pdf(sheet: &Sheet, theme: Theme, scale: f64, alt: &str, made: &Provenance) -> Result<Vec<u8>> {
    let size = [sheet.width, sheet.height].map(|side| (side * scale * POINT) as f32);
    let mut page = Page { theme, content: Content::new(), letters: Letters::default(), pictures: Pictures::default() };
    page.draw(sheet, (scale * POINT) as f32, size)?;

    let [catalog, pages, only, content, info] = [1, 2, 3, 4, 5].map(Ref::new);
    let mut next = Ref::new(6);
    let mut pdf = Pdf::new();
    pdf.catalog(catalog).pages(pages).lang(TextStr("en"));
    pdf.pages(pages).kids([only]).count(1);
    let packed = deflated(page.content.finish().as_slice(), 6)?;
    pdf.stream(content, &packed).filter(Filter::FlateDecode);
    let fonts = page.letters.write(&mut pdf, &mut next)?;
    let pictures = page.pictures.write(&mut pdf, &mut next)?;
    let mut written = pdf.page(only);
    written.parent(pages).media_box(Rect::new(0.0, 0.0, size[0], size[1])).contents(content);
    let mut resources = written.resources();
    let mut named = resources.fonts();
    fonts.iter().for_each(|(name, font)| {
        named.pair(Name(name.as_bytes()), *font);
    });
    named.finish();
    let mut named = resources.x_objects();
    pictures.iter().enumerate().for_each(|(n, picture)| {
        named.pair(Name(Pictures::name(n).as_bytes()), *picture);
    });
    named.finish();
    resources.finish();
    written.finish();
    metadata(&mut pdf, info, sheet.title(), alt, made);
    Ok(pdf.finish())
}

/// What the file says about itself.
fn metadata(pdf: &mut Pdf, info: Ref, title: &str, alt: &str, made: &Provenance) {
    let made_by = format!("neurocell {}", env!("CARGO_PKG_VERSION"));
    let (title, alt) = (font::clean(title), font::clean(alt));
    let mut info = pdf.document_info(info);
    info.title(TextStr(if title.is_empty() { &alt } else { &title })).subject(TextStr(&alt));
    info.creator(TextStr(&made_by)).producer(TextStr(&made_by));
    info.keywords(TextStr(&marked_text(made)));
}

/// A page while it is drawn.
struct Page {
    theme: Theme,
    content: Content,
    letters: Letters,
    pictures: Pictures,
}

/// A number with what can be seen of its digits.
fn fine(value: f64) -> f32 {
    ((value * 100.0).round() / 100.0) as f32
}

impl Page {
    fn draw(&mut self, sheet: &Sheet, scale: f32, size: [f32; 2]) -> Result<()> {
        self.fill(self.theme.colour(PAPER));
        self.content.rect(0.0, 0.0, size[0], size[1]).fill_nonzero();
        // From here on in logical pixels, downwards.
        self.content.transform([scale, 0.0, 0.0, -scale, 0.0, size[1]]);
        self.content.set_line_cap(LineCapStyle::RoundCap).set_line_join(LineJoinStyle::RoundJoin);
        for (n, shape) in sheet.shapes.iter().enumerate() {
            match shape {
                Shape::Words { at, text } => {
                    self.words(*at, text, self.theme.text(text.colour, ground(&sheet.shapes, n)));
                }
                Shape::Picture { corner: [x, y], size: [w, h], pixels, smooth } => {
                    let name = self.pictures.add(pixels, *smooth)?;
                    self.content.save_state();
                    self.content.transform([fine(*w), 0.0, 0.0, -fine(*h), fine(*x), fine(y + h)]);
                    self.content.x_object(Name(name.as_bytes())).restore_state();
                }
                shape => self.shape(shape),
            }
        }
        Ok(())
    }

    fn fill(&mut self, colour: Colour) {
        let [r, g, b] = colour.map(fine_share);
        self.content.set_fill_rgb(r, g, b);
    }

    fn shape(&mut self, shape: &Shape) {
        let theme = self.theme;
        let colour = |ink: &Ink| theme.colour(*ink);
        match shape {
            Shape::Line { points, width, colour: ink } => {
                let [r, g, b] = colour(ink).map(fine_share);
                self.content.set_stroke_rgb(r, g, b).set_line_width(fine(*width));
                self.path(points);
                self.content.stroke();
            }
            Shape::Block { corner, size, colour: ink } => {
                self.fill(colour(ink));
                self.content.rect(fine(corner[0]), fine(corner[1]), fine(size[0]), fine(size[1])).fill_nonzero();
            }
            Shape::Disc { centre: [x, y], radius, colour: ink } => {
                self.fill(colour(ink));
                // A quarter of a circle is within 0.03 % of a cubic curve with handles of this length.
                let (r, k) = (*radius, 0.5523 * radius);
                let at = |dx: f64, dy: f64| (fine(x + dx), fine(y + dy));
                let start = at(r, 0.0);
                self.content.move_to(start.0, start.1);
                for [a, b, to] in [
                    [at(r, k), at(k, r), at(0.0, r)],
                    [at(-k, r), at(-r, k), at(-r, 0.0)],
                    [at(-r, -k), at(-k, -r), at(0.0, -r)],
                    [at(k, -r), at(r, -k), at(r, 0.0)],
                ] {
                    self.content.cubic_to(a.0, a.1, b.0, b.1, to.0, to.1);
                }
                self.content.fill_nonzero();
            }
            Shape::Polygon { corners, colour: ink } => {
                self.fill(colour(ink));
                self.path(corners);
                self.content.close_path().fill_even_odd();
            }
            Shape::Words { .. } | Shape::Picture { .. } => {}
        }
    }

    fn path(&mut self, points: &[[f64; 2]]) {
        for (n, [x, y]) in points.iter().enumerate() {
            match n {
                0 => self.content.move_to(fine(*x), fine(*y)),
                _ => self.content.line_to(fine(*x), fine(*y)),
            };
        }
    }

    fn words(&mut self, [x, y]: [f64; 2], text: &Text, colour: Colour) {
        let glyphs = font::glyphs(text.bold);
        let line = shaping::shape(&text.text, glyphs);
        let begin = text.size
            * line.width
            * match text.anchor {
                Anchor::Start => 0.0,
                Anchor::Middle => -0.5,
                Anchor::End => -1.0,
            };
        self.fill(colour);
        // Where the font lacks letters, the text says itself what it is. Not where it runs from right to left: readers of
        // PDF bring that into its order themselves, from the letters that the glyphs stand for.
        let said = font::lacks(&text.text, text.bold) && !shaping::has_leftward(&text.text);
        if said {
            let mut marked = self.content.begin_marked_content_with_properties(Name(b"Span"));
            marked.properties().actual_text(TextStr(&text.text));
        }
        self.content.begin_text().set_font(Name(Letters::name(text.bold).as_bytes()), fine(text.size));
        self.content.set_text_matrix(match text.upward {
            false => [1.0, 0.0, 0.0, -1.0, fine(x + begin), fine(y)],
            true => [0.0, -1.0, -1.0, 0.0, fine(x), fine(y - begin)],
        });
        let mut shown = self.content.show_positioned();
        let mut items = shown.items();
        // Letters that follow each other go together; elsewhere the pen is moved, in thousandths of an em.
        let (mut pen, mut together) = (0.0f64, Vec::new());
        for Placed { letter, pen: at } in line.letters {
            if (at - pen).abs() > 5e-4 {
                if !together.is_empty() {
                    items.show(Str(&together));
                    together.clear();
                }
                items.adjust((1000.0 * (pen - at)).round() as f32);
            }
            together.extend(self.letters.number(letter, text.bold).to_be_bytes());
            // A letter that the font lacks is a box of the font's own width.
            pen = at + glyphs.known(letter).unwrap_or(glyphs.missing()).advance;
        }
        if !together.is_empty() {
            items.show(Str(&together));
        }
        items.finish();
        shown.finish();
        self.content.end_text();
        if said {
            self.content.end_marked_content();
        }
    }
}

/// A channel as a share of 1.
fn fine_share(channel: u8) -> f32 {
    ((f32::from(channel) / 255.0) * 1000.0).round() / 1000.0
}
