//! Pipes between supervisor, runner and twin, unbuffered, so that a fork never copies a half-read buffer.

use std::io;
use std::os::fd::RawFd;

/// A pipe that programs started by a cell do not inherit.
pub struct Pipe {
    pub read: RawFd,
    pub write: RawFd,
}

impl Pipe {
    pub fn new() -> io::Result<Pipe> {
        let mut ends = [0; 2];
        // SAFETY: `ends` has room for the two descriptors that pipe2 writes.
        match unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) } {
            0 => Ok(Pipe { read: ends[0], write: ends[1] }),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

/// Closes descriptors that this process does not use.
pub fn close_all(fds: &[RawFd]) {
    for fd in fds {
        // SAFETY: closing a descriptor touches no memory; each is closed once by the process that holds it.
        unsafe { libc::close(*fd) };
    }
}

/// Reads what is there, at most `buffer.len()` bytes; 0 at the end of the stream.
pub fn read(fd: RawFd, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        // SAFETY: the pointer and length describe `buffer`.
        let n = unsafe { libc::read(fd, buffer.as_mut_ptr().cast(), buffer.len()) };
        match usize::try_from(n) {
            Ok(n) => return Ok(n),
            Err(_) => {
                let error = io::Error::last_os_error();
                if error.kind() != io::ErrorKind::Interrupted {
                    return Err(error);
                }
            }
        }
    }
}

/// Reads one line, byte by byte: nothing after it may be taken, it belongs to whoever reads next.
pub fn read_line(fd: RawFd) -> Option<String> {
    let mut line = Vec::new();
    let mut byte = [0];
    loop {
        match read(fd, &mut byte) {
            Ok(1) if byte[0] == b'\n' => return Some(String::from_utf8_lossy(&line).into_owned()),
            Ok(1) => line.push(byte[0]),
            _ => return None,
        }
    }
}

/// Writes all bytes; `false` when the other end is gone.
pub fn write_all(fd: RawFd, mut bytes: &[u8]) -> bool {
    while !bytes.is_empty() {
        // SAFETY: the pointer and length describe `bytes`.
        let n = unsafe { libc::write(fd, bytes.as_ptr().cast(), bytes.len()) };
        match usize::try_from(n) {
            Ok(n) => bytes = &bytes[n..],
            Err(_) if io::Error::last_os_error().kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return false,
        }
    }
    true
}
