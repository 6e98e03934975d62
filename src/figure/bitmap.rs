//! From shapes to pixels, by plotters' bitmap backend.

use super::font::{self, LINE_HEIGHT};
use super::ground::ground;
use super::render::{broken, rgb};
use super::shaping;
use super::sheet::{Anchor, Colour, Ink, PAPER, Pixels, Shape, Sheet, Text};
use super::theme::Theme;
use crate::error::{Error, Result};
use crate::linalg::in_pool;
use plotters::backend::{BitMapBackend, DrawingBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontTransform, IntoFont, TextStyle};
use rayon::prelude::*;

/// How much finer a bitmap is drawn before it is averaged down.
const OVERSAMPLE: usize = 2;
/// Pixels of a bitmap at most: 300 MB while it is drawn for each 25 million.
const MOST: f64 = 1e8;

/// A drawn page: red, green, blue, row by row from the top.
pub(super) struct Bitmap {
    pub columns: usize,
    pub rows: usize,
    pub data: Vec<u8>,
}

/// How a bitmap is drawn: its theme, and drawn points per logical pixel.
#[derive(Clone, Copy)]
struct Drawing {
    theme: Theme,
    scale: f64,
}

impl Drawing {
    fn point(self, [x, y]: [f64; 2]) -> (i32, i32) {
        ((x * self.scale).round() as i32, (y * self.scale).round() as i32)
    }
}

/// The sheet as a bitmap of `scale` pixels per logical pixel.
pub(super) fn bitmap(sheet: &Sheet, theme: Theme, scale: f64) -> Result<Bitmap> {
    draw(sheet, theme, scale, theme.colour(PAPER))
}

/// Shapes without a page, `scale` pixels per logical pixel: the picture of the rectangle at `corner` that lets the page
/// through where they do not cover it.
pub(super) fn layer(shapes: &[Shape], corner: [f64; 2], size: [f64; 2], theme: Theme, scale: f64) -> Result<Pixels> {
    let mut sheet = Sheet::new(size[0], size[1]);
    sheet.shapes = shapes.iter().map(|shape| shape.placed(1.0, corner.map(|c| -c))).collect();
    // What shapes cover by a share a of a point is (1 − a)·page + a·colour: two pages give both.
    let (black, white) = (draw(&sheet, theme, scale, [0; 3])?, draw(&sheet, theme, scale, [255; 3])?);
    let mut pixels = Pixels::new(black.columns, black.rows);
    let points = black.data.chunks_exact(3).zip(white.data.chunks_exact(3));
    for (point, (black, white)) in pixels.data.iter_mut().zip(points) {
        let through: u32 = black.iter().zip(white).map(|(b, w)| u32::from(w.saturating_sub(*b))).sum();
        let cover = 255 - through.min(765) / 3;
        if cover > 0 {
            let own = |c: usize| (255 * u32::from(black[c]) / cover).min(255) as u8;
            *point = [own(0), own(1), own(2), cover as u8];
        }
    }
    Ok(pixels)
}

fn draw(sheet: &Sheet, theme: Theme, scale: f64, paper: Colour) -> Result<Bitmap> {
    font::register();
    let [columns, rows] = [sheet.width, sheet.height].map(|side| (side * scale).round().max(1.0));
    if columns * rows > MOST {
        return Err(Error::value(
            format!("a picture of {columns} × {rows} pixels; one may have {} million", MOST / 1e6),
            "make the figure smaller, or take fewer dots per inch: `figure.dpi(150)`",
        ));
    }
    let (wide, high) = (columns as usize * OVERSAMPLE, rows as usize * OVERSAMPLE);
    let drawing = Drawing { theme, scale: scale * OVERSAMPLE as f64 };
    let mut buffer = paper.repeat(wide * high);
    for run in sheet.shapes.iter().enumerate().collect::<Vec<_>>().chunk_by(|a, b| is_picture(a.1) == is_picture(b.1)) {
        if is_picture(run[0].1) {
            for (_, shape) in run {
                if let Shape::Picture { corner, size, pixels, .. } = shape {
                    blit(&mut buffer, wide, drawing.point(*corner), drawing.point(*size), pixels);
                }
            }
            continue;
        }
        let mut backend = BitMapBackend::with_buffer(&mut buffer, (wide as u32, high as u32));
        for (n, shape) in run {
            match shape {
                Shape::Words { at, text } => {
                    let colour = theme.text(text.colour, ground(&sheet.shapes, *n));
                    words(&mut backend, drawing, *at, text, colour)?;
                }
                shape => figure(&mut backend, drawing, shape)?,
            }
        }
        backend.present().map_err(broken)?;
    }
    Ok(average(&buffer, wide, high))
}

