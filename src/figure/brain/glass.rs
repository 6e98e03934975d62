//! A brain of glass: what lies anywhere along a line of sight, seen at once.

use super::contour::{Lattice, simpler, stroke};
use super::layer::{Layer, NOTHING, Sheer, stack};
use super::pane::Pane;
use super::projection::{Projection, Sampled};
use super::scene::Scene;
use super::shell::{Shell, shell};
use super::slices::sides;
use super::view::{VIEWS, View};
use crate::error::Result;
use crate::figure::drawn::Figure;
use crate::figure::layout::WIDTH;
use crate::figure::paint::Paint;
use crate::figure::sheet::{Anchor, Colour, Heading, LABEL, MARGIN, Pixels, SOFT, Sheet, TICK, Text};
use crate::linalg::in_pool;
use rayon::prelude::*;

/// Space between views, and below them for their names.
const GAP: f64 = 12.0;
const BELOW: f64 = 24.0;
/// The glass, seen on light and on dark pages.
const GLASS: Colour = [118, 118, 124];
/// Step along a line of sight, in mm, in which the first label is looked for.
const STEP: f64 = 1.5;

/// Four views of what is shown.
pub(super) fn glass(scene: &Scene) -> Result<Figure> {
    let across: f64 = VIEWS.iter().map(|view| view.direction().size()[0]).sum();
    let scale = (WIDTH - 2.0 * MARGIN - scene.aside.width() - 3.0 * GAP) / across;
    let high = scale * View::Above.direction().size()[1];
    let how = match scene.layer {
        Layer::Values { .. } => "The value of greatest size along each line of sight.",
        Layer::Labels { .. } => "What lies nearest to the viewer along each line of sight.",
    };
    let heading = Heading::new(&scene.title, &scene.remark(how), WIDTH);
    let drawn = (high + BELOW).max(scene.aside.height());
    let mut sheet = Sheet::new(WIDTH, heading.height() + drawn + scene.key_height() + MARGIN);
    let top = sheet.heading(&heading);
    let sampled = match &scene.layer {
        Layer::Values { volume, .. } => Some(Sampled::of(volume)),
        Layer::Labels { .. } => None,
    };
    let borders: Vec<Sampled> = scene.lines.iter().map(|line| Sampled::of(line.volume())).collect();
    let mut left = MARGIN;
    for view in VIEWS {
        crate::notebook::check_cancelled("drawing a glass brain")?;
        let mm = view.direction().size();
        let pane = Pane::new([left, top + 0.5 * (high - scale * mm[1])], mm, scale);
        let shell = shell(view)?;
        let projection = sampled.as_ref().map(|sampled| Projection::of(sampled, view));
        let pixels = raster(mm, pane.points(), |place| {
            let inside = match (&scene.layer, &projection) {
                (Layer::Values { paint, .. }, Some(projection)) => greatest(projection, paint, view.plane(place)),
                (layer, _) => first(layer, view, place),
            };
            glazed(shell, place, inside)
        });
        sheet.picture(pane.corner, pane.size, pixels, true);
        let on_page = |line: &[[f64; 2]]| line.iter().map(|place| pane.px(*place)).collect::<Vec<_>>();
        for line in &shell.outline {
            sheet.path(simpler(&on_page(line), 0.1), 1.4, GLASS);
        }
        for (n, (line, border)) in scene.lines.iter().zip(&borders).enumerate() {
            let projection = Projection::of(border, view);
            contour(&projection, view, line.level, pane.step()).iter().for_each(|l| stroke(&mut sheet, &on_page(l), n));
        }
        if matches!(view, View::Behind | View::Above) {
            sides(&mut sheet, &pane);
        }
        let text = Text::new(view.label(), TICK).colour(SOFT).anchor(Anchor::Middle);
        sheet.words([pane.middle(), top + high + 4.0 + LABEL], text);
        left = pane.right() + GAP;
    }
    scene.aside.draw(&mut sheet, top, drawn);
    scene.key(&mut sheet, top + drawn + 4.0);
    Ok(Figure::new(sheet, format!("{}, glass brain: {}", scene.title, scene.facts)))
}

/// A picture of `size` mm; `colour` gets a point's centre in mm from the upper left corner.
fn raster(size: [f64; 2], [columns, rows]: [usize; 2], colour: impl Fn([f64; 2]) -> Sheer + Sync) -> Pixels {
    let mut pixels = Pixels::new(columns, rows);
    let share = |n: usize, of: usize| (n as f64 + 0.5) / of as f64;
    in_pool(|| {
        pixels.data.par_chunks_mut(columns).enumerate().for_each(|(row, points)| {
            let down = share(row, rows) * size[1];
            for (column, point) in points.iter_mut().enumerate() {
                let ([r, g, b], cover) = colour([share(column, columns) * size[0], down]);
                *point = [r, g, b, (255.0 * cover + 0.5) as u8];
            }
        })
    });
    pixels
}

/// The colour of the value of greatest size among those that are shown.
fn greatest(projection: &Projection, paint: &Paint, plane: [f64; 2]) -> Sheer {
    let Some(ends) = projection.at(plane) else { return NOTHING };
    let shown = ends.into_iter().filter(|value| paint.cover(*value) > 0.0);
    match shown.max_by(|a, b| a.abs().total_cmp(&b.abs())) {
        Some(value) => (paint.scale(value), paint.cover(value)),
        None => NOTHING,
    }
}

/// The label nearest to the viewer.
fn first(layer: &Layer, view: View, place: [f64; 2]) -> Sheer {
    let [near, far] = view.depth();
    let steps = ((near - far).abs() / STEP) as usize;
    let along = (0..=steps).map(|step| layer.at(view.mm(place, near + (far - near).signum() * STEP * step as f64)));
    along.into_iter().find(|sheer| sheer.1 > 0.0).unwrap_or(NOTHING)
}

/// What lies inside, seen through the glass.
fn glazed(shell: &Shell, place: [f64; 2], inside: Sheer) -> Sheer {
    let turned = shell.at(place).powf(1.2);
    // Before a colour the glass is thinner, so that the colour is still that of the scale.
    stack(stack((GLASS, 0.75 * turned), inside), (GLASS, if inside.1 > 0.0 { 0.3 * turned } else { 0.0 }))
}

/// Where a projection has a level, in mm from the picture's upper left corner.
fn contour(projection: &Projection, view: View, level: f64, step: f64) -> Vec<Vec<[f64; 2]>> {
    let size = view.direction().size();
    let [columns, rows] = size.map(|mm| (mm / step).ceil() as usize + 1);
    let step = [size[0] / (columns - 1) as f64, size[1] / (rows - 1) as f64];
    let side = usize::from(level < 0.0);
    let lattice = Lattice::new(columns, rows, |column, row| {
        projection.at(view.plane([step[0] * column as f64, step[1] * row as f64])).map_or(0.0, |ends| ends[side])
    });
    let lines = lattice.lines(level);
    lines.into_iter().map(|line| line.into_iter().map(|[x, y]| [x * step[0], y * step[1]]).collect()).collect()
}
