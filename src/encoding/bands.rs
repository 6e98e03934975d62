//! All α for the price of a few products: the spectrum in bands.
//!
//! Predictions of test rows are ŷ(α) = W·(d(α) ∘ z), with z a voxel's components in the training rows, W the test rows' regressors in the same
//! components ([`Basis`](super::basis)), and d_k(α) = s_k² / (s_k² + α). Their squared norms ‖R·(d(α) ∘ z)‖², with W = Q·R, take one product
//! for each α if they are made one by one. But d is smooth in k: over a band of neighbouring components, the matrix D = (d_k(α))
//! (component × α) is nearly of a rank of 2 to 6, D ≈ Φ·C, whatever the number of α. So
//!
//! ```text
//! R·(d(α) ∘ z) = Σ_bands Σ_j C_j(α)·q_j      q_j = R_band·(φ_j ∘ z_band)
//! ```
//!
//! takes rank × width columns of products for each band, all together some 4 products instead of 20, and a small recombination. R is
//! triangular: of a band only the rows down to its last component are not 0. The cuts between bands are those of the least arithmetic, found by
//! dynamic programming over the ranks of all bands between 24 candidates.
//!
//! **Error.** A band's rank is the least one whose residual E = g ∘ (D − Φ·C) has ‖E‖²_F ≤ τ²·width, with τ = 2e-6 and g_k ≥ 1 the length of
//! W's column relative to what training rows would give, √(test rows / training rows). By Cauchy and Schwarz, for any voxel of unit variance
//! and every α ‖ŷ(α) − ŷ'(α)‖ ≤ √(test rows)·‖E‖_F ≤ √(test rows)·τ·√components, so that the score R² moves by no more than
//! 2τ·√components·‖ŷ‖/‖y‖, 1.3e-4 for 1,000 components, if all components of the voxel conspired with the residual's signs. Where they do not
//! it is some 2τ; what is seen is 1e-6, the rounding of single precision. The cross term yᵀŷ(α) has no such error: it is exact for all α.

use crate::error::Result;
use crate::linalg::small_symmetric_eigen;
use ndarray::{Array2, ArrayView1, ArrayView2, s};
use std::ops::Range;

/// τ: root mean square of what may be missing of a band's shrinkage, which lies between 0 and 1.
const TOLERANCE: f64 = 2e-6;
/// Places between which cuts are sought.
const CANDIDATES: usize = 24;
/// What an operation of the recombination takes, next to one of a product of matrices.
const RECOMBINING: f64 = 2.0;

/// The spectrum in bands, for a set of test rows.
pub(super) struct Bands {
    pub bands: Vec<Band>,
    pub alphas: usize,
    /// Operations a voxel.
    pub cost: f64,
}

/// Neighbouring components, whose shrinkage is Φ·C.
pub(super) struct Band {
    pub components: Range<usize>,
    /// Φᵀ, rank × component.
    pub factors: Array2<f32>,
    /// C, rank × α; without it, each factor is the shrinkage of one α.
    pub mix: Option<Array2<f32>>,
}

impl Bands {
    /// One band, in which each α has a factor of its own: no approximation.
    pub fn exact(shrinkage: ArrayView2<f64>, rows: usize) -> Bands {
        let (components, alphas) = shrinkage.dim();
        let factors = shrinkage.t().mapv(|d| d as f32);
        let cost = product_cost(&(0..components), rows) * alphas as f64;
        Bands { bands: vec![Band { components: 0..components, factors, mix: None }], alphas, cost }
    }

