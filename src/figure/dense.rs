//! Layers of very many points as pictures, so that a vector file stays small.
//!
//! A page with more than 20,000 points (of lines and polygons, discs and blocks count as one) keeps axes and text as they
//! are; what carries the data becomes a picture at the bitmap's resolution, through which the page is seen.

use super::bitmap::layer;
use super::sheet::{Ink, Shape, Sheet};
use super::theme::Theme;
use crate::error::Result;
use std::borrow::Cow;

/// Points that a vector file holds, and those that are worth a picture.
const MOST: usize = 20_000;
const WORTH: usize = 500;

/// The sheet as a vector file may hold it; pictures of layers have `scale` points per logical pixel.
pub(super) fn thinned(sheet: &Sheet, theme: Theme, scale: f64) -> Result<Cow<'_, Sheet>> {
    let total = |shapes: &[Shape]| shapes.iter().map(points).sum::<usize>();
    if total(&sheet.shapes) <= MOST {
        return Ok(Cow::Borrowed(sheet));
    }
    // First what has colours of the data's own; where axes stand between ever so many small parts, these as well.
    let mut thin = sheet.clone();
    for carries in [carries_data as fn(&Shape) -> bool, |shape| points(shape) > 0] {
        if total(&thin.shapes) > MOST {
            thin.shapes = pictured(&thin.shapes, carries, theme, scale, [sheet.width, sheet.height])?;
        }
    }
    Ok(Cow::Owned(thin))
}

/// Vector points of a shape.
fn points(shape: &Shape) -> usize {
    match shape {
        Shape::Line { points, .. } => points.len(),
        Shape::Polygon { corners, .. } => corners.len(),
        Shape::Block { .. } | Shape::Disc { .. } => 1,
        Shape::Words { .. } | Shape::Picture { .. } => 0,
    }
}

fn carries_data(shape: &Shape) -> bool {
    match shape {
        Shape::Line { colour, .. }
        | Shape::Polygon { colour, .. }
        | Shape::Block { colour, .. }
        | Shape::Disc { colour, .. } => matches!(colour, Ink::Own(_)),
        Shape::Words { .. } | Shape::Picture { .. } => false,
    }
}

/// Long runs of shapes that carry data as pictures. Text inside a run is drawn after it.
fn pictured(
    shapes: &[Shape],
    carries: impl Fn(&Shape) -> bool,
    theme: Theme,
    scale: f64,
    page: [f64; 2],
) -> Result<Vec<Shape>> {
    let mut out = Vec::new();
    let (mut run, mut words) = (Vec::new(), Vec::new());
    let flush = |run: &mut Vec<Shape>, words: &mut Vec<Shape>, out: &mut Vec<Shape>| -> Result<()> {
        if run.iter().map(points).sum::<usize>() >= WORTH {
            out.extend(picture(run, theme, scale, page)?);
        } else {
            out.append(run);
        }
        run.clear();
        out.append(words);
        Ok(())
    };
    for shape in shapes {
        match shape {
            Shape::Words { .. } => words.push(shape.clone()),
            shape if carries(shape) => run.push(shape.clone()),
            shape => {
                flush(&mut run, &mut words, &mut out)?;
                out.push(shape.clone());
            }
        }
    }
    flush(&mut run, &mut words, &mut out)?;
    Ok(out)
}

/// Shapes as one picture of the part of the page that they cover.
fn picture(shapes: &[Shape], theme: Theme, scale: f64, page: [f64; 2]) -> Result<Option<Shape>> {
    let (mut low, mut high) = (page, [0.0f64; 2]);
    let mut cover = |[x, y]: [f64; 2], around: f64| {
        low = [low[0].min(x - around), low[1].min(y - around)];
        high = [high[0].max(x + around), high[1].max(y + around)];
    };
    for shape in shapes {
        match shape {
            Shape::Line { points, width, .. } => points.iter().for_each(|p| cover(*p, *width)),
            Shape::Polygon { corners, .. } => corners.iter().for_each(|p| cover(*p, 1.0)),
            Shape::Disc { centre, radius, .. } => cover(*centre, radius + 1.0),
            Shape::Block { corner, size, .. } => {
                cover(*corner, 1.0);
                cover([corner[0] + size[0], corner[1] + size[1]], 1.0);
            }
            Shape::Words { .. } | Shape::Picture { .. } => {}
        }
    }
    // Whole pixels, so that the picture's points are the bitmap's.
    let low = low.map(|v| v.floor().max(0.0));
    let high = [high[0].ceil().min(page[0]), high[1].ceil().min(page[1])];
    let size = [high[0] - low[0], high[1] - low[1]];
    if size[0] < 1.0 || size[1] < 1.0 {
        return Ok(None);
    }
    let pixels = layer(shapes, low, size, theme, scale)?;
    Ok(Some(Shape::Picture { corner: low, size, pixels, smooth: true }))
}
