//! From shapes to SVG text and to PNG bytes, both through plotters' backends.

use super::font::{self, LINE_HEIGHT};
use super::sheet::{Anchor, Colour, Ink, PAPER, Pixels, Shape, Sheet, Text};
use super::theme::Theme;
use crate::error::{Error, Result};
use crate::provenance::{Provenance, png_chunk, svg_element};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ColorType, ImageEncoder};
use plotters::backend::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontTransform, IntoFont, RGBColor, TextStyle};
use std::fmt::Display;

/// Backend units per logical pixel of an SVG: plotters' coordinates are whole numbers, lines need finer ones.
const FINE: f64 = 10.0;
/// Bitmap pixels per logical pixel in the file, and how much finer it is drawn before it is averaged down.
pub(super) const PNG_SCALE: usize = 2;
const OVERSAMPLE: usize = 2;

fn broken(error: impl Display) -> Error {
    Error::value(format!("the figure cannot be drawn: {error}"), "make it smaller, or save it in the other format")
}

fn rgb([r, g, b]: Colour) -> RGBColor {
    RGBColor(r, g, b)
}

/// How a backend's coordinates and its text relate to logical pixels.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Svg,
    Bitmap,
}

impl Kind {
    fn scale(self) -> f64 {
        match self {
            Kind::Svg => FINE,
            Kind::Bitmap => (PNG_SCALE * OVERSAMPLE) as f64,
        }
    }

    fn point(self, [x, y]: [f64; 2]) -> (i32, i32) {
        ((x * self.scale()).round() as i32, (y * self.scale()).round() as i32)
    }

    /// plotters' size for an em in backend units, and how far above the baseline its top anchor lies: its SVG divides
    /// the size by 1.24 and drops the text by 0.76 em; its bitmap text fits the line height and drops by half of that.
    fn text(self, em: f64) -> (f64, f64) {
        match self {
            Kind::Svg => (1.24 * em, 0.76 * em),
            Kind::Bitmap => (LINE_HEIGHT * em, 0.5 * LINE_HEIGHT * em),
        }
    }
}

/// Draws one shape; pictures are the callers' matter, since plotters' two backends treat them differently.
fn draw<B: DrawingBackend>(backend: &mut B, kind: Kind, theme: Theme, shape: &Shape) -> Result<()> {
    let rgb = |ink: Ink| rgb(theme.colour(ink));
    match shape {
        Shape::Line { points, width, colour } => {
            let stroke = ((width * kind.scale()).round() as u32).max(1);
            let style = rgb(*colour).stroke_width(stroke);
            let points: Vec<(i32, i32)> = points.iter().map(|p| kind.point(*p)).collect();
            if kind == Kind::Svg && points.len() > 2 {
                return backend.draw_path(points, &style).map_err(broken);
            }
            for pair in points.windows(2) {
                backend.draw_line(pair[0], pair[1], &style).map_err(broken)?;
            }
            // Round joints; plotters' mitred ones stick out at the sharp peaks of a course.
            for joint in points.iter().skip(1).take(points.len().saturating_sub(2)) {
                backend
                    .draw_circle(*joint, (stroke / 2).saturating_sub(1), &rgb(*colour).filled(), true)
                    .map_err(broken)?;
            }
            Ok(())
        }
        Shape::Block { corner: [x, y], size: [w, h], colour } => {
            let (from, to) = (kind.point([*x, *y]), kind.point([x + w, y + h]));
            // A bitmap's rectangle takes its last row and column in, an SVG's does not.
            let last = if kind == Kind::Bitmap { 1 } else { 0 };
            if to.0 - last < from.0 || to.1 - last < from.1 {
                return Ok(());
            }
            backend.draw_rect(from, (to.0 - last, to.1 - last), &rgb(*colour).filled(), true).map_err(broken)
        }
        Shape::Disc { centre, radius, colour } => {
            let radius = (radius * kind.scale()).round() as u32;
            backend.draw_circle(kind.point(*centre), radius, &rgb(*colour).filled(), true).map_err(broken)
        }
        Shape::Polygon { corners, colour } => {
            let corners: Vec<(i32, i32)> = corners.iter().map(|corner| kind.point(*corner)).collect();
            backend.fill_polygon(corners, &rgb(*colour).filled()).map_err(broken)
        }
        Shape::Words { at, text } => words(backend, kind, theme, *at, text),
        Shape::Picture { .. } => Ok(()),
    }
}

