//! The process that evcxr sees: it passes commands on, forwards output, and undoes a lost cell.

use super::input::Input;
use super::pipes::{self, Pipe};
use super::runner::{self, DONE, FAILED, TWIN};
use super::stream::{COMPLETE, ERROR, PANIC, STDOUT, Seen, Stream, frame};
use std::io;
use std::os::fd::RawFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const STDIN: RawFd = 0;
/// How often a runner that says nothing is looked at.
const TICK_MS: i32 = 20;
/// How long a prelude call may take to answer an interrupt before the runner is ended.
const PATIENCE: Duration = Duration::from_millis(100);
/// The same where no twin waits.
const LAST_RESORT: Duration = Duration::from_secs(5);
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

extern "C" fn on_interrupt(_signal: libc::c_int) {
    INTERRUPTED.store(true, Ordering::Relaxed);
}

/// Serves evcxr until it closes stdin.
pub fn run() -> ! {
    let code = match serve() {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("the process that runs cells could not be set up: {error}");
            1
        }
    };
    std::process::exit(code)
}

fn serve() -> io::Result<()> {
    // A panic's message is what a cell shows; a back-trace through generated code helps nobody.
    // SAFETY: this process has one thread.
    unsafe { std::env::set_var("RUST_BACKTRACE", "0") };
    // SAFETY: these calls set flags of this process; the handler stores to an atomic.
    unsafe {
        // A twin whose runner has died becomes this process' child.
        libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        // Ctrl-C in a terminal is for the host, which passes it on.
        libc::setpgid(0, 0);
        let action: extern "C" fn(libc::c_int) = on_interrupt;
        libc::signal(libc::SIGINT, action as libc::sighandler_t);
    }
    let mut cells = Cells::start()?;
    while let Some(line) = pipes::read_line(STDIN) {
        if let Some(command) = line.strip_prefix("LOAD_AND_RUN ") {
            cells.run(command);
        }
    }
    cells.end();
    Ok(())
}

/// How a cell ended.
enum End {
    Well,
    Lost { kind: &'static str, detail: String },
}

struct Cells {
    runner: libc::pid_t,
    commands: RawFd,
    reports: RawFd,
    wake: RawFd,
    out: Stream,
    err: Stream,
    input: Input,
}

impl Cells {
    fn start() -> io::Result<Cells> {
        let (commands, reports, wake) = (Pipe::new()?, Pipe::new()?, Pipe::new()?);
        let (out, err, input) = (Pipe::new()?, Pipe::new()?, Pipe::new()?);
        // SAFETY: this process has one thread, so the child may go on as it likes.
        let runner = unsafe { libc::fork() };
        if runner < 0 {
            return Err(io::Error::last_os_error());
        }
        if runner == 0 {
            // SAFETY: descriptors 1 and 2 become the pipes that the supervisor reads. evcxr's commands come on this
            // process' 0, and a cell, or a program that it starts, must not read one: it gets a pipe of its own.
            unsafe {
                libc::dup2(input.read, 0);
                libc::dup2(out.write, 1);
                libc::dup2(err.write, 2);
            }
            // The wake pipe must end when the supervisor ends: only that one may hold its writing end.
            pipes::close_all(&[commands.write, reports.read, wake.write, out.read, out.write, err.read, err.write]);
            pipes::close_all(&[input.read, input.write]);
            runner::run(runner::Ends { commands: commands.read, reports: reports.write, wake: wake.read });
        }
        pipes::close_all(&[commands.read, reports.write, wake.read, out.write, err.write]);
        for fd in [out.read, err.read] {
            // SAFETY: sets a flag of the descriptor.
            unsafe { libc::fcntl(fd, libc::F_SETFL, libc::O_NONBLOCK) };
        }
        Ok(Cells {
            runner,
            commands: commands.write,
            reports: reports.read,
            wake: wake.write,
            out: Stream::new(out.read),
            err: Stream::new(err.read),
            input: Input::new(input),
        })
    }