fn is_picture(shape: &Shape) -> bool {
    matches!(shape, Shape::Picture { .. })
}

/// Draws a shape that is neither text nor picture.
fn figure<B: DrawingBackend>(backend: &mut B, drawing: Drawing, shape: &Shape) -> Result<()> {
    let colour = |ink: Ink| rgb(drawing.theme.colour(ink));
    match shape {
        Shape::Line { points, width, colour: ink } => {
            let stroke = ((width * drawing.scale).round() as u32).max(1);
            let style = colour(*ink).stroke_width(stroke);
            let points: Vec<(i32, i32)> = points.iter().map(|p| drawing.point(*p)).collect();
            for pair in points.windows(2) {
                backend.draw_line(pair[0], pair[1], &style).map_err(broken)?;
            }
            // Round joints; plotters' mitred ones stick out at the sharp peaks of a course.
            for joint in points.iter().skip(1).take(points.len().saturating_sub(2)) {
                backend
                    .draw_circle(*joint, (stroke / 2).saturating_sub(1), &colour(*ink).filled(), true)
                    .map_err(broken)?;
            }
        }
        Shape::Block { corner: [x, y], size: [w, h], colour: ink } => {
            let (from, to) = (drawing.point([*x, *y]), drawing.point([x + w, y + h]));
            // plotters takes a rectangle's last row and column in.
            if to.0 > from.0 && to.1 > from.1 {
                backend.draw_rect(from, (to.0 - 1, to.1 - 1), &colour(*ink).filled(), true).map_err(broken)?;
            }
        }
        Shape::Disc { centre, radius, colour: ink } => {
            let radius = (radius * drawing.scale).round() as u32;
            backend.draw_circle(drawing.point(*centre), radius, &colour(*ink).filled(), true).map_err(broken)?;
        }
        Shape::Polygon { corners, colour: ink } => {
            let corners: Vec<(i32, i32)> = corners.iter().map(|corner| drawing.point(*corner)).collect();
            backend.fill_polygon(corners, &colour(*ink).filled()).map_err(broken)?;
        }
        Shape::Words { .. } | Shape::Picture { .. } => {}
    }
    Ok(())
}

fn words<B: DrawingBackend>(
    backend: &mut B,
    drawing: Drawing,
    [x, y]: [f64; 2],
    text: &Text,
    colour: Colour,
) -> Result<()> {
    // plotters' text fits the line's height into its size, and lies half of it above its anchor.
    let size = LINE_HEIGHT * text.size * drawing.scale;
    let rise = 0.5 * LINE_HEIGHT * text.size;
    let font = font::font(size, text.bold).into_font();
    let colour = rgb(colour);
    let turn = if text.upward { FontTransform::Rotate270 } else { FontTransform::None };
    let style = TextStyle::from(font).color(&colour).transform(turn).pos(Pos::new(HPos::Left, VPos::Top));
    let glyphs = font::glyphs(text.bold);
    let line = shaping::shape(&text.text, glyphs);
    let begin = match text.anchor {
        Anchor::Start => 0.0,
        Anchor::Middle => -0.5 * text.size * line.width,
        Anchor::End => -text.size * line.width,
    };
    for shaping::Placed { letter, pen } in line.letters {
        // `along` the line and above it, in the direction in which the text is read.
        let along = begin + text.size * (pen + glyphs.of(letter).bearing);
        let at = if text.upward { [x - rise, y - along] } else { [x + along, y - rise] };
        backend.draw_text(letter.encode_utf8(&mut [0; 4]), &style, drawing.point(at)).map_err(broken)?;
    }
    Ok(())
}