fn words<B: DrawingBackend>(backend: &mut B, kind: Kind, theme: Theme, [x, y]: [f64; 2], text: &Text) -> Result<()> {
    let (size, rise) = kind.text(text.size * kind.scale());
    let rise = rise / kind.scale();
    let font = font::font(size, text.bold).into_font();
    let colour = rgb(theme.colour(text.colour));
    let turn = if text.upward { FontTransform::Rotate270 } else { FontTransform::None };
    let style = TextStyle::from(font).color(&colour).transform(turn);
    // `along` the line and above it, in the direction in which the text is read.
    let at = |along: f64| if text.upward { [x - rise, y - along] } else { [x + along, y - rise] };
    if kind == Kind::Svg {
        let h_pos = match text.anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        return backend
            .draw_text(&text.text, &style.pos(Pos::new(h_pos, VPos::Top)), kind.point(at(0.0)))
            .map_err(broken);
    }
    let style = style.pos(Pos::new(HPos::Left, VPos::Top));
    let glyphs = font::glyphs(text.bold);
    let mut along = match text.anchor {
        Anchor::Start => 0.0,
        Anchor::Middle => -0.5 * text.size * glyphs.width(&text.text),
        Anchor::End => -text.size * glyphs.width(&text.text),
    };
    for letter in text.text.chars() {
        let glyph = glyphs.of(letter);
        let ink = kind.point(at(along + text.size * glyph.bearing));
        backend.draw_text(letter.encode_utf8(&mut [0; 4]), &style, ink).map_err(broken)?;
        along += text.size * glyph.advance;
    }
    Ok(())
}

/// The sheet as SVG; `alt` becomes its title element.
pub(super) fn svg(sheet: &Sheet, theme: Theme, alt: &str, made: &Provenance) -> Result<String> {
    font::register();
    let (w, h) = (sheet.width, sheet.height);
    let (wide, high) = Kind::Svg.point([w, h]);
    let paper = theme.colour(PAPER);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {wide} {high}\" role=\"img\" \
         stroke-linejoin=\"round\" stroke-linecap=\"round\">\n<title>{}</title>\n<desc>neurocell {}</desc>\n{}\
         <rect width=\"{wide}\" height=\"{high}\" fill=\"#{:02X}{:02X}{:02X}\"/>\n",
        escape(alt),
        env!("CARGO_PKG_VERSION"),
        svg_element(made),
        paper[0],
        paper[1],
        paper[2],
    );
    for run in sheet.shapes.chunk_by(|a, b| is_picture(a) == is_picture(b)) {
        if is_picture(&run[0]) {
            for shape in run {
                out.push_str(&embedded(shape)?);
            }
            continue;
        }
        let mut part = String::new();
        {
            let mut backend = SVGBackend::with_string(&mut part, (wide as u32, high as u32));
            for shape in run {
                draw(&mut backend, Kind::Svg, theme, shape)?;
            }
            backend.present().map_err(broken)?;
        }
        // The backend wraps each run of shapes in an <svg> of its own: its first and last line.
        let inner =
            part.split_once('\n').and_then(|(_, rest)| rest.rsplit_once("</svg>")).map_or("", |(inner, _)| inner);
        out.push_str(inner);
    }
    out.push_str("</svg>\n");
    Ok(out)
}

fn is_picture(shape: &Shape) -> bool {
    matches!(shape, Shape::Picture { .. })
}

fn embedded(shape: &Shape) -> Result<String> {
    let Shape::Picture { corner, size, pixels, smooth } = shape else { return Ok(String::new()) };
    let ((x, y), (w, h)) = (Kind::Svg.point(*corner), Kind::Svg.point(*size));
    let style = if *smooth { "" } else { " style=\"image-rendering:pixelated\"" };
    let data = BASE64.encode(encode_sheer(pixels)?);
    Ok(format!(
        "<image x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" preserveAspectRatio=\"none\"{style} \
         href=\"data:image/png;base64,{data}\"/>\n"
    ))
}

