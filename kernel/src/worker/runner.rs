//! The process that holds the variables, loads each cell's library and calls its function.

use super::pipes;
use crate::room;
use libloading::Library;
use std::ffi::c_void;
use std::os::fd::RawFd;

type CellFunction = extern "C" fn(*mut c_void) -> *mut c_void;
type Hook = extern "C" fn();

/// What the runner tells the supervisor, one line each.
pub const TWIN: &str = "twin ";
pub const DONE: &str = "done";
pub const FAILED: &str = "failed ";

/// The variable that names the prelude's shared library.
pub const PRELUDE: &str = "NEUROCELL_PRELUDE";

/// The runner's ends of the pipes.
pub struct Ends {
    pub commands: RawFd,
    pub reports: RawFd,
    pub wake: RawFd,
}

/// Runs cells until the supervisor is gone.
pub fn run(ends: Ends) -> ! {
    die_with_supervisor();
    let mut store: *mut c_void = std::ptr::null_mut();
    // A running cell is stopped through the prelude's cancel flag, or by the supervisor's SIGKILL.
    // SAFETY: no handler is installed, the signal is ignored.
    unsafe { libc::signal(libc::SIGINT, libc::SIG_IGN) };
    let hooks = Hooks::load();
    let mut twin = None;
    loop {
        let Some(command) = pipes::read_line(ends.commands) else { exit() };
        reap(twin.take());
        match fork_twin(&ends) {
            Fork::Woken => continue,
            Fork::Runner(child) => twin = child,
        }
        let report = match hooks.as_ref().map_err(String::clone).and_then(|hooks| run_cell(&command, store, hooks)) {
            Ok(new) => {
                store = new;
                DONE.to_owned()
            }
            Err(problem) => format!("{FAILED}{}", problem.replace('\n', " ")),
        };
        pipes::write_all(ends.reports, format!("{report}\n").as_bytes());
    }
}

/// Who comes back from a fork.
enum Fork {
    /// The runner, with its twin's process id if there is one.
    Runner(Option<libc::pid_t>),
    /// The twin, woken to take the place of a runner that is gone.
    Woken,
}

/// A twin's pages are this process' own until one of the two writes: a cell that writes all it has needs twice the
/// memory. Where less than this share of what the process holds is free, it goes without.
const SHARE: u64 = 8;

/// Whether there is too little memory for a twin; says so to the reader then.
fn is_short_of_memory() -> bool {
    let (Some(free), Some(held)) = (room::in_memory(), room::held()) else { return false };
    let short = free < held / SHARE;
    if short {
        let (free, held) = (free >> 20, held >> 20);
        eprintln!(
            "memory is short ({free} MB free, {held} MB held): this cell runs without a copy of the variables to fall back on\n  → drop what is not needed any more, or close other programs"
        );
    }
    short
}

fn fork_twin(ends: &Ends) -> Fork {
    if is_short_of_memory() {
        pipes::write_all(ends.reports, format!("{TWIN}0\n").as_bytes());
        return Fork::Runner(None);
    }
    // SAFETY: the twin only reads a pipe and then goes on with the runner's loop, in which no other
    // thread of the parent is needed: the prelude makes a new pool when the process id has changed.
    match unsafe { libc::fork() } {
        0 => {
            room::end_me_first(false);
            let mut byte = [0];
            match pipes::read(ends.wake, &mut byte) {
                Ok(1) => die_with_supervisor(),
                _ => exit(),
            }
            Fork::Woken
        }
        twin => {
            room::end_me_first(true);
            // Without a twin (fork refused: no memory, process limit) the cell runs all the same; the supervisor says so.
            pipes::write_all(ends.reports, format!("{TWIN}{twin}\n").as_bytes());
            Fork::Runner((twin > 0).then_some(twin))
        }
    }
}

/// Waits for the last cell's twin, which the supervisor has ended.
fn reap(twin: Option<libc::pid_t>) {
    if let Some(twin) = twin {
        let mut status = 0;
        // SAFETY: `status` is a valid place for the result; only an own child is waited for.
        unsafe { libc::waitpid(twin, &mut status, 0) };
    }
}

/// What the prelude wants to be called around each cell.
struct Hooks {
    before: Option<Hook>,
    after: Option<Hook>,
}

impl Hooks {
    /// Loads the prelude while the host still prepares the session, so that no cell waits for it.
    ///
    /// Nothing is printed: while the session is prepared nobody reads, and evcxr waits until somebody has.
    fn load() -> Result<Hooks, String> {
        let Some(path) = std::env::var_os(PRELUDE) else { return Ok(Hooks { before: None, after: None }) };
        // SAFETY: the library is the project's own prelude, is never unloaded, and its hooks have this signature.
        unsafe {
            let library = Library::new(&path).map_err(|e| format!("the prelude cannot be loaded: {e}"))?;
            let library = std::mem::ManuallyDrop::new(library);
            let hook = |name: &[u8]| library.get::<Hook>(name).ok().map(|symbol| *symbol);
            Ok(Hooks { before: hook(b"neurocell_before_cell"), after: hook(b"neurocell_after_cell") })
        }
    }
}

fn run_cell(command: &str, store: *mut c_void, hooks: &Hooks) -> Result<*mut c_void, String> {
    let (library, function) = command.rsplit_once(' ').ok_or_else(|| format!("not a command: {command}"))?;
    // SAFETY: the library is a cell that evcxr has just built for this process, and its function has this
    // signature; it is never unloaded, since variables may point into it.
    unsafe {
        let library = std::mem::ManuallyDrop::new(Library::new(library).map_err(|e| e.to_string())?);
        let cell = library.get::<CellFunction>(function.as_bytes()).map_err(|e| e.to_string())?;
        if let Some(hook) = hooks.before {
            hook();
        }
        let store = cell(store);
        if let Some(hook) = hooks.after {
            hook();
        }
        Ok(store)
    }
}

/// The kernel orders this process' end when the supervisor dies, however it dies.
fn die_with_supervisor() {
    // SAFETY: prctl with these arguments only sets a flag of this process.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
}

fn exit() -> ! {
    // SAFETY: ends the process at once; destructors of variables must not run in a fork.
    unsafe { libc::_exit(0) }
}
