//! The process that holds a session: it compiles and runs the cells of one kernel, and ends with it.
//!
//! The kernel is the other end of the socket on descriptor 0. When that end is closed, however the kernel ended, the
//! running cell is stopped, and the session's processes and its folder go.

use super::folder::Folder;
use super::opening::Plan;
use super::protocol::{self, Reply, Request, Writer};
use super::session::{Session, Stopper};
use super::spare;
use super::{Event, Execute, Host};
use crate::prebuilt::Prelude;
use crate::tools;
use neurocell::error::Result;
use serde::{Deserialize, Serialize};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// The variable that holds the order, as JSON.
pub const ORDER: &str = "NEUROCELL_SESSION";
/// How long a session whose kernel is gone may take to end.
const FAREWELL: Duration = Duration::from_secs(3);
/// Time between two attempts to stop a cell: one that is still being compiled has nothing yet that could be stopped.
const AGAIN: Duration = Duration::from_millis(50);

/// What the kernel wants a session for.
#[derive(Debug, Serialize, Deserialize)]
pub struct Order {
    pub prelude: Prelude,
    pub timings: bool,
    /// See [`spare::surroundings`].
    pub surroundings: String,
}

/// Serves one kernel. To be called before the process has a second thread: it sets variables of the environment.
pub fn serve() -> ExitCode {
    let (Some(mut socket), Some(order)) = (take_socket(), order()) else {
        eprintln!("`neurocell session` is started by a kernel, with the kernel's socket as its stdin");
        return ExitCode::FAILURE;
    };
    let surroundings = order.surroundings.clone();
    let (folder, mut session) = match begin(order) {
        Ok(begun) => begun,
        Err(error) => {
            // A kernel that has gone meanwhile needs no answer.
            let _ = Writer::new(socket).send(&Reply::Broken(error.to_string()));
            return ExitCode::FAILURE;
        }
    };
    while let Some(next) = converse(socket, &mut session, &folder, &surroundings) {
        socket = next;
    }
    ExitCode::SUCCESS
}

/// The socket to the kernel; programs that the session starts do not inherit it.
fn take_socket() -> Option<UnixStream> {
    let stdin = std::io::stdin();
    let socket = UnixStream::from(stdin.as_fd().try_clone_to_owned().ok()?);
    socket.peer_addr().ok()?;
    let nothing = std::fs::File::open("/dev/null").ok()?;
    // SAFETY: descriptor 0 becomes another file; nothing in this process has read from it.
    unsafe { libc::dup2(nothing.as_raw_fd(), 0) };
    Some(socket)
}

fn order() -> Option<Order> {
    serde_json::from_str(&std::env::var(ORDER).ok()?).ok()
}

fn begin(order: Order) -> Result<(Folder, Session)> {
    let folder = Folder::make()?;
    let environment = tools::enter(folder.path(), &order.prelude)?;
    let plan = Plan { prelude: order.prelude, folder: folder.path().to_owned(), timings: order.timings, environment };
    let session = Session::start(plan)?;
    Ok((folder, session))
}

/// Serves one kernel until it is gone; gives the socket of the next one, if the kernel said that there will be one.
fn converse(socket: UnixStream, session: &mut Session, folder: &Folder, surroundings: &str) -> Option<UnixStream> {
    let (reader, writer) = protocol::ends(socket).ok()?;
    let cells = Arc::new(Running::default());
    let (to_session, requests) = channel();
    let (to_cell, answers) = channel();
    let reading = Reading {
        stopper: session.stopper(),
        cells: cells.clone(),
        requests: to_session,
        answers: to_cell,
        folder: folder.path().to_owned(),
    };
    std::thread::Builder::new().name("requests".to_owned()).spawn(move || reading.run(reader)).ok()?;
    writer.send(&Reply::Ready).ok()?;
    let mut host = Remote { writer: writer.clone(), answers };
    for request in requests {
        let reply = match request {
            Request::Cell(code) => {
                cells.begin();
                let outcome = session.execute(&code, &mut host);
                cells.end();
                Reply::Cell(outcome)
            }
            Request::Complete(code, cursor) => Reply::Completions(session.complete(&code, cursor)),
            Request::Inspect(code, cursor) => Reply::Inspection(session.inspect(&code, cursor)),
            Request::Variables => Reply::Variables(session.variables()),
            Request::Await => {
                let next = spare::Waiting::listen(folder.path());
                writer.hang_up();
                return next?.claimed(surroundings);
            }
            // The reading thread has seen to these.
            Request::Answer(_) | Request::Interrupt => continue,
        };
        if writer.send(&reply).is_err() {
            return None;
        }
    }
    None
}

/// Which cell runs, for whoever wants to stop it.
#[derive(Default)]
struct Running {
    runs: AtomicBool,
    number: AtomicUsize,
}

impl Running {
    fn begin(&self) {
        self.number.fetch_add(1, Ordering::SeqCst);
        self.runs.store(true, Ordering::SeqCst);
    }

    fn end(&self) {
        self.runs.store(false, Ordering::SeqCst);
    }

    fn is(&self, number: usize) -> bool {
        self.runs.load(Ordering::SeqCst) && self.number.load(Ordering::SeqCst) == number
    }

    /// Stops the cell that runs now, in a thread of its own.
    fn stop(self: &Arc<Running>, stopper: &Stopper) {
        let (cells, stopper) = (self.clone(), stopper.clone());
        let number = cells.number.load(Ordering::SeqCst);
        let stop = move || {
            while cells.is(number) {
                stopper.stop();
                std::thread::sleep(AGAIN);
            }
        };
        // Without a thread for it the cell goes on, and the kernel asks again.
        let _ = std::thread::Builder::new().name("stop".to_owned()).spawn(stop);
    }
}

/// What the thread needs that reads the kernel's requests, also while a cell runs.
struct Reading {
    stopper: Stopper,
    cells: Arc<Running>,
    requests: Sender<Request>,
    answers: Sender<Option<String>>,
    folder: std::path::PathBuf,
}

impl Reading {
    fn run(self, mut reader: protocol::Reader) {
        while let Some(request) = reader.next() {
            match request {
                Request::Interrupt => self.cells.stop(&self.stopper),
                // An answer that no cell waits for any more is dropped with the conversation.
                Request::Answer(line) => drop(self.answers.send(line)),
                Request::Await => {
                    let _ = self.requests.send(Request::Await);
                    return;
                }
                request => {
                    if self.requests.send(request).is_err() {
                        return;
                    }
                }
            }
        }
        // The kernel is gone. The session's thread ends once the running cell has.
        let Reading { stopper, cells, requests, answers, folder } = self;
        drop((requests, answers));
        cells.stop(&stopper);
        std::thread::sleep(FAREWELL);
        // Still here: whatever it waits for, it does not wait longer. The cells' processes end with this one.
        let _ = std::fs::remove_dir_all(folder);
        std::process::exit(1);
    }
}

/// The kernel, as a listener to the running cell.
struct Remote {
    writer: Writer,
    answers: Receiver<Option<String>>,
}

impl Host for Remote {
    fn tell(&mut self, event: Event) {
        // If the kernel is gone, the reading thread knows.
        let _ = self.writer.send(&Reply::Event(event));
    }

    fn ask(&mut self, prompt: &str, password: bool) -> Option<String> {
        // An answer to an earlier question that came too late.
        while self.answers.try_recv().is_ok() {}
        self.writer.send(&Reply::Question { prompt: prompt.to_owned(), password }).ok()?;
        self.answers.recv().ok().flatten()
    }
}
