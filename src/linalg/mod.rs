//! Dense algebra on faer, and the thread pool on which everything runs.

mod pool;

pub use pool::in_pool;
