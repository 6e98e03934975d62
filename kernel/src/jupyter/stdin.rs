//! The stdin channel: a running cell asks the front end that sent it for a line.

use super::message::{Message, Session};
use super::publish::Publisher;
use serde_json::json;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use zeromq::{RouterSendHalf, SocketSend};

/// How often a cell that waits looks whether it was interrupted.
const TICK: Duration = Duration::from_millis(20);
/// Tries to reach a front end whose stdin may be connected a little later than its shell.
const TRIES: usize = 10;
const BETWEEN: Duration = Duration::from_millis(100);

/// The kernel's end of the channel.
#[derive(Clone)]
pub struct Stdin(Arc<Shared>);

struct Shared {
    socket: RouterSendHalf,
    session: Arc<Session>,
    publisher: Publisher,
    runtime: Handle,
    question: Mutex<Option<Question>>,
    answered: Condvar,
}

/// What is asked just now.
struct Question {
    id: String,
    cell: String,
    asked: Vec<Vec<u8>>,
    answer: Option<String>,
}

impl Stdin {
    /// Must be called inside the runtime.
    pub fn new(socket: RouterSendHalf, session: Arc<Session>, publisher: Publisher) -> Stdin {
        let (question, answered) = (Mutex::default(), Condvar::new());
        Stdin(Arc::new(Shared { socket, session, publisher, runtime: Handle::current(), question, answered }))
    }

    /// Asks the sender of `cell` for a line and waits for it; none if it has no stdin, or `stopped` says so.
    ///
    /// Not for use in async code.
    pub fn ask(&self, cell: &Message, prompt: &str, password: bool, stopped: impl Fn() -> bool) -> Option<String> {
        // What the cell has printed comes before the question.
        self.0.runtime.block_on(self.0.publisher.flush());
        let request = Message::new("input_request", json!({ "prompt": prompt, "password": password }), Some(cell));
        // From here on an answer counts: what came before was for another question.
        *self.question() = Some(Question {
            id: request.id().to_owned(),
            cell: cell.id().to_owned(),
            asked: cell.identities.clone(),
            answer: None,
        });
        let sent = self.send(&request, &stopped);
        let mut question = self.question();
        while sent && question.as_ref().is_some_and(|question| question.answer.is_none()) && !stopped() {
            question = self.0.answered.wait_timeout(question, TICK).unwrap_or_else(PoisonError::into_inner).0;
        }
        question.take()?.answer
    }

    fn send(&self, request: &Message, stopped: impl Fn() -> bool) -> bool {
        let mut socket = self.0.socket.clone();
        for _ in 0..TRIES {
            let packed = self.0.session.pack(request.clone());
            match self.0.runtime.block_on(socket.send(packed)) {
                Ok(()) => return true,
                Err(_) if stopped() => return false,
                Err(_) => std::thread::sleep(BETWEEN),
            }
        }
        super::log(format_args!("a cell asks for input, and the front end that sent it has no stdin channel"));
        false
    }

    /// Takes what came on the channel; an answer that nobody waits for is dropped.
    pub fn take(&self, message: &Message) {
        let drop = |why: &str| super::log(format_args!("stdin: {} was dropped: {why}", message.msg_type()));
        if message.msg_type() != "input_reply" {
            return drop("only input_reply is known here");
        }
        let mut asked = self.question();
        let Some(question) = asked.as_mut().filter(|question| question.answer.is_none()) else {
            return drop("no cell waits for input");
        };
        // Many front ends name no parent, some name the cell.
        let parent = message.parent_header["msg_id"].as_str();
        if parent.is_some_and(|parent| parent != question.id && parent != question.cell) {
            return drop("it answers an earlier question");
        }
        if message.identities != question.asked {
            return drop("it comes from another front end than was asked");
        }
        let Some(value) = message.content["value"].as_str() else {
            return drop("it has no value");
        };
        question.answer = Some(value.to_owned());
        self.0.answered.notify_all();
    }

    fn question(&self) -> MutexGuard<'_, Option<Question>> {
        self.0.question.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
