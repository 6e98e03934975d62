//! The kernel's side of a session: a process of its own, so that the kernel answers whatever happens there, and a
//! session can be made ready before it is needed.

use super::protocol::{self, Reader, Reply, Request, Writer};
use super::server::{ORDER, Order};
use super::{Completions, Execute, Failure, Host, Inspection, Outcome, spare};
use crate::prebuilt::Prelude;
use neurocell::error::{Error, ErrorKind, Result};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a session's process may take to end by itself.
const FAREWELL: Duration = Duration::from_secs(4);

/// How an engine is started.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Say on stderr how long each stage of the start and of each cell took.
    pub timings: bool,
    /// Keep the next session ready while this one is used, for a restart.
    pub spare: bool,
}

/// A running session of cells.
pub struct Engine {
    reader: Reader,
    writer: Writer,
    /// None of a session that an earlier kernel started.
    process: Option<Child>,
    activity: spare::Activity,
    /// Why the session is no more.
    gone: Option<String>,
}

/// Stops the cell that runs; every variable stays as it was before that cell.
#[derive(Clone)]
pub struct Interrupter(Writer);

impl Interrupter {
    /// Asks the running cell to stop; a cell that does not answer within a tenth of a second is ended.
    pub fn interrupt(&self) {
        // A session that is gone runs no cell.
        let _ = self.0.send(&Request::Interrupt);
    }
}

impl Engine {
    /// Starts a session in which `use neurocell::prelude::*` has been said already, or takes the one that is ready.
    ///
    /// # Errors
    /// If the toolchain lacks a component, the session's folder cannot be made, or the prelude does not load.
    pub fn start(prelude: &Prelude, options: &Options) -> Result<Engine> {
        let mut engine = match spare::take(prelude) {
            Some(engine) => engine,
            None => Engine::spawn(prelude, options)?.ready()?,
        };
        if options.spare {
            engine.activity = spare::keep_one(prelude, options);
        }
        Ok(engine)
    }

    /// Starts the process; the session is not there yet.
    pub fn spawn(prelude: &Prelude, options: &Options) -> Result<Engine> {
        let refuse = |cause: std::io::Error| {
            let problem = format!("the session's process cannot be started: {cause}");
            Error::new(ErrorKind::File, problem, "close other programs, or see `ulimit -u` and `ulimit -n`")
        };
        let surroundings = spare::surroundings(prelude);
        let order = Order { prelude: prelude.clone(), timings: options.timings, surroundings };
        let order = serde_json::to_string(&order).map_err(|e| refuse(e.into()))?;
        let (ours, theirs) = UnixStream::pair().map_err(refuse)?;
        let process = Command::new("/proc/self/exe")
            .arg("session")
            .env(ORDER, order)
            .stdin(OwnedFd::from(theirs))
            // evcxr's own remarks: what cells say comes over the socket.
            .stdout(Stdio::null())
            // Ctrl-C in a terminal is for the kernel, which passes it on.
            .process_group(0)
            .spawn()
            .map_err(refuse)?;
        let (reader, writer) = protocol::ends(ours).map_err(refuse)?;
        Ok(Engine { reader, writer, process: Some(process), activity: spare::Activity::default(), gone: None })
    }

    /// A session that another kernel started, by its socket.
    pub fn adopt(socket: UnixStream) -> Option<Engine> {
        let (reader, writer) = protocol::ends(socket).ok()?;
        let engine = Engine { reader, writer, process: None, activity: spare::Activity::default(), gone: None };
        engine.ready().ok()
    }

    /// Waits until the session is there.
    pub fn ready(mut self) -> Result<Engine> {
        match self.reader.next() {
            Some(Reply::Ready) => Ok(self),
            Some(Reply::Broken(text)) => {
                let (problem, advice) = text.split_once("\n  → ").unwrap_or((&text, "start it again"));
                Err(Error::new(ErrorKind::Unknown, format!("the session does not start: {problem}"), advice))
            }
            _ => {
                let problem = format!("the session's process ended while it started ({})", self.how_it_ended());
                Err(Error::new(
                    ErrorKind::Unknown,
                    problem,
                    "start it again; if it ends again, `neurocell doctor` may say why",
                ))
            }
        }
    }

    /// A handle that stops the running cell from another thread.
    pub fn interrupter(&self) -> Interrupter {
        Interrupter(self.writer.clone())
    }

    /// Leaves the session to the next kernel, which has to come within some seconds.
    pub fn hand_over(mut self) {
        if self.writer.send(&Request::Await).is_ok() {
            // Until the session hangs up, it may not be waiting yet.
            let _: Option<Reply> = self.reader.next();
            self.process = None;
        }
    }

    /// Asks, and waits for the reply; none if the session is gone.
    fn ask(&mut self, request: &Request) -> Option<Reply> {
        let _busy = self.activity.busy();
        self.writer.send(request).ok()?;
        self.reader.next()
    }

    fn how_it_ended(&mut self) -> String {
        let Some(process) = &mut self.process else { return "its socket is closed".to_owned() };
        let asked = Instant::now();
        while asked.elapsed() < Duration::from_secs(1) {
            if let Ok(Some(status)) = process.try_wait() {
                return status.to_string();
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        "it does not answer".to_owned()
    }

    /// The outcome of a cell whose session is no more.
    fn lost(&mut self) -> Outcome {
        let how = match self.gone.take() {
            Some(how) => how,
            None => self.how_it_ended(),
        };
        let text = format!(
            "the process that compiles and runs cells is gone, and the variables with it ({how})\n  → restart the kernel, then run the cells again from the top"
        );
        self.gone = Some(how);
        Outcome::Failed(Failure::plain("KernelError", text))
    }
}

impl Execute for Engine {
    fn execute(&mut self, code: &str, host: &mut dyn Host) -> Outcome {
        let _busy = self.activity.busy();
        if self.gone.is_some() || self.writer.send(&Request::Cell(code.to_owned())).is_err() {
            return self.lost();
        }
        loop {
            match self.reader.next() {
                Some(Reply::Event(event)) => host.tell(event),
                Some(Reply::Question { prompt, password }) => {
                    let line = host.ask(&prompt, password);
                    if self.writer.send(&Request::Answer(line)).is_err() {
                        return self.lost();
                    }
                }
                Some(Reply::Cell(outcome)) => return outcome,
                _ => return self.lost(),
            }
        }
    }

    fn complete(&mut self, code: &str, cursor: usize) -> Completions {
        match self.ask(&Request::Complete(code.to_owned(), cursor)) {
            Some(Reply::Completions(completions)) => completions,
            _ => Completions { replaced: cursor..cursor, items: Vec::new() },
        }
    }

    fn inspect(&mut self, code: &str, cursor: usize) -> Option<Inspection> {
        match self.ask(&Request::Inspect(code.to_owned(), cursor)) {
            Some(Reply::Inspection(inspection)) => inspection,
            _ => None,
        }
    }

    fn variables(&mut self) -> Vec<(String, String)> {
        match self.ask(&Request::Variables) {
            Some(Reply::Variables(variables)) => variables,
            _ => Vec::new(),
        }
    }
}

/// Ends the session: its processes and its folder go.
impl Drop for Engine {
    fn drop(&mut self) {
        let Some(process) = &mut self.process else { return self.writer.hang_up() };
        self.writer.hang_up();
        let asked = Instant::now();
        while asked.elapsed() < FAREWELL {
            match process.try_wait() {
                Ok(None) => std::thread::sleep(Duration::from_millis(5)),
                _ => return,
            }
        }
        // The cells' processes end with it; its folder is removed by the next start.
        let _ = process.kill();
        let _ = process.wait();
    }
}
