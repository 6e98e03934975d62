//! Where the brain is cut: directions, planes, and the field that every picture shows.

use crate::error::{Error, Result};
use crate::figure::axis::number;

/// What a picture of the brain shows along x, y and z, in mm: the template with a little air.
pub(in crate::figure) const FIELD: [[f64; 2]; 3] = [[-75.0, 75.0], [-111.0, 77.0], [-75.0, 86.0]];

/// Lowest and highest plane that is chosen by itself along x, y and z, in mm: the brain without its rims.
const CHOSEN: [[f64; 2]; 3] = [[-62.0, 62.0], [-96.0, 62.0], [-46.0, 70.0]];

/// Cuts that a figure holds at most.
const MOST: usize = 30;

/// The direction in which the brain is cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Planes of one x: the back of the head is at the left.
    Sagittal,
    /// Planes of one y, seen from behind: left is left.
    Coronal,
    /// Planes of one z, seen from above: left is left, the front is above.
    #[default]
    Axial,
}

impl Direction {
    /// The axis on which the planes stand: 0 for x, 1 for y, 2 for z.
    pub(super) fn axis(self) -> usize {
        match self {
            Direction::Sagittal => 0,
            Direction::Coronal => 1,
            Direction::Axial => 2,
        }
    }

    /// The axes that run to the right and upwards in a cut.
    pub(super) fn across(self) -> [usize; 2] {
        match self {
            Direction::Sagittal => [1, 2],
            Direction::Coronal => [0, 2],
            Direction::Axial => [0, 1],
        }
    }

    /// Width and height of a cut in mm.
    pub(super) fn size(self) -> [f64; 2] {
        self.across().map(|axis| FIELD[axis][1] - FIELD[axis][0])
    }

    /// "axial".
    pub(super) fn name(self) -> &'static str {
        match self {
            Direction::Sagittal => "sagittal",
            Direction::Coronal => "coronal",
            Direction::Axial => "axial",
        }
    }
}

/// One plane through the brain.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cut {
    pub direction: Direction,
    pub at: f64,
}

impl Cut {
    /// The point of the brain that lies so many mm to the right of and below the picture's upper left corner.
    pub fn mm(self, [right, down]: [f64; 2]) -> [f64; 3] {
        let [across, up] = self.direction.across();
        let mut mm = [self.at; 3];
        mm[across] = FIELD[across][0] + right;
        mm[up] = FIELD[up][1] - down;
        mm
    }

    /// How many mm to the right of and below the picture's upper left corner a point of the brain lies.
    pub fn place(self, mm: [f64; 3]) -> [f64; 2] {
        let [across, up] = self.direction.across();
        [mm[across] - FIELD[across][0], FIELD[up][1] - mm[up]]
    }

    /// "z = −12 mm".
    pub fn label(self) -> String {
        format!("{} = {} mm", ["x", "y", "z"][self.direction.axis()], self.short())
    }

    /// "−12".
    pub fn short(self) -> String {
        number(self.at, if (self.at - self.at.round()).abs() < 0.05 { 0 } else { 1 })
    }
}

/// The field in words.
pub(super) fn field() -> String {
    let span = |axis: usize| format!("{} to {}", number(FIELD[axis][0], 0), number(FIELD[axis][1], 0));
    format!("x from {}, y from {}, z from {} mm", span(0), span(1), span(2))
}

/// The planes of a mosaic: one direction, and positions that are given or chosen in equal steps.
///
/// ```
/// use neurocell::figure::{Cuts, Direction};
/// let given = Cuts::coronal(&[-60.0, -24.0, 10.0]);
/// let chosen = Cuts::evenly(Direction::Sagittal, 6); // one of them through the map's peak
/// # assert!(given != chosen && Cuts::default() == Cuts::evenly(Direction::Axial, 8));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Cuts {
    /// The direction of all cuts. Default [`Direction::Axial`].
    pub direction: Direction,
    /// Positions in mm. Default: [`Cuts::count`] of them in equal steps, one through the map's peak.
    pub at: Option<Vec<f64>>,
    /// Number of cuts if their positions are not given. Default 8.
    pub count: usize,
}

impl Default for Cuts {
    fn default() -> Cuts {
        Cuts::evenly(Direction::Axial, 8)
    }
}

impl Cuts {
    /// Planes of these z, in mm.
    pub fn axial(z: &[f64]) -> Cuts {
        Cuts::given(Direction::Axial, z)
    }

    /// Planes of these y, in mm.
    pub fn coronal(y: &[f64]) -> Cuts {
        Cuts::given(Direction::Coronal, y)
    }

    /// Planes of these x, in mm.
    pub fn sagittal(x: &[f64]) -> Cuts {
        Cuts::given(Direction::Sagittal, x)
    }

