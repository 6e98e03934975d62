//! Runs cells: evcxr with the prebuilt prelude, and what a cell says while it runs as a stream of events.

mod frames;
mod last_value;
mod report;
mod session;

pub use frames::Event;
pub use session::{Engine, Options};

/// How a cell ended.
#[derive(Debug)]
pub enum Outcome {
    Done,
    Failed(Failure),
}

/// Why a cell did not end well, as a front end shows it.
#[derive(Debug, Clone)]
pub struct Failure {
    /// A word: `CompileError`, `Error`, `Panic`, `Crash`, `Interrupted`, `KernelError`.
    pub name: String,
    /// One line or a few.
    pub value: String,
    /// The lines that a front end prints, coloured by ANSI.
    pub traceback: Vec<String>,
}

impl Failure {
    /// A failure whose traceback is its own text in red.
    pub fn plain(name: &str, value: impl Into<String>) -> Failure {
        let value = value.into();
        let traceback =
            std::iter::once(format!("\u{1b}[1;31m{name}\u{1b}[0m")).chain(value.lines().map(str::to_owned)).collect();
        Failure { name: name.to_owned(), value, traceback }
    }
}

/// What the Jupyter side and the headless runner need of an engine.
pub trait Execute: Send {
    /// Runs one cell; blocks until it has ended, telling `on_event` what it says meanwhile.
    fn execute(&mut self, code: &str, on_event: &mut dyn FnMut(Event)) -> Outcome;
}
