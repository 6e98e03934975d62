//! Many cuts in one direction, of one map or of several.

use super::direction::{Cuts, Direction};
use super::pane::Pane;
use super::raster::picture;
use super::scene::{Aside, LEFT, Scene};
use super::slices::sides;
use crate::brain::BrainMap;
use crate::error::{Error, Result};
use crate::figure::drawn::Figure;
use crate::figure::font;
use crate::figure::layout::{BAR, WIDTH};
use crate::figure::look::Look;
use crate::figure::paint::Paint;
use crate::figure::sheet::{Anchor, Heading, MARGIN, SOFT, Sheet, TICK, Text};
use crate::provenance::Provenance;

/// Space below a cut for its position.
const BELOW: f64 = 20.0;
/// Space between cuts.
const GAP: f64 = 6.0;
/// Maps that a grid holds at most.
const MOST: usize = 12;

/// Cuts side by side, as many in a row as are legible.
pub(super) fn mosaic(scene: &Scene, cuts: &Cuts) -> Result<Figure> {
    let planes = cuts.planes(scene.focus)?;
    let heading = Heading::new(&scene.title, &scene.remark(seen(cuts.direction)), WIDTH);
    let size = cuts.direction.size();
    let most = if planes.len() > 8 { 5 } else { 4 };
    let columns = planes.len().clamp(1, most);
    let rows = planes.len().div_ceil(columns);
    let room = WIDTH - 2.0 * MARGIN - scene.aside.width();
    let wide = (room / columns as f64 - GAP).min(220.0);
    let (scale, high) = (wide / size[0], wide / size[0] * size[1]);
    let pitch = [wide + GAP, high + BELOW + 8.0];
    let drawn = (rows as f64 * pitch[1]).max(scene.aside.height());
    let mut sheet = Sheet::new(WIDTH, heading.height() + drawn + scene.key_height() + MARGIN);
    let top = sheet.heading(&heading);
    for (n, cut) in planes.iter().enumerate() {
        let corner = [MARGIN + (n % columns) as f64 * pitch[0], top + (n / columns) as f64 * pitch[1]];
        let pane = Pane::new(corner, size, scale);
        sheet.picture(pane.corner, pane.size, picture(*cut, &pane, &scene.layer)?, true);
        scene.contours(&mut sheet, *cut, &pane);
        let text = Text::new(cut.label(), TICK).colour(SOFT).anchor(Anchor::Middle);
        sheet.words([pane.middle(), pane.corner[1] + high + 4.0 + TICK], text);
        if n == 0 && cuts.direction != Direction::Sagittal {
            sides(&mut sheet, &pane);
        }
    }
    scene.aside.draw(&mut sheet, top, drawn);
    scene.key(&mut sheet, top + drawn);
    let name = cuts.direction.name();
    Ok(Figure::new(sheet, format!("{}, {name} cuts over the MNI template: {}", scene.title, scene.facts)))
}

/// How cuts of a direction are to be read.
fn seen(direction: Direction) -> &'static str {
    match direction {
        Direction::Sagittal => "The back of the head is at the left; x < 0 is the left hemisphere.",
        _ => LEFT,
    }
}

