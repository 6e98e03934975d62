//! Dense algebra on faer, and the thread pool on which everything runs.
//!
//! Arrays stay ndarray's; faer reads them where they lie, whatever their strides. Data are f32;
//! Gram matrices and factorisations, whose errors would be squared or amplified, are f64.

mod block_gram;
mod blocks;
mod dense;
mod leading;
mod pool;
mod single;

pub(crate) use block_gram::Precision;
pub(crate) use blocks::{BLOCK, ColumnBlocks};
pub use dense::{Svd, SymmetricEigen, gram, product, symmetric_eigen, thin_svd};
pub(crate) use dense::{multiply_into, orthonormal_columns, pseudo_inverse, small_symmetric_eigen, triangle};
pub(crate) use leading::{leading_eigen, leading_eigen_near};
pub use pool::in_pool;
pub(crate) use single::{multiply_alone, vectorised};
