//! A wide matrix as blocks of columns that lie contiguously: what one thread takes at a time.

use super::{in_pool, multiply_into, vectorised};
use faer::Par;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, concatenate, s};
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

    /// Matrices of the same columns, one below the other; each block of them is given up once it is copied.
    pub(crate) fn stacked(parts: Vec<ColumnBlocks>) -> ColumnBlocks {
        let (rows, columns) = (parts.iter().map(|part| part.rows).sum(), parts.first().map_or(0, |part| part.columns));
        let mut parts: Vec<_> = parts.into_iter().map(|part| part.blocks.into_iter()).collect();
        let block = |_| {
            let own: Vec<Array2<f32>> = parts.iter_mut().filter_map(Iterator::next).collect();
            let views: Vec<_> = own.iter().map(|block| block.view()).collect();
            concatenate(Axis(0), &views).expect("blocks of the same columns")
        };
        ColumnBlocks { rows, columns, blocks: (0..columns.div_ceil(BLOCK)).map(block).collect() }
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

    /// The numbers of the blocks in groups, each of as many as give all threads work and not more.
    pub(crate) fn block_groups(&self) -> impl Iterator<Item = std::ops::Range<usize>> {
        let (blocks, group) = (self.blocks.len(), 2 * rayon_threads());
        (0..blocks).step_by(group).map(move |from| from..(from + group).min(blocks))
    }

    /// What `work` makes of some blocks, in their order, on all threads.
    pub(crate) fn map_some<T: Send>(
        &self,
        some: std::ops::Range<usize>,
        work: impl Fn(&Array2<f32>) -> T + Sync + Send,
    ) -> Vec<T> {
        in_pool(|| self.blocks[some].par_iter().map(work).collect())
    }

    /// A matrix of so many rows and as many columns as this, of which `work` makes each block from this one's.
    pub(crate) fn blockwise(
        &self,
        rows: usize,
        work: impl Fn(usize, &Array2<f32>) -> Array2<f32> + Sync + Send,
    ) -> ColumnBlocks {
        ColumnBlocks { rows, columns: self.columns, blocks: self.map(work) }
    }

    /// A · S for A (any × rows).
    pub(crate) fn times(&self, left: ArrayView2<f32>) -> ColumnBlocks {
        self.blockwise(left.nrows(), |_, block| {
            let mut product = Array2::zeros((left.nrows(), block.ncols()));
            multiply_into(product.view_mut(), left, block.view(), Par::Seq);
            product
        })
    }

    /// S · Cᵀ (rows × C's rows), for C of as many columns as S; sums over blocks in f64.
    pub(crate) fn times_transposed(&self, other: &ColumnBlocks) -> Array2<f64> {
        let mut sum = Array2::<f64>::zeros((self.rows, other.rows));
        // A few blocks at a time, so that not all parts are held at once.
        for some in self.block_groups() {
            let parts: Vec<Array2<f32>> = in_pool(|| {
                let part = |n: usize| {
                    let mut product = Array2::zeros((self.rows, other.rows));
                    multiply_into(product.view_mut(), self.blocks[n].view(), other.blocks[n].t(), Par::Seq);
                    product
                };
                some.into_par_iter().map(part).collect()
            });
            parts.iter().for_each(|part| sum.zip_mut_with(part, |sum, &p| *sum += f64::from(p)));
        }
        sum
    }

    /// Mean of each row, in f64.
    pub(crate) fn row_means(&self) -> Array1<f64> {
        let of = |row: ArrayView1<f32>| -> f64 {
            // Sums side by side, f64 from the start: the processor adds several at a time.
            let mut sums = [0f64; 8];
            let row = row.to_slice().unwrap_or_default();
            let (whole, rest) = row.as_chunks::<8>();
            for some in whole {
                sums.iter_mut().zip(some).for_each(|(sum, &x)| *sum += f64::from(x));
            }
            sums.iter().sum::<f64>() + rest.iter().copied().map(f64::from).sum::<f64>()
        };
        let parts = self.map(|_, block| block.rows().into_iter().map(of).collect::<Array1<f64>>());
        parts.iter().fold(Array1::zeros(self.rows), |sum, part| sum + part) / self.columns as f64
    }

    /// Σ of squares of each column, in f64.
    pub(crate) fn squared_norms(&self) -> Vec<f64> {
        let of = |_: usize, block: &Array2<f32>| {
            let mut norms = vec![0.0; block.ncols()];
            for row in block.rows() {
                let row = row.to_slice().unwrap_or_default();
                vectorised(
                    #[inline(always)]
                    || norms.iter_mut().zip(row).for_each(|(norm, &x)| *norm += f64::from(x) * f64::from(x)),
                );
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
            let left = matrix(3, 7);
            assert_eq!(blocks.times(left.view()).to_matrix(), left.dot(&whole));
            assert_eq!(
                blocks.times_transposed(&blocks.times(left.view())),
                wide.dot(&left.mapv(f64::from).dot(&wide).t())
            );
            let stacked = ColumnBlocks::stacked(vec![blocks.clone(), blocks.times(left.view())]);
            assert_eq!(stacked.to_matrix(), concatenate![Axis(0), whole, left.dot(&whole)]);
            assert_eq!(blocks.select(&[columns - 1, 0]).column(0), whole.column(columns - 1));
            let norms: Vec<f64> = wide.columns().into_iter().map(|c| c.dot(&c)).collect();
            assert_eq!(blocks.squared_norms(), norms);
        }
    }
}