    fn run(&mut self, command: &str) {
        INTERRUPTED.store(false, Ordering::Relaxed);
        self.input.forget();
        pipes::write_all(self.commands, format!("{command}\n").as_bytes());
        let mut twin = Twin::NotYet;
        let end = self.watch(&mut twin);
        match end {
            End::Well => {
                self.out.send_rest("stdout");
                self.err.send_rest("stderr");
                if let Twin::Waits(twin) = twin {
                    kill_and_reap(twin);
                }
                pipes::write_all(STDOUT, COMPLETE);
            }
            End::Lost { kind, detail } => self.undo(kind, &detail, &twin),
        }
    }

    /// Forwards output until the cell has ended.
    fn watch(&mut self, twin: &mut Twin) -> End {
        let mut seen = Seen::default();
        let mut interrupted_at: Option<Instant> = None;
        loop {
            let reported = self.wait(TICK_MS);
            // What the cell wrote before it reported comes first.
            self.drain(&mut seen);
            self.err.forward_settled();
            if reported {
                let report = pipes::read_line(self.reports).unwrap_or_default();
                if twin.note(&report) {
                    continue;
                }
                self.drain(&mut seen);
                if let Some(problem) = report.strip_prefix(FAILED) {
                    // While the session is prepared only stderr is read.
                    eprintln!("{problem}");
                    return End::Lost { kind: "crash", detail: format!("the cell could not be loaded: {problem}") };
                }
                if report == DONE {
                    return match seen.lost {
                        None => End::Well,
                        Some(kind) => End::Lost { kind, detail: String::new() },
                    };
                }
            }
            if std::mem::take(&mut seen.asked) {
                self.input.asked();
            }
            if self.input.look(self.runner) {
                self.out.send_rest("stdout");
                Input::ask();
            }
            if self.input.is_answered() && !self.input.pass_on(STDIN) {
                if INTERRUPTED.load(Ordering::Relaxed) {
                    return End::Lost { kind: "interrupt", detail: "stopped by an interrupt".to_owned() };
                }
                let detail =
                    "the cell waits for input, and nobody can be asked here\n  → give the value in the cell itself";
                return End::Lost { kind: "error", detail: detail.to_owned() };
            }
            // Until the twin is known, ending the runner would end the variables with it.
            if INTERRUPTED.load(Ordering::Relaxed) && !matches!(twin, Twin::NotYet) {
                match interrupted_at {
                    None => {
                        interrupted_at = Some(Instant::now());
                        // SAFETY: sends a signal to this process' own child.
                        unsafe { libc::kill(self.runner, libc::SIGINT) };
                    }
                    Some(at) if at.elapsed() > patience(twin) => {
                        self.drain(&mut seen);
                        self.err.send_rest("stderr");
                        return End::Lost { kind: "interrupt", detail: "stopped by an interrupt".to_owned() };
                    }
                    Some(_) => {}
                }
            }
            if let Some(detail) = ended(self.runner) {
                // It may have reported its twin just before.
                while matches!(twin, Twin::NotYet) && self.wait(0) {
                    twin.note(&pipes::read_line(self.reports).unwrap_or_default());
                }
                self.drain(&mut seen);
                return End::Lost { kind: "crash", detail };
            }
        }
    }

    /// Waits for output or a report; `true` if there is a report.
    fn wait(&mut self, milliseconds: i32) -> bool {
        let poll = |fd| libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
        // A negative descriptor is passed over.
        let answers = if self.input.waits() { STDIN } else { -1 };
        let mut fds = [self.reports, self.out.fd, self.err.fd, answers].map(poll);
        // SAFETY: the pointer and length describe `fds`.
        unsafe { libc::poll(fds.as_mut_ptr(), fds.len() as libc::nfds_t, milliseconds) };
        let is_ready = |fd: &libc::pollfd| fd.revents & (libc::POLLIN | libc::POLLHUP) != 0;
        self.input.note(is_ready(&fds[3]));
        fds[0].revents & libc::POLLIN != 0
    }

    fn drain(&mut self, seen: &mut Seen) {
        self.out.take();
        self.err.take();
        self.out.forward_lines(seen);
    }

