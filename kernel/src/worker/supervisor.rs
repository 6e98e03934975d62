//! The process that evcxr sees: it passes commands on, forwards output, and undoes a lost cell.

use super::pipes::{self, Pipe};
use super::runner::{self, DONE, FAILED, TWIN};
use std::io;
use std::os::fd::RawFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// evcxr's own lines: the cell has run; it panicked; a `?` in it met an error.
const COMPLETE: &[u8] = b"EVCXR_EXECUTION_COMPLETE\n";
const PANIC: &[u8] = b"EVCXR_PANIC_NOTIFICATION\n";
const ERROR: &[u8] = b"EVCXR_ERROR_OCCURRED\n";

const STDIN: RawFd = 0;
const STDOUT: RawFd = 1;
/// How often a runner that says nothing is looked at.
const TICK_MS: i32 = 20;
/// How long a prelude call may take to answer an interrupt before the runner is ended.
const PATIENCE: Duration = Duration::from_millis(100);
/// A partial line on stderr is sent on when nothing has followed for so long.
const SETTLED: Duration = Duration::from_millis(30);

/// Most that is taken from a pipe before what is there is forwarded.
const GULP: usize = 1 << 20;
/// A line without end is passed on in pieces of this size; a figure fits.
const LONGEST_LINE: usize = 256 << 20;

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
}

