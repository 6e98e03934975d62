//! The thread that runs cells, one after the other, on the engine.

use super::cells::{Cells, PATIENCE, Request, Task, Work};
use super::lookups;
use super::message::Message;
use crate::clock::utc;
use crate::engine::{Event, Execute, Failure, Host, Outcome, PageParts};
use serde_json::{Map, Value, json};
use std::panic::AssertUnwindSafe;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant, SystemTime};

/// An engine that has started, and the way to interrupt the cell that it runs.
pub struct Started {
    /// What runs the cells.
    pub engine: Box<dyn Execute>,
    /// Asks the running cell to stop and does not wait for it; called from another thread, and only while a cell runs.
    pub interrupt: Box<dyn Fn() + Send + Sync>,
}

/// How often a start that takes its time is looked at.
const TICK: Duration = Duration::from_millis(20);

/// A question about code that comes while the engine starts waits for it: no cell has to end first.
const START: Duration = Duration::from_secs(20);

/// A value's text that the history keeps.
const KEPT_VALUE: usize = 4096;

/// Runs what is queued until the queue is closed.
pub fn run(cells: &Cells, start: Receiver<Result<Started, String>>) {
    let mut engine = Engine::Starting(start);
    // Cells that were counted.
    let mut count = 0;
    let mut parts = PageParts::default();
    while let Some(work) = cells.next() {
        match &work.task {
            Task::Cell(request) => run_cell(cells, &mut engine, &work, request, &mut count, &mut parts),
            Task::Complete(..) | Task::Inspect(..) => {
                let (msg_type, content) = look_up(cells, &mut engine, &work.task);
                work.reply.send(Message::new(msg_type, content, Some(&work.message)));
                cells.finish(&work.message);
            }
        }
    }
}

/// The engine, from the cells' side.
enum Engine {
    Starting(Receiver<Result<Started, String>>),
    Ready(Box<dyn Execute>),
    Broken(String),
}

impl Engine {
    /// Waits for the start to end; false if `enough` came first.
    fn wait(&mut self, cells: &Cells, enough: impl Fn() -> bool) -> bool {
        let Engine::Starting(start) = self else { return true };
        let started = loop {
            match start.recv_timeout(TICK) {
                Ok(started) => break started,
                Err(RecvTimeoutError::Disconnected) => break Err("its start panicked; see the kernel's log".to_owned()),
                Err(RecvTimeoutError::Timeout) if enough() => return false,
                Err(RecvTimeoutError::Timeout) => {}
            }
        };
        *self = match started {
            Ok(Started { engine, interrupt }) => {
                cells.interrupt_by(interrupt);
                Engine::Ready(engine)
            }
            Err(text) => Engine::Broken(text),
        };
        true
    }

