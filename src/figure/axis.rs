//! Scales, ticks, numbers as text, and the frame of a plot.

use super::font;
use super::sheet::{Anchor, Colour, FRAME, GRID, INK, LABEL, SOFT, Sheet, TICK, Text};

/// From values to pixels along one axis.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    pub low: f64,
    pub high: f64,
    pub logarithmic: bool,
    /// What is shown is counted: ticks stand at whole numbers only.
    pub whole: bool,
}

impl Scale {
    /// A linear scale; an empty or reversed span is widened around its low end.
    pub fn linear(low: f64, high: f64) -> Scale {
        let high = if high > low { high } else { low + low.abs().max(1.0) };
        Scale { low, high, logarithmic: false, whole: false }
    }

    /// A logarithmic scale between two positive values.
    pub fn logarithmic(low: f64, high: f64) -> Scale {
        Scale { low, high: if high > low { high } else { 10.0 * low }, logarithmic: true, whole: false }
    }

    /// A scale of things that are counted from `first` to `last`, each in the middle of its place.
    pub fn counted(first: f64, last: f64) -> Scale {
        Scale { low: first - 0.5, high: last + 0.5, logarithmic: false, whole: true }
    }

    /// Where a value lies between the two ends: 0 to 1.
    pub fn share(&self, value: f64) -> f64 {
        match self.logarithmic {
            false => (value - self.low) / (self.high - self.low),
            true => (value / self.low).ln() / (self.high / self.low).ln(),
        }
    }

    /// Round values inside the span, at most about `most`.
    pub fn ticks(&self, most: usize) -> Vec<f64> {
        match self.logarithmic {
            false if self.whole => {
                let ticks = linear_ticks(self.low, self.high, most.min((self.high - self.low) as usize));
                ticks.into_iter().filter(|tick| (tick - tick.round()).abs() < 1e-6).collect()
            }
            // One tick alone says nothing of the scale.
            false => (most..most + 4)
                .map(|most| linear_ticks(self.low, self.high, most))
                .find(|ticks| ticks.len() > 1)
                .unwrap_or_else(|| linear_ticks(self.low, self.high, most)),
            true => {
                let (first, last) = (self.low.log10(), self.high.log10());
                let (first, last) = ((first - 1e-9).ceil() as i32, (last + 1e-9).floor() as i32);
                let step = (1 + (last - first).max(0) / most.max(1) as i32) as usize;
                (first..=last).step_by(step).map(|power| 10f64.powi(power)).collect()
            }
        }
    }

    /// The text of a tick.
    pub fn label(&self, tick: f64, ticks: &[f64]) -> String {
        match self.logarithmic {
            false => number(tick, decimals(ticks)),
            true => power_of_ten(tick.log10().round() as i32),
        }
    }
}

/// Multiples of 1, 2, 2.5 or 5 times a power of ten from `low` to `high`, at most `most` + 1 of them.
pub(super) fn linear_ticks(low: f64, high: f64, most: usize) -> Vec<f64> {
    let span = high - low;
    if !span.is_finite() || span <= 0.0 {
        return vec![low];
    }
    let raw = span / most.max(1) as f64;
    let power = 10f64.powf(raw.log10().floor());
    let step =
        [1.0, 2.0, 2.5, 5.0, 10.0].map(|m| m * power).into_iter().find(|s| *s >= raw * 0.999).unwrap_or(10.0 * power);
    let (first, last) = ((low / step - 1e-6).ceil() as i64, (high / step + 1e-6).floor() as i64);
    (first..=last).map(|n| n as f64 * step).collect()
}

/// The fewest decimals with which all ticks are told exactly (at most 6).
fn decimals(ticks: &[f64]) -> usize {
    (0..6)
        .find(|d| {
            let unit = 10f64.powi(*d as i32);
            ticks.iter().all(|t| ((t * unit).round() - t * unit).abs() < 1e-6 * (t * unit).abs().max(1.0))
        })
        .unwrap_or(6)
}

/// A number with a true minus sign.
pub(super) fn number(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    match text.strip_prefix('-') {
        // −0.00 is 0.00.
        Some(digits) if digits.chars().all(|c| c == '0' || c == '.') => digits.to_owned(),
        Some(digits) => format!("−{digits}"),
        None => text,
    }
}

/// A number with about three digits that count.
pub(super) fn brief(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if !size.is_finite() => value.to_string(),
        size if !(0.001..100_000.0).contains(&size) => {
            let power = size.log10().floor() as i32;
            format!("{} × {}", number(value / 10f64.powi(power), 1), power_of_ten(power))
        }
        size => {
            let text = number(value, (2 - size.log10().floor() as i32).clamp(0, 5) as usize);
            match text.contains('.') {
                true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
                false => text,
            }
        }
    }
}

