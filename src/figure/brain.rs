//! Axial slices: maps, networks and masks over the MNI template.

use super::axis::{PALETTE, number};
use super::colour::blend;
use super::drawn::Figure;
use super::font;
use super::layout::{BAR, Layout, WIDTH, X, Y, axial, heights, sides};
use super::look::{ColourRange, Look, Threshold};
use super::paint::{MIDDLE, Paint, Peak, facts, peak};
use super::sheet::{Anchor, Colour, Heading, LABEL, MARGIN, SOFT, Sheet, TICK, Text};
use super::volume::{Labels, Volume};
use crate::brain::{BrainMap, Mask, Networks};
use crate::error::{Error, Result};

/// Networks that a legend lists one by one.
const LISTED: usize = 30;

/// Slices that a figure holds at most.
const MOST: usize = 30;

/// Options of [`slices`] and [`slices_grid`].
#[derive(Clone, Debug)]
pub struct Slices {
    /// How the map is shown.
    pub look: Look,
    /// Heights of the slices in mm. Default: [`Slices::count`] of them in equal steps, one through the map's peak.
    pub z: Option<Vec<f64>>,
    /// Number of slices if their heights are not given. Default 8.
    pub count: usize,
}

impl Default for Slices {
    fn default() -> Slices {
        Slices { look: Look::default(), z: None, count: 8 }
    }
}

impl Slices {
    /// The title.
    pub fn title(self, title: impl Into<String>) -> Slices {
        Slices { look: self.look.title(title), ..self }
    }

    /// Heights of the slices in mm.
    pub fn z(self, z: &[f64]) -> Slices {
        Slices { z: Some(z.to_vec()), ..self }
    }

    /// Number of slices.
    pub fn count(self, count: usize) -> Slices {
        Slices { count, ..self }
    }

    /// Which values are shown.
    pub fn threshold(self, threshold: Threshold) -> Slices {
        Slices { look: self.look.threshold(threshold), ..self }
    }

    /// Which values the colours span.
    pub fn range(self, range: ColourRange) -> Slices {
        Slices { look: self.look.range(range), ..self }
    }

    fn heights(&self, peak: Option<Peak>) -> Result<Vec<f64>> {
        let z = match &self.z {
            Some(z) => z.clone(),
            None if (1..=MOST).contains(&self.count) => heights(self.count, peak.map(|p| p.mm[2])),
            None => Vec::new(),
        };
        if z.is_empty() || z.len() > MOST || z.iter().any(|z| !z.is_finite()) {
            let asked = self.z.as_ref().map_or(format!("{} slices", self.count), |z| format!("slices at z = {z:?} mm"));
            return Err(Error::value(
                format!("{asked} cannot be drawn"),
                format!("ask for 1 to {MOST} slices, at finite heights in mm"),
            ));
        }
        Ok(z)
    }
}

/// Axial slices of a map over the MNI template, with a colour bar.
///
/// The map must be in MNI space; its values are interpolated linearly between voxels, whatever its affine's orientation.
/// The left hemisphere is at the left (neurological convention); z is printed in mm; one slice passes through the peak.
/// A map without values, or with zeros only, gives the brain alone, and the remark says so.
///
/// # Errors
/// If no slice or more than 30 are asked for, a threshold or range is not a positive number, or the affine cannot be inverted.
///
/// ```no_run
/// use neurocell::figure::{Slices, Threshold, slices};
/// # fn show(fit: neurocell::encoding::EncodingFit) -> neurocell::Result<()> {
/// let figure = slices(&fit.score_map(), Slices::default().threshold(Threshold::Both(0.1)))?;
/// figure.save("scores.png")?;
/// # Ok(())
/// # }
/// ```
pub fn slices(map: &BrainMap, options: Slices) -> Result<Figure> {
    let peak = peak(std::slice::from_ref(map));
    let z = options.heights(peak)?;
    let paint = Paint::new(std::slice::from_ref(map), &options.look)?;
    let volume = Volume::of_map(map)?;
    let title = options.look.title.clone().unwrap_or_else(|| map.label().to_owned());
    let remark = format!("{}; {}. Left is left (neurological).", facts(map, peak), paint.rule());
    let colour = |mm: [f64; 3], under: Colour| paint.over(&volume, mm, under);
    let layout = Layout::new(&z, &title, &remark, 4, BAR);
    let mut sheet = layout.sheet();
    layout.brains(&mut sheet, &z, colour)?;
    paint.bar(&mut sheet, [WIDTH - MARGIN - BAR + 22.0, layout.top + 4.0], 230.0, map.unit());
    Ok(Figure::new(sheet, format!("{title}, axial slices over the MNI template: {}", facts(map, peak))))
}

