//! Maps and atlases that can be turned and sliced, in a notebook and in a page of their own.
//!
//! A [`View`] draws itself by NiiVue (version 0.69.0, shipped with the crate), without a network: three cuts with a
//! crosshair, one cut, the head in three dimensions, or a hemisphere of the cortex (fsaverage5, inflated), with
//! threshold and opacity to move. Colours and the rule of what is shown are those of the still pictures.
//!
//! In a notebook NiiVue and the template come once, with the first view that the notebook shows; each further view adds
//! its own values and a still picture, some 0.1 to 0.4 MB. The still picture is what a viewer without scripts shows,
//! and JupyterLab until the notebook is trusted. The neurocell kernel remembers which cell holds the shared part, and
//! sends it again with the next view when that cell was run again or deleted; in other front ends it comes once in a
//! session. Where it is missing all the same (its output was cleared, say), the still picture stays and says so;
//! [`View::whole`] gives a view that needs nothing else.
//!
//! Values are stored as whole steps of 1/32,767 of the greatest |v|, or of 1/8,191, 1/2,047, 1/511 or 1/127 where a finer
//! step would take more than 0.15 MB (maps that are noise voxel by voxel): the value under the crosshair is shown with
//! as many digits as are known.

mod cortex;
mod pack;
mod page;
mod still;

pub use page::{VIEWER_PART, shared};

use super::Figure;
use super::brain::networks_of_voxels;
use super::look::Look;
use super::paint::{Paint, facts};
use crate::brain::{BrainMap, Mask, Networks};
use crate::error::{Error, Result};
use crate::notebook::display_with_part;
use crate::provenance::{Provenance, Traced};
use crate::replace::{replace, unwritten};
use pack::{Packed, pack, pack_labels};
use std::path::Path;
use std::sync::Arc;

/// A map or an atlas that can be turned and sliced; clones are cheap.
///
/// ```
/// use neurocell::prelude::*;
/// let mask = Mask::mni4mm()?;
/// let height = (0..mask.count()).map(|n| mask.mm(n)[2] as f32 / 80.0).collect();
/// let map = BrainMap::new(height, &mask, "made: height above the origin", "dm")?;
/// let view = map.view_with(Look::default().threshold(Threshold::Both(0.4)))?;
/// let folder = std::env::temp_dir().join("neurocell-view-doctest");
/// std::fs::create_dir_all(&folder).ok();
/// view.save(folder.join("height.html"))?; // opens in any browser, without a network
/// # std::fs::remove_dir_all(&folder).ok();
/// # Ok::<(), neurocell::Error>(())
/// ```
#[derive(Clone)]
pub struct View(Arc<Content>);

struct Content {
    title: String,
    text: String,
    still: Figure,
    about: serde_json::Value,
    values: String,
    whole: bool,
}

impl BrainMap {
    /// The map as a view that can be turned and sliced, with threshold and colours chosen from the values.
    ///
    /// # Errors
    /// If the affine cannot be inverted.
    pub fn view(&self) -> Result<View> {
        self.view_with(Look::default())
    }

    /// The map as a view that can be turned and sliced, as `look` says. Contours of other maps are drawn in the still
    /// picture only, and the view says so.
    ///
    /// # Errors
    /// If a threshold or range is not a positive number, the opacity not between 0 and 1, or the affine cannot be inverted.
    ///
    /// ```no_run
    /// # use neurocell::prelude::*;
    /// # fn show(map: BrainMap) -> Result<()> {
    /// map.view_with(Look::default().threshold(Threshold::Both(3.1)).range(ColourRange::Symmetric(8.0)))?.save("contrast.html")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn view_with(&self, look: Look) -> Result<View> {
        let paint = Paint::new(std::slice::from_ref(self), &look)?;
        let packed = pack(self.mask().voxels(), self.values(), &cortex::values(self)?)?;
        let title = look.title.clone().unwrap_or_else(|| self.label().to_owned());
        let peak = paint.peak(std::slice::from_ref(self));
        let (shown, at) = paint.cut();
        let text = format!("{}. Left is left (neurological).{}", facts(self, peak), left_out(&look));
        let mut about = about(&title, &text, self.mask(), &packed);
        about["unit"] = self.unit().into();
        about["limit"] = paint.limit.into();
        about["symmetric"] = paint.symmetric.into();
        about["shown"] = shown.into();
        about["at"] = at.into();
        about["opacity"] = look.opacity.into();
        about["peak"] = peak.map(|peak| peak.mm).into();
        let still = match &peak {
            Some(peak) => self.slices_at(peak.mm, look)?,
            None => self.slices()?,
        };
        Ok(View::of(title, text, still, about, packed))
    }
}

