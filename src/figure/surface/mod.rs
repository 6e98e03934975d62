//! Maps on the surface of the cortex.
//!
//! Values go from voxels to the vertices of FreeSurfer's fsaverage5 ([`crate::brain::BrainMap::on_surface`]), for a picture
//! also to the middles of the edges between them. The picture interpolates them inside each triangle, pixel by pixel, and
//! only then asks for the threshold and the colour, so that the border of what is shown does not follow the triangles. The view is orthographic. The surface's own
//! grey is light on gyri and dark in sulci (FreeSurfer's sulcal depth).

mod lines;
mod mesh;
mod options;
mod page;
mod raster;
mod shade;
#[cfg(test)]
mod tests;

pub use options::{Surface, SurfaceShape, SurfaceView};

use super::axis::brief;
use super::brain::{LEGEND, NETWORK, network_labels, network_legend, network_title};
use super::drawn::Figure;
use super::layout::BAR;
use super::look::{ColourRange, Look, Threshold};
use super::paint::{Paint, facts};
use super::sheet::MARGIN;
use crate::brain::{BrainMap, Field, Grain, Networks, SurfaceMap, VERTICES, mixed};
use crate::error::{Error, Result};
use crate::provenance::Provenance;
use lines::Lines;
use page::{aside_corner, page};
use raster::Spot;
use shade::{Coat, Ground, labelled};

impl BrainMap {
    /// The map on the inflated cortex, both hemispheres, lateral and medial, with a colour bar.
    ///
    /// The map must be in MNI space. At each vertex of fsaverage5 stands the mean over ten points from the white to the pial
    /// surface ([`BrainMap::on_surface`]); between vertices values are interpolated. Where the map has no value the cortex is
    /// grey; a map that does not reach the cortex gives the cortex alone, and the remark says so. Compare nilearn's
    /// `plot_img_on_surf`.
    ///
    /// # Errors
    /// If the map's affine cannot be inverted.
    ///
    /// ```
    /// use neurocell::brain::{BrainMap, Mask};
    /// let brain = Mask::mni4mm()?;
    /// let height = (0..brain.count()).map(|n| brain.mm(n)[2] as f32).collect();
    /// let figure = BrainMap::new(height, &brain, "height above the origin", "mm")?.surface()?;
    /// assert!(figure.svg()?.contains("left, lateral"));
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    pub fn surface(&self) -> Result<Figure> {
        self.surface_with(Surface::default(), Look::default())
    }

    /// The map on a surface, from views and in a look of your choice; contours of other maps are lines.
    ///
    /// # Errors
    /// If there is no view or more than 12, no point between the surfaces or more than 200, a threshold, range or opacity is not
    /// what [`Look`] says, or an affine cannot be inverted.
    ///
    /// ```no_run
    /// use neurocell::figure::{Look, Surface, SurfaceShape, SurfaceView, Threshold};
    /// # fn show(fit: neurocell::encoding::EncodingFit) -> neurocell::Result<()> {
    /// let pial = Surface::default().shape(SurfaceShape::Pial).views(&[SurfaceView::LeftLateral, SurfaceView::Dorsal]);
    /// fit.score_map().surface_with(pial, Look::default().threshold(Threshold::Positive(0.1)))?.save("scores.png")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn surface_with(&self, surface: Surface, look: Look) -> Result<Figure> {
        let paint = Paint::new(std::slice::from_ref(self), &look)?;
        let field = Field::new(self, surface.samples, Grain::Middles)?;
        let lines = Lines::new(&look.contours, surface.samples)?;
        let title = look.title.clone().unwrap_or_else(|| self.label().to_owned());
        let facts = facts(self, paint.peak(std::slice::from_ref(self)));
        let reached = reached(&field.vertices(self, surface.samples), &paint);
        let remark = format!("{facts}; {}. {} {reached}{}", paint.rule(), said(&surface), lines.said());
        let colours = Coat::new(&field, &paint);
        let coat = |spot: &Spot, ground: Ground| lines.at(spot).unwrap_or_else(|| colours.at(spot, ground));
        let (mut sheet, top) = page(&surface, &title, &remark, BAR, &coat)?;
        let corner = aside_corner(&sheet, top, BAR);
        paint.bar(&mut sheet, corner, 230.0, self.unit());
        let alt = format!("{title}, on the {} cortex: {facts}", surface.shape.name());
        let made = options(look.traced("surface", "map", self), &surface);
        Ok(Figure::new(sheet, alt).made(made))
    }
}

impl SurfaceMap {
    /// The map on the inflated cortex, from as many points.
    pub(crate) fn figure(&self) -> Result<Figure> {
        self.map().surface_with(Surface::default().samples(self.samples()), Look::default())
    }
}

