//! The project's own thread pool.
//!
//! rayon's global pool is never started: a notebook's worker process is forked before each cell, and
//! after a fork only the forking thread lives, so a pool belongs to the process that made it.

use rayon::{ThreadPool, ThreadPoolBuilder};
use std::sync::Mutex;

static POOL: Mutex<Option<(u32, &'static ThreadPool)>> = Mutex::new(None);

/// Runs `work` on the project's thread pool, one thread per core; faer, candle and rayon iterators
/// inside use the same pool.
///
/// A pool made by another process (before a fork) is left behind, and a new one made.
pub fn in_pool<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    match pool() {
        Some(pool) => pool.install(work),
        // No thread can be started (process limit): the work is done by this one.
        None => work(),
    }
}

fn pool() -> Option<&'static ThreadPool> {
    let mut slot = POOL.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let process = std::process::id();
    if let Some((owner, pool)) = *slot
        && owner == process
    {
        return Some(pool);
    }
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get());
    let pool = ThreadPoolBuilder::new().num_threads(threads).thread_name(|n| format!("neurocell-{n}")).build().ok()?;
    // A forked process must not run the destructor of a pool whose threads it does not have.
    let pool: &'static ThreadPool = Box::leak(Box::new(pool));
    *slot = Some((process, pool));
    Some(pool)
}
