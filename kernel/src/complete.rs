//! Whether a cell may be run as it stands, or the user is in the middle of it.

use crate::jupyter::{Balance, balance};

/// Whether something in the code is still open, so that another line is waited for.
pub fn needs_more(code: &str) -> bool {
    matches!(balance(code), Balance::Open(_))
}