    fn execute(&mut self, cells: &Cells, code: &str, host: &mut dyn Host) -> Outcome {
        if !self.wait(cells, || cells.is_stopping()) {
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

fn look_up(cells: &Cells, engine: &mut Engine, task: &Task) -> (&'static str, Value) {
    let began = Instant::now();
    engine.wait(cells, || began.elapsed() > START || cells.is_stopping());
    let Engine::Ready(engine) = engine else { return lookups::nothing(task) };
    let ask = AssertUnwindSafe(|| lookups::answer(engine.as_mut(), task));
    std::panic::catch_unwind(ask).unwrap_or_else(|_| lookups::nothing(task))
}

/// Answers a question about code that has waited for too long; must be called inside the runtime.
pub fn answer_in_time(cells: &Cells, number: u64) {
    let cells = cells.clone();
    tokio::spawn(async move {
        tokio::time::sleep(PATIENCE).await;
        let Some(work) = cells.withdraw(number) else { return };
        let publisher = &cells.surroundings().publisher;
        let (msg_type, content) = lookups::nothing(&work.task);
        publisher.status("busy", Some(&work.message));
        work.reply.send(Message::new(msg_type, content, Some(&work.message)));
        publisher.status("idle", Some(&work.message));
        cells.announce_running();
    });
}

fn run_cell(
    cells: &Cells,
    engine: &mut Engine,
    work: &Work,
    request: &Request,
    count: &mut usize,
    parts: &mut PageParts,
) {
    let publisher = &cells.surroundings().publisher;
    let history = &cells.surroundings().history;
    let began = SystemTime::now();
    // The number that a counted cell has, and the one that front ends show beside a cell that is not counted.
    let number = *count + 1;
    // A cell without code is answered and not counted, as IPython does it.
    let blank = request.code.trim().is_empty();
    let counted = request.store_history && !blank;
    if counted {
        *count += 1;
        history.begin(number, &request.code);
    }
    if !request.silent {
        let content = json!({ "code": request.code, "execution_count": number });
        publisher.publish("execute_input", content, Some(&work.message));
    }
    if !request.silent {
        let (cell, deleted) = places(&work.message.metadata);
        parts.begin(cell, &deleted);
    }
    let mut audience = Audience { cells, work, request, number, value: None, parts };
    let outcome = match blank {
        true => Outcome::Done,
        false => engine.execute(cells, &request.code, &mut audience),
    };
    if let Some(value) = audience.value.filter(|_| counted) {
        history.value(&value);
    }
    let mut content = json!({ "execution_count": *count, "payload": [], "user_expressions": {} });
    let mut aborted = Vec::new();
    let status = match outcome {
        Outcome::Done => {
            content["user_expressions"] = user_expressions(cells, engine, &request.user_expressions);
            "ok"
        }
        Outcome::Failed(failure) => {
            let error = error_content(&failure);
            merge(&mut content, &error);
            if !request.silent {
                publisher.publish_output("error", error, &work.message);
                if request.stop_on_error {
                    // Before the reply: a cell that is sent in answer to it is a new beginning.
                    aborted = cells.withdraw_cells();
                }
            }
            "error"
        }
    };
    content["status"] = status.into();
    let mut reply = Message::new("execute_reply", content, Some(&work.message));
    // Front ends show from this how long a cell took.
    reply.metadata = json!({ "started": utc(began), "status": status });
    work.reply.send(reply);
    cells.finish(&work.message);
    for work in aborted {
        abort(&work, cells, *count);
    }
}

/// The cell that a request runs and the cells that were deleted since the last one, where the front end says so (JupyterLab does).
fn places(metadata: &Value) -> (Option<&str>, Vec<&str>) {
    let deleted = metadata["deletedCells"].as_array().into_iter().flatten();
    (metadata["cellId"].as_str(), deleted.filter_map(Value::as_str).collect())
}

/// Answers a cell that is not run because one before it failed.
fn abort(work: &Work, cells: &Cells, count: usize) {
    let publisher = &cells.surroundings().publisher;
    publisher.status("busy", Some(&work.message));
    let content = json!({ "status": "aborted", "execution_count": count });
    work.reply.send(Message::new("execute_reply", content, Some(&work.message)));
    publisher.status("idle", Some(&work.message));
}

/// The value of each expression, or why it has none.
fn user_expressions(cells: &Cells, engine: &mut Engine, expressions: &Map<String, Value>) -> Value {
    let mut values = Map::new();
    for (name, expression) in expressions {
        let mut value = Map::new();
        // What an expression prints is not for the reader; a value of the prelude's types shows itself as a display.
        let mut keep = |event| {
            if let Event::Result { data } | Event::Display { data, update: false, .. } = event {
                value = data;
            }
        };
        let outcome = match expression.as_str() {
            Some(code) if !code.trim().is_empty() => engine.execute(cells, code, &mut keep),
            _ => failed("Error", "this is no expression"),
        };
        let shown = match outcome {
            Outcome::Done => {
                // A value that has no picture of its own, such as ().
                if value.is_empty() {
                    value.insert("text/plain".to_owned(), "()".into());
                }
                json!({ "status": "ok", "data": value, "metadata": {} })
            }
            Outcome::Failed(failure) => {
                let mut error = json!({ "status": "error" });
                merge(&mut error, &error_content(&failure));
                error
            }
        };
        values.insert(name.clone(), shown);
    }
    Value::Object(values)
}

fn error_content(failure: &Failure) -> Value {
    json!({ "ename": failure.name, "evalue": failure.value, "traceback": failure.traceback })
}

fn merge(content: &mut Value, more: &Value) {
    if let (Value::Object(content), Value::Object(more)) = (content, more) {
        content.extend(more.clone());
    }
}

/// The front ends that watch a cell.
struct Audience<'a> {
    cells: &'a Cells,
    work: &'a Work,
    request: &'a Request,
    number: usize,
    value: Option<String>,
    parts: &'a mut PageParts,
}

impl Host for Audience<'_> {
    /// Rich outputs go as plain JSON: any MIME type passes, also one that nobody here has heard of.
    fn tell(&mut self, event: Event) {
        if self.request.silent {
            return;
        }
        let (msg_type, content) = match event {
            Event::Stdout(text) => ("stream", json!({ "name": "stdout", "text": text })),
            Event::Stderr(text) => ("stream", json!({ "name": "stderr", "text": text })),
            Event::ClearOutput { wait } => {
                self.parts.clear();
                ("clear_output", json!({ "wait": wait }))
            }
            Event::Result { data } => {
                let plain = data.get("text/plain").and_then(Value::as_str);
                self.value = plain.map(|text| text.chars().take(KEPT_VALUE).collect());
                ("execute_result", json!({ "execution_count": self.number, "data": data, "metadata": {} }))
            }
            Event::Display { mut data, metadata, display_id, update, part } => {
                self.parts.complete(part.as_deref(), &mut data);
                // An update without an id has nothing to update, so it is shown as a new output.
                let msg_type = if update && display_id.is_some() { "update_display_data" } else { "display_data" };
                let transient = display_id.map_or(json!({}), |id| json!({ "display_id": id }));
                (msg_type, json!({ "data": data, "metadata": metadata, "transient": transient }))
            }
        };
        self.cells.surroundings().publisher.publish_output(msg_type, content, &self.work.message);
    }

    fn ask(&mut self, prompt: &str, password: bool) -> Option<String> {
        if !self.request.allow_stdin {
            return None;
        }
        let stdin = &self.cells.surroundings().stdin;
        stdin.ask(&self.work.message, prompt, password, || self.cells.is_stopping())
    }
}
