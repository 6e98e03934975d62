//! The pictures of a PDF: colours, and how much of the page they cover.

use super::packing::packed;
use super::sheet::Pixels;
use crate::error::Result;
use pdf_writer::types::Predictor;
use pdf_writer::{Filter, Finish, Pdf, Ref};

/// The pictures that a document holds.
#[derive(Default)]
pub(super) struct Pictures(Vec<Picture>);

/// Rows that are packed: colours, and cover where the page is seen.
struct Picture {
    size: [usize; 2],
    colours: Vec<u8>,
    cover: Option<Vec<u8>>,
    smooth: bool,
}

impl Pictures {
    /// The name of the picture of a number among the page's resources.
    pub fn name(number: usize) -> String {
        format!("P{number}")
    }

    /// Keeps a picture; its name.
    pub fn add(&mut self, pixels: &Pixels, smooth: bool) -> Result<String> {
        let colours: Vec<u8> = pixels.data.iter().flat_map(|[r, g, b, _]| [*r, *g, *b]).collect();
        let hides = pixels.data.iter().all(|point| point[3] == 255);
        let cover: Vec<u8> = pixels.data.iter().map(|point| point[3]).collect();
        self.0.push(Picture {
            size: [pixels.columns, pixels.rows],
            colours: packed(&colours, 3 * pixels.columns)?,
            cover: if hides { None } else { Some(packed(&cover, pixels.columns)?) },
            smooth,
        });
        Ok(Pictures::name(self.0.len() - 1))
    }

    /// Writes the pictures: their objects.
    pub fn write(&self, pdf: &mut Pdf, next: &mut Ref) -> Result<Vec<Ref>> {
        let mut written = Vec::new();
        for picture in &self.0 {
            let (id, mask) = (next.bump(), picture.cover.as_ref().map(|cover| (next.bump(), cover)));
            let parts = [Some((id, &picture.colours, 3)), mask.map(|(mask, cover)| (mask, cover, 1))];
            for (object, bytes, channels) in parts.into_iter().flatten() {
                let [columns, rows] = picture.size.map(|side| side as i32);
                let mut image = pdf.image_xobject(object, bytes);
                image.filter(Filter::FlateDecode);
                image.decode_parms().predictor(Predictor::PngUp).colors(channels).columns(columns);
                image.width(columns).height(rows).bits_per_component(8).interpolate(picture.smooth);
                match channels {
                    3 => image.color_space().device_rgb(),
                    _ => image.color_space().device_gray(),
                }
                if let Some((mask, _)) = mask.filter(|_| channels == 3) {
                    image.s_mask(mask);
                }
                image.finish();
            }
            written.push(id);
        }
        Ok(written)
    }
}
