//! What a picture of the brain shows and says, whichever way it is drawn.

use super::contour::stroke;
use super::direction::{Cut, FIELD};
use super::layer::Layer;
use super::legend::legend;
use super::lines::{Line, lines};
use super::pane::Pane;
use super::space;
use crate::brain::{BrainMap, Mask, Networks};
use crate::brain::{Labels, Volume};
use crate::error::{Error, Result};
use crate::figure::axis::PALETTE;
use crate::figure::colour::blend;
use crate::figure::font;
use crate::figure::layout::{BAR, WIDTH};
use crate::figure::look::{ColourRange, Look, Threshold};
use crate::figure::paint::{MIDDLE, Paint, facts};
use crate::figure::sheet::{Colour, LABEL, MARGIN, SOFT, Sheet, TICK, Text};

/// What a picture shows and says.
pub(super) struct Scene {
    pub title: String,
    /// What is said of the data, for those who do not see the picture too.
    pub facts: String,
    /// What is said of the picture.
    notes: Vec<String>,
    pub layer: Layer,
    pub lines: Vec<Line>,
    pub aside: Aside,
    /// A point, in mm, through which cuts should pass.
    pub focus: Option<[f64; 3]>,
    /// Whether something is found at that point, so that it is marked.
    pub pointed: bool,
}

/// What stands to the right of the brains.
pub(super) enum Aside {
    Bar { paint: Paint, unit: String },
    Legend(Vec<(Option<Colour>, String)>),
    Nothing,
}

/// How cuts are to be read.
pub(super) const LEFT: &str = "Left is left (neurological).";

/// How much a network's colour covers of the brain.
pub(in crate::figure) const NETWORK: f64 = 0.78;

/// Room for the networks' names at the right of a page.
pub(in crate::figure) const LEGEND: f64 = 190.0;

/// The title of a picture of an atlas: "Yeo 7 networks" says itself how many, and of an atlas whose legend shows families these are counted there.
pub(in crate::figure) fn network_title(networks: &Networks) -> String {
    let count = format!("{} networks", networks.count());
    match legend(networks).len() == networks.count() && !networks.atlas().contains(&count) {
        true => format!("{}: {count}", networks.atlas()),
        false => networks.atlas().to_owned(),
    }
}

/// The network to which each voxel of the mask belongs: that whose map is largest there, as a share of the map's own maximum, if that is at least a half.
pub(in crate::figure) fn networks_of_voxels(networks: &Networks) -> Vec<Option<usize>> {
    if let Some(labels) = networks.labels() {
        return labels;
    }
    let maps = networks.maps();
    let largest: Vec<f32> = maps.rows().into_iter().map(|m| m.iter().copied().fold(0.0, f32::max)).collect();
    let best = |voxel: usize| {
        let share = |n: &usize| maps[[*n, voxel]] / largest[*n];
        let large = (0..maps.nrows()).filter(|n| largest[*n] > 0.0 && share(n) >= 0.5);
        large.max_by(|a, b| share(a).total_cmp(&share(b)))
    };
    (0..networks.mask().count()).map(best).collect()
}

/// The networks' labels on their grid.
pub(in crate::figure) fn network_labels(networks: &Networks) -> Result<Labels> {
    let of_voxel = networks_of_voxels(networks);
    Labels::new(networks.mask(), networks.count(), |voxel| of_voxel[voxel])
}

/// The networks' colours and names, from `corner` on over at most `height` pixels.
pub(in crate::figure) fn network_legend(sheet: &mut Sheet, networks: &Networks, corner: [f64; 2], height: f64) {
    draw_legend(sheet, &legend(networks), corner, height);
}

