//! Gram matrices of a matrix in blocks, in tiles that threads make by themselves.

use super::{BLOCK, ColumnBlocks, in_pool, multiply_alone};
use crate::error::Result;
use crate::notebook::{Progress, check_cancelled};
use ndarray::{Array2, ArrayView2, s};
use rayon::prelude::*;

/// Rows and columns of a tile where the rows' Gram matrix is made.
const TILE: usize = 256;

/// Tiles between two looks at whether a stop was asked for.
const TILES: usize = 32;

/// How the products of a Gram matrix are made; sums over blocks are f64 in both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Precision {
    /// f32 within a block of 512 summands: each entry is right to some 1e-7 of the rows' norms, at twice the speed.
    Single,
    /// f64 throughout.
    Double,
}

impl ColumnBlocks {
    /// S · Sᵀ, rows × rows.
    ///
    /// # Errors
    /// If it is stopped.
    pub(crate) fn gram(&self, precision: Precision) -> Result<Array2<f64>> {
        let rows = |tile: usize| tile * TILE..((tile + 1) * TILE).min(self.rows());
        tiled(self.rows(), TILE, |i, j| {
            let pieces =
                self.blocks().iter().map(|b| (b.slice(s![rows(i), ..]), b.slice(s![rows(j), ..]).reversed_axes()));
            tile(rows(i).len(), rows(j).len(), precision, pieces)
        })
    }

    /// Sᵀ · S, columns × columns.
    ///
    /// # Errors
    /// If it is stopped.
    pub(crate) fn column_gram(&self, precision: Precision) -> Result<Array2<f64>> {
        let starts = || (0..self.rows()).step_by(BLOCK);
        tiled(self.columns(), BLOCK, |i, j| {
            let (left, right) = (&self.blocks()[i], &self.blocks()[j]);
            let pieces = starts().map(|from| {
                let rows = from..(from + BLOCK).min(self.rows());
                (left.slice(s![rows.clone(), ..]).reversed_axes(), right.slice(s![rows, ..]))
            });
            tile(left.ncols(), right.ncols(), precision, pieces)
        })
    }
}

/// A symmetric matrix from the tiles of its lower triangle.
fn tiled(size: usize, side: usize, tile: impl Fn(usize, usize) -> Array2<f64> + Sync) -> Result<Array2<f64>> {
    let places: Vec<(usize, usize)> = (0..size.div_ceil(side)).flat_map(|i| (0..=i).map(move |j| (i, j))).collect();
    let mut whole = Array2::zeros((size, size));
    let mut progress = Progress::new("tiles of a Gram matrix", places.len() as u64);
    for some in places.chunks(TILES) {
        check_cancelled("the Gram matrix of a series")?;
        let tiles: Vec<Array2<f64>> = in_pool(|| some.par_iter().map(|&(i, j)| tile(i, j)).collect());
        for (&(i, j), tile) in some.iter().zip(&tiles) {
            let (rows, columns) = (i * side..i * side + tile.nrows(), j * side..j * side + tile.ncols());
            whole.slice_mut(s![rows.clone(), columns.clone()]).assign(tile);
            whole.slice_mut(s![columns, rows]).assign(&tile.t());
        }
        progress.advance(some.len() as u64);
    }
    Ok(whole)
}

/// Σ A·B over pieces, in their order.
fn tile<'a>(
    rows: usize,
    columns: usize,
    precision: Precision,
    pieces: impl Iterator<Item = (ArrayView2<'a, f32>, ArrayView2<'a, f32>)>,
) -> Array2<f64> {
    let mut sum = Array2::<f64>::zeros((rows, columns));
    match precision {
        Precision::Single => {
            let mut product = Array2::<f32>::zeros((rows, columns));
            for (a, b) in pieces {
                multiply_alone(product.view_mut(), false, a, b);
                sum.zip_mut_with(&product, |sum, &p| *sum += f64::from(p));
            }
        }
        Precision::Double => {
            for (a, b) in pieces {
                multiply_alone(sum.view_mut(), true, a.mapv(f64::from).view(), b.mapv(f64::from).view());
            }
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_gram_matrices_are_the_products_of_the_whole_matrix() {
        // Whole numbers, so that every sum is exact.
        for (rows, columns) in [(7, 1300), (600, 40), (530, 700)] {
            let whole = Array2::from_shape_fn((rows, columns), |(i, j)| ((i * 31 + j * 17) % 23) as f32 - 11.0);
            let blocks = ColumnBlocks::from_matrix(whole.view());
            let wide = whole.mapv(f64::from);
            for precision in [Precision::Single, Precision::Double] {
                assert_eq!(blocks.gram(precision).unwrap(), wide.dot(&wide.t()));
                assert_eq!(blocks.column_gram(precision).unwrap(), wide.t().dot(&wide));
            }
        }
    }
}
