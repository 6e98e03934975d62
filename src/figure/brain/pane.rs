//! Where a picture of the brain stands on the page.

use crate::figure::render::PNG_SCALE;

/// A picture's place on the page in whole logical pixels, so that its points are the bitmap's, and what it shows in mm.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pane {
    pub corner: [f64; 2],
    pub size: [f64; 2],
    mm: [f64; 2],
}

impl Pane {
    /// A picture of so many mm with its upper left corner near a point, at about `scale` pixels per mm.
    pub fn new(corner: [f64; 2], mm: [f64; 2], scale: f64) -> Pane {
        Pane { corner: corner.map(f64::round), size: mm.map(|mm| (scale * mm).round().max(1.0)), mm }
    }

    /// Columns and rows of its points.
    pub fn points(&self) -> [usize; 2] {
        self.size.map(|size| PNG_SCALE * size as usize)
    }

    /// Where a place in mm from the picture's upper left corner is on the page.
    pub fn px(&self, place: [f64; 2]) -> [f64; 2] {
        [0, 1].map(|a| self.corner[a] + self.size[a] / self.mm[a] * place[a])
    }

    /// Millimetres per pixel.
    pub fn step(&self) -> f64 {
        self.mm[0] / self.size[0]
    }

    /// Its right end.
    pub fn right(&self) -> f64 {
        self.corner[0] + self.size[0]
    }

    /// Its middle.
    pub fn middle(&self) -> f64 {
        self.corner[0] + 0.5 * self.size[0]
    }
}