fn draw_legend(sheet: &mut Sheet, lines: &[(Option<Colour>, String)], [x, top]: [f64; 2], height: f64) {
    let pitch = (height / lines.len().max(1) as f64).min(22.0);
    for (n, (colour, name)) in lines.iter().enumerate() {
        let y = top + pitch * (n as f64 + 0.5);
        if let Some(colour) = colour {
            let side = (0.7 * pitch).min(13.0);
            sheet.block([x, y - 0.5 * side], [13.0, side], blend(MIDDLE, *colour, NETWORK));
        }
        let size = LABEL.min(0.9 * pitch);
        sheet.centred([x + 20.0, y], Text::new(font::shorten(name, size, false, LEGEND - 34.0), size));
    }
}

impl Scene {
    /// A map in the colours of a scale.
    pub fn of_map(map: &BrainMap, look: &Look) -> Result<Scene> {
        let maps = std::slice::from_ref(map);
        let paint = Paint::new(maps, look)?;
        let peak = paint.peak(maps);
        let (lines, mut notes) = lines(look)?;
        notes.insert(0, paint.rule_for(map));
        notes.extend(space::remarks(map)?);
        Ok(Scene {
            title: look.title.clone().unwrap_or_else(|| map.label().to_owned()),
            facts: facts(map, peak),
            notes,
            layer: Layer::Values { volume: Volume::of_map(map)?, paint: paint.clone() },
            lines,
            aside: Aside::Bar { paint, unit: map.unit().to_owned() },
            focus: peak.map(|peak| peak.mm),
            pointed: peak.is_some(),
        })
    }

    /// Networks in the atlas' colours.
    ///
    /// A voxel belongs to the network whose map is largest there, as a share of that map's own maximum, if that is at least a half.
    pub fn of_networks(networks: &Networks, look: &Look) -> Result<Scene> {
        let of_voxel = networks_of_voxels(networks);
        let labels = Labels::new(networks.mask(), networks.count(), |voxel| of_voxel[voxel])?;
        let opacity = NETWORK * labelled(look, "networks")?;
        let legend = legend(networks);
        let (lines, notes) = lines(look)?;
        Ok(Scene {
            title: look.title.clone().unwrap_or_else(|| network_title(networks)),
            facts: networks.names().join(", "),
            notes,
            layer: Layer::Labels { labels, colours: networks.colours().to_vec(), opacity },
            lines,
            aside: Aside::Legend(legend),
            focus: fullest(networks.mask(), |voxel| of_voxel[voxel].is_some()),
            pointed: false,
        })
    }

    /// A mask in one colour.
    pub fn of_mask(mask: &Mask, look: &Look) -> Result<Scene> {
        let volume = mask.affine().determinant().abs() * mask.count() as f64 / 1000.0;
        let opacity = 0.5 * labelled(look, "a mask")?;
        let (lines, notes) = lines(look)?;
        Ok(Scene {
            title: look.title.clone().unwrap_or_else(|| format!("Mask of {} voxels", mask.count())),
            facts: format!("{volume:.0} cm³"),
            notes,
            layer: Layer::Labels { labels: Labels::new(mask, 1, |_| Some(0))?, colours: vec![PALETTE[1]], opacity },
            lines,
            aside: Aside::Nothing,
            focus: fullest(mask, |_| true),
            pointed: false,
        })
    }

    /// The remark below the title, which ends with how the pictures are to be read. Names of networks stand in the legend.
    pub fn remark(&self, sides: &str) -> String {
        let facts = match self.aside {
            Aside::Legend(_) => None,
            _ => Some(self.facts.clone()),
        };
        let said: Vec<String> = facts.into_iter().chain(self.notes.iter().cloned()).collect();
        match said.is_empty() {
            true => sides.to_owned(),
            false => format!("{}. {sides}", said.join("; ")),
        }
    }

    /// A map in the colours of another scale.
    pub fn repaint(&mut self, with: &Paint) {
        if let Layer::Values { paint, .. } = &mut self.layer {
            *paint = with.clone();
        }
    }

