//! The next session, made ready while this one is used: a restart takes it instead of waiting.
//!
//! A kernel keeps one spare session once it has had nothing to do for a moment, if there is memory for it. Inside the
//! kernel a restart simply takes it. Jupyter restarts a kernel by ending the process and starting another: the old one
//! then leaves its spare behind, which listens for some seconds on a socket in the user's folder of sessions, and the
//! new one claims it. A claim fits only if prelude, folder and environment are the same.
//! `NEUROCELL_SPARE=0` turns all of it off.

use super::client::{Engine, Options};
use super::folder;
use crate::hex::hex;
use crate::prebuilt::Prelude;
use crate::room;
use sha2::{Digest, Sha256};
use std::io::{BufRead, BufReader, Write};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

/// A kernel that has had nothing to do for so long makes a spare session.
const IDLE: Duration = Duration::from_secs(3);
/// How long a spare session waits for the kernel that is started anew.
const PATIENCE: Duration = Duration::from_secs(20);
/// Memory that has to be free for a spare session, which takes about a quarter of it.
const ROOM: u64 = 2 << 30;
const TURNED_OFF: &str = "NEUROCELL_SPARE";
const YES: &[u8] = b"yes\n";

static SPARE: Mutex<Option<(String, Engine)>> = Mutex::new(None);

/// Whether a session has something to do, and since when not.
#[derive(Clone, Default)]
pub struct Activity(Arc<Mutex<Since>>);

#[derive(Default)]
struct Since {
    busy: bool,
    idle: Option<Instant>,
}

/// Marks the session as busy until it is dropped.
pub struct Busy(Arc<Mutex<Since>>);

impl Activity {
    pub fn busy(&self) -> Busy {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).busy = true;
        Busy(self.0.clone())
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Since { busy: false, idle: Some(Instant::now()) };
    }
}

/// Makes a spare session in the background once the session whose activity this is has been idle for a moment.
pub fn keep_one(prelude: &Prelude, options: &Options) -> Activity {
    let activity = Activity(Arc::new(Mutex::new(Since { busy: false, idle: Some(Instant::now()) })));
    if std::env::var_os(TURNED_OFF).is_some_and(|v| v == "0") {
        return activity;
    }
    let (watched, prelude, options) = (Arc::downgrade(&activity.0), prelude.clone(), options.clone());
    let make = move || {
        if !wait_until_idle(&watched) || room::in_memory().is_some_and(|free| free < ROOM) {
            return;
        }
        // A spare that cannot be made is none: the restart starts a session as at first, and says what is wrong.
        if let Ok(engine) = Engine::spawn(&prelude, &options).and_then(Engine::ready)
            && watched.strong_count() > 0
        {
            *SPARE.lock().unwrap_or_else(PoisonError::into_inner) = Some((surroundings(&prelude), engine));
        }
    };
    // Without a thread there is no spare.
    let _ = std::thread::Builder::new().name("spare session".to_owned()).spawn(make);
    activity
}

/// False if the session has ended meanwhile.
fn wait_until_idle(activity: &Weak<Mutex<Since>>) -> bool {
    loop {
        std::thread::sleep(Duration::from_millis(200));
        let Some(activity) = activity.upgrade() else { return false };
        let since = activity.lock().unwrap_or_else(PoisonError::into_inner);
        if !since.busy && since.idle.is_some_and(|at| at.elapsed() > IDLE) {
            return true;
        }
    }
}

/// A session that is ready: this kernel's spare, or the one that the kernel before it has left.
pub fn take(prelude: &Prelude) -> Option<Engine> {
    let surroundings = surroundings(prelude);
    let kept = SPARE.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some((of, engine)) = kept
        && of == surroundings
    {
        return Some(engine);
    }
    let all = std::fs::read_dir(folder::of_this_user().ok()?).ok()?;
    let sockets = all.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with("spare-"));
    sockets.into_iter().find_map(|socket| Engine::adopt(claim(&socket.path(), &surroundings)?))
}

/// Leaves the spare session, if there is one, to the kernel that is started next.
pub fn hand_over() {
    let kept = SPARE.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some((_, engine)) = kept {
        engine.hand_over();
    }
}

/// What a session's process takes over from the kernel that starts it: prelude, working folder, environment.
pub fn surroundings(prelude: &Prelude) -> String {
    let mut hash = Sha256::new();
    let mut add = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    add(prelude.library().as_os_str().as_bytes());
    add(std::env::current_dir().unwrap_or_default().as_os_str().as_bytes());
    let mut variables: Vec<_> = std::env::vars_os().collect();
    variables.sort();
    // Jupyter names the parent's process and the notebook; a shell counts its depth.
    let passing = |name: &[u8]| name.starts_with(b"JPY_") || name == b"SHLVL" || name == b"_";
    for (name, value) in variables.iter().filter(|(name, _)| !passing(name.as_bytes())) {
        add(name.as_bytes());
        add(value.as_bytes());
    }
    hex(&hash.finalize())
}

fn claim(socket: &std::path::Path, surroundings: &str) -> Option<UnixStream> {
    let Ok(mut stream) = UnixStream::connect(socket) else {
        // Nobody listens: its session was killed.
        let _ = std::fs::remove_file(socket);
        return None;
    };
    stream.set_read_timeout(Some(Duration::from_secs(1))).ok()?;
    writeln!(stream, "{surroundings}").ok()?;
    let mut answer = [0; YES.len()];
    std::io::Read::read_exact(&mut stream, &mut answer).ok()?;
    stream.set_read_timeout(None).ok()?;
    (answer == YES).then_some(stream)
}

/// A spare session that waits for the next kernel.
pub struct Waiting {
    listener: UnixListener,
    path: PathBuf,
}

impl Waiting {
    /// Listens beside the session's own folder, where the next kernel looks.
    pub fn listen(session: &std::path::Path) -> Option<Waiting> {
        let path = session.parent()?.join(format!("spare-{}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        let listener = UnixListener::bind(&path).ok()?;
        Some(Waiting { listener, path })
    }

    /// The socket of the kernel that has come for a session with these surroundings; none if nobody came in time.
    pub fn claimed(self, surroundings: &str) -> Option<UnixStream> {
        let began = Instant::now();
        while let Some(left) = PATIENCE.checked_sub(began.elapsed()) {
            let mut fd = libc::pollfd { fd: self.listener.as_raw_fd(), events: libc::POLLIN, revents: 0 };
            // SAFETY: the pointer and length describe one descriptor.
            let ready = unsafe { libc::poll(&mut fd, 1, i32::try_from(left.as_millis()).unwrap_or(i32::MAX)) };
            if ready < 1 {
                continue;
            }
            let (mut stream, _) = self.listener.accept().ok()?;
            let _ = stream.set_read_timeout(Some(Duration::from_secs(1)));
            let mut wanted = String::new();
            // Byte by byte as far as the line goes: what follows it is for the conversation.
            let read = BufReader::with_capacity(1, &stream).read_line(&mut wanted).is_ok();
            if read && wanted.trim_end() == surroundings && stream.write_all(YES).is_ok() {
                stream.set_read_timeout(None).ok()?;
                return Some(stream);
            }
        }
        None
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}
