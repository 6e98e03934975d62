//! The picture that stays where no scripts run, in few bytes: it comes with each view.

use crate::error::{Error, Result};
use crate::figure::Figure;
use crate::figure::render::{deflated, png_file};
use std::collections::HashMap;

/// Colours of the picture.
const COLOURS: usize = 256;

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
    let (palette, places) = palette(&pixels);
    let mut rows = Vec::with_capacity(places.len() + height as usize);
    for row in places.chunks(width.max(1) as usize) {
        // Each row says first that it is stored as it is.
        rows.push(0);
        rows.extend(row);
    }
    let mut head = [width.to_be_bytes(), height.to_be_bytes()].concat();
    // Eight bits a pixel, by palette.
    head.extend([8, 3, 0, 0, 0]);
    let (palette, packed) = (palette.concat(), deflated(&rows, 9)?);
    let chunks: [(&[u8; 4], &[u8]); 4] = [(b"IHDR", &head), (b"PLTE", &palette), (b"IDAT", &packed), (b"IEND", &[])];
    Ok(png_file(chunks))
}

/// The most frequent colours of a picture, and which of them each pixel gets.
fn palette(pixels: &[[u8; 3]]) -> (Vec<[u8; 3]>, Vec<u8>) {
    // Colours alike in the five upper bits of each part count as one: their mean.
    let bin = |p: &[u8; 3]| p.map(|c| c >> 3);
    let mut bins: HashMap<[u8; 3], ([u64; 3], u64)> = HashMap::new();
    for pixel in pixels {
        let (sum, count) = bins.entry(bin(pixel)).or_default();
        (0..3).for_each(|c| sum[c] += u64::from(pixel[c]));
        *count += 1;
    }
    let mut frequent: Vec<_> = bins.into_iter().collect();
    // By name where they are equally frequent: the same picture has the same bytes.
    frequent.sort_by_key(|(bin, (_, count))| (std::cmp::Reverse(*count), *bin));
    let mean = |(sum, count): &([u64; 3], u64)| sum.map(|sum| (sum / count) as u8);
    let colours: Vec<[u8; 3]> = frequent.iter().take(COLOURS).map(|(_, all)| mean(all)).collect();
    let nearest = |colour: [u8; 3]| {
        let away = |other: &[u8; 3]| (0..3).map(|c| (i32::from(other[c]) - i32::from(colour[c])).pow(2)).sum::<i32>();
        (0..colours.len()).min_by_key(|n| away(&colours[*n])).unwrap_or_default() as u8
    };
    let places: HashMap<[u8; 3], u8> = frequent.iter().map(|(bin, all)| (*bin, nearest(mean(all)))).collect();
    let each = pixels.iter().map(|pixel| places[&bin(pixel)]).collect();
    (colours, each)
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