    /// Contours of other maps on a cut.
    pub fn contours(&self, sheet: &mut Sheet, cut: Cut, pane: &Pane) {
        for (n, line) in self.lines.iter().enumerate() {
            for points in line.on(cut, pane.step()) {
                stroke(sheet, &points.iter().map(|place| pane.px(*place)).collect::<Vec<_>>(), n);
            }
        }
    }

    /// Height of the lines that say which contour is which.
    pub fn key_height(&self) -> f64 {
        if self.lines.is_empty() { 0.0 } else { KEY * self.lines.len() as f64 + 4.0 }
    }

    /// The lines that say which contour is which.
    pub fn key(&self, sheet: &mut Sheet, top: f64) {
        for (n, line) in self.lines.iter().enumerate() {
            let y = top + KEY * (n as f64 + 0.5);
            stroke(sheet, &[[MARGIN, y], [MARGIN + 26.0, y]], n);
            let text = font::shorten(&line.name, TICK, false, WIDTH - 2.0 * MARGIN - 40.0);
            sheet.centred([MARGIN + 34.0, y], Text::new(text, TICK).colour(SOFT));
        }
    }
}

/// Height of one line of the key to the contours.
const KEY: f64 = 20.0;

impl Aside {
    pub fn width(&self) -> f64 {
        match self {
            Aside::Bar { .. } => BAR,
            Aside::Legend(_) => LEGEND,
            Aside::Nothing => 0.0,
        }
    }

    /// The height that it needs below the heading.
    pub fn height(&self) -> f64 {
        match self {
            Aside::Bar { .. } => 240.0,
            Aside::Legend(lines) => (13.0 * lines.len() as f64).max(60.0),
            Aside::Nothing => 0.0,
        }
    }

    /// Draws it at the right, from `top` on, over at most `height` pixels.
    pub fn draw(&self, sheet: &mut Sheet, top: f64, height: f64) {
        match self {
            Aside::Bar { paint, unit } => {
                paint.bar(sheet, [WIDTH - MARGIN - BAR + 22.0, top + 4.0], height.min(250.0), unit)
            }
            Aside::Legend(lines) => {
                draw_legend(sheet, lines, [WIDTH - MARGIN - LEGEND + 14.0, top], height);
            }
            Aside::Nothing => {}
        }
    }
}

/// The opacity, if nothing is asked for that labels do not have.
fn labelled(look: &Look, what: &str) -> Result<f64> {
    if look.threshold != Threshold::Fade || look.range != ColourRange::Auto {
        return Err(Error::value(
            format!("{what} are drawn in colours of their own: there is no threshold and no range"),
            "leave `threshold` and `range` out, or draw one map: networks.map(name)?.slices()?",
        ));
    }
    match (0.0..=1.0).contains(&look.opacity) {
        true => Ok(look.opacity),
        false => Err(Error::value(format!("the opacity is {}", look.opacity), "give a number between 0 and 1")),
    }
}

/// The point whose three planes hold most of the voxels that count, in steps of 4 mm.
fn fullest(mask: &Mask, counts: impl Fn(usize) -> bool) -> Option<[f64; 3]> {
    const STEP: f64 = 4.0;
    let mut planes: [Vec<u32>; 3] = FIELD.map(|[low, high]| vec![0; ((high - low) / STEP) as usize + 1]);
    for voxel in (0..mask.count()).filter(|voxel| counts(*voxel)) {
        let mm = mask.mm(voxel);
        for axis in 0..3 {
            let plane = ((mm[axis] - FIELD[axis][0]) / STEP).floor();
            if plane >= 0.0
                && let Some(count) = planes[axis].get_mut(plane as usize)
            {
                *count += 1;
            }
        }
    }
    let best = |axis: usize| {
        let (plane, count) = planes[axis].iter().enumerate().max_by_key(|(n, count)| (**count, usize::MAX - n))?;
        (*count > 0).then(|| (FIELD[axis][0] + STEP * (plane as f64 + 0.5)).round())
    };
    Some([best(0)?, best(1)?, best(2)?])
}