    /// Bands of least arithmetic for a triangle R of so many rows; `shrinkage` is D (component × α), `lengths` is g.
    pub fn new(shrinkage: ArrayView2<f64>, lengths: &[f64], rows: usize) -> Result<Bands> {
        let (components, alphas) = shrinkage.dim();
        let places = CANDIDATES.min(components);
        let cuts: Vec<usize> = (0..=places).map(|n| n * components / places.max(1)).collect();
        // Σ of g²·d·dᵀ up to each cut: the Gram matrix of any band is a difference of two.
        let mut sums = vec![Array2::<f64>::zeros((alphas, alphas))];
        for ends in cuts.windows(2) {
            let mut part = shrinkage.slice(s![ends[0]..ends[1], ..]).to_owned();
            for (mut row, g) in part.rows_mut().into_iter().zip(&lengths[ends[0]..ends[1]]) {
                row *= *g;
            }
            let sum = &sums[sums.len() - 1] + &part.t().dot(&part);
            sums.push(sum);
        }
        // For each cut: the least cost up to it, the cut before it, and the factors between the two.
        let mut best: Vec<(f64, usize, Array2<f64>)> = vec![(0.0, 0, Array2::zeros((0, alphas)))];
        for end in 1..cuts.len() {
            let mut least: Option<(f64, usize, Array2<f64>)> = None;
            for start in 0..end {
                let band = cuts[start]..cuts[end];
                let mix = factors((&sums[end] - &sums[start]).view(), band.len())?;
                let rank = mix.nrows() as f64;
                let recombined = 2.0 * alphas as f64 * band.end.min(rows) as f64;
                let cost = best[start].0 + rank * (product_cost(&band, rows) + RECOMBINING * recombined);
                if least.as_ref().is_none_or(|(other, ..)| cost < *other) {
                    least = Some((cost, start, mix));
                }
            }
            best.extend(least);
        }
        let mut bands = Vec::new();
        let mut end = best.len() - 1;
        let cost = best[end].0;
        while end > 0 {
            let (start, mix) = (best[end].1, &best[end].2);
            let components = cuts[start]..cuts[end];
            if mix.nrows() > 0 {
                // C has orthonormal rows, so that Φ = D·Cᵀ, and g need not be divided out.
                let factors = project(shrinkage.slice(s![components.clone(), ..]), mix);
                bands.push(Band { components, factors, mix: Some(mix.mapv(|c| c as f32)) });
            }
            end = start;
        }
        bands.reverse();
        Ok(Bands { bands, alphas, cost })
    }

    /// Number of factors of all bands.
    pub fn rank(&self) -> usize {
        self.bands.iter().map(|band| band.factors.nrows()).sum()
    }
}

/// Cᵀ's columns: the leading eigenvectors of a band's Gram matrix, as many as its tolerance asks for, one a row.
fn factors(gram: ArrayView2<f64>, width: usize) -> Result<Array2<f64>> {
    let eigen = small_symmetric_eigen(gram)?;
    let allowed = TOLERANCE * TOLERANCE * width as f64;
    let mut missing = 0.0;
    let mut rank = eigen.values.len();
    while rank > 0 && missing + eigen.values[rank - 1].max(0.0) <= allowed {
        missing += eigen.values[rank - 1].max(0.0);
        rank -= 1;
    }
    Ok(eigen.vectors.slice(s![.., ..rank.min(width)]).t().to_owned())
}

fn project(shrinkage: ArrayView2<f64>, mix: &Array2<f64>) -> Array2<f32> {
    let of = |c: ArrayView1<f64>| shrinkage.dot(&c).mapv(|v| v as f32);
    let mut factors = Array2::zeros((mix.nrows(), shrinkage.nrows()));
    for (mut factor, c) in factors.rows_mut().into_iter().zip(mix.rows()) {
        factor.assign(&of(c));
    }
    factors
}

/// Operations for one factor of a band and one voxel, of a triangle's columns with so many rows.
pub(super) fn product_cost(band: &Range<usize>, rows: usize) -> f64 {
    // Row i of the triangle has components from i on.
    let whole = band.start.min(rows) * band.len();
    let (from, to) = (band.start.min(rows), band.end.min(rows));
    let partly: usize = (from..to).map(|row| band.end - row).sum();
    2.0 * (whole + partly) as f64
}