impl Cells {
    fn start() -> io::Result<Cells> {
        let (commands, reports, wake) = (Pipe::new()?, Pipe::new()?, Pipe::new()?);
        let (out, err) = (Pipe::new()?, Pipe::new()?);
        // SAFETY: this process has one thread, so the child may go on as it likes.
        let runner = unsafe { libc::fork() };
        if runner < 0 {
            return Err(io::Error::last_os_error());
        }
        if runner == 0 {
            // SAFETY: descriptors 1 and 2 become the pipes that the supervisor reads.
            unsafe {
                libc::dup2(out.write, 1);
                libc::dup2(err.write, 2);
            }
            // The wake pipe must end when the supervisor ends: only that one may hold its writing end.
            pipes::close_all(&[commands.write, reports.read, wake.write, out.read, out.write, err.read, err.write]);
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
        })
    }

    fn run(&mut self, command: &str) {
        INTERRUPTED.store(false, Ordering::Relaxed);
        pipes::write_all(self.commands, format!("{command}\n").as_bytes());
        let mut twin = None;
        let end = self.watch(&mut twin);
        match end {
            End::Well => {
                self.out.send_rest("stdout");
                self.err.send_rest("stderr");
                if let Some(twin) = twin {
                    kill_and_reap(twin);
                }
                pipes::write_all(STDOUT, COMPLETE);
            }
            End::Lost { kind, detail } => self.undo(kind, &detail, twin),
        }
    }

    /// Forwards output until the cell has ended.
    fn watch(&mut self, twin: &mut Option<libc::pid_t>) -> End {
        let mut lost: Option<&'static str> = None;
        let mut interrupted_at: Option<Instant> = None;
        loop {
            let mut fds = [self.reports, self.out.fd, self.err.fd].map(|fd| libc::pollfd {
                fd,
                events: libc::POLLIN,
                revents: 0,
            });
            // SAFETY: the pointer and length describe `fds`.
            unsafe { libc::poll(fds.as_mut_ptr(), fds.len() as libc::nfds_t, TICK_MS) };
            let reported = fds[0].revents & libc::POLLIN != 0;
            // What the cell wrote before it reported comes first.
            self.out.take();
            self.err.take();
            self.out.forward_lines(&mut lost);
            self.err.forward_settled();
            if reported {
                let report = pipes::read_line(self.reports).unwrap_or_default();
                if let Some(id) = report.strip_prefix(TWIN) {
                    *twin = id.parse().ok().filter(|id| *id > 0);
                    continue;
                }
                self.out.take();
                self.err.take();
                self.out.forward_lines(&mut lost);
                if let Some(problem) = report.strip_prefix(FAILED) {
                    return End::Lost { kind: "crash", detail: format!("the cell could not be loaded: {problem}") };
                }
                if report == DONE {
                    return match lost {
                        None => End::Well,
                        Some(kind) => End::Lost { kind, detail: String::new() },
                    };
                }
            }
            if INTERRUPTED.load(Ordering::Relaxed) {
                match interrupted_at {
                    None => {
                        interrupted_at = Some(Instant::now());
                        // SAFETY: sends a signal to this process' own child.
                        unsafe { libc::kill(self.runner, libc::SIGINT) };
                    }
                    Some(at) if at.elapsed() > PATIENCE => {
                        self.drain(&mut lost);
                        return End::Lost { kind: "interrupt", detail: "stopped by an interrupt".to_owned() };
                    }
                    Some(_) => {}
                }
            }
            if let Some(detail) = ended(self.runner) {
                self.drain(&mut lost);
                return End::Lost { kind: "crash", detail };
            }
        }
    }

    fn drain(&mut self, lost: &mut Option<&'static str>) {
        self.out.take();
        self.err.take();
        self.out.forward_lines(lost);
    }

    /// Ends the runner in which the cell ran and wakes the twin in which it did not; makes evcxr forget the cell.
    fn undo(&mut self, kind: &str, detail: &str, twin: Option<libc::pid_t>) {
        self.out.send_rest("stdout");
        let message = self.err.rest();
        let kept = twin.is_some();
        if let Some(twin) = twin {
            kill_and_reap(self.runner);
            self.runner = twin;
            pipes::write_all(self.wake, b"w");
        }
        frame(serde_json::json!({ "lost": { "kind": kind, "detail": detail, "message": message, "kept": kept } }));
        if kept {
            // A line that is not UTF-8 ends evcxr's evaluation with an error that neither restarts this
            // process nor commits the cell's variables: both sides are as before the cell.
            pipes::write_all(STDOUT, b"\xff\n");
        } else if kind == "panic" || kind == "error" {
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
    if unsafe { libc::waitpid(runner, &mut status, libc::WNOHANG) } != runner {
        return None;
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

/// Sends the host a message that is not text for the reader.
fn frame(message: serde_json::Value) {
    pipes::write_all(STDOUT, format!("{}{message}\n", neurocell::notebook::FRAME).as_bytes());
}

/// What one of the runner's two output streams has written and the host has not yet seen.
struct Stream {
    fd: RawFd,
    pending: Vec<u8>,
    /// How much of `pending` is known to hold no newline.
    searched: usize,
    grew: Instant,
}

impl Stream {
    fn new(fd: RawFd) -> Stream {
        Stream { fd, pending: Vec::new(), searched: 0, grew: Instant::now() }
    }

    /// Takes what is there; more than a gulp waits in the pipe until this has been forwarded.
    fn take(&mut self) {
        let mut buffer = [0; 65536];
        let before = self.pending.len();
        while self.pending.len() - before < GULP {
            match pipes::read(self.fd, &mut buffer) {
                Ok(n) if n > 0 => {
                    self.pending.extend_from_slice(&buffer[..n]);
                    self.grew = Instant::now();
                }
                _ => break,
            }
        }
    }

    /// Forwards whole lines of stdout to evcxr, made valid UTF-8, and notes what evcxr is told of a lost cell.
    fn forward_lines(&mut self, lost: &mut Option<&'static str>) {
        let mut start = 0;
        while let Some(length) = self.pending[self.searched..].iter().position(|byte| *byte == b'\n') {
            let end = self.searched + length + 1;
            match &self.pending[start..end] {
                PANIC => *lost = Some("panic"),
                ERROR => *lost = Some("error"),
                line => {
                    pipes::write_all(STDOUT, String::from_utf8_lossy(line).as_bytes());
                }
            }
            (start, self.searched) = (end, end);
        }
        self.pending.drain(..start);
        self.searched = self.pending.len();
        if self.pending.len() > LONGEST_LINE {
            self.send_rest("stdout");
        }
    }

    /// Forwards stderr once it has been quiet for a moment: the last words before a failure are the failure's message.
    fn forward_settled(&mut self) {
        if self.grew.elapsed() > SETTLED || self.pending.len() > 1 << 16 {
            self.send_rest("stderr");
        }
    }

    fn send_rest(&mut self, name: &str) {
        let text = self.rest();
        if !text.is_empty() {
            frame(serde_json::json!({ name: text }));
        }
    }

    fn rest(&mut self) -> String {
        let text = String::from_utf8_lossy(&self.pending).into_owned();
        self.pending.clear();
        self.searched = 0;
        text
    }
}
