//! One evcxr session on a thread of its own, with the prelude in place.

use super::bounds::Bounded;
use super::building::Building;
use super::frames::{self, Event, Line, Lost};
use super::opening;
use super::optimize::{Optimize, without_mark};
use super::{Completions, Execute, Failure, Host, Inspection, Outcome, last_value, lookup, report};
use crate::room;
use crate::syntax;
use crate::worker::NO_INPUT;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, select, unbounded};
use evcxr::{CommandContext, EvalCallbacks, EvalContextOutputs};
use neurocell::{Error, Result};
use serde_json::{Map, Value};
use std::path::PathBuf;
use std::process::Child;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long a session that has nothing to do waits before it prepares for what is likely to come.
const QUIET: Duration = Duration::from_millis(40);

/// Free space on disk below which a failed compilation may be due to that.
const ENOUGH: u64 = 1 << 20;
/// How often a cell that says nothing is looked at.
const TICK: Duration = Duration::from_millis(150);

/// A running session of cells, in this process.
pub struct Session {
    /// Gone once the session is to end.
    requests: Option<Sender<Request>>,
    session: Option<JoinHandle<()>>,
    replies: Receiver<Reply>,
    questions: Receiver<Question>,
    answers: Sender<Option<String>>,
    outputs: EvalContextOutputs,
    stopper: Stopper,
    folder: PathBuf,
}

/// A cell's wish for a line of input.
struct Question {
    prompt: String,
    password: bool,
}

/// What is asked of the session's thread; each request has one reply.
enum Request {
    Cell(String),
    Complete(String, usize),
    Inspect(String, usize),
    Variables,
}

enum Reply {
    Cell(std::result::Result<Map<String, Value>, evcxr::Error>),
    Completions(Completions),
    Inspection(Option<Inspection>),
    Variables(Vec<(String, String)>),
}

/// The session thread's ends of the channels.
struct Ends {
    requests: Receiver<Request>,
    replies: Sender<Reply>,
    questions: Sender<Question>,
    answers: Receiver<Option<String>>,
}

/// Stops the cell that runs; every variable stays as it was before that cell.
#[derive(Clone)]
pub struct Stopper(Arc<Mutex<Child>>);

impl Stopper {
    /// Asks the running cell to stop; a cell that does not answer within a tenth of a second is ended.
    pub fn stop(&self) {
        if let Ok(child) = self.0.lock() {
            // SAFETY: sends a signal to this process' own child.
            unsafe { libc::kill(child.id() as libc::pid_t, libc::SIGINT) };
        }
    }
}

impl Session {
    /// Starts a session in which `use neurocell::prelude::*` has been said already.
    ///
    /// # Errors
    /// If the toolchain lacks a component, or the prelude does not load.
    pub fn start(plan: opening::Plan) -> Result<Session> {
        let (requests, inbox) = unbounded();
        let (outbox, replies) = bounded(1);
        let (asking, questions) = bounded(1);
        let (answers, answered) = bounded(1);
        let (ready, started) = bounded(1);
        let ends = Ends { requests: inbox, replies: outbox, questions: asking, answers: answered };
        let (timings, folder) = (plan.timings, plan.folder.clone());
        // rust-analyzer's data do not leave the thread on which they were made.
        let session = std::thread::Builder::new()
            .name("evcxr".to_owned())
            // rust-analyzer recurses deeply on long cells.
            .stack_size(64 << 20)
            .spawn(move || match opening::open(&plan) {
                Ok((mut context, outputs)) => {
                    if ready.send(Ok((outputs, Stopper(context.process_handle())))).is_ok() {
                        serve(&mut context, &ends, timings);
                    }
                }
                // The receiver waits for this message; if it is gone, so is the process.
                Err(error) => drop(ready.send(Err(error))),
            })
            .map_err(|e| {
                Error::value(format!("a thread for the session cannot be started: {e}"), "close other programs")
            })?;
        let stopped =
            || Error::value("the session ended while it started", "start it again; the message above says why");
        let (outputs, stopper) = started.recv().map_err(|_| stopped())??;
        let requests = Some(requests);
        Ok(Session { requests, session: Some(session), replies, questions, answers, outputs, stopper, folder })
    }

    /// A handle that stops the running cell from another thread.
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// Asks the session's thread; none if it has ended.
    fn ask(&self, request: Request) -> Option<Reply> {
        self.requests.as_ref()?.send(request).ok()?;
        self.replies.recv().ok()
    }
}

/// Waits until the session has taken its temporary folder and its processes away.
impl Drop for Session {
    fn drop(&mut self) {
        self.requests = None;
        if let Some(session) = self.session.take() {
            // A panic on that thread was printed when it happened.
            let _ = session.join();
        }
    }
}

