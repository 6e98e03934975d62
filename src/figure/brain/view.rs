//! From where a glass brain is looked at.

use super::direction::{Direction, FIELD};

/// From where a glass brain is looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum View {
    /// The left hemisphere from the left: the front is at the left.
    Left,
    /// Both hemispheres from behind: left is left.
    Behind,
    /// The right hemisphere from the right: the front is at the right.
    Right,
    /// Both hemispheres from above: left is left.
    Above,
}

pub(super) const VIEWS: [View; 4] = [View::Left, View::Behind, View::Right, View::Above];

impl View {
    /// The planes that are seen one behind the other.
    pub fn direction(self) -> Direction {
        match self {
            View::Left | View::Right => Direction::Sagittal,
            View::Behind => Direction::Coronal,
            View::Above => Direction::Axial,
        }
    }

    /// Whether the axis that runs to the right in a cut runs to the left here.
    pub fn mirrored(self) -> bool {
        self == View::Left
    }

    /// The part of the line of sight that is seen, in mm, from the near end to the far one.
    pub fn depth(self) -> [f64; 2] {
        match self {
            View::Left => [FIELD[0][0], 0.0],
            View::Right => [FIELD[0][1], 0.0],
            View::Behind => FIELD[1],
            View::Above => [FIELD[2][1], FIELD[2][0]],
        }
    }

    /// Whether a plane belongs to what is seen.
    pub fn sees(self, at: f64) -> bool {
        let [near, far] = self.depth();
        (near.min(far)..=near.max(far)).contains(&at)
    }

    /// What is written below.
    pub fn label(self) -> &'static str {
        match self {
            View::Left => "left hemisphere",
            View::Right => "right hemisphere",
            View::Behind => "from behind",
            View::Above => "from above",
        }
    }

    /// The mm along the axis to the right and along the axis upwards, of a place in mm from the picture's upper left corner.
    pub fn plane(self, [right, down]: [f64; 2]) -> [f64; 2] {
        let [across, up] = self.direction().across();
        let [low, high] = FIELD[across];
        [if self.mirrored() { high - right } else { low + right }, FIELD[up][1] - down]
    }

    /// The point at a depth behind a place of the picture.
    pub fn mm(self, place: [f64; 2], at: f64) -> [f64; 3] {
        let [across, up] = self.direction().across();
        let plane = self.plane(place);
        let mut mm = [at; 3];
        mm[across] = plane[0];
        mm[up] = plane[1];
        mm
    }
}