impl Networks {
    /// All networks on the inflated cortex, in the atlas' colours, with their names.
    ///
    /// A vertex of fsaverage5 belongs to the network that has most of the ten points from the white to the pial surface (weights
    /// of the eight voxels around each point, summed by network; a point with less than a quarter of its weight in any network does
    /// not count). Between vertices these shares are interpolated, never the
    /// labels, so that borders are crisp. Of maps that overlap, a voxel belongs to that which is largest there, as a share of
    /// that map's own maximum, if that is at least a half.
    ///
    /// # Errors
    /// If the affine cannot be inverted.
    ///
    /// ```
    /// let figure = neurocell::brain::Networks::yeo7()?.surface()?;
    /// assert!(figure.svg()?.contains("Visual"));
    /// # Ok::<(), neurocell::Error>(())
    /// ```
    pub fn surface(&self) -> Result<Figure> {
        self.surface_with(Surface::default(), Look::default())
    }

    /// All networks on a surface, from views and in a look of your choice; contours of maps are lines.
    ///
    /// # Errors
    /// As [`BrainMap::surface_with`], and if the look has a threshold or a range, which networks have not.
    pub fn surface_with(&self, surface: Surface, look: Look) -> Result<Figure> {
        if look.threshold != Threshold::Fade || look.range != ColourRange::Auto {
            return Err(Error::value(
                format!("networks with the threshold {:?} and the range {:?}", look.threshold, look.range),
                "leave both out, or draw one network's map: `networks.map(\"Visual\")?.surface_with(…)`",
            ));
        }
        if !(0.0..=1.0).contains(&look.opacity) {
            return Err(Error::value(format!("the opacity is {}", look.opacity), "give a number between 0 and 1"));
        }
        let labels = mixed(&network_labels(self)?, surface.samples, Grain::Middles)?;
        let lines = Lines::new(&look.contours, surface.samples)?;
        let vertices = || labels.iter().flat_map(|side| side.iter().take(VERTICES));
        let reached = vertices().filter(|mixed| mixed.label().is_some()).count();
        let title = look.title.clone().unwrap_or_else(|| network_title(self));
        let remark =
            format!("{} {}{}", said(&surface), share(reached, vertices().count(), "lie in a network"), lines.said());
        let cover = NETWORK * look.opacity;
        let coat = |spot: &Spot, ground: Ground| {
            lines.at(spot).unwrap_or_else(|| labelled(spot, ground, &labels, self.colours(), cover))
        };
        let (mut sheet, top) = page(&surface, &title, &remark, LEGEND, &coat)?;
        let corner = aside_corner(&sheet, top, LEGEND);
        let height = sheet.height - top - MARGIN;
        network_legend(&mut sheet, self, corner, height);
        let alt = format!("{title}, on the {} cortex: {}", surface.shape.name(), self.names().join(", "));
        let made = options(look.traced("surface", "networks", self), &surface);
        Ok(Figure::new(sheet, alt).made(made))
    }
}

/// The step with what a picture of a surface depends on beside its look.
fn options(made: Provenance, surface: &Surface) -> Provenance {
    let views: Vec<&str> = surface.views.iter().map(|view| view.name()).collect();
    made.option("shape", surface.shape.name())
        .option("views", views.join("; "))
        .option("columns", surface.columns.map_or("default".to_owned(), |n| n.to_string()))
        .option("samples", surface.samples)
}

/// What is drawn and how it was sampled.
fn said(surface: &Surface) -> String {
    let shape = surface.shape.name();
    let points = match surface.samples {
        1 => "the middle between white and pial surface".to_owned(),
        n => format!("{n} points from white to pial surface"),
    };
    format!("fsaverage5, {shape}; {points}.")
}

/// "1234 of 20484 vertices …", or that there are none.
fn share(some: usize, all: usize, what: &str) -> String {
    let percent = 100.0 * some as f64 / all.max(1) as f64;
    match some {
        0 => format!("None of the {all} vertices {what}."),
        _ => format!("{some} of {all} vertices ({} %) {what}.", brief(percent)),
    }
}

/// How much of the cortex a map reaches, and how much of it is shown.
fn reached(values: &SurfaceMap, paint: &Paint) -> String {
    let vertices = values.left().len() + values.right().len();
    let known = values.known().count();
    let shown = values.known().filter(|v| paint.cover(f64::from(*v)) > 0.0).count();
    let mut text = share(known, vertices, "have a value");
    if let Some((low, high)) = values.range() {
        text += &format!(" On the cortex from {} to {}", brief(f64::from(low)), brief(f64::from(high)));
        text += &if shown == 0 { "; none is shown.".to_owned() } else { format!("; {shown} shown.") };
    }
    text
}