/// Axial slices of several maps, one row each, at the same heights and with one colour scale.
///
/// # Errors
/// If there is no map or more than 12, their units differ, and as [`slices`].
pub fn slices_grid(maps: &[BrainMap], options: Slices) -> Result<Figure> {
    if maps.is_empty() || maps.len() > 12 {
        return Err(Error::value(
            format!("{} maps; a grid holds 1 to 12", maps.len()),
            "choose the maps that are to be compared",
        ));
    }
    if let Some(other) = maps.iter().find(|m| m.unit() != maps[0].unit()) {
        return Err(Error::value(
            format!("`{}` is in {}, `{}` in {}", maps[0].label(), maps[0].unit(), other.label(), other.unit()),
            "a common scale needs a common unit: draw the maps apart",
        ));
    }
    let z = options.heights(peak(maps))?;
    let paint = Paint::new(maps, &options.look)?;
    let title = options.look.title.clone().unwrap_or_else(|| format!("{} maps", maps.len()));
    let heading =
        Heading::new(&title, &format!("One scale for all rows; {}. Left is left (neurological).", paint.rule()), WIDTH);
    let names: Vec<Vec<String>> = maps.iter().map(|m| font::wrap(m.label(), TICK, false, 130.0)).collect();
    let (left, gap) = (MARGIN + 140.0, 4.0);
    let wide = ((WIDTH - left - MARGIN - BAR) / z.len() as f64 - gap).min(150.0);
    let high = wide * (Y[1] - Y[0]) / (X[1] - X[0]);
    let mut sheet = Sheet::new(
        WIDTH,
        (heading.height() + 22.0 + maps.len() as f64 * (high + 10.0)).max(heading.height() + 190.0) + MARGIN,
    );
    let top = sheet.heading(&heading);
    for (n, z) in z.iter().enumerate() {
        let x = left + (wide + gap) * (n as f64 + 0.5);
        let text = if n == 0 { format!("z = {} mm", number(*z, 0)) } else { number(*z, 0) };
        sheet.words([x, top + TICK], Text::new(text, TICK).colour(SOFT).anchor(Anchor::Middle));
    }
    for (row, map) in maps.iter().enumerate() {
        let volume = Volume::of_map(map)?;
        let y = top + 22.0 + row as f64 * (high + 10.0);
        for (n, pixels) in axial(&z, wide, |mm, under| paint.over(&volume, mm, under))?.into_iter().enumerate() {
            sheet.picture([left + (wide + gap) * n as f64, y], [wide, high], pixels, true);
        }
        let most = ((high / (1.3 * TICK)) as usize).max(1);
        let mut lines = names[row].clone();
        if lines.len() > most {
            lines.truncate(most);
            if let Some(last) = lines.last_mut() {
                *last = font::shorten(&format!("{last} …"), TICK, false, 140.0);
            }
        }
        let first = y + 0.5 * high - 0.65 * TICK * (lines.len() as f64 - 1.0);
        for (n, line) in lines.iter().enumerate() {
            sheet.centred([left - 10.0, first + 1.3 * TICK * n as f64], Text::new(line, TICK).anchor(Anchor::End));
        }
        if row == 0 {
            sides(&mut sheet, [left, y], wide);
        }
    }
    paint.bar(&mut sheet, [WIDTH - MARGIN - BAR + 22.0, top + 22.0], 170.0, maps[0].unit());
    let labels: Vec<&str> = maps.iter().map(BrainMap::label).collect();
    Ok(Figure::new(sheet, format!("{title}, axial slices over the MNI template, one row each: {}", labels.join("; "))))
}

/// Axial slices of all networks of an atlas, in the atlas' colours, with their names.
///
/// A voxel belongs to the network whose map is largest there, as a share of that map's own maximum, if that is at least a half.
///
/// # Errors
/// If the affine cannot be inverted.
pub fn network_slices(networks: &Networks) -> Result<Figure> {
    let labels = network_labels(networks)?;
    let z = heights(8, None);
    let title = network_title(networks);
    let layout = Layout::new(&z, &title, "Left is left (neurological).", 4, LEGEND);
    let mut sheet = layout.sheet();
    let colours = networks.colours();
    layout.brains(&mut sheet, &z, |mm, under| {
        labels.at(mm).and_then(|n| colours.get(n)).map_or(under, |colour| blend(under, *colour, LAID))
    })?;
    let corner = [WIDTH - MARGIN - LEGEND + 14.0, layout.top];
    network_legend(&mut sheet, networks, corner);
    Ok(Figure::new(sheet, format!("{title}, axial slices over the MNI template: {}", networks.names().join(", "))))
}

/// Room for the networks' names at the right of a page.
pub(super) const LEGEND: f64 = 190.0;

