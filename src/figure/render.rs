//! From shapes to SVG text, by plotters' backend, and from pixels to PNG bytes.

use super::bitmap::bitmap;
use super::font::{self, FAMILY};
use super::ground::ground;
use super::packing::{deflated, packed};
use super::palette::Palette;
use super::shaping;
use super::sheet::{Anchor, Colour, Ink, PAPER, Pixels, Shape, Sheet, Text};
use super::theme::Theme;
use crate::error::{Error, Result};
use crate::provenance::{Provenance, png_chunk, svg_element};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use plotters::backend::{DrawingBackend, SVGBackend};
use plotters::style::{Color, RGBColor};
use std::fmt::Display;

/// Backend units per logical pixel of an SVG: plotters' coordinates are whole numbers, lines need finer ones.
const FINE: f64 = 10.0;
/// Bitmap pixels per logical pixel where nothing else is asked for.
pub(super) const PNG_SCALE: usize = 2;

pub(super) fn broken(error: impl Display) -> Error {
    Error::value(format!("the figure cannot be drawn: {error}"), "make it smaller, or save it in the other format")
}

pub(super) fn rgb([r, g, b]: Colour) -> RGBColor {
    RGBColor(r, g, b)
}

/// A colour as SVG names it.
fn hex([r, g, b]: Colour) -> String {
    format!("#{r:02X}{g:02X}{b:02X}")
}

fn fine([x, y]: [f64; 2]) -> (i32, i32) {
    ((x * FINE).round() as i32, (y * FINE).round() as i32)
}

