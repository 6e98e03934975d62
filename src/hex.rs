//! Digests as text.

use sha2::{Digest, Sha256};

/// A digest in lower-case hexadecimal digits.
pub(crate) fn hex(digest: Sha256) -> String {
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
