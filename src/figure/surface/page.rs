//! Views of the cortex side by side, each with its name.

use super::super::render::PNG_SCALE;
use super::super::sheet::{Anchor, Colour, Heading, LABEL, MARGIN, Pixels, SOFT, Sheet, TICK, Text};
use super::mesh::{Mesh, dot};
use super::options::{Surface, SurfaceView};
use super::raster::{Part, Seen, Spot, render};
use super::shade::{Ground, greys, ground};
use crate::brain::Cortex;
use crate::error::Result;

/// Width of a page with up to two pictures in a row, and of one with more.
const WIDTHS: [f64; 2] = [720.0, 900.0];
/// Between two pictures.
const GAP: f64 = 14.0;
/// Space below a picture for its name.
const BELOW: f64 = 26.0;
/// The least height of the pictures together, so that a colour bar has room.
const LEAST: f64 = 250.0;
/// The greatest height of one picture.
const HIGHEST: f64 = 420.0;

/// What one view shows: hemispheres turned to the viewer, in mm, and their outline's box.
struct Turned {
    view: SurfaceView,
    sides: Vec<(usize, Vec<Seen>)>,
    low: [f32; 2],
    high: [f32; 2],
}

impl Turned {
    fn new(view: SurfaceView, meshes: &[Mesh; 2]) -> Turned {
        let [right, up, to_viewer] = view.frame();
        let turned = |v: [f32; 3]| [dot(v, right), dot(v, up), dot(v, to_viewer)];
        let sides: Vec<(usize, Vec<Seen>)> = view
            .sides()
            .iter()
            .map(|side| {
                let mesh = &meshes[*side];
                let vertices = mesh.points.iter().zip(&mesh.normals);
                (*side, vertices.map(|(at, normal)| Seen { at: turned(*at), normal: turned(*normal) }).collect())
            })
            .collect();
        let (mut low, mut high) = ([f32::INFINITY; 2], [f32::NEG_INFINITY; 2]);
        for seen in sides.iter().flat_map(|(_, seen)| seen) {
            for axis in 0..2 {
                low[axis] = low[axis].min(seen.at[axis]);
                high[axis] = high[axis].max(seen.at[axis]);
            }
        }
        Turned { view, sides, low, high }
    }

    /// Width and height in mm.
    fn size(&self) -> [f64; 2] {
        [0, 1].map(|axis| f64::from(self.high[axis] - self.low[axis]))
    }

    /// The picture of `columns` × `rows` pixels at `per_mm` pixels a mm, in its middle.
    fn draw(
        &self,
        per_mm: f32,
        [columns, rows]: [usize; 2],
        cortex: &Cortex,
        greys: &[Vec<f32>; 2],
        coat: &(impl Fn(&Spot, Ground) -> Colour + Sync),
    ) -> Result<Pixels> {
        let middle = [0, 1].map(|axis| 0.5 * (self.low[axis] + self.high[axis]));
        let place = |[x, y, z]: [f32; 3]| {
            [0.5 * columns as f32 + per_mm * (x - middle[0]), 0.5 * rows as f32 - per_mm * (y - middle[1]), z]
        };
        let placed = |seen: &Seen| Seen { at: place(seen.at), ..*seen };
        let parts: Vec<Part<'_>> = self
            .sides
            .iter()
            .map(|(side, seen)| Part {
                side: *side,
                seen: seen.iter().map(placed).collect(),
                triangles: &cortex.finer.triangles,
            })
            .collect();
        render(&parts, columns, rows, &|spot| coat(spot, ground(spot, greys)))
    }
}

/// A page with all views, all at one scale, and the y below its heading; `aside` is room kept free at the right.
pub(super) fn page(
    surface: &Surface,
    title: &str,
    remark: &str,
    aside: f64,
    coat: &(impl Fn(&Spot, Ground) -> Colour + Sync),
) -> Result<(Sheet, f64)> {
    let columns = surface.in_a_row()?;
    let width = WIDTHS[usize::from(columns > 2)];
    let cortex = Cortex::fsaverage5()?;
    let meshes = Mesh::hemispheres(cortex, surface.shape);
    let greys = cortex.hemispheres.each_ref().map(|h| cortex.finer.extended(&greys(&h.depth), |a, b| 0.5 * (a + b)));
    let views: Vec<Turned> = surface.views.iter().map(|view| Turned::new(*view, &meshes)).collect();
    let rows = views.len().div_ceil(columns);
    let mut wide = vec![0.0f64; columns];
    let mut high = vec![0.0f64; rows];
    for (n, view) in views.iter().enumerate() {
        let [w, h] = view.size();
        wide[n % columns] = wide[n % columns].max(w);
        high[n / columns] = high[n / columns].max(h);
    }
    let tallest = high.iter().copied().fold(0.0, f64::max);
    let room = width - 2.0 * MARGIN - aside - GAP * (columns - 1) as f64;
    // Logical pixels a mm; a little air around the outline.
    let scale = (room / wide.iter().map(|w| w + 2.0).sum::<f64>()).min(HIGHEST / tallest);
    let whole = |mm: f64| (scale * (mm + 2.0)).floor();
    let heading = Heading::new(title, remark, width);
    let top = heading.height();
    let drawn: f64 = high.iter().map(|h| whole(*h) + BELOW).sum();
    let mut sheet = Sheet::new(width, top + drawn.max(LEAST) + MARGIN);
    sheet.heading(&heading);
    let used = wide.iter().map(|w| whole(*w) + GAP).sum::<f64>() - GAP;
    let left = (MARGIN + 0.5 * (room + GAP * (columns - 1) as f64 - used)).floor();
    let mut y = top.ceil();
    for (row, h) in high.iter().map(|h| whole(*h)).enumerate() {
        let mut x = left;
        for (column, w) in wide.iter().map(|w| whole(*w)).enumerate() {
            let Some(view) = views.get(row * columns + column) else { continue };
            let pixels = [w, h].map(|length| length as usize * PNG_SCALE);
            let picture = view.draw((scale * PNG_SCALE as f64) as f32, pixels, cortex, &greys, coat)?;
            sheet.picture([x, y], [w, h], picture, true);
            let name = Text::new(view.view.name(), TICK).colour(SOFT).anchor(Anchor::Middle);
            sheet.words([x + 0.5 * w, y + h + 4.0 + TICK], name);
            if let Some([first, last]) = view.view.marks() {
                let [half, tall] = [0.5 * scale * view.size()[0], scale * view.size()[1]];
                let above = y + 0.5 * (h - tall).max(0.0) + LABEL;
                let side = |at: f64, mark: &str, anchor: Anchor, sheet: &mut Sheet| {
                    sheet.words([x + 0.5 * w + at, above], Text::new(mark, LABEL).bold().anchor(anchor));
                };
                side(-half, first, Anchor::Start, &mut sheet);
                side(half, last, Anchor::End, &mut sheet);
            }
            x += w + GAP;
        }
        y += h + BELOW;
    }
    Ok((sheet, top))
}

/// Where the colour bar or the legend stands on a page with so much room for it.
pub(super) fn aside_corner(sheet: &Sheet, top: f64, aside: f64) -> [f64; 2] {
    [sheet.width - MARGIN - aside + 22.0, top + 4.0]
}