    /// Ends the runner in which the cell ran and wakes the twin in which it did not; makes evcxr forget the cell.
    fn undo(&mut self, kind: &str, detail: &str, twin: &Twin) {
        self.out.send_rest("stdout");
        let message = self.err.rest();
        let mut kept = false;
        if let Twin::Waits(twin) = twin {
            kill_and_reap(self.runner);
            // The twin may have been killed meanwhile, for example because memory ran out.
            kept = lives(*twin);
            self.runner = *twin;
            pipes::write_all(self.wake, b"w");
        }
        frame(serde_json::json!({ "lost": { "kind": kind, "detail": detail, "message": message, "kept": kept } }));
        if kept {
            // A line that is not UTF-8 ends evcxr's evaluation with an error that neither restarts this
            // process nor commits the cell's variables: both sides are as before the cell.
            pipes::write_all(STDOUT, b"\xff\n");
        } else if !matches!(twin, Twin::Waits(_)) && (kind == "panic" || kind == "error") {
            // No twin could be forked, but the runner lives: evcxr's own rules say which variables are left.
            let note: &[u8] = if kind == "panic" { PANIC } else { ERROR };
            pipes::write_all(STDOUT, note);
            pipes::write_all(STDOUT, COMPLETE);
        } else {
            // Nobody took the place of the lost runner: evcxr starts a new process with no variables.
            kill_and_reap(self.runner);
            std::process::exit(1);
        }
    }

    fn end(&mut self) {
        kill_and_reap(self.runner);
    }
}

/// The process that waits to take the runner's place.
enum Twin {
    /// The runner has not said yet.
    NotYet,
    /// It could not be forked.
    Missing,
    Waits(libc::pid_t),
}

/// How long a cell may take to answer an interrupt. Without a twin its end is the end of the variables.
fn patience(twin: &Twin) -> Duration {
    if matches!(twin, Twin::Waits(_)) { PATIENCE } else { LAST_RESORT }
}

impl Twin {
    /// Takes the runner's report of its twin; `false` if the report is another one.
    fn note(&mut self, report: &str) -> bool {
        let Some(id) = report.strip_prefix(TWIN) else { return false };
        *self = id.parse().ok().filter(|id| *id > 0).map_or(Twin::Missing, Twin::Waits);
        true
    }
}

/// Whether an own child has not ended.
fn lives(child: libc::pid_t) -> bool {
    let mut status = 0;
    // SAFETY: `status` is a valid place for the result.
    unsafe { libc::waitpid(child, &mut status, libc::WNOHANG) == 0 }
}

/// Ends a process and waits for it; a twin that is not yet this process' child is reaped once it is.
fn kill_and_reap(pid: libc::pid_t) {
    // SAFETY: signals and waits for own descendants only.
    unsafe {
        libc::kill(pid, libc::SIGKILL);
        let mut status = 0;
        libc::waitpid(pid, &mut status, 0);
        // Twins of earlier cells whose parent has gone meanwhile.
        while libc::waitpid(-1, &mut status, libc::WNOHANG) > 0 {}
    }
}

/// How the runner ended, if it has.
fn ended(runner: libc::pid_t) -> Option<String> {
    let mut status = 0;
    // SAFETY: `status` is a valid place for the result.
    match unsafe { libc::waitpid(runner, &mut status, libc::WNOHANG) } {
        0 => return None,
        -1 => return Some("the process that runs cells is gone".to_owned()),
        _ => {}
    }
    Some(if libc::WIFSIGNALED(status) {
        match libc::WTERMSIG(status) {
            libc::SIGSEGV => "segmentation fault or stack overflow (signal SIGSEGV)".to_owned(),
            libc::SIGABRT => "abort, for example after a stack overflow (signal SIGABRT)".to_owned(),
            libc::SIGKILL => "killed, most likely because memory ran out (signal SIGKILL)".to_owned(),
            libc::SIGBUS => "bus error, for example a file cut short while it was mapped (signal SIGBUS)".to_owned(),
            libc::SIGFPE => "arithmetic fault (signal SIGFPE)".to_owned(),
            libc::SIGILL => "illegal instruction (signal SIGILL)".to_owned(),
            other => format!("signal {other}"),
        }
    } else {
        format!("the cell ended the process with exit code {}", libc::WEXITSTATUS(status))
    })
}