    /// `count` planes in equal steps over the brain, one of them through the map's peak.
    pub fn evenly(direction: Direction, count: usize) -> Cuts {
        Cuts { direction, at: None, count }
    }

    fn given(direction: Direction, at: &[f64]) -> Cuts {
        Cuts { direction, at: Some(at.to_vec()), count: at.len() }
    }

    /// What a figure's origin says of the cuts.
    pub(super) fn traced(&self) -> String {
        match &self.at {
            Some(at) => format!("{} at {at:?} mm", self.direction.name()),
            None => format!("{} {}", self.count, self.direction.name()),
        }
    }

    /// The planes; those that are chosen pass through `peak`.
    pub(super) fn planes(&self, peak: Option<[f64; 3]>) -> Result<Vec<Cut>> {
        let axis = self.direction.axis();
        let name = ["x", "y", "z"][axis];
        let [low, high] = FIELD[axis];
        let many = |asked: String| {
            let advice = format!("ask for 1 to {MOST} cuts, at positions in mm");
            Err(Error::value(format!("{asked} cannot be drawn"), advice))
        };
        let at = match &self.at {
            Some(at) if at.is_empty() || at.len() > MOST => return many(format!("{} positions", at.len())),
            Some(at) => at.clone(),
            None if (1..=MOST).contains(&self.count) => spread(self.count, CHOSEN[axis], peak.map(|mm| mm[axis])),
            None => return many(format!("{} cuts", self.count)),
        };
        if let Some(beside) = at.iter().find(|at| !(low..=high).contains(*at)) {
            return Err(Error::value(
                format!("a cut at {name} = {beside} mm lies outside of the template's field"),
                format!("the field is {}", field()),
            ));
        }
        Ok(at.into_iter().map(|at| Cut { direction: self.direction, at }).collect())
    }
}

/// `count` positions in equal steps between the lowest and the highest, one of them at `peak`.
fn spread(count: usize, [low, high]: [f64; 2], peak: Option<f64>) -> Vec<f64> {
    let step = ((high - low) / count.max(1) as f64).floor().max(1.0);
    let Some(peak) = peak.filter(|at| at.is_finite()) else {
        let first = (0.5 * (low + high - step * (count.max(1) - 1) as f64)).round();
        return (0..count).map(|n| first + step * n as f64).collect();
    };
    // The lowest plane that a whole number of steps below the peak still lies inside the range.
    let first = peak - step * ((peak - low) / step).floor();
    let mut at: Vec<f64> = (0..count).map(|n| first + step * n as f64).collect();
    if let Some(last) = at.last_mut()
        && peak > *last
    {
        *last = peak;
    }
    if let Some(first) = at.first_mut()
        && peak < low
    {
        *first = peak;
    }
    at.sort_by(f64::total_cmp);
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_and_its_place_in_a_cut_belong_together() {
        for direction in [Direction::Sagittal, Direction::Coronal, Direction::Axial] {
            let mm = [12.0, -30.0, 44.0];
            let cut = Cut { direction, at: mm[direction.axis()] };
            assert_eq!(cut.mm(cut.place(mm)), mm);
        }
        // Left, front and top are at the left, above and above.
        let axial = Cut { direction: Direction::Axial, at: 0.0 };
        assert!(axial.place([-50.0, 60.0, 0.0])[0] < 75.0 && axial.place([-50.0, 60.0, 0.0])[1] < 20.0);
        let sagittal = Cut { direction: Direction::Sagittal, at: 0.0 };
        assert!(sagittal.place([0.0, -100.0, 80.0])[0] < 20.0 && sagittal.place([0.0, -100.0, 80.0])[1] < 10.0);
    }

    #[test]
    fn chosen_planes_pass_through_the_peak_wherever_it_is() {
        for peak in [-70.0, -46.0, 3.5, 69.0, 85.0] {
            for count in [1, 2, 7, 8, 30] {
                let planes = Cuts::evenly(Direction::Axial, count).planes(Some([0.0, 0.0, peak])).unwrap();
                assert_eq!(planes.len(), count);
                assert!(planes.iter().any(|cut| cut.at == peak), "{peak} {count}");
            }
        }
    }

    #[test]
    fn a_plane_outside_of_the_field_is_an_error_that_names_the_field() {
        let error = Cuts::coronal(&[0.0, 90.0]).planes(None).unwrap_err();
        assert!(error.problem().contains("y = 90 mm") && error.advice().contains("y from −111 to 77"), "{error}");
        assert!(Cuts::axial(&[f64::NAN]).planes(None).is_err());
        assert!(Cuts::axial(&[]).planes(None).is_err() && Cuts::evenly(Direction::Axial, 31).planes(None).is_err());
    }
}