/// Rows of the buffer that one thread takes at a time.
const BAND: usize = 32;

/// Puts a picture on the buffer, each buffer pixel from the point of the picture that covers it.
fn blit(buffer: &mut [u8], wide: usize, corner: (i32, i32), size: (i32, i32), pixels: &Pixels) {
    let (w, h) = (size.0.max(0) as usize, size.1.max(0) as usize);
    // Which columns of the buffer are covered, and by which of the picture.
    let columns: Vec<(usize, usize)> = (0..w)
        .filter_map(|column| Some((usize::try_from(corner.0 + column as i32).ok()?, column * pixels.columns / w)))
        .filter(|(x, _)| *x < wide)
        .collect();
    let (Some(first), Some(last)) = (columns.first(), columns.last()) else { return };
    let (from, to) = (3 * first.0, 3 * (last.0 + 1));
    let band = |(number, lines): (usize, &mut [u8])| {
        // The row above, where it is a copy: its number in the picture and in the band.
        let mut above: Option<(usize, usize)> = None;
        for y in 0..lines.len() / (3 * wide) {
            let row = (BAND * number + y) as i32 - corner.1;
            let Some(row) = usize::try_from(row).ok().filter(|row| *row < h) else { continue };
            let source = row * pixels.rows / h;
            if let Some((number, other)) = above
                && number == source
            {
                lines.copy_within(3 * wide * other + from..3 * wide * other + to, 3 * wide * y + from);
                continue;
            }
            let points = &pixels.data[source * pixels.columns..][..pixels.columns];
            let hides = cover(&mut lines[3 * wide * y + from..3 * wide * y + to], points, &columns);
            above = hides.then_some((source, y));
        }
    };
    in_pool(|| buffer.par_chunks_mut(3 * wide * BAND).enumerate().for_each(band));
}

/// Lays points of a picture's row on a line of the buffer; whether they hide it throughout.
fn cover(line: &mut [u8], points: &[[u8; 4]], columns: &[(usize, usize)]) -> bool {
    let mut hides = true;
    for (under, (_, column)) in line.chunks_exact_mut(3).zip(columns) {
        match points[*column] {
            [r, g, b, 255] => under.copy_from_slice(&[r, g, b]),
            [_, _, _, 0] => hides = false,
            [r, g, b, cover] => {
                hides = false;
                for (under, over) in under.iter_mut().zip([r, g, b]) {
                    let sum = u32::from(over) * u32::from(cover) + u32::from(*under) * (255 - u32::from(cover));
                    *under = ((sum + 127) / 255) as u8;
                }
            }
        }
    }
    hides
}

/// Means over squares of the oversampled bitmap: smooth edges for every shape.
fn average(buffer: &[u8], wide: usize, high: usize) -> Bitmap {
    let (columns, rows) = (wide / OVERSAMPLE, high / OVERSAMPLE);
    let mut data = vec![0; 3 * columns * rows];
    let mean = |(line, pair): (&mut [u8], &[u8])| {
        let (above, below) = pair.split_at(3 * wide);
        let squares = above.chunks_exact(3 * OVERSAMPLE).zip(below.chunks_exact(3 * OVERSAMPLE));
        for (point, (above, below)) in line.chunks_exact_mut(3).zip(squares) {
            for channel in 0..3 {
                let [a, b, c, d] =
                    [above[channel], above[channel + 3], below[channel], below[channel + 3]].map(u16::from);
                point[channel] = ((a + b + c + d + 2) / 4) as u8;
            }
        }
    };
    in_pool(|| {
        let lines = data.par_chunks_exact_mut(3 * columns).with_min_len(BAND);
        lines.zip(buffer.par_chunks_exact(3 * wide * OVERSAMPLE)).for_each(mean);
    });
    Bitmap { columns, rows, data }
}
