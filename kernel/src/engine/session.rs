//! One evcxr session on a thread of its own, with the prelude in place.

use super::bounds::Bounded;
use super::frames::{self, Event, Line, Lost};
use super::{Completions, Execute, Failure, Host, Inspection, Outcome, last_value, lookup, report};
use crate::prebuilt::Prelude;
use crate::syntax;
use crate::worker::NO_INPUT;
use crossbeam_channel::{Receiver, Sender, bounded, select, unbounded};
use evcxr::{CommandContext, EvalCallbacks, EvalContext, EvalContextOutputs};
use neurocell::error::ErrorKind;
use neurocell::{Error, Result};
use serde_json::{Map, Value};
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Instant;

/// How an engine is started.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Say on stderr how long each stage of the start and of each cell took.
    pub timings: bool,
}

/// A running session of cells.
pub struct Engine {
    /// Gone once the session is to end.
    requests: Option<Sender<Request>>,
    session: Option<JoinHandle<()>>,
    replies: Receiver<Reply>,
    questions: Receiver<Question>,
    answers: Sender<Option<String>>,
    outputs: EvalContextOutputs,
    interrupter: Interrupter,
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
pub struct Interrupter(Arc<Mutex<Child>>);

impl Interrupter {
    /// Asks the running cell to stop; a cell that does not answer within a tenth of a second is ended.
    pub fn interrupt(&self) {
        if let Ok(child) = self.0.lock() {
            // SAFETY: sends a signal to this process' own child.
            unsafe { libc::kill(child.id() as libc::pid_t, libc::SIGINT) };
        }
    }
}

impl Engine {
    /// Starts a session in which `use neurocell::prelude::*` has been said already.
    ///
    /// # Errors
    /// If the toolchain lacks a component, the session's folder cannot be made, or the prelude does not load.
    pub fn start(prelude: &Prelude, options: &Options) -> Result<Engine> {
        let (requests, inbox) = unbounded();
        let (outbox, replies) = bounded(1);
        let (asking, questions) = bounded(1);
        let (answers, answered) = bounded(1);
        let (ready, started) = bounded(1);
        let ends = Ends { requests: inbox, replies: outbox, questions: asking, answers: answered };
        let (prelude, timings) = (prelude.clone(), options.timings);
        // rust-analyzer's data do not leave the thread on which they were made.
        let session = std::thread::Builder::new()
            .name("evcxr".to_owned())
            // rust-analyzer recurses deeply on long cells.
            .stack_size(64 << 20)
            .spawn(move || match open(&prelude, timings) {
                Ok((mut context, outputs)) => {
                    if ready.send(Ok((outputs, Interrupter(context.process_handle())))).is_ok() {
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
        let (outputs, interrupter) = started.recv().map_err(|_| stopped())??;
        Ok(Engine {
            requests: Some(requests),
            session: Some(session),
            replies,
            questions,
            answers,
            outputs,
            interrupter,
        })
    }

    /// A handle that stops the running cell from another thread.
    pub fn interrupter(&self) -> Interrupter {
        self.interrupter.clone()
    }

    /// Asks the session's thread; none if it has ended.
    fn ask(&self, request: Request) -> Option<Reply> {
        self.requests.as_ref()?.send(request).ok()?;
        self.replies.recv().ok()
    }
}

/// Waits until the session has taken its temporary folder and its processes away.
impl Drop for Engine {
    fn drop(&mut self) {
        self.requests = None;
        if let Some(session) = self.session.take() {
            // A panic on that thread was printed when it happened.
            let _ = session.join();
        }
    }
}

impl Execute for Engine {
    fn execute(&mut self, code: &str, host: &mut dyn Host) -> Outcome {
        let gone = || Outcome::Failed(Failure::plain("KernelError", "the session has ended\n  → restart the kernel"));
        if syntax::is_too_deep(code) {
            return Outcome::Failed(report::too_deep());
        }
        let host: &mut dyn Host = &mut Bounded::new(host);
        let asked = last_value::ask(code);
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
        let reply = loop {
            select! {
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
        match (reply, lost) {
            (_, Some(lost)) => Outcome::Failed(report::lost(&lost)),
            (Ok(data), None) => {
                // A cell that ends in a loop has the value (), which is no news.
                if !data.is_empty() && data.get("text/plain").and_then(Value::as_str) != Some("()") {
                    host.tell(Event::Result { data });
                }
                Outcome::Done
            }
            (Err(error), None) => Outcome::Failed(report::refused(&error, &asked)),
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

/// Makes the evcxr context and puts the prelude into it.
fn open(prelude: &Prelude, timings: bool) -> Result<(CommandContext, EvalContextOutputs)> {
    let started = Instant::now();
    let stage = |name: &str| {
        if timings {
            eprintln!("[{:6.2} s] {name}", started.elapsed().as_secs_f64());
        }
    };
    let refuse = |what: &str, error: evcxr::Error| {
        let failure = report::refused(&error, &last_value::ask(""));
        Error::new(
            ErrorKind::Unknown,
            format!("{what}: {}\n{}", failure.value, failure.traceback.join("\n")),
            "`cargo clean` in the project's folder, then `cargo build --release`, makes the prelude anew",
        )
    };
    // The running program itself, also when a new build has taken its place on disk.
    let mut worker = Command::new("/proc/self/exe");
    worker.env(crate::worker::PRELUDE, prelude.library());
    // candle's own threads would not survive the fork before each cell; the prelude spreads work over its own pool.
    worker.env("CANDLE_NUM_THREADS", "1");
    let (mut context, outputs) =
        EvalContext::with_subprocess_command(worker).map_err(|e| refuse("the session cannot start", e))?;
    stage("evcxr is ready");
    let mut state = context.state();
    // The form whose separator no path holds.
    state.set_build_env("CARGO_ENCODED_RUSTFLAGS", &prelude.cell_flags().join("\u{1f}"));
    state.set_offline_mode(true);
    state.set_opt_level("1").map_err(|e| refuse("the cells' optimisation cannot be set", e))?;
    if state.add_dep("neurocell", &prelude.dependency()).is_err() {
        // cargo lists the dependencies of every platform, and a build for this one does not download them all.
        state.set_offline_mode(false);
        state.add_dep("neurocell", &prelude.dependency()).map_err(|e| refuse("the prelude cannot be added", e))?;
    }
    context.eval_with_state("use neurocell::prelude::*;", state).map_err(|e| refuse("the prelude does not load", e))?;
    stage("the prelude is usable");
    Ok((CommandContext::with_eval_context(context), outputs))
}

fn serve(context: &mut CommandContext, ends: &Ends, timings: bool) {
    for request in &ends.requests {
        let reply = match request {
            Request::Cell(code) => Reply::Cell(run_cell(context, &code, ends, timings)),
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
