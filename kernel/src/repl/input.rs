//! Lines from stdin, read such that a signal ends the waiting.

use crate::stop;
use std::io;

const STDIN: libc::c_int = 0;
/// How often a signal is looked for.
const LOOK_MS: libc::c_int = 50;

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    Line(String),
    End,
    /// A signal came first.
    Stopped,
}

/// The lines of stdin; what was read beyond one line waits for the next.
#[derive(Default)]
pub struct Lines {
    buffer: Vec<u8>,
    ended: bool,
}

impl Lines {
    /// The next line without its end.
    pub fn next_line(&mut self) -> Next {
        loop {
            if let Some(line) = self.whole_line() {
                return Next::Line(line);
            }
            if self.ended {
                let rest = std::mem::take(&mut self.buffer);
                return match rest.is_empty() {
                    true => Next::End,
                    false => Next::Line(String::from_utf8_lossy(&rest).into_owned()),
                };
            }
            if stop::signal().is_some() {
                return Next::Stopped;
            }
            self.fill(LOOK_MS);
        }
    }

    /// What was typed while nobody asked, if it is a whole line; without waiting.
    pub fn typed_ahead(&mut self) -> Option<Next> {
        self.fill(0);
        match self.whole_line() {
            Some(line) => Some(Next::Line(line)),
            None => std::mem::take(&mut self.ended).then_some(Next::End),
        }
    }

    fn whole_line(&mut self) -> Option<String> {
        let end = self.buffer.iter().position(|byte| *byte == b'\n')?;
        let line: Vec<u8> = self.buffer.drain(..=end).collect();
        let text = String::from_utf8_lossy(&line);
        Some(text.trim_end_matches(['\n', '\r']).to_owned())
    }

    /// Waits for more, so many milliseconds.
    fn fill(&mut self, wait: libc::c_int) {
        let mut waits = libc::pollfd { fd: STDIN, events: libc::POLLIN, revents: 0 };
        // SAFETY: the pointer is to one pollfd, as the count says.
        let ready = unsafe { libc::poll(&mut waits, 1, wait) };
        if ready <= 0 {
            return;
        }
        let mut bytes = [0; 65536];
        // SAFETY: the pointer and length describe `bytes`.
        let count = unsafe { libc::read(STDIN, bytes.as_mut_ptr().cast(), bytes.len()) };
        match usize::try_from(count) {
            Ok(0) => self.ended = true,
            Ok(count) => self.buffer.extend_from_slice(&bytes[..count]),
            Err(_) => self.ended = io::Error::last_os_error().kind() != io::ErrorKind::Interrupted,
        }
    }
}

/// Keeps what is typed invisible as long as it lives, where stdin is a terminal.
pub struct Unseen(Option<libc::termios>);

impl Unseen {
    pub fn begin() -> Unseen {
        let mut settings = std::mem::MaybeUninit::<libc::termios>::uninit();
        // SAFETY: tcgetattr fills the settings in when it returns 0.
        let before = unsafe {
            match libc::tcgetattr(STDIN, settings.as_mut_ptr()) {
                0 => settings.assume_init(),
                _ => return Unseen(None),
            }
        };
        let mut unseen = before;
        unseen.c_lflag &= !libc::ECHO;
        // SAFETY: the pointer is to settings that tcgetattr made, changed in one flag.
        unsafe { libc::tcsetattr(STDIN, libc::TCSANOW, &unseen) };
        Unseen(Some(before))
    }
}

impl Drop for Unseen {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            // SAFETY: the settings are those that the terminal had.
            unsafe { libc::tcsetattr(STDIN, libc::TCSANOW, before) };
        }
    }
}
