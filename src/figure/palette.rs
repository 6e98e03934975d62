//! A picture's colours as 256 of them.

use super::sheet::Colour;

/// Colours of a palette.
const COLOURS: usize = 256;

/// Bits of a channel by which colours are told apart: steps of four are not seen.
const BITS: u32 = 6;

/// At most 256 colours, and which of them stands for any other.
pub(super) struct Palette {
    colours: Vec<Colour>,
    /// By the upper bits of a colour.
    nearest: Vec<u8>,
}

/// Points whose colours have the same upper bits.
#[derive(Clone, Copy)]
struct Bin {
    number: usize,
    mean: [f32; 3],
    count: f32,
}

impl Palette {
    /// The colours from which those of the points are away least: boxes of colours are halved where their spread around
    /// the mean is greatest (after Wu 1991), and then each colour goes to the nearest mean (Lloyd 1982), a few times.
    pub fn of(points: &[Colour]) -> Palette {
        let bins = bins(points);
        let mut colours = boxes(bins.clone());
        for _ in 0..3 {
            colours = means(&bins, &colours);
        }
        let mut colours: Vec<Colour> = colours.into_iter().map(|mean| mean.map(|c| (c + 0.5) as u8)).collect();
        // By lightness: neighbours in a picture then have neighbouring numbers.
        colours.sort_by_key(|[r, g, b]| (299 * u32::from(*r) + 587 * u32::from(*g) + 114 * u32::from(*b), *r, *g));
        colours.dedup();
        let exact: Vec<[f32; 3]> = colours.iter().map(|colour| colour.map(f32::from)).collect();
        let mut nearest = vec![0; 1 << (3 * BITS)];
        for bin in &bins {
            nearest[bin.number] = closest(&exact, bin.mean) as u8;
        }
        Palette { colours, nearest }
    }

    pub fn colours(&self) -> &[Colour] {
        &self.colours
    }

    /// The number of the colour that stands for a point's.
    pub fn nearest(&self, point: Colour) -> u8 {
        self.nearest[number(point)]
    }
}

/// A colour by the upper bits of its channels.
fn number(colour: Colour) -> usize {
    colour.iter().fold(0, |number, c| number << BITS | usize::from(*c) >> (8 - BITS))
}

fn bins(points: &[Colour]) -> Vec<Bin> {
    let mut sums = vec![[0u64; 4]; 1 << (3 * BITS)];
    for point in points {
        let [r, g, b, count] = &mut sums[number(*point)];
        (*r, *g, *b) = (*r + u64::from(point[0]), *g + u64::from(point[1]), *b + u64::from(point[2]));
        *count += 1;
    }
    let filled = sums.iter().enumerate().filter(|(_, sum)| sum[3] > 0);
    filled
        .map(|(number, [r, g, b, count])| {
            let count = *count as f32;
            Bin { number, mean: [*r, *g, *b].map(|sum| sum as f32 / count), count }
        })
        .collect()
}

/// Means of 256 boxes of colours.
fn boxes(bins: Vec<Bin>) -> Vec<[f32; 3]> {
    let mut boxes = vec![Spread::of(bins)];
    while boxes.len() < COLOURS {
        let widest = (0..boxes.len()).filter(|n| boxes[*n].bins.len() > 1);
        let Some(widest) = widest.max_by(|a, b| boxes[*a].error.total_cmp(&boxes[*b].error)) else { break };
        let [low, high] = boxes.swap_remove(widest).halves();
        boxes.extend([low, high]);
    }
    boxes.into_iter().filter(|spread| !spread.bins.is_empty()).map(|spread| spread.mean).collect()
}

/// A box of colours.
struct Spread {
    bins: Vec<Bin>,
    mean: [f32; 3],
    /// The channel along which the colours are spread most.
    along: usize,
    /// Sum of squared distances to the mean along it.
    error: f32,
}

