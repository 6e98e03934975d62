//! Three cuts through one point.

use super::direction::{Cut, Direction, FIELD, field};
use super::pane::Pane;
use super::raster::picture;
use super::scene::{LEFT, Scene};
use crate::error::{Error, Result};
use crate::figure::drawn::Figure;
use crate::figure::layout::WIDTH;
use crate::figure::sheet::{Anchor, Colour, Heading, LABEL, MARGIN, Sheet, Text};

/// A green that is seen on every grey, on warm and on cold colours.
const CROSS: Colour = [0, 158, 96];
/// Space between cuts, and below them for their positions.
const GAP: f64 = 12.0;
const BELOW: f64 = 24.0;

/// Sagittal, coronal and axial cut through `at`, or through the scene's own point.
pub(super) fn three(scene: &Scene, at: Option<[f64; 3]>) -> Result<Figure> {
    if let Some(at) = at
        && !at.iter().zip(FIELD).all(|(mm, [low, high])| (low..=high).contains(mm))
    {
        return Err(Error::value(
            format!("the point ({}, {}, {}) mm lies outside of the template's field", at[0], at[1], at[2]),
            format!("give millimetres in MNI space: {}", field()),
        ));
    }
    let inside = |mm: [f64; 3]| [0, 1, 2].map(|axis| mm[axis].clamp(FIELD[axis][0], FIELD[axis][1]));
    let centre = at.or(scene.focus.map(inside)).unwrap_or([0.0, -18.0, 14.0]);
    let cuts = [Direction::Sagittal, Direction::Coronal, Direction::Axial]
        .map(|direction| Cut { direction, at: centre[direction.axis()] });
    let across: f64 = cuts.iter().map(|cut| cut.direction.size()[0]).sum();
    let scale = (WIDTH - 2.0 * MARGIN - scene.aside.width() - 2.0 * GAP) / across;
    let high = scale * Direction::Axial.size()[1];
    let heading = Heading::new(&scene.title, &scene.remark(LEFT), WIDTH);
    let drawn = (high + BELOW).max(scene.aside.height());
    let mut sheet = Sheet::new(WIDTH, heading.height() + drawn + scene.key_height() + MARGIN);
    let top = sheet.heading(&heading);
    let mut left = MARGIN;
    for cut in cuts {
        let mm = cut.direction.size();
        let pane = Pane::new([left, top + 0.5 * (high - scale * mm[1])], mm, scale);
        sheet.picture(pane.corner, pane.size, picture(cut, &pane, &scene.layer)?, true);
        scene.contours(&mut sheet, cut, &pane);
        if at.is_some() || scene.pointed {
            cross(&mut sheet, &pane, pane.px(cut.place(centre)));
        }
        if cut.direction != Direction::Sagittal {
            sides(&mut sheet, &pane);
        }
        let text = Text::new(cut.label(), LABEL).anchor(Anchor::Middle);
        sheet.words([pane.middle(), top + high + 4.0 + LABEL], text);
        left = pane.right() + GAP;
    }
    scene.aside.draw(&mut sheet, top, drawn);
    scene.key(&mut sheet, top + drawn + 4.0);
    let at = cuts.map(Cut::label).join(", ");
    let alt = format!("{}, cuts at {at} over the MNI template: {}", scene.title, scene.facts);
    Ok(Figure::new(sheet, alt))
}

/// Two lines over a picture that cross at a point of the page and leave the point itself free.
fn cross(sheet: &mut Sheet, pane: &Pane, [x, y]: [f64; 2]) {
    const FREE: f64 = 8.0;
    let ([left, top], [right, bottom]) = (pane.corner, [0, 1].map(|a| pane.corner[a] + pane.size[a]));
    let lines = [
        ([left, y], [x - FREE, y]),
        ([x + FREE, y], [right, y]),
        ([x, top], [x, y - FREE]),
        ([x, y + FREE], [x, bottom]),
    ];
    for (from, to) in lines.into_iter().filter(|(from, to)| from[0] < to[0] || from[1] < to[1]) {
        sheet.line(from, to, 1.0, CROSS);
    }
}

/// Marks the sides of a picture on which left is left.
pub(super) fn sides(sheet: &mut Sheet, pane: &Pane) {
    let y = pane.corner[1] + 14.0;
    sheet.words([pane.corner[0] + 2.0, y], Text::new("L", LABEL).bold());
    sheet.words([pane.right() - 2.0, y], Text::new("R", LABEL).bold().anchor(Anchor::End));
}
