//! Which colour a map's value gets on the brain, and what is said about the map.

use super::axis::{Scale, brief, number};
use super::colour::{blend, cold_hot};
use super::colour_bar::{Bar, marked_bar};
use super::layout::BAR;
use super::look::{ColourRange, Look, Threshold};
use super::sheet::{Colour, Sheet};
use crate::brain::BrainMap;
use crate::error::{Error, Result};

/// A grey of the brain's middle, on which the colour bar shows what fades.
pub(super) const MIDDLE: Colour = [140, 140, 140];

/// The voxel of the greatest value that is looked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peak {
    value: f32,
    pub mm: [f64; 3],
}

/// What is said about a map in words: its span and its peak, or why there is none.
pub(super) fn facts(map: &BrainMap, peak: Option<Peak>) -> String {
    let finite = map.values().iter().copied().filter(|v| v.is_finite());
    let (low, high) = finite.clone().fold((f32::INFINITY, f32::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    let count = finite.count();
    let unit = named(map.unit());
    let missing = match map.values().len() - count {
        0 => String::new(),
        n => format!(", {n} of {} voxels without a value", map.values().len()),
    };
    // What is a millionth of the peak or less is 0 to the reader.
    let largest = low.abs().max(high.abs());
    let rounded = |v: f32| brief(if v.abs() < 1e-6 * largest { 0.0 } else { f64::from(v) });
    if count == 0 {
        return format!("no values ({} voxels)", map.values().len());
    }
    if low == 0.0 && high == 0.0 {
        return format!("all values are 0{missing}");
    }
    let span = match low == high {
        true => format!("{unit} {} throughout{missing}", rounded(low)),
        false => format!("{unit} from {} to {}{missing}", rounded(low), rounded(high)),
    };
    match peak {
        Some(Peak { value, mm: [x, y, z] }) if low != high => format!(
            "{span}, peak {} at ({}, {}, {}) mm",
            brief(f64::from(value)),
            number(x, 0),
            number(y, 0),
            number(z, 0)
        ),
        _ => span,
    }
}

/// The unit, or what a value without a unit is called.
fn named(unit: &str) -> &str {
    if unit.is_empty() { "value" } else { unit }
}

/// Which values are opaque.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Shown {
    /// All, fading out towards zero.
    Fading,
    /// |v| at or above a value.
    Both(f64),
    /// v at or above a value.
    From(f64),
    /// v at or below minus a value.
    DownTo(f64),
}

/// Which colour a value gets, and how much of the brain shines through.
#[derive(Clone, Debug)]
pub(super) struct Paint {
    /// Greatest size of a value on the scale.
    pub limit: f64,
    /// Whether negative values have colours.
    pub symmetric: bool,
    shown: Shown,
    opacity: f64,
}

impl Paint {
    pub fn new(maps: &[BrainMap], look: &Look) -> Result<Paint> {
        let values = || maps.iter().flat_map(|m| m.values().iter().copied()).filter(|v| v.is_finite());
        // The greatest size of all values, of those above 0 and of those below.
        let (high, low) = values().fold((0.0f32, 0.0f32), |(h, l), v| (h.max(v), l.max(-v)));
        let sound = |value: f32| value.is_finite() && value >= 0.0;
        let shown = match look.threshold {
            Threshold::Fade => Shown::Fading,
            Threshold::Both(value) if sound(value) => Shown::Both(f64::from(value)),
            Threshold::Positive(value) if sound(value) => Shown::From(f64::from(value)),
            Threshold::Negative(value) if sound(value) => Shown::DownTo(f64::from(value)),
            Threshold::Quantile(q) if (0.0..=1.0).contains(&q) => {
                let mut sizes: Vec<f32> = values().map(f32::abs).collect();
                let place = (q * sizes.len().saturating_sub(1) as f64).round() as usize;
                match sizes.is_empty() {
                    true => Shown::Both(0.0),
                    false => Shown::Both(f64::from(*sizes.select_nth_unstable_by(place, f32::total_cmp).1)),
                }
            }
            other => {
                return Err(Error::value(
                    format!("the threshold is {other:?}"),
                    "give a number that is not negative, or a quantile between 0 and 1",
                ));
            }
        };
        let (limit, symmetric) = match (look.range, shown) {
            // Of a map that is shown on one side only that side makes the scale.
            (ColourRange::Auto, Shown::From(_)) if high > 0.0 => (f64::from(high), false),
            (ColourRange::Auto, Shown::DownTo(_)) if low > 0.0 => (f64::from(low), true),
            (ColourRange::Auto, _) => (f64::from(high.max(low)), low > 0.0),
            (ColourRange::Symmetric(limit), _) => (f64::from(limit), true),
            (ColourRange::Positive(_), Shown::DownTo(_)) => {
                return Err(Error::value(
                    format!("{:?} shows negative values only, {:?} positive ones only", look.threshold, look.range),
                    "leave the range out, or give ColourRange::Symmetric",
                ));
            }
            (ColourRange::Positive(limit), _) => (f64::from(limit), false),
        };
        // A map of zeros, or without values, has a scale all the same.
        let limit = if look.range == ColourRange::Auto && limit == 0.0 { 1.0 } else { limit };
        if !(limit.is_finite() && limit > 0.0) {
            return Err(Error::value(format!("the colour scale ends at {limit}"), "give a positive number"));
        }
        let symmetric = match shown {
            Shown::From(_) => false,
            Shown::DownTo(_) => true,
            _ => symmetric,
        };
        if !(0.0..=1.0).contains(&look.opacity) {
            return Err(Error::value(format!("the opacity is {}", look.opacity), "give a number between 0 and 1"));
        }
        Ok(Paint { limit, symmetric, shown, opacity: look.opacity })
    }

    /// The voxel of the greatest value on the side that is shown: of |v|, if both are.
    pub fn peak(&self, maps: &[BrainMap]) -> Option<Peak> {
        let size = |v: f32| match self.shown {
            Shown::DownTo(_) => -v,
            _ if self.symmetric => v.abs(),
            _ => v,
        };
        let mut best: Option<(&BrainMap, usize, f32)> = None;
        for map in maps {
            for (n, value) in map.values().iter().enumerate() {
                if value.is_finite() && size(*value) > best.map_or(0.0, |b| size(b.2)) {
                    best = Some((map, n, *value));
                }
            }
        }
        best.map(|(map, n, value)| Peak { value, mm: map.mask().mm(n) })
    }

    /// The rule and its value, for the viewer: "fade", "both", "from" or "downto".
    pub fn cut(&self) -> (&'static str, f64) {
        match self.shown {
            Shown::Fading => ("fade", 0.0),
            Shown::Both(t) => ("both", t),
            Shown::From(t) => ("from", t),
            Shown::DownTo(t) => ("downto", t),
        }
    }

    /// The rule in words, for the remark.
    pub fn rule(&self) -> String {
        match self.shown {
            Shown::Fading => "colours fade to 0 below half of the scale".to_owned(),
            Shown::Both(0.0) => "all values are shown".to_owned(),
            Shown::Both(t) if self.symmetric => format!("shown where |value| ≥ {}", brief(t)),
            Shown::Both(t) | Shown::From(t) => format!("shown where the value is ≥ {}", brief(t)),
            Shown::DownTo(t) => format!("shown where the value is ≤ {}", brief(-t)),
        }
    }

    /// The rule with the number of a map's voxels that it shows.
    pub fn rule_for(&self, map: &BrainMap) -> String {
        if matches!(self.shown, Shown::Fading | Shown::Both(0.0)) || map.values().is_empty() {
            return self.rule();
        }
        let shown = map.values().iter().filter(|v| v.is_finite() && self.shows(f64::from(**v))).count();
        match shown {
            0 => format!("{}: at none of {} voxels", self.rule(), map.values().len()),
            n => format!("{}: at {n} of {} voxels", self.rule(), map.values().len()),
        }
    }

    /// Whether a value is on the shown side of the threshold.
    fn shows(&self, value: f64) -> bool {
        // Interpolation may leave a value that equals the threshold a rounding error below it.
        const SLACK: f64 = 1.0 - 1e-6;
        if !self.symmetric && value < 0.0 {
            return false;
        }
        match self.shown {
            Shown::Fading => value != 0.0,
            Shown::Both(t) => value.abs() >= t * SLACK,
            Shown::From(t) => value >= t * SLACK,
            Shown::DownTo(t) => value <= -t * SLACK,
        }
    }

    /// How much the colour of a value covers of what lies below it, 0 to 1.
    pub fn cover(&self, value: f64) -> f64 {
        match self.shows(value) {
            true if self.shown == Shown::Fading => self.opacity * (2.0 * value.abs() / self.limit).min(1.0).powi(2),
            true => self.opacity,
            false => 0.0,
        }
    }

    /// The colour of the scale at a value.
    pub fn scale(&self, value: f64) -> Colour {
        cold_hot((value / self.limit).clamp(-1.0, 1.0))
    }

    /// The colour of a value on `under`.
    pub fn colour(&self, value: f64, under: Colour) -> Colour {
        blend(under, self.scale(value), self.cover(value))
    }

    /// The lowest and the highest value of the scale.
    pub fn span(&self) -> [f64; 2] {
        match self.shown {
            Shown::DownTo(_) => [-self.limit, 0.0],
            _ if self.symmetric => [-self.limit, self.limit],
            _ => [0.0, self.limit],
        }
    }

    /// The values at which colours begin, as far as they are on the scale.
    fn marks(&self) -> Vec<f64> {
        let [low, high] = self.span();
        let marks = match self.shown {
            Shown::Fading => vec![],
            Shown::Both(t) if self.symmetric => vec![-t, t],
            Shown::Both(t) | Shown::From(t) => vec![t],
            Shown::DownTo(t) => vec![-t],
        };
        marks.into_iter().filter(|mark| *mark != 0.0 && (low..=high).contains(mark)).collect()
    }

    /// The colour bar; what is not shown is grey on it, and the threshold is marked.
    pub fn bar(&self, sheet: &mut Sheet, corner: [f64; 2], height: f64, unit: &str) {
        let [low, high] = self.span();
        let how = match self.shown {
            Shown::Fading => "\nfading to 0".to_owned(),
            Shown::Both(0.0) => String::new(),
            Shown::Both(t) if self.symmetric => format!("\n|v| ≥ {}", brief(t)),
            Shown::Both(t) | Shown::From(t) => format!("\n≥ {}", brief(t)),
            Shown::DownTo(t) => format!("\n≤ {}", brief(-t)),
        };
        let title = format!("{}{how}", named(unit));
        let bar = Bar { corner, height, room: BAR - 22.0, scale: Scale::linear(low, high), marks: &self.marks() };
        marked_bar(sheet, bar, &title, |v| self.colour(v, MIDDLE));
    }
}
