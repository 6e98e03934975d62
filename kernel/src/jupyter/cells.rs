//! The queue of cells and the thread that runs them, one after the other, on the engine.

use super::publish::{Publisher, stream};
use super::{Reply, child_of};
use crate::engine::{Event, Execute, Failure, Host, Outcome};
use jupyter_protocol::{
    ErrorOutput, ExecuteInput, ExecuteReply, ExecuteRequest, ExecutionCount, JupyterMessage, JupyterMessageContent,
    ReplyError, ReplyStatus, Status, Stdio, UnknownMessage,
};
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// Time between two requests to stop the same cell.
const AGAIN: Duration = Duration::from_millis(250);

/// An engine that has started, and the way to interrupt the cell that it runs.
pub struct Started {
    /// What runs the cells.
    pub engine: Box<dyn Execute>,
    /// Asks the running cell to stop and does not wait for it; called from another thread, and only while a cell runs.
    pub interrupt: Box<dyn Fn() + Send + Sync>,
}

/// Starts the engine; the error is the text that each cell then gets.
pub type Start = Box<dyn FnOnce() -> Result<Started, String> + Send>;

/// Cells that wait for the engine, and the one that it runs.
#[derive(Clone)]
pub struct Cells(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    interrupt: OnceLock<Box<dyn Fn() + Send + Sync>>,
    publisher: Publisher,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Cell>,
    running: Option<JupyterMessage>,
    interrupted: bool,
    closed: bool,
    ended: bool,
}

struct Cell {
    request: ExecuteRequest,
    message: JupyterMessage,
    reply: Reply,
}

impl Cells {
    /// Starts the engine in a thread of its own and, in another, the running of cells.
    ///
    /// # Errors
    /// If the system gives no more threads.
    pub fn start(start: Start, publisher: Publisher) -> std::io::Result<Cells> {
        let state = Mutex::new(State::default());
        let cells = Cells(Arc::new(Shared { state, changed: Condvar::new(), interrupt: OnceLock::new(), publisher }));
        let (ready, engine) = std::sync::mpsc::channel();
        // A start that panics drops `ready`, which the cells' thread notices.
        std::thread::Builder::new().name("engine start".into()).spawn(move || ready.send(start()))?;
        let runner = cells.clone();
        std::thread::Builder::new().name("cells".into()).spawn(move || {
            run(&runner, Engine::Starting(engine));
            runner.state().ended = true;
            runner.0.changed.notify_all();
        })?;
        Ok(cells)
    }

    /// Queues a cell; its reply goes to `reply`.
    pub fn push(&self, request: ExecuteRequest, message: JupyterMessage, reply: Reply) {
        self.state().waiting.push_back(Cell { request, message, reply });
        self.0.changed.notify_all();
    }