impl Networks {
    /// The networks as a view that can be turned and sliced, in the atlas' colours. A voxel belongs to the network whose map is
    /// largest there, as a share of that map's own maximum, if that is at least a half.
    ///
    /// # Errors
    /// If the affine cannot be inverted, or there are more than 32,767 networks.
    pub fn view(&self) -> Result<View> {
        let labels: Vec<f32> =
            networks_of_voxels(self).into_iter().map(|label| label.map_or(f32::NAN, |n| (n + 1) as f32)).collect();
        let packed = pack_labels(self.mask().voxels(), &labels, &cortex::labels(self)?)?;
        let text = format!("{} networks. Left is left (neurological).", self.count());
        let mut about = about(self.atlas(), &text, self.mask(), &packed);
        about["names"] = self.names().into();
        about["colours"] = serde_json::json!(self.colours());
        about["limit"] = 1.into();
        about["peak"] = somewhere(self.mask(), &labels).into();
        let still = self.slices()?;
        Ok(View::of(self.atlas().to_owned(), text, still, about, packed))
    }
}

/// What the still picture has and the view has not.
fn left_out(look: &Look) -> String {
    let names: Vec<String> = look.contours.iter().map(|contour| format!("`{}`", contour.map.label())).collect();
    match names.is_empty() {
        true => String::new(),
        false => format!(" Contours of {} are drawn in still pictures only: `map.slices_at(…)`.", names.join(", ")),
    }
}

/// The labelled voxel nearest to the left auditory cortex, where each of the three cuts shows much of the cortex.
fn somewhere(mask: &Mask, labels: &[f32]) -> Option<[f64; 3]> {
    const PLACE: [f64; 3] = [-46.0, -22.0, 8.0];
    let away = |mm: &[f64; 3]| (0..3).map(|c| (mm[c] - PLACE[c]).powi(2)).sum::<f64>();
    let labelled = (0..labels.len()).filter(|n| labels[*n].is_finite()).map(|n| mask.mm(n));
    labelled.min_by(|a, b| away(a).total_cmp(&away(b)))
}

/// What the page is told of any view.
fn about(title: &str, remark: &str, mask: &Mask, packed: &Packed) -> serde_json::Value {
    serde_json::json!({
        "title": title, "remark": remark, "shape": mask.shape(), "affine": mask.affine().0, "step": packed.step,
        "wide": packed.wide, "runs": packed.runs, "voxels": packed.voxels, "vertices": cortex::VERTICES,
    })
}

impl View {
    fn of(title: String, text: String, still: Figure, about: serde_json::Value, packed: Packed) -> View {
        View(Arc::new(Content { title, text, still, about, values: packed.base64, whole: false }))
    }

    /// The view with all that it needs in its own output, some 1.5 MB: for a notebook in which the first view's output was cleared.
    pub fn whole(&self) -> View {
        let Content { title, text, still, about, values, .. } = &*self.0;
        let (title, text, still) = (title.clone(), text.clone(), still.clone());
        View(Arc::new(Content { title, text, still, about: about.clone(), values: values.clone(), whole: true }))
    }

    /// The view's own HTML, without what all views share.
    fn own(&self) -> Result<String> {
        let Content { still, about, values, .. } = &*self.0;
        Ok(page::view(&still::small_png(still)?, still.alt(), about, values))
    }

    /// The view as a page of its own: HTML that needs no other file and no network.
    ///
    /// # Errors
    /// If the still picture cannot be drawn.
    pub fn html(&self) -> Result<String> {
        page::page(&self.0.title, &self.own()?)
    }

    /// Saves the view as a page that any browser with WebGL 2 opens, without a network; the name ends in `.html`.
    ///
    /// The file is written beside and renamed, so that a half-written page is never found.
    ///
    /// # Errors
    /// If the ending is another one, or the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
        if ending != "html" && ending != "htm" {
            return Err(Error::value(
                format!("a view cannot be saved as {}: the ending is \"{ending}\"", path.display()),
                "end the name with .html; a still picture is `map.slices()?.save(\"map.png\")`",
            ));
        }
        replace(path, self.html()?.as_bytes()).map_err(|cause| unwritten(path, cause))
    }

    /// Shows the view in the notebook; without scripts its still picture, in a terminal what it is of.
    pub fn evcxr_display(&self) {
        let text = self.to_string();
        let html = self.own().and_then(|own| Ok(if self.0.whole { own + shared()? } else { own }));
        match html {
            Ok(html) => {
                let part = (!self.0.whole).then_some(VIEWER_PART);
                display_with_part(&[("text/html", html.as_bytes()), ("text/plain", text.as_bytes())], part);
            }
            Err(error) => crate::notebook::display(&[("text/plain", format!("{text}\n{error}").as_bytes())]),
        }
    }
}

impl Traced for View {
    fn provenance(&self) -> Provenance {
        Provenance::step("view").input("picture", &self.0.still)
    }
}

impl std::fmt::Display for View {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "View: {}\n{}\nto be seen in a notebook, or in a browser after `.save(\"view.html\")`",
            self.0.title, self.0.text
        )
    }
}

impl std::fmt::Debug for View {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "View of {}: {}", self.0.title, self.0.text)
    }
}

#[cfg(test)]
mod tests;
