//! Squared norms of the predictions for every α, without the predictions: ‖R·(d(α) ∘ z)‖² of a block of voxels.
//!
//! A few rows of R at a time: their products with all factors of all bands stay in the core's cache, are recombined into ŷ(α) in registers, and
//! only squares leave them. Rows from which a band has nothing are left out, also within a band, since R's columns end on the diagonal.

use super::bands::Bands;
use crate::linalg::{multiply_alone, vectorised};
use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, s};

/// Rows of R at a time, and voxels: what they have of all factors fits into a core's second cache.
const ROWS: usize = 48;
const VOXELS: usize = 128;
/// Voxels that one register holds.
const LANES: usize = 16;
/// α that are recombined at once.
const GROUP: usize = 10;

/// Buffers, kept from one call to the next.
#[derive(Default)]
pub(super) struct Workspace {
    scaled: Vec<f32>,
    images: Vec<f32>,
}

/// Where the image of one factor lies.
struct Image {
    first: usize,
    /// From one row to the next.
    stride: usize,
}

/// ‖R·(d(α) ∘ z)‖², α × voxel, of a triangle (or the upper part of one) R, row × component, and z, component × voxel.
pub(super) fn norms(root: ArrayView2<f32>, bands: &Bands, z: ArrayView2<f32>, space: &mut Workspace) -> Array2<f32> {
    let mut norms = Array2::zeros((bands.alphas, z.ncols()));
    for (mut norms, z) in norms.axis_chunks_iter_mut(Axis(1), VOXELS).zip(z.axis_chunks_iter(Axis(1), VOXELS)) {
        norms.assign(&norms_of_some(root, bands, z, space));
    }
    norms
}

fn norms_of_some(root: ArrayView2<f32>, bands: &Bands, z: ArrayView2<f32>, space: &mut Workspace) -> Array2<f32> {
    let voxels = z.ncols();
    let width = voxels.next_multiple_of(LANES);
    scale(bands, z, width, &mut space.scaled);
    space.images.resize(bands.rank() * ROWS * width, 0.0);
    let mut sums = vec![0f32; bands.alphas.next_multiple_of(GROUP) * width];
    let mix = groups(bands);
    for first in (0..root.nrows()).step_by(ROWS) {
        let rows = first..(first + ROWS).min(root.nrows());
        let mut images = Vec::new();
        let (mut from, mut to, mut skipped) = (0, 0, 0);
        for band in &bands.bands {
            let (size, rank) = (band.components.len(), band.factors.nrows());
            let columns = rank * width;
            let scaled = &space.scaled[from..from + size * columns];
            from += size * columns;
            if band.components.end <= first {
                skipped += rank;
                continue;
            }
            let start = band.components.start.max(first);
            let inner = ArrayView2::from_shape((size, columns), scaled);
            let outer =
                ArrayViewMut2::from_shape((rows.len(), columns), &mut space.images[to..to + rows.len() * columns]);
            if let (Ok(inner), Ok(outer)) = (inner, outer) {
                let root = root.slice(s![rows.clone(), start..band.components.end]);
                multiply_alone(outer, false, root, inner.slice(s![start - band.components.start.., ..]));
            }
            images.extend((0..rank).map(|j| Image { first: to + j * width, stride: columns }));
            to += rows.len() * columns;
        }
        match &mix {
            Some(mix) => {
                let mix: Vec<&[[f32; GROUP]]> = mix.iter().map(|group| &group[skipped..]).collect();
                recombine(&space.images, &images, &mix, rows.len(), width, &mut sums);
            }
            None => square(&space.images, &images, rows.len(), width, &mut sums),
        }
    }
    Array2::from_shape_fn((bands.alphas, voxels), |(a, v)| sums[a * width + v])
}

/// φ_j ∘ z of each band: component × (factor, voxel), one band after the other.
fn scale(bands: &Bands, z: ArrayView2<f32>, width: usize, scaled: &mut Vec<f32>) {
    let size = bands.bands.iter().map(|band| band.factors.len()).sum::<usize>() * width;
    scaled.clear();
    scaled.resize(size, 0.0);
    let mut parts = scaled.chunks_exact_mut(width);
    for band in &bands.bands {
        for (n, component) in band.components.clone().enumerate() {
            for factor in band.factors.column(n) {
                let Some(part) = parts.next() else { return };
                part.iter_mut().zip(z.row(component)).for_each(|(to, z)| *to = factor * z);
            }
        }
    }
}

/// C by groups of α: for each group and factor the group's coefficients, 0 beyond the last α.
fn groups(bands: &Bands) -> Option<Vec<Vec<[f32; GROUP]>>> {
    let rows: Vec<_> = bands.bands.iter().map(|band| band.mix.as_ref()).collect::<Option<Vec<_>>>()?;
    let rows: Vec<_> = rows.iter().flat_map(|mix| mix.rows()).collect();
    let at = |row: &ndarray::ArrayView1<f32>, a: usize| row.get(a).copied().unwrap_or(0.0);
    let group = |g: usize| rows.iter().map(|row| std::array::from_fn(|a| at(row, g * GROUP + a))).collect();
    Some((0..bands.alphas.div_ceil(GROUP)).map(group).collect())
}

/// Adds Σ_rows (Σ_factors C·q)² of each α and voxel.
fn recombine(values: &[f32], images: &[Image], mix: &[&[[f32; GROUP]]], rows: usize, width: usize, sums: &mut [f32]) {
    vectorised(
        #[inline(always)]
        || {
            for (mix, sums) in mix.iter().zip(sums.chunks_exact_mut(GROUP * width)) {
                for lane in (0..width).step_by(LANES) {
                    let mut squares = [[0f32; LANES]; GROUP];
                    for row in 0..rows {
                        let mut fitted = [[0f32; LANES]; GROUP];
                        for (image, c) in images.iter().zip(*mix) {
                            let at = image.first + row * image.stride + lane;
                            let Some(q) = values.get(at..).and_then(|q| q.first_chunk::<LANES>()) else { return };
                            for a in 0..GROUP {
                                for l in 0..LANES {
                                    fitted[a][l] = c[a].mul_add(q[l], fitted[a][l]);
                                }
                            }
                        }
                        for a in 0..GROUP {
                            for l in 0..LANES {
                                squares[a][l] = fitted[a][l].mul_add(fitted[a][l], squares[a][l]);
                            }
                        }
                    }
                    for (a, squares) in squares.iter().enumerate() {
                        let to = &mut sums[a * width + lane..][..LANES];
                        to.iter_mut().zip(squares).for_each(|(to, square)| *to += square);
                    }
                }
            }
        },
    );
}

/// Adds Σ_rows q² of each factor, which is an α's own.
fn square(values: &[f32], images: &[Image], rows: usize, width: usize, sums: &mut [f32]) {
    for (image, sums) in images.iter().zip(sums.chunks_exact_mut(width)) {
        for row in 0..rows {
            let values = &values[image.first + row * image.stride..][..width];
            sums.iter_mut().zip(values).for_each(|(sum, q)| *sum += q * q);
        }
    }
}