/// 10 to a power with superscript digits.
fn power_of_ten(power: i32) -> String {
    let digits = power.to_string();
    let raised = digits.chars().map(|c| match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        digit => char::from_u32(0x2070 + digit.to_digit(10).unwrap_or(0)).unwrap_or(digit),
    });
    format!("10{}", raised.collect::<String>())
}

/// The rectangle in which values are drawn, and its two scales.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plot {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
    pub x: Scale,
    pub y: Scale,
}

impl Plot {
    pub fn px(&self, value: f64) -> f64 {
        self.left + self.width * self.x.share(value)
    }

    pub fn py(&self, value: f64) -> f64 {
        self.top + self.height * (1.0 - self.y.share(value))
    }

    pub fn bottom(&self) -> f64 {
        self.top + self.height
    }

    pub fn right(&self) -> f64 {
        self.left + self.width
    }

    /// Ticks and their labels below the plot, vertical grid lines, and the axis' label.
    pub fn bottom_axis(&self, sheet: &mut Sheet, label: &str, grid: bool) {
        let ticks = self.ticks_below();
        for &tick in &ticks {
            let x = self.px(tick);
            if grid {
                sheet.line([x, self.top], [x, self.bottom()], 1.0, GRID);
            }
            sheet.line([x, self.bottom()], [x, self.bottom() + 4.0], 1.0, FRAME);
            let text = Text::new(self.x.label(tick, &ticks), TICK).colour(SOFT).anchor(Anchor::Middle);
            sheet.words([x, self.bottom() + 6.0 + TICK], text);
        }
        sheet.line([self.left, self.bottom()], [self.right(), self.bottom()], 1.0, FRAME);
        let room = self.width.max(200.0);
        let text = Text::new(font::shorten(label, LABEL, false, room), LABEL).colour(INK).anchor(Anchor::Middle);
        sheet.words([self.left + 0.5 * self.width, self.bottom() + 6.0 + TICK + 8.0 + LABEL], text);
    }

    /// As many ticks as stand below the plot without touching.
    fn ticks_below(&self) -> Vec<f64> {
        let mut most = (self.width / 60.0).clamp(2.0, 12.0) as usize;
        loop {
            let ticks = self.x.ticks(most);
            let widest = ticks.iter().map(|t| font::width(&self.x.label(*t, &ticks), TICK, false)).fold(0.0, f64::max);
            let gap = ticks.windows(2).map(|p| self.px(p[1]) - self.px(p[0])).fold(f64::INFINITY, f64::min);
            if gap >= widest + 12.0 || most <= 1 {
                return ticks;
            }
            most -= 1;
        }
    }

    /// Ticks and their labels left of the plot, horizontal grid lines, and the axis' label read upwards.
    pub fn left_axis(&self, sheet: &mut Sheet, label: &str) {
        let ticks = self.y.ticks((self.height / 45.0).clamp(2.0, 8.0) as usize);
        let mut widest: f64 = 0.0;
        for &tick in &ticks {
            let y = self.py(tick);
            sheet.line([self.left, y], [self.right(), y], 1.0, GRID);
            let text = self.y.label(tick, &ticks);
            widest = widest.max(font::width(&text, TICK, false));
            sheet.centred([self.left - 7.0, y], Text::new(text, TICK).colour(SOFT).anchor(Anchor::End));
        }
        let text = Text::new(font::shorten(label, LABEL, false, self.height + 40.0), LABEL).colour(INK);
        let x = self.left - 7.0 - widest - 10.0 - 0.5 * LABEL;
        sheet.centred([x, self.top + 0.5 * self.height], text.anchor(Anchor::Middle).upward());
    }
}

/// Space that the bottom axis takes: ticks, their labels and the axis' label.
pub(super) const BELOW: f64 = 6.0 + TICK + 8.0 + LABEL + 6.0;

/// The hues of Okabe and Ito (2008), in an order whose neighbours differ most, each as light as it must be to stand out from
/// a white and from a nearly black page (contrast 3 at least), and 19 or more apart (ΔE, CIE 1976) for colour-blind eyes.
pub(super) const PALETTE: [Colour; 8] = [
    [0x00, 0x66, 0xa4],
    [0xb9, 0x39, 0x02],
    [0x1d, 0xa5, 0x79],
    [0xbc, 0x7a, 0xa5],
    [0xc9, 0x87, 0x00],
    [0x20, 0x9d, 0xd9],
    [0x62, 0x67, 0x69],
    [0xa1, 0x80, 0x45],
];

