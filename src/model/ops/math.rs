//! Functions of one number as loops that the compiler makes vector code of: no branches, no calls.
//!
//! Products and sums are fused: one instruction on every processor with AVX2 or NEON; on older ones right, but slow.

/// e^x to a few units in the last place, by 2^n · p(r) with |r| ≤ ln 2 / 2 and the polynomial of Cephes' `expf`.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    // Added and taken away again, it leaves the nearest whole number; the sum's lowest bits hold it.
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 88.0);
    let shifted = x.mul_add(std::f32::consts::LOG2_E, ROUND);
    let n = shifted - ROUND;
    // ln 2 in two parts, the first of which times n is exact.
    let r = n.mul_add(2.121_944_4e-4, n.mul_add(-0.693_359_4, x));
    let p = 1.987_569_1e-4_f32;
    let p = p.mul_add(r, 1.398_199_9e-3);
    let p = p.mul_add(r, 8.333_452e-3);
    let p = p.mul_add(r, 4.166_579_6e-2);
    let p = p.mul_add(r, 0.166_666_65);
    let p = p.mul_add(r, 0.5);
    let p = (p * r).mul_add(r, r + 1.0);
    let power = shifted.to_bits().wrapping_sub(ROUND.to_bits()).wrapping_add(127) << 23;
    p * f32::from_bits(power)
}

/// x · Φ(x), Φ by the error function (Abramowitz and Stegun 7.1.26: to 1.5e-7).
#[inline(always)]
pub(super) fn gelu(x: f32) -> f32 {
    let z = x.abs() * std::f32::consts::FRAC_1_SQRT_2;
    let t = 1.0 / z.mul_add(0.327_591_1, 1.0);
    let p = 1.061_405_4_f32;
    let p = p.mul_add(t, -1.453_152);
    let p = p.mul_add(t, 1.421_413_7);
    let p = p.mul_add(t, -0.284_496_74);
    let p = p.mul_add(t, 0.254_829_6);
    // 1 − erf(z): for negative x this is 2Φ(x) itself, without a difference of near equals.
    let tail = p * t * exp(-z * z);
    let twice = if x < 0.0 { tail } else { 2.0 - tail };
    0.5 * x * twice
}

/// The approximation ½x(1 + tanh(√(2/π)(x + 0.044715x³))), written with e^x.
#[inline(always)]
pub(super) fn gelu_by_tanh(x: f32) -> f32 {
    let inner = 0.797_884_6 * (x + 0.044_715 * x * x * x);
    // ½(1 + tanh u) = 1 / (1 + e^(−2u))
    x / (1.0 + exp(-2.0 * inner))
}

/// x · σ(x), σ the logistic function.
#[inline(always)]
pub(super) fn silu(x: f32) -> f32 {
    x / (1.0 + exp(-x))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid() -> impl Iterator<Item = f32> {
        (-90_000..=90_000).map(|i| i as f32 / 1000.0)
    }

    #[test]
    fn exp_is_that_of_the_standard_library() {
        for x in grid().filter(|x| (-86.0..=86.0).contains(x)) {
            let exact = f64::from(x).exp();
            assert!((f64::from(exp(x)) / exact - 1.0).abs() < 5e-7, "{x}: {} for {exact}", exp(x));
        }
        assert!(exp(-1000.0) < 1e-37 && exp(f32::NAN).is_nan());
    }

    #[test]
    fn gelu_has_the_values_of_torch() {
        for (x, exact, by_tanh) in GELU {
            assert!((gelu(x) - exact).abs() < 3e-7 * x.abs().max(0.3), "{x}: {}", gelu(x));
            assert!((gelu_by_tanh(x) - by_tanh).abs() < 1e-6 * x.abs().max(0.3), "{x}: {}", gelu_by_tanh(x));
        }
        assert_eq!((gelu(60.0), gelu(0.0)), (60.0, 0.0));
        assert!(gelu(-60.0).abs() < 1e-30);
        assert!(gelu(f32::NAN).is_nan());
    }

    // By torch 2.15 in f64: x, gelu, gelu with approximate="tanh".
    const GELU: [(f32, f32, f32); 13] = [
        (-8.0, -4.8849813e-15, -0e0),
        (-5.0, -1.4332578e-6, -2.2917962e-7),
        (-3.5, -8.142018e-4, -6.1619765e-4),
        (-2.0, -4.5500264e-2, -4.5402307e-2),
        (-1.0, -1.5865526e-1, -1.5880801e-1),
        (-0.5, -1.5426877e-1, -1.54286e-1),
        (-0.01, -4.960106e-3, -4.960106e-3),
        (0.01, 5.0398936e-3, 5.0398936e-3),
        (0.3, 1.8537343e-1, 1.8537092e-1),
        (1.0, 8.413448e-1, 8.41192e-1),
        (2.5, 2.4844759e0, 2.4849157e0),
        (4.0, 3.9998734e0, 3.9999297e0),
        (9.0, 9e0, 9e0),
    ];
}