/// How much a network's colour covers of the brain.
pub(super) const LAID: f64 = 0.78;

/// The title of a picture of an atlas.
pub(super) fn network_title(networks: &Networks) -> String {
    match networks.count() {
        0..=LISTED => format!("{}: {} networks", networks.atlas(), networks.count()),
        _ => networks.atlas().to_owned(),
    }
}

/// The network to which each voxel belongs: that whose map is largest there, as a share of the map's own maximum, if that is
/// at least a half.
pub(super) fn network_labels(networks: &Networks) -> Result<Labels> {
    if let Some(labels) = networks.labels() {
        return Labels::new(networks.mask(), networks.count(), |voxel| labels[voxel]);
    }
    let maps = networks.maps();
    let largest: Vec<f32> = maps.rows().into_iter().map(|m| m.iter().copied().fold(0.0, f32::max)).collect();
    Labels::new(networks.mask(), networks.count(), |voxel| {
        let share = |n: &usize| maps[[*n, voxel]] / largest[*n];
        let large = (0..maps.nrows()).filter(|n| largest[*n] > 0.0 && share(n) >= 0.5);
        large.max_by(|a, b| share(a).total_cmp(&share(b)))
    })
}

/// The networks' colours and names, from `corner` to the foot of the page.
pub(super) fn network_legend(sheet: &mut Sheet, networks: &Networks, [x, top]: [f64; 2]) {
    let legend = legend(networks);
    let pitch = ((sheet.height - top - MARGIN) / legend.len().max(1) as f64).min(22.0);
    for (n, (colour, name)) in legend.iter().enumerate() {
        let y = top + 12.0 + pitch * n as f64;
        if let Some(colour) = colour {
            sheet.block([x, y - 6.5], [13.0, 13.0], blend(MIDDLE, *colour, LAID));
        }
        let size = LABEL.min(0.9 * pitch);
        sheet.centred([x + 20.0, y], Text::new(font::shorten(name, size, false, LEGEND - 34.0), size));
    }
}

/// Lines of the legend: each network; of many, each family of one colour, or the first ones.
fn legend(networks: &Networks) -> Vec<(Option<Colour>, String)> {
    let named = networks.names().iter().zip(networks.colours()).map(|(name, colour)| (Some(*colour), name.clone()));
    if networks.count() <= LISTED {
        return named.collect();
    }
    let mut families: Vec<(Colour, Vec<&String>)> = Vec::new();
    for (name, colour) in networks.names().iter().zip(networks.colours()) {
        match families.iter_mut().find(|family| family.0 == *colour) {
            Some(family) => family.1.push(name),
            None => families.push((*colour, vec![name])),
        }
    }
    // An atlas that colours by network has neighbours of one colour; colours that are given in turn have not.
    let by_family = networks.colours().windows(2).filter(|pair| pair[0] == pair[1]).count() > networks.count() / 2;
    if by_family && families.len() <= LISTED {
        return families.into_iter().map(|(colour, names)| (Some(colour), family_name(&names))).collect();
    }
    let rest = (None, format!("and {} more", networks.count() - (LISTED - 1)));
    named.take(LISTED - 1).chain([rest]).collect()
}

/// "Vis (61)": the parts that all names of a family have in common, or its first name, and how many there are.
fn family_name(names: &[&String]) -> String {
    let parts = |name: &str| name.split('_').map(str::to_owned).collect::<Vec<String>>();
    // A number that counts regions says nothing of the family.
    let mut common = parts(names[0]);
    common.retain(|part| part.parse::<u32>().is_err());
    names.iter().for_each(|name| common.retain(|part| parts(name).contains(part)));
    let word = if common.is_empty() { names[0].clone() } else { common.join("_") };
    format!("{word} ({})", names.len())
}

/// Axial slices of a mask in one colour.
///
/// # Errors
/// If the affine cannot be inverted.
pub fn mask_slices(mask: &Mask) -> Result<Figure> {
    let labels = Labels::new(mask, 1, |_| Some(0))?;
    let z = heights(8, None);
    let volume = mask.affine().determinant().abs() * mask.count() as f64 / 1000.0;
    let title = format!("Mask of {} voxels", mask.count());
    let remark = format!("{volume:.0} cm³. Left is left (neurological).");
    let layout = Layout::new(&z, &title, &remark, 4, BAR);
    let mut sheet = layout.sheet();
    layout.brains(&mut sheet, &z, |mm, under| match labels.at(mm) {
        Some(_) => blend(under, PALETTE[1], 0.5),
        None => under,
    })?;
    Ok(Figure::new(sheet, format!("{title}, {volume:.0} cm³, axial slices over the MNI template")))
}