/// The same hues as a dark page has them: lighter (contrast 4.8 at least), 24 or more apart.
pub(super) const PALETTE_ON_DARK: [Colour; 8] = [
    [0x4a, 0x8e, 0xe5],
    [0xde, 0x62, 0x2e],
    [0x2c, 0xe8, 0x90],
    [0xb2, 0x71, 0xaa],
    [0xea, 0xb0, 0x20],
    [0x7a, 0xd0, 0xf8],
    [0x9a, 0xb2, 0xa4],
    [0xa8, 0x75, 0x5a],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(linear_ticks(-0.13, 0.52, 7), [-0.1, 0.0, 0.1, 0.2, 0.30000000000000004, 0.4, 0.5]);
        assert_eq!(linear_ticks(0.0, 1.0, 4), [0.0, 0.25, 0.5, 0.75, 1.0]);
        assert_eq!(linear_ticks(3.0, 3.0, 4), [3.0]);
    }

    #[test]
    fn what_is_counted_has_ticks_at_whole_numbers_only() {
        assert_eq!(Scale::counted(0.0, 0.0).ticks(8), [0.0]);
        assert_eq!(Scale::counted(0.0, 1.0).ticks(8), [0.0, 1.0]);
        assert_eq!(Scale::counted(1.0, 12.0).ticks(5), [5.0, 10.0]);
    }

    #[test]
    fn numbers_carry_a_true_minus_and_no_negative_zero() {
        assert_eq!(number(-0.25, 2), "−0.25");
        assert_eq!(number(-0.001, 2), "0.00");
        assert_eq!(brief(0.04567), "0.0457");
        assert_eq!(brief(-12.5), "−12.5");
        assert_eq!(brief(2.0e7), "2.0 × 10⁷");
        assert_eq!(brief(100.0), "100");
    }

    #[test]
    fn a_logarithmic_scale_has_powers_of_ten_as_ticks() {
        let scale = Scale::logarithmic(0.1, 1e5);
        assert_eq!(scale.ticks(10).len(), 7);
        assert_eq!(scale.label(0.1, &[]), "10⁻¹");
        assert!((scale.share(100.0) - 0.5).abs() < 1e-12);
    }

    /// CIE L*a*b* (D65) of linear red, green and blue.
    fn lab(linear: [f64; 3]) -> [f64; 3] {
        let rows = [
            ([0.4124564, 0.3575761, 0.1804375], 0.95047),
            ([0.2126729, 0.7151522, 0.0721750], 1.0),
            ([0.0193339, 0.1191920, 0.9503041], 1.08883),
        ];
        let [x, y, z] = rows.map(|(row, white)| {
            let sum: f64 = row.iter().zip(linear).map(|(m, v)| m * v.clamp(0.0, 1.0)).sum();
            let share: f64 = sum / white;
            if share > 0.008856 { share.cbrt() } else { 7.787 * share + 16.0 / 116.0 }
        });
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    #[test]
    fn palette_colours_stand_out_from_both_pages_and_from_each_other_for_colour_blind_eyes() {
        use crate::figure::colour::contrast_ratio;
        // Machado, Oliveira and Fernandes (2009), severity 1: protanopia, deuteranopia; and unchanged sight.
        let sights = [
            [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
            [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
            [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
        ];
        let linear = |colour: Colour| {
            colour.map(|c| {
                let share = f64::from(c) / 255.0;
                if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
            })
        };
        let seen = |c: Colour, sight: [[f64; 3]; 3]| {
            let l = linear(c);
            lab(sight.map(|row| row.iter().zip(l).map(|(m, v)| m * v).sum()))
        };
        let (light, dark) = ([255; 3], [0x11; 3]);
        for (palette, pages, apart) in [(PALETTE, vec![light, dark], 19.0), (PALETTE_ON_DARK, vec![dark], 24.0)] {
            for (n, colour) in palette.into_iter().enumerate() {
                for page in &pages {
                    let least = if pages.len() == 1 { 4.8 } else { 3.0 };
                    assert!(contrast_ratio(colour, *page) >= least, "{colour:?} on {page:?}");
                }
                for other in &palette[n + 1..] {
                    for sight in sights {
                        let (a, b) = (seen(colour, sight), seen(*other, sight));
                        let far = a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
                        assert!(far >= apart, "{colour:?} and {other:?}: {far}");
                    }
                }
            }
        }
    }
}
