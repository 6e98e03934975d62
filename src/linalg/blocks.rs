//! A wide matrix as blocks of columns that lie contiguously: what one thread takes at a time.

use super::dense::{faer_mut, faer_ref};
use super::{in_pool, multiply_into};
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::{Accum, Par};
use ndarray::{Array2, ArrayView2, Axis, s};
use rayon::prelude::*;

/// Columns of a block. Fixed, so that sums do not depend on the number of threads.
pub(crate) const BLOCK: usize = 512;

/// Rows × columns in blocks of [`BLOCK`] columns, the last one narrower.
#[derive(Clone, Debug, Default)]
pub(crate) struct ColumnBlocks {
    rows: usize,
    columns: usize,
    blocks: Vec<Array2<f32>>,
}

impl ColumnBlocks {
    /// A matrix of so many rows and columns; `block` makes the block of the given columns, rows × columns in row-major order.
    pub(crate) fn of(
        rows: usize,
        columns: usize,
        block: impl Fn(std::ops::Range<usize>) -> Array2<f32> + Sync + Send,
    ) -> ColumnBlocks {
        let made = |n: usize| block(n * BLOCK..((n + 1) * BLOCK).min(columns));
        let blocks = in_pool(|| (0..columns.div_ceil(BLOCK)).into_par_iter().map(made).collect());
        ColumnBlocks { rows, columns, blocks }
    }

    /// A copy of a matrix.
    pub(crate) fn from_matrix(matrix: ArrayView2<f32>) -> ColumnBlocks {
        ColumnBlocks::of(matrix.nrows(), matrix.ncols(), |columns| {
            matrix.slice(s![.., columns]).as_standard_layout().into_owned()
        })
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn columns(&self) -> usize {
        self.columns
    }

    pub(crate) fn blocks(&self) -> &[Array2<f32>] {
        &self.blocks
    }

    /// One matrix, row-major.
    pub(crate) fn to_matrix(&self) -> Array2<f32> {
        let mut whole = Array2::zeros((self.rows, self.columns));
        in_pool(|| {
            let parts = whole.axis_chunks_iter_mut(Axis(1), BLOCK).into_par_iter();
            parts.zip(&self.blocks).for_each(|(mut to, block)| to.assign(block));
        });
        whole
    }

    /// Some columns, side by side.
    pub(crate) fn select(&self, columns: &[usize]) -> Array2<f32> {
        let mut chosen = Array2::zeros((self.rows, columns.len()));
        for (mut to, &column) in chosen.columns_mut().into_iter().zip(columns) {
            to.assign(&self.blocks[column / BLOCK].column(column % BLOCK));
        }
        chosen
    }

    /// What `work` makes of each block, in the blocks' order, on all threads; it is told the block's first column.
    pub(crate) fn map<T: Send>(&self, work: impl Fn(usize, &Array2<f32>) -> T + Sync + Send) -> Vec<T> {
        in_pool(|| self.blocks.par_iter().enumerate().map(|(n, block)| work(n * BLOCK, block)).collect())
    }

    /// A · S for A (any × rows).
    pub(crate) fn times(&self, left: ArrayView2<f32>) -> ColumnBlocks {
        let blocks = self.map(|_, block| {
            let mut product = Array2::zeros((left.nrows(), block.ncols()));
            multiply_into(product.view_mut(), left, block.view(), Par::Seq);
            product
        });
        ColumnBlocks { rows: left.nrows(), columns: self.columns, blocks }
    }

    /// S · Cᵀ (rows × C's rows), for C of as many columns as S; sums over blocks in f64.
    pub(crate) fn times_transposed(&self, other: &ColumnBlocks) -> Array2<f64> {
        let mut sum = Array2::<f64>::zeros((self.rows, other.rows));
        let numbers: Vec<usize> = (0..self.blocks.len()).collect();
        // A few blocks at a time, so that not all parts are held at once.
        for some in numbers.chunks(2 * rayon_threads()) {
            let parts: Vec<Array2<f32>> = in_pool(|| {
                let part = |n: &usize| {
                    let mut product = Array2::zeros((self.rows, other.rows));
                    multiply_into(product.view_mut(), self.blocks[*n].view(), other.blocks[*n].t(), Par::Seq);
                    product
                };
                some.par_iter().map(part).collect()
            });
            parts.iter().for_each(|part| sum.zip_mut_with(part, |sum, &p| *sum += f64::from(p)));
        }
        sum
    }

    /// S · Sᵀ, rows × rows, in f64.
    pub(crate) fn gram(&self) -> Array2<f64> {
        let rows = self.rows;
        let mut gram = Array2::<f64>::zeros((rows, rows));
        in_pool(|| {
            for block in &self.blocks {
                let wide = block.mapv(f64::from);
                triangular::matmul(
                    faer_mut(gram.view_mut()),
                    BlockStructure::TriangularLower,
                    Accum::Add,
                    faer_ref(wide.view()),
                    BlockStructure::Rectangular,
                    faer_ref(wide.t()),
                    BlockStructure::Rectangular,
                    1.0,
                    Par::rayon(0),
                );
            }
        });
        for i in 0..rows {
            for j in 0..i {
                gram[[j, i]] = gram[[i, j]];
            }
        }
        gram
    }

    /// Σ of squares of each column, in f64.
    pub(crate) fn squared_norms(&self) -> Vec<f64> {
        let of = |_: usize, block: &Array2<f32>| {
            let mut norms = vec![0.0; block.ncols()];
            for row in block.rows() {
                norms.iter_mut().zip(row).for_each(|(norm, &x)| *norm += f64::from(x).powi(2));
            }
            norms
        };
        self.map(of).concat()
    }
}

fn rayon_threads() -> usize {
    in_pool(rayon::current_num_threads)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(rows: usize, columns: usize) -> Array2<f32> {
        Array2::from_shape_fn((rows, columns), |(i, j)| ((i * 31 + j * 17) % 23) as f32 - 11.0)
    }

    #[test]
    fn blocks_compute_what_the_whole_matrix_does() {
        for columns in [1, 511, 512, 1300] {
            let whole = matrix(7, columns);
            let blocks = ColumnBlocks::from_matrix(whole.view());
            assert_eq!(blocks.to_matrix(), whole);
            let wide = whole.mapv(f64::from);
            assert_eq!(blocks.gram(), wide.dot(&wide.t()));
            let left = matrix(3, 7);
            assert_eq!(blocks.times(left.view()).to_matrix(), left.dot(&whole));
            assert_eq!(
                blocks.times_transposed(&blocks.times(left.view())),
                wide.dot(&left.mapv(f64::from).dot(&wide).t())
            );
            assert_eq!(blocks.select(&[columns - 1, 0]).column(0), whole.column(columns - 1));
            let norms: Vec<f64> = wide.columns().into_iter().map(|c| c.dot(&c)).collect();
            assert_eq!(blocks.squared_norms(), norms);
        }
    }
}
