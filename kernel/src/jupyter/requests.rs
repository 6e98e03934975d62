//! What is done at each request on shell and control.

use super::answers;
use super::cells::{Cells, Request, Task};
use super::message::Message;
use super::{Reply, log, running};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Notify;

/// What the requests of both channels act on.
#[derive(Clone)]
pub struct Kernel {
    pub cells: Cells,
    /// Notified when the kernel is to end.
    pub stop: Arc<Notify>,
    /// Whether it is to be started anew then.
    pub restarts: Arc<AtomicBool>,
}

impl Kernel {
    /// Serves one request. Must be called inside the runtime.
    pub fn handle(&self, message: Message, reply: &Reply) {
        match task(&message) {
            Some(Ok(task)) => {
                let is_cell = matches!(task, Task::Cell(_));
                let number = self.cells.push(task, message, reply.clone());
                if !is_cell {
                    running::answer_in_time(&self.cells, number);
                }
            }
            Some(Err(problem)) => self.at_once(&message, |_| Err(problem), reply),
            None => self.at_once(&message, |message| self.answer(message), reply),
        }
    }

    /// Answers without the engine, between `busy` and `idle`.
    ///
    /// A request that cannot be read gets a line in the log and no reply, as in ipykernel.
    fn at_once(
        &self,
        message: &Message,
        answer: impl FnOnce(&Message) -> Result<Option<(&'static str, Value)>, String>,
        reply: &Reply,
    ) {
        let publisher = &self.cells.surroundings().publisher;
        publisher.status("busy", Some(message));
        let mut stops = false;
        match answer(message) {
            Ok(Some((msg_type, content))) => {
                stops = msg_type == "shutdown_reply";
                if stops && content["restart"] == true {
                    self.restarts.store(true, Ordering::Relaxed);
                }
                reply.send(Message::new(msg_type, content, Some(message)));
            }
            Ok(None) => {}
            Err(problem) => log(format_args!("{} was not answered: {problem}", message.msg_type())),
        }
        publisher.status("idle", Some(message));
        self.cells.announce_running();
        if stops {
            self.stop.notify_one();
        }
    }

    fn answer(&self, message: &Message) -> Result<Option<(&'static str, Value)>, String> {
        let surroundings = self.cells.surroundings();
        match message.msg_type() {
            "shutdown_request" => {
                let restart = match &message.content["restart"] {
                    Value::Null => false,
                    Value::Bool(restart) => *restart,
                    other => return Err(format!("restart is {other}, and true or false is due")),
                };
                let content = json!({ "status": "ok", "restart": restart });
                // All front ends hear of it, not only the one that asked.
                surroundings.publisher.publish("shutdown_reply", content.clone(), Some(message));
                Ok(Some(("shutdown_reply", content)))
            }
            "interrupt_request" => {
                let cells = self.cells.clone();
                // The engine's part may wait for its processes.
                tokio::task::spawn_blocking(move || cells.interrupt());
                Ok(Some(("interrupt_reply", json!({ "status": "ok" }))))
            }
            // No comm target is known here, and that is how the protocol says so.
            "comm_open" => {
                let comm = &message.content["comm_id"];
                log(format_args!("comm {comm} is closed: no target {} here", message.content["target_name"]));
                let content = json!({ "comm_id": comm, "data": {} });
                surroundings.publisher.publish("comm_close", content, Some(message));
                Ok(None)
            }
            "comm_msg" | "comm_close" => {
                log(format_args!("{} for an unknown comm {}", message.msg_type(), message.content["comm_id"]));
                Ok(None)
            }
            other => match answers::answer(message, &surroundings.history) {
                Ok(None) => Err(format!("no request of this name is known: {other}")),
                answer => answer,
            },
        }
    }
}

/// What a request asks of the engine; none if it needs none.
fn task(message: &Message) -> Option<Result<Task, String>> {
    let content = &message.content;
    let place = || {
        let code = content["code"].as_str().ok_or("it has no code")?.to_owned();
        let cursor = match &content["cursor_pos"] {
            // The end of the code.
            Value::Null => usize::MAX,
            // Whoever asks before the beginning means the beginning.
            place if place.as_i64().is_some_and(|place| place < 0) => 0,
            place => place.as_u64().ok_or("cursor_pos is no number")?.try_into().unwrap_or(usize::MAX),
        };
        Ok((code, cursor))
    };
    match message.msg_type() {
        "execute_request" => Some(Request::read(content).map(Task::Cell)),
        "complete_request" => Some(place().map(|(code, cursor)| Task::Complete(code, cursor))),
        "inspect_request" => Some(place().map(|(code, cursor)| Task::Inspect(code, cursor))),
        _ => None,
    }
}
