//! `:optimize`: full optimisation for one cell.
//!
//! Cells are compiled for a quick answer, since the heavy work is done in the prelude. A cell with long loops of its own
//! says `:optimize` in its first line.

use crate::tools;
use std::path::{Path, PathBuf};

const MARK: &str = ":optimize";

/// The cell without the mark in its first line, if it has it; every line keeps its number.
pub fn without_mark(code: &str) -> (String, bool) {
    let start = code.len() - code.trim_start().len();
    match code[start..].strip_prefix(MARK) {
        Some(rest) if rest.is_empty() || rest.starts_with(char::is_whitespace) => {
            (format!("{}{}{rest}", &code[..start], " ".repeat(MARK.len())), true)
        }
        _ => (code.to_owned(), false),
    }
}

/// Asks for full optimisation until it is dropped.
pub struct Optimize(PathBuf);

impl Optimize {
    pub fn next_cell(session: &Path) -> Optimize {
        let wish = session.join(tools::OPTIMIZE);
        // On a full disk the cell is compiled as others are, or not at all, and says so.
        let _ = std::fs::write(&wish, "");
        Optimize(wish)
    }
}

impl Drop for Optimize {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::without_mark;

    #[test]
    fn the_mark_is_taken_and_columns_stay() {
        assert_eq!(without_mark(":optimize\nlet a = 1;"), ("         \nlet a = 1;".to_owned(), true));
        assert_eq!(without_mark("\n:optimize f(x)"), ("\n          f(x)".to_owned(), true));
        assert_eq!(without_mark(":optimizer"), (":optimizer".to_owned(), false));
        assert_eq!(without_mark("let a = 1;"), ("let a = 1;".to_owned(), false));
    }
}