/// Text as it may stand between SVG tags.
fn escape(text: &str) -> String {
    font::clean(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A drawn page: red, green, blue, row by row from the top.
pub(super) struct Bitmap {
    pub columns: usize,
    pub rows: usize,
    pub data: Vec<u8>,
}

/// The sheet as a bitmap, twice the logical size.
pub(super) fn bitmap(sheet: &Sheet, theme: Theme) -> Result<Bitmap> {
    font::register();
    let (wide, high) = Kind::Bitmap.point([sheet.width, sheet.height]);
    let (wide, high) = (wide as usize, high as usize);
    let mut buffer = theme.colour(PAPER).repeat(wide * high);
    for shape in &sheet.shapes {
        if let Shape::Picture { corner, size, pixels, .. } = shape {
            blit(&mut buffer, [wide, high], Kind::Bitmap.point(*corner), Kind::Bitmap.point(*size), pixels);
            continue;
        }
        let mut backend = BitMapBackend::with_buffer(&mut buffer, (wide as u32, high as u32));
        draw(&mut backend, Kind::Bitmap, theme, shape)?;
        backend.present().map_err(broken)?;
    }
    Ok(average(&buffer, wide, high))
}

/// Puts a picture on the buffer, each buffer pixel from the point of the picture that covers it.
fn blit(buffer: &mut [u8], [wide, high]: [usize; 2], corner: (i32, i32), size: (i32, i32), pixels: &Pixels) {
    let (w, h) = (size.0.max(0) as usize, size.1.max(0) as usize);
    for row in 0..h {
        let y = corner.1 + row as i32;
        if y < 0 || y as usize >= high {
            continue;
        }
        for column in 0..w {
            let x = corner.0 + column as i32;
            if x < 0 || x as usize >= wide {
                continue;
            }
            let [r, g, b, cover] = pixels.data[(row * pixels.rows / h) * pixels.columns + column * pixels.columns / w];
            let to = 3 * (y as usize * wide + x as usize);
            for (under, over) in buffer[to..to + 3].iter_mut().zip([r, g, b]) {
                let sum = u32::from(over) * u32::from(cover) + u32::from(*under) * (255 - u32::from(cover));
                *under = ((sum + 127) / 255) as u8;
            }
        }
    }
}

/// Means over squares of the oversampled bitmap: smooth edges for every shape.
fn average(buffer: &[u8], wide: usize, high: usize) -> Bitmap {
    let (columns, rows) = (wide / OVERSAMPLE, high / OVERSAMPLE);
    let mut data = Vec::with_capacity(3 * columns * rows);
    let area = (OVERSAMPLE * OVERSAMPLE) as u32;
    for row in 0..rows {
        for column in 0..columns {
            for channel in 0..3 {
                let mut sum = 0;
                for dy in 0..OVERSAMPLE {
                    for dx in 0..OVERSAMPLE {
                        let at = (row * OVERSAMPLE + dy) * wide + column * OVERSAMPLE + dx;
                        sum += u32::from(buffer[3 * at + channel]);
                    }
                }
                data.push(((sum + area / 2) / area) as u8);
            }
        }
    }
    Bitmap { columns, rows, data }
}

fn encode(data: &[u8], columns: usize, rows: usize, kind: ColorType) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    PngEncoder::new_with_quality(&mut bytes, CompressionType::Default, FilterType::Sub)
        .write_image(data, columns as u32, rows as u32, kind)
        .map_err(broken)?;
    Ok(bytes)
}

/// A picture of its own; where it hides the page throughout it needs no fourth channel.
fn encode_sheer(pixels: &Pixels) -> Result<Vec<u8>> {
    let (columns, rows) = (pixels.columns, pixels.rows);
    if pixels.data.iter().all(|point| point[3] == 255) {
        let opaque: Vec<u8> = pixels.data.iter().flat_map(|[r, g, b, _]| [*r, *g, *b]).collect();
        return encode(&opaque, columns, rows, ColorType::Rgb8);
    }
    encode(pixels.data.as_flattened(), columns, rows, ColorType::Rgba8)
}

/// The sheet as PNG: its resolution (so that it prints at its logical size), its description and the version are in the file.
pub(super) fn png(sheet: &Sheet, theme: Theme, alt: &str, made: &Provenance) -> Result<Vec<u8>> {
    let page = bitmap(sheet, theme)?;
    let bytes = encode(&page.data, page.columns, page.rows, ColorType::Rgb8)?;
    // A PNG is 8 bytes of signature, then the header chunk of 25 bytes; ours follow it.
    const HEADER: usize = 33;
    let dots_per_metre = (96.0 * PNG_SCALE as f64 / 0.0254).round() as u32;
    let mut resolution = dots_per_metre.to_be_bytes().repeat(2);
    resolution.push(1);
    let software = format!("Software\0neurocell {}", env!("CARGO_PKG_VERSION"));
    let description = format!("Description\0\0\0\0\0{}", font::clean(alt));
    let mut out = bytes[..HEADER.min(bytes.len())].to_vec();
    let made = png_chunk(made);
    for (name, data) in [
        (b"pHYs", resolution.as_slice()),
        (b"tEXt", software.as_bytes()),
        (b"iTXt", description.as_bytes()),
        (b"iTXt", made.as_slice()),
    ] {
        out.extend((data.len() as u32).to_be_bytes());
        let mut checksum = flate2::Crc::new();
        for part in [name.as_slice(), data] {
            checksum.update(part);
            out.extend(part);
        }
        out.extend(checksum.sum().to_be_bytes());
    }
    out.extend(bytes.get(HEADER..).unwrap_or_default());
    Ok(out)
}