impl Execute for Session {
    fn execute(&mut self, code: &str, host: &mut dyn Host) -> Outcome {
        let gone = || Outcome::Failed(Failure::plain("KernelError", "the session has ended\n  → restart the kernel"));
        if syntax::is_too_deep(code) {
            return Outcome::Failed(report::too_deep());
        }
        let host: &mut dyn Host = &mut Bounded::new(host);
        let (code, optimize) = without_mark(code);
        let optimize = optimize.then(|| Optimize::next_cell(&self.folder));
        let asked = last_value::ask(&code);
        let cell = Request::Cell(asked.code.clone());
        if self.requests.as_ref().is_none_or(|requests| requests.send(cell).is_err()) {
            return gone();
        }
        let mut lost: Option<Lost> = None;
        let waiting = self.outputs.stdout.clone();
        // Lines that wait already go on together: a cell may print faster than a front end shows.
        let mut take = |line: String, host: &mut dyn Host| {
            let mut text = String::new();
            for line in std::iter::once(line).chain(waiting.try_iter()) {
                match frames::read(line) {
                    Line::Event(Event::Stdout(more)) => text.push_str(&more),
                    other => {
                        if !text.is_empty() {
                            host.tell(Event::Stdout(std::mem::take(&mut text)));
                        }
                        match other {
                            Line::Event(event) => host.tell(event),
                            Line::Lost(l) => lost = Some(l),
                        }
                    }
                }
                if text.len() > 1 << 16 {
                    host.tell(Event::Stdout(std::mem::take(&mut text)));
                }
            }
            if !text.is_empty() {
                host.tell(Event::Stdout(text));
            }
        };
        let mut building = Building::new(&self.folder);
        let reply = loop {
            select! {
                default(TICK) => building.look(host),
                recv(self.outputs.stdout) -> line => match line {
                    Ok(line) => take(line, host),
                    Err(_) => return gone(),
                },
                // The supervisor's own words: everything that a cell says comes framed on stdout.
                recv(self.outputs.stderr) -> line => match line {
                    Ok(line) => host.tell(Event::Stderr(line + "\n")),
                    Err(_) => return gone(),
                },
                recv(self.questions) -> question => match question {
                    Ok(question) => {
                        // What the cell said before it asked comes first.
                        while let Ok(line) = self.outputs.stdout.try_recv() {
                            take(line, host);
                        }
                        let answer = host.ask(&question.prompt, question.password);
                        if self.answers.send(answer).is_err() {
                            return gone();
                        }
                    }
                    Err(_) => return gone(),
                },
                recv(self.replies) -> reply => match reply {
                    Ok(Reply::Cell(reply)) => break reply,
                    _ => return gone(),
                },
            }
        };
        while let Ok(line) = self.outputs.stdout.try_recv() {
            take(line, host);
        }
        building.end(host);
        drop(optimize);
        match (reply, lost) {
            (_, Some(lost)) => Outcome::Failed(report::lost(&lost)),
            (Ok(data), None) => {
                // A cell that ends in a loop has the value (), which is no news.
                if !data.is_empty() && data.get("text/plain").and_then(Value::as_str) != Some("()") {
                    host.tell(Event::Result { data });
                }
                Outcome::Done
            }
            (Err(error), None) => {
                let mut failure = report::refused(&error, &asked);
                if room::on_disk(&self.folder).is_some_and(|free| free < ENOUGH) {
                    failure.traceback.push(report::disk_is_full(&self.folder));
                }
                Outcome::Failed(failure)
            }
        }
    }

    fn complete(&mut self, code: &str, cursor: usize) -> Completions {
        match self.ask(Request::Complete(code.to_owned(), cursor)) {
            Some(Reply::Completions(completions)) => completions,
            _ => Completions::default(),
        }
    }

    fn inspect(&mut self, code: &str, cursor: usize) -> Option<Inspection> {
        match self.ask(Request::Inspect(code.to_owned(), cursor)) {
            Some(Reply::Inspection(inspection)) => inspection,
            _ => None,
        }
    }

    fn variables(&mut self) -> Vec<(String, String)> {
        match self.ask(Request::Variables) {
            Some(Reply::Variables(variables)) => variables,
            _ => Vec::new(),
        }
    }
}

fn serve(context: &mut CommandContext, ends: &Ends, timings: bool) {
    let mut warm = false;
    loop {
        let request = match ends.requests.recv_timeout(if warm { Duration::MAX } else { QUIET }) {
            Ok(request) => request,
            Err(RecvTimeoutError::Timeout) => {
                warm = true;
                opening::warm(context, timings);
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => return,
        };
        let reply = match request {
            Request::Cell(code) => {
                // Its type was looked for.
                warm |= code.contains("let ");
                Reply::Cell(run_cell(context, &code, ends, timings))
            }
            Request::Complete(code, cursor) => Reply::Completions(lookup::complete(context, &code, cursor)),
            Request::Inspect(code, cursor) => Reply::Inspection(lookup::inspect(context, &code, cursor)),
            Request::Variables => Reply::Variables(lookup::variables(context)),
        };
        if ends.replies.send(reply).is_err() {
            return;
        }
    }
}

fn run_cell(
    context: &mut CommandContext,
    code: &str,
    ends: &Ends,
    timings: bool,
) -> std::result::Result<Map<String, Value>, evcxr::Error> {
    let started = Instant::now();
    let answer = |prompt: String, password: bool| {
        let asked = ends.questions.send(Question { prompt, password }).is_ok();
        let line = if asked { ends.answers.recv().ok().flatten() } else { None };
        match line {
            Some(line) => line.replace(['\n', '\r'], " "),
            None => NO_INPUT.to_owned(),
        }
    };
    let mut callbacks = EvalCallbacks { input_reader: &|request| answer(request.prompt, request.is_password) };
    let result = context.execute_with_callbacks(code, &mut callbacks);
    if timings && let Ok(outputs) = &result {
        let phases = outputs.phases.iter().map(|p| format!("{} {:.3}", p.name, p.duration.as_secs_f64()));
        eprintln!("[{:6.3} s] {}", started.elapsed().as_secs_f64(), phases.collect::<Vec<_>>().join(", "));
    }
    result.map(|outputs| {
        let content = outputs.content_by_mime_type.into_iter();
        content.map(|(mime, text)| (mime, Value::String(text))).collect()
    })
}
