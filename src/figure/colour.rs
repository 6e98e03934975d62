//! From values to colours.

use super::sheet::Colour;
use std::sync::LazyLock;

/// viridis (Smith and van der Walt 2015, CC0), every sixteenth of its 256 colours and the last.
const VIRIDIS: [Colour; 17] = [
    [68, 1, 84],
    [72, 24, 106],
    [71, 45, 123],
    [66, 64, 134],
    [59, 82, 139],
    [51, 99, 141],
    [44, 114, 142],
    [38, 130, 142],
    [33, 145, 140],
    [31, 160, 136],
    [40, 174, 128],
    [63, 188, 115],
    [94, 201, 98],
    [132, 212, 75],
    [173, 220, 48],
    [216, 226, 25],
    [253, 231, 37],
];

/// Blue over white to red (ColorBrewer's RdBu, reversed): equal steps of lightness on both sides.
const DIVERGING: [Colour; 11] = [
    [5, 48, 97],
    [33, 102, 172],
    [67, 147, 195],
    [146, 197, 222],
    [209, 229, 240],
    [255, 255, 255],
    [253, 219, 199],
    [244, 165, 130],
    [214, 96, 77],
    [178, 24, 43],
    [103, 0, 31],
];

/// Dark red to light yellow: lightness rises with the value, and stands out from a grey brain.
const HOT: [Colour; 5] = [[128, 8, 22], [196, 30, 28], [238, 96, 32], [252, 176, 52], [255, 246, 160]];

/// Dark blue to light cyan, the same lightness as `HOT`.
const COLD: [Colour; 5] = [[16, 42, 140], [24, 84, 196], [32, 140, 226], [84, 196, 240], [190, 246, 255]];

fn mix(from: Colour, to: Colour, share: f64) -> Colour {
    std::array::from_fn(|c| (f64::from(from[c]) + share * (f64::from(to[c]) - f64::from(from[c]))).round() as u8)
}

/// `over` laid on `under`: 0 is all `under`, 1 all `over`.
pub(super) fn blend(under: Colour, over: Colour, opacity: f64) -> Colour {
    mix(under, over, opacity.clamp(0.0, 1.0))
}

fn look_up(table: &[Colour], share: f64) -> Colour {
    let place = share.clamp(0.0, 1.0) * (table.len() - 1) as f64;
    let below = (place.floor() as usize).min(table.len() - 2);
    mix(table[below], table[below + 1], place - below as f64)
}

/// viridis at a share from 0 to 1.
pub(super) fn sequential(share: f64) -> Colour {
    look_up(&VIRIDIS, share)
}

/// Blue at −1, white at 0, red at 1.
pub(super) fn diverging(value: f64) -> Colour {
    look_up(&DIVERGING, 0.5 + 0.5 * value.clamp(-1.0, 1.0))
}

/// Steps between 0 and an end of a brain map's colours: many more than a channel of eight bits tells apart.
const STEPS: usize = 2048;

/// Cold and hot colours at each step: pictures ask for one at each of their points.
static COLD_HOT: LazyLock<[Vec<Colour>; 2]> = LazyLock::new(|| {
    let table = |ends: &[Colour]| (0..=STEPS).map(|step| look_up(ends, step as f64 / STEPS as f64)).collect();
    [table(&COLD), table(&HOT)]
});

/// The colours of a brain map: cold from 0 to −1, hot from 0 to 1.
pub(super) fn cold_hot(value: f64) -> Colour {
    let step = (value.abs().min(1.0) * STEPS as f64 + 0.5) as usize;
    COLD_HOT[usize::from(value >= 0.0)][step]
}

/// Relative luminance, 0 (black) to 1 (white), as the Web Content Accessibility Guidelines 2.2 define it.
fn luminance(colour: Colour) -> f64 {
    let linear = |channel: u8| {
        let share = f64::from(channel) / 255.0;
        if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    };
    let [r, g, b] = colour.map(linear);
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

/// How much two colours differ in luminance: 1 (not at all) to 21 (black and white), by the same guidelines.
pub(super) fn contrast_ratio(a: Colour, b: Colour) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// Whether small text of one colour can be read on the other: a ratio of 4.5 or more (level AA).
pub(super) fn legible(text: Colour, ground: Colour) -> bool {
    contrast_ratio(text, ground) >= 4.5
}

/// Black or white, whichever is read better on a colour.
pub(super) fn contrast(ground: Colour) -> Colour {
    let (dark, light) = ([0; 3], [255; 3]);
    if contrast_ratio(dark, ground) >= contrast_ratio(light, ground) { dark } else { light }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_is_white_and_the_ends_are_the_tables_ends() {
        assert_eq!(diverging(0.0), [255, 255, 255]);
        assert_eq!((diverging(-1.0), diverging(1.0)), (DIVERGING[0], DIVERGING[10]));
        assert_eq!((sequential(0.0), sequential(1.0)), (VIRIDIS[0], VIRIDIS[16]));
        assert_eq!((cold_hot(-1.0), cold_hot(1.0)), (COLD[4], HOT[4]));
        assert_eq!(diverging(7.0), diverging(1.0));
    }

    #[test]
    fn lightness_rises_along_the_sequential_map_and_both_sides_of_the_brain_map() {
        let lightness = |[r, g, b]: Colour| 0.299 * f64::from(r) + 0.587 * f64::from(g) + 0.114 * f64::from(b);
        for n in 0..100 {
            let (low, high) = (f64::from(n) / 100.0, f64::from(n + 1) / 100.0);
            assert!(lightness(sequential(high)) >= lightness(sequential(low)) - 0.7, "{low}");
            assert!(lightness(cold_hot(high)) >= lightness(cold_hot(low)) - 0.7, "{low}");
            assert!(lightness(cold_hot(-high)) >= lightness(cold_hot(-low)) - 0.7, "{low}");
        }
    }

    #[test]
    fn ratios_are_those_of_the_guidelines() {
        assert!((contrast_ratio([0; 3], [255; 3]) - 21.0).abs() < 1e-9);
        // #767676 is the lightest grey that passes on white, #777777 does not (WCAG 2.2, understanding 1.4.3).
        assert!(legible([0x76; 3], [255; 3]) && !legible([0x77; 3], [255; 3]));
    }

    #[test]
    fn black_or_white_can_be_read_on_every_grey_and_map_colour() {
        let greys = (0..=255u8).map(|v| [v; 3]);
        let maps = (-100..=100).flat_map(|n| {
            let v = f64::from(n) / 100.0;
            [sequential(v.abs()), diverging(v), cold_hot(v)]
        });
        for ground in greys.chain(maps) {
            assert!(legible(contrast(ground), ground), "{ground:?}");
        }
    }
}
