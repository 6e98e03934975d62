//! The queue of what waits for the engine: cells, and questions about code.
//!
//! All of it is served in the order in which it came, by one thread (`running.rs`), because rust-analyzer and the compiler
//! share one session. A question that is still waiting after a moment is answered with nothing: it comes from somebody who
//! types while a long cell runs, and a front end shows an empty list sooner than it would give up. (ipykernel lets such
//! questions wait for the cell's end, when nobody wants the answer any more.)

use super::history::History;
use super::message::Message;
use super::publish::Publisher;
use super::running;
use super::stdin::Stdin;
use super::{Reply, Start};
use serde_json::{Map, Value};
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// Time between two requests to stop the same cell.
const AGAIN: Duration = Duration::from_millis(250);

/// How long a question about code waits for the cells before it. JupyterLab gives up after a second.
pub const PATIENCE: Duration = Duration::from_millis(700);

/// The engine's threads recurse over the code that they parse: a cell of a megabyte needs room.
const STACK: usize = 64 << 20;

/// Work for the engine, and the one cell that it runs.
#[derive(Clone)]
pub struct Cells(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    interrupt: OnceLock<Box<dyn Fn() + Send + Sync>>,
    /// What the running of cells speaks to.
    surroundings: Surroundings,
}

/// What a cell reaches beside its engine.
pub struct Surroundings {
    pub publisher: Publisher,
    pub stdin: Stdin,
    pub history: History,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Work>,
    /// How much has been queued so far: the next one's number.
    queued: u64,
    running: Option<Message>,
    interrupted: bool,
    closed: bool,
    ended: bool,
}

/// What waits for the engine.
pub struct Work {
    number: u64,
    pub task: Task,
    pub message: Message,
    pub reply: Reply,
}

#[derive(Debug, Clone)]
pub enum Task {
    Cell(Request),
    /// Completions at a character of the code.
    Complete(String, usize),
    /// What is known of the name at a character of the code.
    Inspect(String, usize),
}

/// What an `execute_request` asks.
#[derive(Debug, Clone)]
pub struct Request {
    pub code: String,
    pub silent: bool,
    pub store_history: bool,
    pub user_expressions: Map<String, Value>,
    pub allow_stdin: bool,
    pub stop_on_error: bool,
}

impl Request {
    /// Reads the content of a request; what is left out has the value that the protocol gives it.
    ///
    /// # Errors
    /// The text says what is wrong.
    pub fn read(content: &Value) -> Result<Request, String> {
        let flag = |name: &str, otherwise: bool| match &content[name] {
            Value::Null => Ok(otherwise),
            Value::Bool(flag) => Ok(*flag),
            other => Err(format!("{name} is {other}, and true or false is due")),
        };
        let silent = flag("silent", false)?;
        Ok(Request {
            code: content["code"].as_str().ok_or("it has no code")?.to_owned(),
            silent,
            store_history: flag("store_history", true)? && !silent,
            user_expressions: content["user_expressions"].as_object().cloned().unwrap_or_default(),
            allow_stdin: flag("allow_stdin", false)?,
            stop_on_error: flag("stop_on_error", true)?,
        })
    }
}

impl Cells {
    /// Starts the engine in a thread of its own and, in another, the running of cells.
    ///
    /// # Errors
    /// If the system gives no more threads.
    pub fn start(start: Start, surroundings: Surroundings) -> std::io::Result<Cells> {
        let (state, changed, interrupt) = (Mutex::default(), Condvar::new(), OnceLock::new());
        let cells = Cells(Arc::new(Shared { state, changed, interrupt, surroundings }));
        let (ready, engine) = std::sync::mpsc::channel();
        // A start that panics drops `ready`, which the cells' thread notices.
        std::thread::Builder::new().name("engine start".into()).spawn(move || ready.send(start()))?;
        let runner = cells.clone();
        std::thread::Builder::new().name("cells".into()).stack_size(STACK).spawn(move || {
            running::run(&runner, engine);
            runner.state().ended = true;
            runner.0.changed.notify_all();
        })?;
        Ok(cells)
    }

    pub fn surroundings(&self) -> &Surroundings {
        &self.0.surroundings
    }

    /// Queues work; its reply goes to `reply`. Gives back its number.
    pub fn push(&self, task: Task, message: Message, reply: Reply) -> u64 {
        let mut state = self.state();
        let number = state.queued;
        state.queued += 1;
        state.waiting.push_back(Work { number, task, message, reply });
        self.0.changed.notify_all();
        number
    }

    /// Takes work back that has not begun; none if it has.
    pub fn withdraw(&self, number: u64) -> Option<Work> {
        let mut state = self.state();
        let place = state.waiting.iter().position(|work| work.number == number)?;
        state.waiting.remove(place)
    }

    /// Takes all cells back that have not begun.
    pub fn withdraw_cells(&self) -> Vec<Work> {
        let mut state = self.state();
        let (cells, others) = state.waiting.drain(..).partition(|work| matches!(work.task, Task::Cell(_)));
        state.waiting = others;
        Vec::from(cells)
    }

    /// Stops the running cell, if one runs, and returns when it has ended.
    ///
    /// A cell that is still being compiled has nothing yet that could be stopped, so the engine is asked again and
    /// again.
    pub fn interrupt(&self) {
        let mut state = self.state();
        let Some(cell) = state.running.as_ref().map(|message| message.id().to_owned()) else { return };
        if std::mem::replace(&mut state.interrupted, true) {
            // Another thread is at it.
            return;
        }
        let runs = |state: &State| state.running.as_ref().is_some_and(|message| message.id() == cell);
        while runs(&state) {
            // With the state locked: the next cell cannot begin, and so it is not the one that is stopped.
            if let Some(interrupt) = self.0.interrupt.get() {
                interrupt();
            }
            let ended = self.0.changed.wait_timeout_while(state, AGAIN, |state| runs(state));
            state = ended.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// How the engine is interrupted from now on; an engine starts once.
    pub fn interrupt_by(&self, interrupt: Box<dyn Fn() + Send + Sync>) {
        let _ = self.0.interrupt.set(interrupt);
    }

    /// Whether the running cell is to stop, or the kernel goes down.
    pub fn is_stopping(&self) -> bool {
        let state = self.state();
        state.interrupted || state.closed
    }

    /// Says once more that the running cell keeps the kernel busy.
    ///
    /// Front ends take any `idle` for the kernel's state, so one that answers another request while a cell runs must
    /// be followed by this.
    pub fn announce_running(&self) {
        let state = self.state();
        if let Some(running) = &state.running {
            self.0.surroundings.publisher.status("busy", Some(running));
        }
    }

    /// Takes no more work, stops the running cell, and waits a while for the engine to be gone.
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

    /// Waits for the next work and takes it, a cell as the running one; none when the queue is closed.
    pub fn next(&self) -> Option<Work> {
        let mut state = self.state();
        loop {
            if state.closed {
                return None;
            }
            if let Some(work) = state.waiting.pop_front() {
                if matches!(work.task, Task::Cell(_)) {
                    state.running = Some(work.message.clone());
                    state.interrupted = false;
                }
                self.0.surroundings.publisher.status("busy", Some(&work.message));
                return Some(work);
            }
            state = self.0.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The work has been answered.
    pub fn finish(&self, message: &Message) {
        let mut state = self.state();
        state.running = None;
        self.0.surroundings.publisher.status("idle", Some(message));
        drop(state);
        self.0.changed.notify_all();
    }
}
