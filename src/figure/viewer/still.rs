//! The picture that stays where no scripts run, in few bytes: it comes with each view.

use crate::error::{Error, Result};
use crate::figure::Figure;
use crate::figure::render::encode_palette;

/// The figure as a PNG of its logical size in 256 colours: a tenth of the bytes of [`Figure::png`].
pub(super) fn small_png(figure: &Figure) -> Result<Vec<u8>> {
    let broken = |cause: String| Error::value(format!("the still picture cannot be packed: {cause}"), "report this");
    let large = image::load_from_memory(&figure.png()?).map_err(|cause| broken(cause.to_string()))?.to_rgb8();
    let [width, height] = [large.width() / 2, large.height() / 2];
    // Each pixel is the mean of four.
    let mut pixels = Vec::with_capacity((width * height) as usize);
    for y in 0..height {
        for x in 0..width {
            let four = [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(i, j)| large.get_pixel(2 * x + i, 2 * y + j).0);
            pixels.push([0, 1, 2].map(|c| (four.iter().map(|p| u16::from(p[c])).sum::<u16>() / 4) as u8));
        }
    }
    encode_palette(&pixels, [width as usize, height as usize], &[])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::bars;

    #[test]
    fn the_small_picture_is_the_figure_at_half_the_size_and_nearly_in_its_colours() {
        let figure = bars(&["story", "voice"], &[3.1, -2.4], "Words", "z").unwrap();
        let small = small_png(&figure).unwrap();
        let read = image::load_from_memory(&small).unwrap().to_rgb8();
        assert_eq!([read.width(), read.height()], figure.size());
        let large = image::load_from_memory(&figure.png().unwrap()).unwrap();
        let half = large.resize_exact(read.width(), read.height(), image::imageops::FilterType::Triangle).to_rgb8();
        let far =
            read.pixels().zip(half.pixels()).filter(|(a, b)| (0..3).any(|c| a.0[c].abs_diff(b.0[c]) > 40)).count();
        assert!(far * 100 < read.pixels().len(), "{far} pixels");
        assert!(small.len() < figure.png().unwrap().len());
    }
}
