//! Independent random streams from one seed.

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use sha2::{Digest, Sha256};

/// The stream for the `index`-th draw of `what`: it does not depend on what else is drawn, nor in which order.
pub(super) fn stream(seed: u64, what: &str, index: u64) -> Xoshiro256PlusPlus {
    let mut hash = Sha256::new();
    hash.update(seed.to_le_bytes());
    hash.update(index.to_le_bytes());
    hash.update(what.as_bytes());
    Xoshiro256PlusPlus::from_seed(hash.finalize().into())
}
