//! Runs cells: evcxr with the prebuilt prelude, and what a cell says while it runs as a stream of events.
//!
//! A session lives in a process of its own ([`server`], around [`session`]); the kernel has the other end of a socket
//! ([`client`]). The session's own process in turn has the cells run by another ([`crate::worker`]).

mod bounds;
mod building;
mod client;
mod folder;
mod frames;
mod last_value;
mod lookup;
mod magics;
mod markdown;
mod opening;
mod optimize;
mod parts;
mod protocol;
mod report;
mod server;
mod session;
mod spare;

pub use client::{Engine, Options};
pub use frames::Event;
pub use magics::{Session, Started, without_magics};
pub use parts::PageParts;
pub use server::{ORDER, serve};
pub use spare::hand_over;

use serde::{Deserialize, Serialize};

/// How a cell ended.
#[derive(Debug, Serialize, Deserialize)]
pub enum Outcome {
    Done,
    Failed(Failure),
}

/// Why a cell did not end well, as a front end shows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
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

/// Who listens to a running cell.
pub trait Host {
    /// Something that the cell says.
    fn tell(&mut self, event: Event);

    /// The line that the cell waits for, without its newline; none if nobody can be asked, or if the user has
    /// interrupted the cell instead of answering.
    fn ask(&mut self, prompt: &str, password: bool) -> Option<String> {
        let _ = (prompt, password);
        None
    }
}

/// A listener that cannot be asked for input.
impl<F: FnMut(Event)> Host for F {
    fn tell(&mut self, event: Event) {
        self(event);
    }
}

/// What may stand at a place in the code.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completions {
    /// The part of the code that a completion takes the place of, in bytes.
    pub replaced: std::ops::Range<usize>,
    pub items: Vec<Completion>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completion {
    /// What is put in.
    pub text: String,
    /// A word of Jupyter's: `function`, `class`, `module`, `instance`, `keyword`, `magic`.
    pub kind: String,
    /// What a list shows.
    pub label: String,
}

/// What is known of a name in the code: its signature or type, and its documentation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inspection {
    pub plain: String,
    pub markdown: String,
}

/// What the Jupyter side, the REPL and the headless runner need of an engine.
pub trait Execute: Send {
    /// Runs one cell; blocks until it has ended, telling `host` what it says meanwhile.
    fn execute(&mut self, code: &str, host: &mut dyn Host) -> Outcome;

    /// What may stand at the byte `cursor` of `code`.
    fn complete(&mut self, code: &str, cursor: usize) -> Completions;

    /// What is known of the name at or before the byte `cursor` of `code`.
    fn inspect(&mut self, code: &str, cursor: usize) -> Option<Inspection>;

    /// The session's variables and their types, by name.
    fn variables(&mut self) -> Vec<(String, String)>;
}
