//! The process that runs cells, so that a cell is a transaction.
//!
//! evcxr starts this binary again with `EVCXR_IS_RUNTIME` set and speaks a protocol of one command:
//! `LOAD_AND_RUN <library> <function>` on stdin, answered on stdout by `EVCXR_EXECUTION_COMPLETE`.
//! The process that evcxr sees is a [`supervisor`]. It forks a [`runner`], which holds the
//! variables and runs cells. Before each cell the runner forks a *twin*, which waits. If the cell
//! ends well the twin is ended; if it panics, crashes, fails or is interrupted, the runner is
//! ended and the twin, in which the cell never ran, becomes the runner.

mod input;
mod pipes;
mod runner;
mod stream;
mod supervisor;

pub use runner::PRELUDE;

/// The line that the host sends in place of input when nobody can be asked.
pub const NO_INPUT: &str = "\u{1e}no input";

/// The variable by which evcxr tells this binary to run cells.
const IS_RUNTIME: &str = "EVCXR_IS_RUNTIME";

/// Runs cells and never returns, if evcxr started this process for that.
pub fn take_over_if_asked() {
    if std::env::var_os(IS_RUNTIME).is_some() {
        supervisor::run();
    }
}