/// The sheet as SVG, `scale` times its logical size; `alt` becomes its title element.
pub(super) fn svg(sheet: &Sheet, theme: Theme, scale: f64, alt: &str, made: &Provenance) -> Result<String> {
    font::register();
    let (w, h) = (sheet.width * scale, sheet.height * scale);
    let (wide, high) = fine([sheet.width, sheet.height]);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {wide} {high}\" role=\"img\" \
         direction=\"ltr\" stroke-linejoin=\"round\" stroke-linecap=\"round\">\n{}\
         <rect width=\"{wide}\" height=\"{high}\" fill=\"{}\"/>\n",
        svg_metadata(alt, made),
        hex(theme.colour(PAPER)),
    );
    let shapes: Vec<(usize, &Shape)> = sheet.shapes.iter().enumerate().collect();
    for run in shapes.chunk_by(|a, b| is_ours(a.1) == is_ours(b.1)) {
        if is_ours(run[0].1) {
            for (n, shape) in run {
                match shape {
                    Shape::Words { at, text } => {
                        out.push_str(&words(*at, text, theme.text(text.colour, ground(&sheet.shapes, *n))));
                    }
                    shape => out.push_str(&embedded(shape)?),
                }
            }
            continue;
        }
        let mut part = String::new();
        {
            let mut backend = SVGBackend::with_string(&mut part, (wide as u32, high as u32));
            for (_, shape) in run {
                draw(&mut backend, theme, shape)?;
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

/// What the file says about itself.
fn svg_metadata(alt: &str, made: &Provenance) -> String {
    let version = env!("CARGO_PKG_VERSION");
    format!("<title>{}</title>\n<desc>neurocell {version}</desc>\n{}", escape(alt), svg_element(made))
}

/// Whether a shape is written here: plotters has no pictures in SVG, and no text that runs from right to left.
fn is_ours(shape: &Shape) -> bool {
    matches!(shape, Shape::Picture { .. } | Shape::Words { .. })
}

/// Draws a shape that is neither text nor picture.
fn draw<B: DrawingBackend>(backend: &mut B, theme: Theme, shape: &Shape) -> Result<()> {
    let colour = |ink: Ink| rgb(theme.colour(ink));
    match shape {
        Shape::Line { points, width, colour: ink } => {
            let style = colour(*ink).stroke_width(((width * FINE).round() as u32).max(1));
            let points: Vec<(i32, i32)> = points.iter().map(|p| fine(*p)).collect();
            match points[..] {
                [from, to] => backend.draw_line(from, to, &style).map_err(broken),
                _ => backend.draw_path(points, &style).map_err(broken),
            }
        }
        Shape::Block { corner: [x, y], size: [w, h], colour: ink } => {
            let (from, to) = (fine([*x, *y]), fine([x + w, y + h]));
            if to.0 < from.0 || to.1 < from.1 {
                return Ok(());
            }
            backend.draw_rect(from, to, &colour(*ink).filled(), true).map_err(broken)
        }
        Shape::Disc { centre, radius, colour: ink } => {
            let radius = (radius * FINE).round() as u32;
            backend.draw_circle(fine(*centre), radius, &colour(*ink).filled(), true).map_err(broken)
        }
        Shape::Polygon { corners, colour: ink } => {
            let corners: Vec<(i32, i32)> = corners.iter().map(|corner| fine(*corner)).collect();
            backend.fill_polygon(corners, &colour(*ink).filled()).map_err(broken)
        }
        Shape::Words { .. } | Shape::Picture { .. } => Ok(()),
    }
}

/// A text in the order in which it was typed: who shows the SVG brings it into that of the page.
fn words(at: [f64; 2], text: &Text, colour: Colour) -> String {
    let (x, y) = fine(at);
    let line = shaping::shape(&text.text, font::glyphs(text.bold));
    // Where text runs from right to left it starts at its right end.
    let anchor = match (text.anchor, line.leftward) {
        (Anchor::Start, false) | (Anchor::End, true) => "start",
        (Anchor::Middle, _) => "middle",
        (Anchor::End, false) | (Anchor::Start, true) => "end",
    };
    let mut more = String::new();
    if line.leftward {
        more.push_str(" direction=\"rtl\"");
    }
    if text.bold {
        more.push_str(" font-weight=\"bold\"");
    }
    if text.upward {
        more.push_str(&format!(" transform=\"rotate(-90 {x} {y})\""));
    }
    // Letters that come from some other font fill the room that is kept for them.
    if font::lacks(&text.text, text.bold) {
        let length = (line.width * text.size * FINE).round();
        more.push_str(&format!(" textLength=\"{length}\" lengthAdjust=\"spacingAndGlyphs\""));
    }
    format!(
        "<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\" font-family=\"{FAMILY}\" font-size=\"{}\" fill=\"{}\"{more}>{}</text>\n",
        (text.size * FINE * 10.0).round() / 10.0,
        hex(colour),
        escape(&text.text)
    )
}

fn embedded(shape: &Shape) -> Result<String> {
    let Shape::Picture { corner, size, pixels, smooth } = shape else { return Ok(String::new()) };
    let ((x, y), (w, h)) = (fine(*corner), fine(*size));
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

/// The sheet as PNG of `scale` pixels per logical pixel, to be printed at `dpi`.
pub(super) fn png(sheet: &Sheet, theme: Theme, scale: f64, dpi: u32, alt: &str, made: &Provenance) -> Result<Vec<u8>> {
    let page = bitmap(sheet, theme, scale)?;
    encode(&page.data, [page.columns, page.rows], 3, &png_metadata(dpi, alt, made))
}

/// The same in 256 colours: some half of the bytes.
pub(super) fn small_png(
    sheet: &Sheet,
    theme: Theme,
    scale: f64,
    dpi: u32,
    alt: &str,
    made: &Provenance,
) -> Result<Vec<u8>> {
    let page = bitmap(sheet, theme, scale)?;
    encode_palette(page.data.as_chunks().0, [page.columns, page.rows], &png_metadata(dpi, alt, made))
}

/// A chunk's name and content.
pub(super) type Chunk = ([u8; 4], Vec<u8>);

/// What the file says about itself: its resolution (so that it prints at its logical size), the version, its description.
fn png_metadata(dpi: u32, alt: &str, made: &Provenance) -> Vec<Chunk> {
    let mut resolution = ((f64::from(dpi) / 0.0254).round() as u32).to_be_bytes().repeat(2);
    resolution.push(1);
    vec![
        (*b"pHYs", resolution),
        (*b"tEXt", format!("Software\0neurocell {}", env!("CARGO_PKG_VERSION")).into_bytes()),
        (*b"iTXt", format!("Description\0\0\0\0\0{}", font::clean(alt)).into_bytes()),
        (*b"iTXt", png_chunk(made)),
    ]
}

/// A picture of its own; where it hides the page throughout it needs no fourth channel.
fn encode_sheer(pixels: &Pixels) -> Result<Vec<u8>> {
    let size = [pixels.columns, pixels.rows];
    if pixels.data.iter().all(|point| point[3] == 255) {
        let opaque: Vec<u8> = pixels.data.iter().flat_map(|[r, g, b, _]| [*r, *g, *b]).collect();
        return encode(&opaque, size, 3, &[]);
    }
    encode(pixels.data.as_flattened(), size, 4, &[])
}

/// Rows of points of `channels` bytes as PNG.
fn encode(data: &[u8], [columns, rows]: [usize; 2], channels: usize, metadata: &[Chunk]) -> Result<Vec<u8>> {
    let packed = packed(data, channels * columns)?;
    // Colours with or without cover.
    let head = header([columns, rows], if channels == 3 { 2 } else { 6 });
    Ok(chunked(&head, metadata, &[(b"IDAT", &packed), (b"IEND", &[])]))
}

/// Rows of points as PNG whose points are numbers of at most 256 colours.
pub(super) fn encode_palette(points: &[Colour], size: [usize; 2], metadata: &[Chunk]) -> Result<Vec<u8>> {
    let palette = Palette::of(points);
    let mut lines = Vec::with_capacity(points.len() + size[1]);
    for row in points.chunks(size[0].max(1)) {
        // Each row says first that it is stored as it is.
        lines.push(0);
        lines.extend(row.iter().map(|point| palette.nearest(*point)));
    }
    let (colours, packed) = (palette.colours().as_flattened(), deflated(&lines, 6)?);
    Ok(chunked(&header(size, 3), metadata, &[(b"PLTE", colours), (b"IDAT", &packed), (b"IEND", &[])]))
}

/// Size, 8 bits a channel or number, the kind of points, and the one way each of packing, filters and order.
fn header([columns, rows]: [usize; 2], kind: u8) -> Vec<u8> {
    let mut header: Vec<u8> = [columns as u32, rows as u32].into_iter().flat_map(u32::to_be_bytes).collect();
    header.extend([8, kind, 0, 0, 0]);
    header
}

fn chunked(header: &[u8], metadata: &[Chunk], picture: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let about = metadata.iter().map(|(name, content)| (name, content.as_slice()));
    png_file([(b"IHDR", header)].into_iter().chain(about).chain(picture.iter().copied()))
}

/// A PNG of its chunks: each is its length, its name, its content and a checksum.
fn png_file<'a>(chunks: impl IntoIterator<Item = (&'a [u8; 4], &'a [u8])>) -> Vec<u8> {
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    for (name, content) in chunks {
        out.extend((content.len() as u32).to_be_bytes());
        let mut checksum = flate2::Crc::new();
        for part in [name.as_slice(), content] {
            checksum.update(part);
            out.extend(part);
        }
        out.extend(checksum.sum().to_be_bytes());
    }
    out
}