/// Cuts of several maps, one row each, at the same positions and with one colour scale.
///
/// ```no_run
/// use neurocell::figure::{Cuts, Look, Threshold, mosaic_grid};
/// # fn show(a: neurocell::brain::BrainMap, b: neurocell::brain::BrainMap) -> neurocell::Result<()> {
/// mosaic_grid(&[a, b], Cuts::axial(&[-12.0, 6.0, 24.0, 48.0]), Look::default().threshold(Threshold::Both(3.1)))?.save("both.png")?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// If there is no map or more than 12, their units differ, and as [`BrainMap::mosaic_with`].
pub fn mosaic_grid(maps: &[BrainMap], cuts: Cuts, look: Look) -> Result<Figure> {
    if maps.is_empty() || maps.len() > MOST {
        return Err(Error::value(
            format!("{} maps; a grid holds 1 to {MOST}", maps.len()),
            "choose the maps that are to be compared",
        ));
    }
    if let Some(other) = maps.iter().find(|m| m.unit() != maps[0].unit()) {
        return Err(Error::value(
            format!("`{}` is in {}, `{}` in {}", maps[0].label(), maps[0].unit(), other.label(), other.unit()),
            "a common scale needs a common unit: draw the maps apart",
        ));
    }
    let paint = Paint::new(maps, &look)?;
    let planes = cuts.planes(paint.peak(maps).map(|peak| peak.mm))?;
    let title = look.title.clone().unwrap_or_else(|| format!("{} maps", maps.len()));
    let common = match maps.len() {
        1 => paint.rule(),
        _ => format!("One scale for all rows; {}", paint.rule()),
    };
    let remark = format!("{common}. {}", seen(cuts.direction));
    let heading = Heading::new(&title, &remark, WIDTH);
    let names: Vec<Vec<String>> = maps.iter().map(|m| font::wrap(m.label(), TICK, false, 130.0)).collect();
    let (left, gap) = (MARGIN + 140.0, 4.0);
    let size = cuts.direction.size();
    let wide = ((WIDTH - left - MARGIN - BAR) / planes.len() as f64 - gap).min(150.0);
    let (scale, high) = (wide / size[0], wide / size[0] * size[1]);
    let scenes = maps.iter().map(|map| Scene::of_map(map, &look)).collect::<Result<Vec<_>>>()?;
    let drawn = (22.0 + maps.len() as f64 * (high + 10.0)).max(190.0);
    let mut sheet = Sheet::new(WIDTH, heading.height() + drawn + scenes[0].key_height() + MARGIN);
    let top = sheet.heading(&heading);
    for (n, cut) in planes.iter().enumerate() {
        let x = left + (wide + gap) * (n as f64 + 0.5);
        let text = if n == 0 { cut.label() } else { cut.short() };
        // Of many narrow cuts only the numbers fit.
        let text = if font::width(&text, TICK, false) > wide { cut.short() } else { text };
        sheet.words([x, top + TICK], Text::new(text, TICK).colour(SOFT).anchor(Anchor::Middle));
    }
    for (row, mut scene) in scenes.into_iter().enumerate() {
        // One scale for all.
        scene.repaint(&paint);
        let y = top + 22.0 + row as f64 * (high + 10.0);
        for (n, cut) in planes.iter().enumerate() {
            let pane = Pane::new([left + (wide + gap) * n as f64, y], size, scale);
            sheet.picture(pane.corner, pane.size, picture(*cut, &pane, &scene.layer)?, true);
            scene.contours(&mut sheet, *cut, &pane);
            if row == 0 && n == 0 && cuts.direction != Direction::Sagittal {
                sides(&mut sheet, &pane);
            }
        }
        named(&mut sheet, names[row].clone(), left, y + 0.5 * high, high);
        if row + 1 == maps.len() {
            scene.key(&mut sheet, top + drawn);
        }
    }
    let bar = Aside::Bar { paint, unit: maps[0].unit().to_owned() };
    bar.draw(&mut sheet, top + 18.0, drawn - 22.0);
    let labels: Vec<&str> = maps.iter().map(BrainMap::label).collect();
    let name = cuts.direction.name();
    let alt = format!("{title}, {name} cuts over the MNI template, one row each: {}", labels.join("; "));
    let made: Provenance = look.traced("mosaic_grid", "map", &maps[0]).option("cuts", cuts.traced());
    let made = maps[1..].iter().fold(made, |made, map| made.input("map", map));
    Ok(Figure::new(sheet, alt).made(made))
}

/// A row's name left of it, in as many lines as the row is high.
fn named(sheet: &mut Sheet, mut lines: Vec<String>, left: f64, middle: f64, high: f64) {
    let most = ((high / (1.3 * TICK)) as usize).max(1);
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            *last = font::shorten(&format!("{last} …"), TICK, false, 140.0);
        }
    }
    let first = middle - 0.65 * TICK * (lines.len() as f64 - 1.0);
    for (n, line) in lines.iter().enumerate() {
        sheet.centred([left - 10.0, first + 1.3 * TICK * n as f64], Text::new(line, TICK).anchor(Anchor::End));
    }
}
