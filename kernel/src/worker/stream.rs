//! What the runner writes, on its way to evcxr.

use super::pipes;
use neurocell::notebook::FRAME;
use std::os::fd::RawFd;
use std::time::{Duration, Instant};

pub const STDOUT: RawFd = 1;
/// evcxr's own lines: the cell has run; it panicked; a `?` in it met an error.
pub const COMPLETE: &[u8] = b"EVCXR_EXECUTION_COMPLETE\n";
pub const PANIC: &[u8] = b"EVCXR_PANIC_NOTIFICATION\n";
pub const ERROR: &[u8] = b"EVCXR_ERROR_OCCURRED\n";
/// How a line begins by which a cell asks evcxr's host for input.
pub const QUESTION: &[u8] = b"EVCXR_INPUT_REQUEST";
/// How a line begins that announces content to evcxr.
const CONTENT: &[u8] = b"EVCXR_BEGIN_CONTENT ";

/// stderr is sent on when nothing has followed for so long …
const SETTLED: Duration = Duration::from_millis(30);
/// … or when it has waited for so long.
const LONGEST_WAIT: Duration = Duration::from_millis(200);
/// Most that is taken from a pipe before what is there is forwarded.
const GULP: usize = 1 << 20;
/// A message without end is passed on as text once it is longer than this; a figure fits.
const LONGEST_LINE: usize = 256 << 20;
/// A line of text without end is passed on in pieces of about this size.
const LONGEST_TEXT: usize = 1 << 20;

/// Sends the host a message that is not text for the reader.
pub fn frame(message: serde_json::Value) {
    pipes::write_all(STDOUT, format!("{FRAME}{message}\n").as_bytes());
}

/// What the lines that were forwarded said to the supervisor.
#[derive(Default)]
pub struct Seen {
    /// What evcxr is told of a lost cell.
    pub lost: Option<&'static str>,
    /// The cell has asked for a line of input.
    pub asked: bool,
}

/// What one of the runner's two output streams has written and the host has not yet seen.
pub struct Stream {
    pub fd: RawFd,
    pending: Vec<u8>,
    /// How much of `pending` is known to hold no newline.
    searched: usize,
    grew: Instant,
    /// When the oldest byte of `pending` came.
    since: Instant,
}

impl Stream {
    pub fn new(fd: RawFd) -> Stream {
        let now = Instant::now();
        Stream { fd, pending: Vec::new(), searched: 0, grew: now, since: now }
    }

    /// Takes what is there; more than a gulp waits in the pipe until this has been forwarded.
    pub fn take(&mut self) {
        let mut buffer = [0; 65536];
        let before = self.pending.len();
        while self.pending.len() - before < GULP {
            match pipes::read(self.fd, &mut buffer) {
                Ok(n) if n > 0 => {
                    self.grew = Instant::now();
                    if self.pending.is_empty() {
                        self.since = self.grew;
                    }
                    self.pending.extend_from_slice(&buffer[..n]);
                }
                _ => break,
            }
        }
    }

    /// Forwards whole lines of stdout to evcxr, made valid UTF-8, and notes what they say.
    pub fn forward_lines(&mut self, seen: &mut Seen) {
        let mut start = 0;
        while let Some(length) = self.pending[self.searched..].iter().position(|byte| *byte == b'\n') {
            let end = self.searched + length + 1;
            forward_line(&self.pending[start..end], seen);
            (start, self.searched) = (end, end);
        }
        self.pending.drain(..start);
        self.searched = self.pending.len();
        if self.pending.len() > LONGEST_TEXT {
            let head = &self.pending[..LONGEST_TEXT];
            if message_start(head) == head.len() || self.pending.len() > LONGEST_LINE {
                self.send_rest("stdout");
            }
        }
    }

    /// Forwards stderr once it has been quiet for a moment: the last words before a failure are the failure's message.
    pub fn forward_settled(&mut self) {
        let settled = self.grew.elapsed() > SETTLED || self.since.elapsed() > LONGEST_WAIT;
        if settled || self.pending.len() > 1 << 16 {
            self.send_rest("stderr");
        }
    }

    pub fn send_rest(&mut self, name: &str) {
        let text = self.rest();
        send_text(name, &text);
    }

    pub fn rest(&mut self) -> String {
        let text = String::from_utf8_lossy(&self.pending).into_owned();
        self.pending.clear();
        self.searched = 0;
        text
    }
}

/// Text that has no newline at its end.
fn send_text(name: &str, text: &str) {
    if !text.is_empty() {
        frame(serde_json::json!({ name: text }));
    }
}

/// Forwards one line. A message may follow text that the cell printed without a newline: the two are parted.
fn forward_line(line: &[u8], seen: &mut Seen) {
    let (text, message) = line.split_at(message_start(line));
    if !message.is_empty() {
        send_text("stdout", &String::from_utf8_lossy(text));
    }
    match message {
        PANIC => seen.lost = Some("panic"),
        ERROR => seen.lost = Some("error"),
        _ => {
            let rest = if message.is_empty() { text } else { message };
            seen.asked |= rest.starts_with(QUESTION);
            pipes::write_all(STDOUT, String::from_utf8_lossy(rest).as_bytes());
        }
    }
}

/// Where in a line a message for evcxr or the kernel begins; the line's length if it is text only.
fn message_start(line: &[u8]) -> usize {
    if [FRAME.as_bytes(), CONTENT, QUESTION].iter().any(|start| line.starts_with(start)) {
        return 0;
    }
    for note in [PANIC, ERROR] {
        if line.ends_with(note) {
            return line.len() - note.len();
        }
    }
    let at = |mark: &[u8]| line.windows(mark.len()).position(|window| window == mark);
    [at(FRAME.as_bytes()), at(CONTENT), at(QUESTION)].into_iter().flatten().min().unwrap_or(line.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_found_behind_text_without_a_newline() {
        let framed = format!("fitting … {FRAME}{{}}\n");
        assert_eq!(message_start(framed.as_bytes()), "fitting … ".len());
        assert_eq!(message_start(b"a EVCXR_PANIC_NOTIFICATION\n"), 2);
        assert_eq!(message_start(b"EVCXR_ERROR_OCCURRED\n"), 0);
        assert_eq!(message_start(b"5EVCXR_BEGIN_CONTENT text/plain\n"), 1);
        assert_eq!(message_start(b"plain text\n"), "plain text\n".len());
    }
}
