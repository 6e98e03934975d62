//! Dense algebra on faer, and the thread pool on which everything runs.
//!
//! Arrays stay ndarray's; faer reads them where they lie, whatever their strides. Data are f32;
//! Gram matrices and factorisations, whose errors would be squared or amplified, are f64.

mod blocks;
mod dense;
mod pool;

pub(crate) use blocks::{BLOCK, ColumnBlocks};
pub(crate) use dense::multiply_into;
pub use dense::{Svd, SymmetricEigen, gram, product, symmetric_eigen, thin_svd};
pub use pool::in_pool;