impl Spread {
    fn of(bins: Vec<Bin>) -> Spread {
        let total = bins.iter().map(|bin| f64::from(bin.count)).sum::<f64>().max(1.0);
        let sum = |value: &dyn Fn(&Bin) -> f64| bins.iter().map(|bin| f64::from(bin.count) * value(bin)).sum::<f64>();
        let mean = [0, 1, 2].map(|c| sum(&|bin| f64::from(bin.mean[c])) / total);
        let errors = [0, 1, 2].map(|c| sum(&|bin| (f64::from(bin.mean[c]) - mean[c]).powi(2)));
        let along = (0..3).fold(0, |most, c| if errors[c] > errors[most] { c } else { most });
        Spread { bins, mean: mean.map(|m| m as f32), along, error: errors[along] as f32 }
    }

    /// The colours below the mean, and those above.
    fn halves(self) -> [Spread; 2] {
        let (c, middle) = (self.along, self.mean[self.along]);
        let (mut low, mut high): (Vec<Bin>, Vec<Bin>) = self.bins.into_iter().partition(|bin| bin.mean[c] <= middle);
        // Rounding may leave all on one side.
        if high.is_empty() {
            high.extend(low.pop());
        }
        [Spread::of(low), Spread::of(high)]
    }
}

/// The mean of the bins that are nearest to each colour; one that is nearest to none stays.
fn means(bins: &[Bin], colours: &[[f32; 3]]) -> Vec<[f32; 3]> {
    let mut sums = vec![[0.0f64; 4]; colours.len()];
    for bin in bins {
        let sum = &mut sums[closest(colours, bin.mean)];
        (0..3).for_each(|c| sum[c] += f64::from(bin.count) * f64::from(bin.mean[c]));
        sum[3] += f64::from(bin.count);
    }
    let mean = |(sum, old): (&[f64; 4], &[f32; 3])| match sum[3] > 0.0 {
        true => [0, 1, 2].map(|c| (sum[c] / sum[3]) as f32),
        false => *old,
    };
    sums.iter().zip(colours).map(mean).collect()
}

/// The number of the nearest colour; the first of several.
fn closest(colours: &[[f32; 3]], to: [f32; 3]) -> usize {
    let mut best = (0, f32::INFINITY);
    for (n, colour) in colours.iter().enumerate() {
        let away = (0..3).map(|c| (colour[c] - to[c]) * (colour[c] - to[c])).sum::<f32>();
        if away < best.1 {
            best = (n, away);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_colours_stay_what_they_are() {
        let points: Vec<Colour> = (0..2000).map(|n| [(n % 5 * 40) as u8, (n % 3 * 70) as u8, 9]).collect();
        let palette = Palette::of(&points);
        assert_eq!(palette.colours().len(), 15);
        assert!(points.iter().all(|point| palette.colours()[usize::from(palette.nearest(*point))] == *point));
        assert!(Palette::of(&[]).colours().is_empty());
    }

    #[test]
    fn many_colours_are_no_farther_away_than_the_eye_sees() {
        // Blends of greys with a scale, as a map that fades over a brain has them.
        let scale = |n: usize| super::super::colour::cold_hot((n % 401) as f64 / 200.0 - 1.0);
        let points: Vec<Colour> = (0..400_000)
            .map(|n| {
                super::super::colour::blend([(45 + n / 7 % 190) as u8; 3], scale(n / 3), (n / 401 % 33) as f64 / 32.0)
            })
            .collect();
        let palette = Palette::of(&points);
        assert!(palette.colours().len() <= 256);
        let away = |point: &Colour| {
            let stands = palette.colours()[usize::from(palette.nearest(*point))];
            (0..3).map(|c| f64::from(stands[c].abs_diff(point[c])).powi(2)).sum::<f64>()
        };
        let spread = (points.iter().map(away).sum::<f64>() / points.len() as f64).sqrt();
        assert!(spread < 14.0, "{spread}");
    }
}
