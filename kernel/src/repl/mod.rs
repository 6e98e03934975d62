//! `neurocell repl`: cells typed in a terminal, or read line by line from a pipe.

mod background;
mod colour;
mod editor;
mod figures;
mod input;
mod piped;
mod screen;
mod terminal;

pub use figures::FOLDER as FIGURES;

use crate::engine::Session;
use neurocell::Result;
use std::io::IsTerminal;

/// Starts the session; called in a thread of its own.
pub type Start = Box<dyn FnOnce() -> Result<Session> + Send>;

/// How the session ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct End {
    /// A cell from a pipe failed.
    pub failed: bool,
    /// The signal that ended it.
    pub signal: Option<libc::c_int>,
}

/// Serves cells until the input ends.
///
/// # Errors
/// If the session does not start, or the terminal cannot be used.
pub fn run(start: Start) -> Result<End> {
    match std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
        true => terminal::run(start),
        false => piped::run(start),
    }
}

/// Whether a line asks to end the session.
fn is_quit(line: &str) -> bool {
    matches!(line.trim(), ":quit" | ":q")
}
