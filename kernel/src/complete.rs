//! Whether a cell may be run as it stands, or the user is in the middle of it.

use crate::engine::without_magics;
use crate::syntax::{Completeness, completeness};

/// Whether another line of the cell is waited for.
pub fn needs_more(cell: &str) -> bool {
    is_open(&without_magics(cell))
}

/// Whether something in the code is still open.
pub fn is_open(code: &str) -> bool {
    matches!(completeness(code), Completeness::Incomplete(_))
}

#[cfg(test)]
mod tests {
    use super::needs_more;

    #[test]
    fn code_behind_a_magic_counts() {
        assert!(needs_more(":time fit(\n"));
        assert!(needs_more(":vars\nlet a = vec![\n"));
        assert!(!needs_more(":type (\"a\")"));
        assert!(!needs_more(":time fit(\n1)"));
        // It is refused when it runs, and not waited for.
        assert!(!needs_more(":tiem"));
    }
}
