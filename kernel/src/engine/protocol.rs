//! What a kernel and the process that holds its session say to each other: one JSON object a line, on a socket.

use super::{Completions, Event, Inspection, Outcome};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, PoisonError};

/// From the kernel. `Cell`, `Complete`, `Inspect` and `Variables` have one reply each, and are sent one at a time.
#[derive(Debug, Serialize, Deserialize)]
pub enum Request {
    Cell(String),
    Complete(String, usize),
    Inspect(String, usize),
    Variables,
    /// To the last question: the line, or none if nobody can be asked.
    Answer(Option<String>),
    /// Stop the running cell.
    Interrupt,
    /// The kernel is about to be started anew: wait for the new one (see [`super::spare`]).
    Await,
}

/// From the session's process.
#[derive(Debug, Serialize, Deserialize)]
pub enum Reply {
    /// The session is there.
    Ready,
    /// It could not be made; the text says why and what to do.
    Broken(String),
    Event(Event),
    /// The running cell wants a line of input.
    Question {
        prompt: String,
        password: bool,
    },
    Cell(Outcome),
    Completions(Completions),
    Inspection(Option<Inspection>),
    Variables(Vec<(String, String)>),
}

/// The writing end; clones write to the same socket, a whole line at a time.
#[derive(Clone)]
pub struct Writer(Arc<Mutex<UnixStream>>);

impl Writer {
    pub fn new(socket: UnixStream) -> Writer {
        Writer(Arc::new(Mutex::new(socket)))
    }

    /// Sends one message; an error means that the other side is gone.
    pub fn send(&self, message: &impl Serialize) -> io::Result<()> {
        let mut line = serde_json::to_vec(message)?;
        line.push(b'\n');
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write_all(&line)
    }

    /// Tells the other side that nothing more comes, and this one's reader as well.
    pub fn hang_up(&self) {
        // A socket whose other end has gone is shut already.
        let _ = self.0.lock().unwrap_or_else(PoisonError::into_inner).shutdown(std::net::Shutdown::Both);
    }
}

/// The reading end.
pub struct Reader(BufReader<UnixStream>);

impl Reader {
    pub fn new(socket: UnixStream) -> Reader {
        Reader(BufReader::new(socket))
    }

    /// The next message; none once the other side is gone.
    pub fn next<M: DeserializeOwned>(&mut self) -> Option<M> {
        let mut line = Vec::new();
        match self.0.read_until(b'\n', &mut line) {
            Ok(length) if length > 0 => serde_json::from_slice(&line).ok(),
            _ => None,
        }
    }
}

/// Both ends of one socket.
///
/// # Errors
/// If the system gives no further descriptor.
pub fn ends(socket: UnixStream) -> io::Result<(Reader, Writer)> {
    Ok((Reader::new(socket.try_clone()?), Writer::new(socket)))
}
