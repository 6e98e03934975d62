//! Which colour a map's value gets on the brain, and what is said about the map.

use super::axis::{Scale, brief, number};
use super::colour::{blend, cold_hot};
use super::colour_bar::colour_bar;
use super::layout::BAR;
use super::look::{ColourRange, Look, Threshold};
use super::sheet::{Colour, Sheet};
use super::volume::Volume;
use crate::brain::BrainMap;
use crate::error::{Error, Result};

/// A grey of the brain's middle, on which the colour bar shows what fades.
pub(super) const MIDDLE: Colour = [140, 140, 140];

/// The voxel of greatest |v|.
#[derive(Clone, Copy)]
pub(super) struct Peak {
    value: f32,
    pub mm: [f64; 3],
}

pub(super) fn peak(maps: &[BrainMap]) -> Option<Peak> {
    let values = maps.iter().flat_map(|map| map.values().iter().enumerate().map(move |(n, v)| (map, n, *v)));
    let (map, n, value) =
        values.filter(|(_, _, v)| v.is_finite() && *v != 0.0).max_by(|a, b| a.2.abs().total_cmp(&b.2.abs()))?;
    let mm = map.mask().affine().mm(map.mask().position(n).map(|i| i as f64));
    Some(Peak { value, mm })
}

/// What is said about a map in words: its span and its peak, or why there is none.
pub(super) fn facts(map: &BrainMap, peak: Option<Peak>) -> String {
    let finite = map.values().iter().copied().filter(|v| v.is_finite());
    let (low, high) = finite.clone().fold((f32::INFINITY, f32::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    let count = finite.count();
    let unit = map.unit();
    let missing = match map.values().len() - count {
        0 => String::new(),
        n => format!(", {n} of {} voxels without a value", map.values().len()),
    };
    // What is a millionth of the peak or less is 0 to the reader.
    let rounded = |v: f32| {
        let least = peak.map_or(0.0, |p| 1e-6 * p.value.abs());
        brief(if v.abs() < least { 0.0 } else { f64::from(v) })
    };
    match peak {
        _ if count == 0 => format!("no values ({} voxels)", map.values().len()),
        None => format!("all values are 0{missing}"),
        Some(Peak { value, mm: [x, y, z] }) => format!(
            "{unit} from {} to {}{missing}, peak {} at ({}, {}, {}) mm",
            rounded(low),
            rounded(high),
            brief(f64::from(value)),
            number(x, 0),
            number(y, 0),
            number(z, 0)
        ),
    }
}

/// Which values are opaque.
#[derive(Clone, Copy, PartialEq)]
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
#[derive(Clone)]
pub(super) struct Paint {
    /// Greatest value of the scale.
    pub limit: f64,
    /// Whether the scale goes down to minus the limit.
    pub symmetric: bool,
    shown: Shown,
    opacity: f64,
}

impl Paint {
    pub fn new(maps: &[BrainMap], look: &Look) -> Result<Paint> {
        let mut sizes: Vec<f64> = Vec::new();
        let mut negative = false;
        for value in maps.iter().flat_map(|m| m.values().iter().copied()).filter(|v| v.is_finite()) {
            sizes.push(f64::from(value.abs()));
            negative |= value < 0.0;
        }
        sizes.sort_by(f64::total_cmp);
        let largest = sizes.last().copied().filter(|v| *v > 0.0).unwrap_or(1.0);
        let (limit, symmetric) = match look.range {
            ColourRange::Auto => (largest, negative),
            ColourRange::Symmetric(limit) => (f64::from(limit), true),
            ColourRange::Positive(limit) => (f64::from(limit), false),
        };
        if !(limit.is_finite() && limit > 0.0) {
            return Err(Error::value(format!("the colour scale ends at {limit}"), "give a positive number"));
        }
        let sound = |value: f32| value.is_finite() && value >= 0.0;
        let shown = match look.threshold {
            Threshold::Fade => Shown::Fading,
            Threshold::Both(value) if sound(value) => Shown::Both(f64::from(value)),
            Threshold::Positive(value) if sound(value) => Shown::From(f64::from(value)),
            Threshold::Negative(value) if sound(value) => Shown::DownTo(f64::from(value)),
            Threshold::Quantile(q) if (0.0..=1.0).contains(&q) => {
                let place = (q * sizes.len().saturating_sub(1) as f64).round() as usize;
                Shown::Both(sizes.get(place).copied().unwrap_or(0.0))
            }
            other => {
                return Err(Error::value(
                    format!("the threshold is {other:?}"),
                    "give a number that is not negative, or a quantile between 0 and 1",
                ));
            }
        };
        if !(0.0..=1.0).contains(&look.opacity) {
            return Err(Error::value(format!("the opacity is {}", look.opacity), "give a number between 0 and 1"));
        }
        Ok(Paint { limit, symmetric, shown, opacity: look.opacity })
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

    /// How much the colour of a value covers of what lies below it, 0 to 1.
    pub fn cover(&self, value: f64) -> f64 {
        // Interpolation may leave a value that equals the threshold a rounding error below it.
        const SLACK: f64 = 1.0 - 1e-6;
        if !self.symmetric && value < 0.0 {
            return 0.0;
        }
        let shown = match self.shown {
            Shown::Fading => return self.opacity * (2.0 * value.abs() / self.limit).min(1.0).powf(1.5),
            Shown::Both(t) => value.abs() >= t * SLACK,
            Shown::From(t) => value >= t * SLACK,
            Shown::DownTo(t) => value <= -t * SLACK,
        };
        if shown { self.opacity } else { 0.0 }
    }

    /// The colour of the scale at a value.
    pub fn scale(&self, value: f64) -> Colour {
        cold_hot((value / self.limit).clamp(-1.0, 1.0))
    }

    /// The colour of a value on `under`.
    pub fn colour(&self, value: f64, under: Colour) -> Colour {
        blend(under, self.scale(value), self.cover(value))
    }

    /// The colour at a point; where less than half of the surrounding voxels have a value, the brain.
    pub fn over(&self, volume: &Volume, mm: [f64; 3], under: Colour) -> Colour {
        match volume.at(mm) {
            (value, known) if known >= 0.5 => self.colour(value, under),
            _ => under,
        }
    }

    pub fn bar(&self, sheet: &mut Sheet, corner: [f64; 2], height: f64, unit: &str) {
        let scale = Scale::linear(if self.symmetric { -self.limit } else { 0.0 }, self.limit);
        let how = match self.shown {
            Shown::Fading => "\nfading to 0".to_owned(),
            Shown::Both(0.0) => String::new(),
            Shown::Both(t) | Shown::From(t) => format!("\n≥ {}", brief(t)),
            Shown::DownTo(t) => format!("\n≤ {}", brief(-t)),
        };
        let title = format!("{}{how}", if unit.is_empty() { "value" } else { unit });
        colour_bar(sheet, corner, height, BAR - 22.0, scale, &title, |v| self.colour(v, MIDDLE));
    }
}