    /// Stops the running cell, if one runs, and returns when it has ended.
    ///
    /// A cell that is still being compiled has nothing yet that could be stopped, so the engine is asked again and
    /// again.
    pub fn interrupt(&self) {
        let mut state = self.state();
        let Some(cell) = state.running.as_ref().map(|message| message.header.msg_id.clone()) else { return };
        if std::mem::replace(&mut state.interrupted, true) {
            // Another thread is at it.
            return;
        }
        let runs = |state: &State| state.running.as_ref().is_some_and(|message| message.header.msg_id == cell);
        while runs(&state) {
            // With the state locked: the next cell cannot begin, and so it is not the one that is stopped.
            if let Some(interrupt) = self.0.interrupt.get() {
                interrupt();
            }
            let ended = self.0.changed.wait_timeout_while(state, AGAIN, |state| runs(state));
            state = ended.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Says once more that the running cell keeps the kernel busy.
    ///
    /// Front ends take any `idle` for the kernel's state, so one that answers another request while a cell runs must
    /// be followed by this.
    pub fn announce_running(&self) {
        let state = self.state();
        if let Some(running) = &state.running {
            self.0.publisher.status(Status::busy(), Some(running));
        }
    }

    /// Takes no more cells, stops the running one, and waits a while for the engine to be gone.
    pub fn close(&self, patience: Duration) {
        let mut state = self.state();
        state.closed = true;
        state.waiting.clear();
        drop(state);
        self.0.changed.notify_all();
        let interrupting = self.clone();
        // Without a thread for it the cell is not stopped, and ends with the process.
        let _ = std::thread::Builder::new().spawn(move || interrupting.interrupt());
        let state = self.state();
        // Whether it ended or the time is over makes no difference: the process ends now.
        let _ = self.0.changed.wait_timeout_while(state, patience, |state| !state.ended);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the next cell and takes it as the running one; none when the queue is closed.
    fn next(&self) -> Option<Cell> {
        let mut state = self.state();
        loop {
            if state.closed {
                return None;
            }
            if let Some(cell) = state.waiting.pop_front() {
                state.running = Some(cell.message.clone());
                state.interrupted = false;
                self.0.publisher.status(Status::busy(), Some(&cell.message));
                return Some(cell);
            }
            state = self.0.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn finish(&self, cell: &Cell) {
        let mut state = self.state();
        state.running = None;
        self.0.publisher.status(Status::idle(), Some(&cell.message));
        drop(state);
        self.0.changed.notify_all();
    }
}

/// The engine, from the cells' side.
enum Engine {
    Starting(Receiver<Result<Started, String>>),
    Ready(Box<dyn Execute>),
    Broken(String),
}

impl Engine {
    /// Waits for the start to end; false if the waiting was interrupted.
    fn wait(&mut self, cells: &Cells) -> bool {
        let Engine::Starting(start) = self else { return true };
        let started = loop {
            match start.recv_timeout(Duration::from_millis(20)) {
                Ok(started) => break started,
                Err(RecvTimeoutError::Disconnected) => break Err("its start panicked; see the kernel's log".to_owned()),
                Err(RecvTimeoutError::Timeout) => {
                    let state = cells.state();
                    if state.interrupted || state.closed {
                        return false;
                    }
                }
            }
        };
        *self = match started {
            Ok(Started { engine, interrupt }) => {
                // Set once only: an engine starts once.
                let _ = cells.0.interrupt.set(interrupt);
                Engine::Ready(engine)
            }
            Err(text) => Engine::Broken(text),
        };
        true
    }

    fn execute(&mut self, cells: &Cells, code: &str, host: &mut dyn Host) -> Outcome {
        if !self.wait(cells) {
            return failed("Interrupted", "stopped before it began: the kernel was still starting");
        }
        match self {
            Engine::Ready(engine) => {
                let run = AssertUnwindSafe(|| engine.execute(code, host));
                std::panic::catch_unwind(run).unwrap_or_else(|_| {
                    failed(
                        "KernelPanic",
                        "the kernel's own code panicked on this cell; its log has the place. Other cells may still run",
                    )
                })
            }
            Engine::Broken(text) => failed("KernelStart", text),
            Engine::Starting(_) => failed("KernelStart", "the engine is not there"),
        }
    }
}

fn failed(name: &str, value: &str) -> Outcome {
    let traceback = vec![format!("{name}: {value}")];
    Outcome::Failed(Failure { name: name.to_owned(), value: value.to_owned(), traceback })
}

fn run(cells: &Cells, mut engine: Engine) {
    let publisher = &cells.0.publisher;
    let mut count = 0;
    while let Some(cell) = cells.next() {
        let ExecuteRequest { code, silent, store_history, .. } = &cell.request;
        let number = ExecutionCount::new(count + 1);
        // A cell without code is answered and not counted, as IPython does it.
        let blank = code.trim().is_empty();
        if *store_history && !silent && !blank {
            count += 1;
        }
        if !silent {
            publisher.publish(ExecuteInput { code: code.clone(), execution_count: number }, Some(&cell.message));
        }
        let mut show = |event| {
            if !silent {
                publisher.publish_output(output(event, number), &cell.message);
            }
        };
        let outcome = if blank { Outcome::Done } else { engine.execute(cells, code, &mut show) };
        let mut reply =
            ExecuteReply { execution_count: number, user_expressions: Some(HashMap::new()), ..Default::default() };
        let mut aborted = VecDeque::new();
        if let Outcome::Failed(Failure { name, value, traceback }) = outcome {
            if !silent {
                let error = ErrorOutput { ename: name.clone(), evalue: value.clone(), traceback: traceback.clone() };
                publisher.publish_output(error, &cell.message);
            }
            reply.status = ReplyStatus::Error;
            reply.error = Some(Box::new(ReplyError { ename: name, evalue: value, traceback }));
            if cell.request.stop_on_error {
                // Before the reply: a cell that is sent in answer to it is a new beginning.
                aborted = std::mem::take(&mut cells.state().waiting);
            }
        }
        cell.reply.send(child_of(reply.into(), Some(&cell.message)));
        cells.finish(&cell);
        for cell in aborted {
            abort(&cell, publisher, count);
        }
    }
}

/// Answers a cell that is not run because one before it failed.
fn abort(cell: &Cell, publisher: &Publisher, count: usize) {
    publisher.status(Status::busy(), Some(&cell.message));
    let reply = ExecuteReply {
        status: ReplyStatus::Aborted,
        execution_count: ExecutionCount::new(count),
        user_expressions: Some(HashMap::new()),
        ..Default::default()
    };
    cell.reply.send(child_of(reply.into(), Some(&cell.message)));
    publisher.status(Status::idle(), Some(&cell.message));
}

/// The message that shows an engine's event.
///
/// Rich outputs go as plain JSON: any MIME type passes, also one that the protocol crate has no name for.
fn output(event: Event, number: ExecutionCount) -> JupyterMessageContent {
    match event {
        Event::Stdout(text) => stream(Stdio::Stdout, text).into(),
        Event::Stderr(text) => stream(Stdio::Stderr, text).into(),
        Event::Result { data } => {
            named("execute_result", json!({ "execution_count": number.value(), "data": data, "metadata": {} }))
        }
        Event::Display { data, metadata, display_id, update } => {
            // An update without an id has nothing to update, so it is shown as a new output.
            let name = if update && display_id.is_some() { "update_display_data" } else { "display_data" };
            let transient = display_id.map_or(json!({}), |id| json!({ "display_id": id }));
            named(name, json!({ "data": data, "metadata": metadata, "transient": transient }))
        }
    }
}

fn named(msg_type: &str, content: Value) -> JupyterMessageContent {
    UnknownMessage { msg_type: msg_type.to_owned(), content }.into()
}
