//! Cubic B-splines (Unser 1999, *IEEE Signal Processing Magazine* 16:22), with scipy's conventions.

/// Rows that are filtered together, so that they stay in cache.
const TOGETHER: usize = 512;

/// The pole of the cubic B-spline, √3 − 2.
const POLE: f64 = -0.267_949_192_431_122_7;

/// The coefficients of the spline through the values of a volume; beyond a border the volume goes on as its mirror image about the border's own
/// voxel (d c b | a b c d | c b a).
pub(super) fn coefficients(volume: &[f32], shape: [usize; 3]) -> Vec<f64> {
    let mut values: Vec<f64> = volume.iter().map(|v| f64::from(*v)).collect();
    let [x, y, z] = shape;
    if x > 1 {
        values.chunks_exact_mut(x).for_each(|row| filter(row, x, 1, 0..1));
    }
    if y > 1 {
        values.chunks_exact_mut(x * y).for_each(|plane| in_parts(plane, y, x));
    }
    if z > 1 {
        in_parts(&mut values, z, x * y);
    }
    values
}

fn in_parts(values: &mut [f64], n: usize, width: usize) {
    for first in (0..width).step_by(TOGETHER) {
        filter(values, n, width, first..(first + TOGETHER).min(width));
    }
}

/// The recursive filter over `n` > 1 rows of `width` values, for some columns.
fn filter(values: &mut [f64], n: usize, width: usize, columns: std::ops::Range<usize>) {
    const GAIN: f64 = 6.0;
    let row = |r: usize| r * width + columns.start..r * width + columns.end;
    for r in 0..n {
        values[row(r)].iter_mut().for_each(|v| *v *= GAIN);
    }
    // The first row of the causal pass: the mirror image's whole past.
    let last = POLE.powi(n as i32 - 1);
    let mut first: Vec<f64> = values[row(0)].iter().zip(&values[row(n - 1)]).map(|(a, b)| a + last * b).collect();
    let mut power = POLE;
    for r in 1..n - 1 {
        if power.abs() < f64::MIN_POSITIVE {
            break;
        }
        let (ahead, back) = (&values[row(r)], &values[row(n - 1 - r)]);
        first.iter_mut().zip(ahead).zip(back).for_each(|((f, a), b)| *f += power * (a + last * b));
        power *= POLE;
    }
    values[row(0)].iter_mut().zip(&first).for_each(|(v, f)| *v = f / (1.0 - last * last));
    for r in 1..n {
        let (before, now) = values.split_at_mut(row(r).start);
        now[..columns.len()].iter_mut().zip(&before[row(r - 1)]).for_each(|(v, b)| *v += POLE * b);
    }
    let (before, end) = values.split_at_mut(row(n - 1).start);
    end[..columns.len()]
        .iter_mut()
        .zip(&before[row(n - 2)])
        .for_each(|(v, b)| *v = (POLE * b + *v) * POLE / (POLE * POLE - 1.0));
    for r in (0..n - 1).rev() {
        let (now, behind) = values.split_at_mut(row(r + 1).start);
        now[row(r)].iter_mut().zip(&behind[..columns.len()]).for_each(|(v, b)| *v = POLE * (b - *v));
    }
}

/// Weights of the four coefficients around a place that lies `t` (0 to 1) behind the second of them.
pub(super) fn cubic_weights(t: f64) -> [f64; 4] {
    let s = 1.0 - t;
    let outer = |v: f64| v * v * v / 6.0;
    let inner = |v: f64| (v * v * (v - 2.0) * 3.0 + 4.0) / 6.0;
    [outer(s), inner(t), inner(s), outer(t)]
}

/// Where a coefficient beyond a border of `n` is found in the mirror image.
pub(super) fn mirrored(place: isize, n: usize) -> usize {
    if n == 1 {
        return 0;
    }
    let place = place.unsigned_abs() % (2 * (n - 1));
    if place < n { place } else { 2 * (n - 1) - place }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_sum_to_one_and_are_those_of_the_b_spline() {
        for t in [0.0, 0.25, 0.5, 0.9] {
            assert!((cubic_weights(t).iter().sum::<f64>() - 1.0).abs() < 1e-15);
        }
        assert_eq!(cubic_weights(0.0), [1.0 / 6.0, 4.0 / 6.0, 1.0 / 6.0, 0.0]);
    }

    #[test]
    fn the_spline_passes_through_the_values() {
        let shape = [6, 5, 4];
        let volume: Vec<f32> = (0..120).map(|n| ((n * 37) % 29) as f32 - 11.0).collect();
        let c = coefficients(&volume, shape);
        let w = cubic_weights(0.0);
        for (n, value) in volume.iter().enumerate() {
            let at = [n % 6, n / 6 % 5, n / 30];
            let mut sum = 0.0;
            for (dz, wz) in w.iter().enumerate().take(3) {
                for (dy, wy) in w.iter().enumerate().take(3) {
                    for (dx, wx) in w.iter().enumerate().take(3) {
                        let [x, y, z] = [(at[0], dx, 6), (at[1], dy, 5), (at[2], dz, 4)]
                            .map(|(at, d, n)| mirrored(at as isize + d as isize - 1, n));
                        sum += wx * wy * wz * c[x + 6 * (y + 5 * z)];
                    }
                }
            }
            assert!((sum - f64::from(*value)).abs() < 1e-9, "{at:?}");
        }
    }
}
