//! Lines of input for a running cell: it asks by evcxr's marker line, or simply reads its stdin.

use super::NO_INPUT;
use super::pipes::{self, Pipe};
use super::stream::{QUESTION, STDOUT};
use std::os::fd::RawFd;

/// The number of the system call `read`, by which a cell waits for input.
#[cfg(target_arch = "x86_64")]
const READ: &str = "0";
#[cfg(not(target_arch = "x86_64"))]
const READ: &str = "63";

/// The pipe that is the runner's stdin, and whether the host has been asked to fill it.
pub struct Input {
    pipe: Pipe,
    waits: bool,
    readable: bool,
    /// How many times in a row the runner was seen to wait for this pipe.
    seen_waiting: u8,
}

impl Input {
    pub fn new(pipe: Pipe) -> Input {
        Input { pipe, waits: false, readable: false, seen_waiting: 0 }
    }

    /// Drops what an earlier cell did not read.
    pub fn forget(&mut self) {
        // As much as is there: a read from the empty pipe would wait for ever.
        let mut buffer = vec![0; self.unread()];
        if !buffer.is_empty() {
            let _ = pipes::read(self.pipe.read, &mut buffer);
        }
        (self.waits, self.readable, self.seen_waiting) = (false, false, 0);
    }

    /// The cell has written a marker line: an answer comes.
    pub fn asked(&mut self) {
        self.waits = true;
    }

    /// Whether an answer of the host is waited for.
    pub fn waits(&self) -> bool {
        self.waits
    }

    /// Looks whether the runner waits for its stdin without having asked; `true` if the host is now to be asked.
    pub fn look(&mut self, runner: libc::pid_t) -> bool {
        if self.waits {
            return false;
        }
        // Twice in a row: right after an answer it may not have run yet.
        self.seen_waiting = if reads_stdin(runner) && self.unread() == 0 { self.seen_waiting + 1 } else { 0 };
        if self.seen_waiting < 2 {
            return false;
        }
        (self.waits, self.seen_waiting) = (true, 0);
        true
    }

    /// Asks the host for a line, without a prompt: the cell has printed its own.
    pub fn ask() {
        pipes::write_all(STDOUT, &[QUESTION, b":\n"].concat());
    }

    /// Whether the host's answer is there to be read.
    pub fn is_answered(&self) -> bool {
        self.waits && self.readable
    }

    /// Notes whether the host's descriptor can be read.
    pub fn note(&mut self, readable: bool) {
        self.readable = readable;
    }

    /// Passes the host's line on to the runner; `false` if the host has none.
    pub fn pass_on(&mut self, host: RawFd) -> bool {
        (self.waits, self.readable) = (false, false);
        match pipes::read_line(host) {
            Some(line) if line != NO_INPUT => {
                pipes::write_all(self.pipe.write, format!("{line}\n").as_bytes());
                true
            }
            _ => false,
        }
    }

    /// How many bytes lie in the pipe.
    fn unread(&self) -> usize {
        let mut waiting: libc::c_int = 0;
        // SAFETY: `waiting` is a valid place for the number of bytes.
        let told = unsafe { libc::ioctl(self.pipe.read, libc::FIONREAD, &mut waiting) };
        if told == 0 { usize::try_from(waiting).unwrap_or(0) } else { 0 }
    }
}

/// Whether the thread that runs the cell sleeps in `read(0, …)`.
fn reads_stdin(runner: libc::pid_t) -> bool {
    // "0 0x0 0x7f… …": the system call, its arguments; "running" if it is in none.
    let Ok(call) = std::fs::read_to_string(format!("/proc/{runner}/syscall")) else { return false };
    let mut words = call.split_ascii_whitespace();
    words.next() == Some(READ) && words.next() == Some("0x0")
}
