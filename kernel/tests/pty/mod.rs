//! A terminal for a program under test: a pseudo-terminal that types, and waits for what the program shows.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{FromRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The longest that anything may take.
const PATIENCE: Duration = Duration::from_secs(90);
/// By this a line editor asks where the cursor is; a terminal answers.
const WHERE: &str = "\u{1b}[6n";

pub struct Terminal {
    child: Child,
    master: File,
    shown: Arc<Mutex<String>>,
    /// How much of what was shown has been looked at.
    seen: usize,
}

impl Terminal {
    pub fn start(mut command: Command) -> Terminal {
        let (mut master, mut slave) = (0, 0);
        let size = libc::winsize { ws_row: 40, ws_col: 120, ws_xpixel: 0, ws_ypixel: 0 };
        let nothing = std::ptr::null_mut();
        // SAFETY: the two places for descriptors and the size are valid; no name and no settings are asked for.
        let made = unsafe { libc::openpty(&mut master, &mut slave, nothing, std::ptr::null_mut(), &size) };
        assert_eq!(made, 0, "no pseudo-terminal");
        // SAFETY: openpty has just made both descriptors, and nobody else owns them.
        let (master, slave) = unsafe { (File::from_raw_fd(master), OwnedFd::from_raw_fd(slave)) };
        command.stdin(slave.try_clone().unwrap()).stdout(slave.try_clone().unwrap()).stderr(slave);
        // SAFETY: setsid and ioctl may be called between fork and exec.
        unsafe {
            command.pre_exec(|| {
                libc::setsid();
                libc::ioctl(0, libc::TIOCSCTTY, 0);
                Ok(())
            });
        }
        let child = command.spawn().unwrap();
        // The child alone holds the other side, so that its end is seen.
        drop(command);
        let shown = Arc::new(Mutex::new(String::new()));
        let (mut reader, mut answers, text) = (master.try_clone().unwrap(), master.try_clone().unwrap(), shown.clone());
        std::thread::spawn(move || {
            let mut bytes = [0; 65536];
            while let Ok(count) = reader.read(&mut bytes) {
                if count == 0 {
                    break;
                }
                let more = String::from_utf8_lossy(&bytes[..count]).into_owned();
                for _ in more.matches(WHERE) {
                    answers.write_all(b"\x1b[1;1R").unwrap();
                }
                text.lock().unwrap().push_str(&more);
            }
        });
        Terminal { child, master, shown, seen: 0 }
    }

    pub fn send(&mut self, text: &str) {
        self.master.write_all(text.as_bytes()).unwrap();
    }

    pub fn line(&mut self, text: &str) {
        self.send(&format!("{text}\r"));
    }

    pub fn wait(&self, milliseconds: u64) {
        std::thread::sleep(Duration::from_millis(milliseconds));
    }

    /// Waits until the text is shown behind what was seen last.
    pub fn expect(&mut self, text: &str) {
        let began = Instant::now();
        loop {
            let shown = self.shown.lock().unwrap().clone();
            if let Some(at) = shown[self.seen..].find(text) {
                self.seen += at + text.len();
                return;
            }
            let ended = self.child.try_wait().unwrap().is_some();
            assert!(
                !ended && began.elapsed() < PATIENCE,
                "`{text}` was not shown (ended: {ended}):\n{}",
                &shown[self.seen..]
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits for the program's end, and sees that no process of its session lives on.
    pub fn end(mut self) -> Option<i32> {
        let began = Instant::now();
        let session = self.child.id();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(began.elapsed() < PATIENCE, "it does not end:\n{}", self.shown.lock().unwrap());
            std::thread::sleep(Duration::from_millis(20));
        };
        std::thread::sleep(Duration::from_millis(300));
        let left = processes_of(session);
        assert!(left.is_empty(), "still there: {left:?}");
        status.code()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Nothing is left to end if it has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The lines of `/proc` for processes of a session.
fn processes_of(session: u32) -> Vec<String> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let stats = entries.filter_map(|entry| std::fs::read_to_string(entry.path().join("stat")).ok());
    // "pid (name) state parent group session …"; the name may hold spaces.
    let of_session = |stat: &String| {
        let after = stat.rsplit_once(") ").map_or("", |(_, after)| after);
        let mut words = after.split(' ');
        let state = words.next().unwrap_or_default();
        state != "Z" && words.nth(2).and_then(|word| word.parse().ok()) == Some(session)
    };
    stats.filter(of_session).collect()
}
