//! A matrix in a file, in blocks of columns: each block's rows lie one after the other, so that some columns are read without the others.

use ndarray::{Array2, ArrayView2};
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;

/// Where the numbers of a matrix lie in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Blocks {
    /// Bytes before the first number.
    pub(crate) offset: u64,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    /// Columns of a block; the last may have fewer.
    pub(crate) width: usize,
}

/// Numbers that are kept in files: any bytes of their size are one.
pub(crate) trait Number: Copy + Default {}
impl Number for f32 {}
impl Number for f64 {}
impl Number for u32 {}

impl Blocks {
    /// Bytes of all numbers, if they can be counted.
    pub(crate) fn bytes<T: Number>(rows: usize, columns: usize) -> Option<u64> {
        (rows as u64).checked_mul(columns as u64)?.checked_mul(size_of::<T>() as u64)
    }

    /// Number of blocks.
    pub(crate) fn count(&self) -> usize {
        self.columns.div_ceil(self.width)
    }

    /// The columns of a block.
    pub(crate) fn block(&self, block: usize) -> Range<usize> {
        block * self.width..((block + 1) * self.width).min(self.columns)
    }

    /// Where a number lies: that of a row in a column of a block.
    fn at<T>(&self, block: usize, row: usize, column: usize) -> u64 {
        let width = self.block(block).len();
        let before = self.rows as u64 * (block * self.width) as u64 + (row * width + column) as u64;
        self.offset + before * size_of::<T>() as u64
    }

    /// Writes a block, all rows of its columns.
    pub(crate) fn write<T: Number>(&self, file: &File, block: usize, values: ArrayView2<T>) -> io::Result<()> {
        debug_assert_eq!(values.dim(), (self.rows, self.block(block).len()));
        let values = values.as_standard_layout();
        file.write_all_at(bytes(values.as_slice().unwrap_or(&[])), self.at::<T>(block, 0, 0))
    }

    /// Reads all rows of some columns of a file.
    pub(crate) fn read<T: Number>(&self, file: &File, columns: Range<usize>) -> io::Result<Array2<T>> {
        self.gather(columns, |to, at| file.read_exact_at(to, at))
    }

    /// Reads all rows of some columns by `read`, which fills bytes from a place.
    pub(crate) fn gather<T: Number, E>(
        &self,
        columns: Range<usize>,
        read: impl Fn(&mut [u8], u64) -> Result<(), E>,
    ) -> Result<Array2<T>, E> {
        let mut out = Array2::from_elem((self.rows, columns.len()), T::default());
        if columns.is_empty() {
            return Ok(out);
        }
        for number in columns.start / self.width..=(columns.end - 1) / self.width {
            let block = self.block(number);
            let wanted = block.start.max(columns.start)..block.end.min(columns.end);
            let to = wanted.start - columns.start..wanted.end - columns.start;
            if wanted == columns && wanted == block {
                // A standard array is one slice.
                read(bytes_mut(out.as_slice_mut().unwrap_or(&mut [])), self.at::<T>(number, 0, 0))?;
            } else if 4 * wanted.len() > block.len() {
                let mut whole = Array2::from_elem((self.rows, block.len()), T::default());
                read(bytes_mut(whole.as_slice_mut().unwrap_or(&mut [])), self.at::<T>(number, 0, 0))?;
                let part = whole.slice(ndarray::s![.., wanted.start - block.start..wanted.end - block.start]);
                out.slice_mut(ndarray::s![.., to]).assign(&part);
            } else {
                for (row, mut out) in out.rows_mut().into_iter().enumerate() {
                    let out = out.as_slice_mut().unwrap_or(&mut []);
                    let place = self.at::<T>(number, row, wanted.start - block.start);
                    read(bytes_mut(&mut out[to.clone()]), place)?;
                }
            }
        }
        Ok(out)
    }
}

/// Numbers as they lie in memory, which on the machines that are served is as they lie in the file.
pub(crate) fn bytes<T: Number>(values: &[T]) -> &[u8] {
    // SAFETY: an f32 or f64 is its bytes without padding, and any bytes are bytes.
    unsafe { std::slice::from_raw_parts(values.as_ptr().cast::<u8>(), size_of_val(values)) }
}

fn bytes_mut<T: Number>(values: &mut [T]) -> &mut [u8] {
    // SAFETY: as above; and any bytes are an f32 or f64.
    unsafe { std::slice::from_raw_parts_mut(values.as_mut_ptr().cast::<u8>(), size_of_val(values)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::s;

    #[test]
    fn any_columns_are_read_as_they_were_written() {
        let file = tempfile::tempfile().unwrap();
        let values = Array2::from_shape_fn((5, 37), |(i, j)| (100 * i + j) as f32);
        let blocks = Blocks { offset: 12, rows: 5, columns: 37, width: 8 };
        assert_eq!(blocks.count(), 5);
        for block in (0..blocks.count()).rev() {
            blocks.write(&file, block, values.slice(s![.., blocks.block(block)])).unwrap();
        }
        assert_eq!(file.metadata().unwrap().len(), 12 + 5 * 37 * 4);
        for start in 0..37 {
            for end in start..=37 {
                assert_eq!(blocks.read::<f32>(&file, start..end).unwrap(), values.slice(s![.., start..end]));
            }
        }
    }

    #[test]
    fn sizes_that_cannot_be_counted_are_none() {
        assert_eq!(Blocks::bytes::<f32>(usize::MAX, 2), None);
        assert_eq!(Blocks::bytes::<f64>(1 << 40, 1 << 10), Some(1 << 53));
    }
}
