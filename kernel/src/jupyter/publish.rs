//! The iopub channel: everything that all front ends see, in order.
//!
//! Outputs of a cell may come faster than a front end takes them. What is in flight is bounded, so that a cell
//! that prints without end waits instead of filling the memory; status messages are never held back. If a front end
//! reads nothing at all for a while, outputs are dropped until it reads again: it must not stop the others' cells.
//! Text that comes in quick succession is sent together, and of updates to the same display only the latest goes out
//! (front ends stop reading above a thousand messages a second).

use super::message::{Message, Session};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::Instant;
use zeromq::{SocketRecv, SocketSend, XPubSocket, ZmqMessage};

/// Kilobytes of outputs that may wait for the front ends.
const IN_FLIGHT: u32 = 64 * 1024;
/// What an output counts at least, in kilobytes: of small ones a thousand may wait.
const SMALLEST: u32 = 64;
/// How long an output waits for room before front ends count as stalled.
const STALL: Duration = Duration::from_secs(5);
/// Time between two stream messages, and between two updates of the same display.
const PACE: Duration = Duration::from_millis(20);
/// Text that is sent without waiting for more.
const ENOUGH: usize = 64 * 1024;

/// Puts messages on the iopub channel.
#[derive(Clone)]
pub struct Publisher {
    queue: mpsc::UnboundedSender<Item>,
    room: Arc<Semaphore>,
    stalled: Arc<AtomicBool>,
    runtime: Handle,
}

enum Item {
    Message { message: Box<Message>, _room: Option<OwnedSemaphorePermit> },
    Flush(oneshot::Sender<()>),
}

impl Publisher {
    /// Sends `content` at once, as a child of `parent`.
    pub fn publish(&self, msg_type: &str, content: Value, parent: Option<&Message>) {
        self.put(Message::new(msg_type, content, parent), None);
    }

    /// Announces the kernel's state: `starting`, `busy`, `idle`.
    pub fn status(&self, state: &str, parent: Option<&Message>) {
        self.publish("status", json!({ "execution_state": state }), parent);
    }

    /// Sends an output of a cell; waits while too many are on their way. Not for use in async code.
    pub fn publish_output(&self, msg_type: &str, content: Value, parent: &Message) {
        let kilobytes = u32::try_from(size(&content) / 1024).map_or(IN_FLIGHT, |size| size.clamp(SMALLEST, IN_FLIGHT));
        let room = match self.stalled.load(Ordering::Relaxed) {
            true => self.room.clone().try_acquire_many_owned(kilobytes).ok(),
            false => {
                let room = self.room.clone().acquire_many_owned(kilobytes);
                let room = self.runtime.block_on(async { tokio::time::timeout(STALL, room).await });
                if room.is_err() {
                    super::log(format_args!("a front end takes no outputs: they are dropped until it reads again"));
                }
                room.ok().and_then(|room| room.ok())
            }
        };
        self.stalled.store(room.is_none(), Ordering::Relaxed);
        if room.is_some() {
            self.put(Message::new(msg_type, content, Some(parent)), room);
        }
    }

    /// Waits until everything so far is sent.
    pub async fn flush(&self) {
        let (done, wait) = oneshot::channel();
        if self.queue.send(Item::Flush(done)).is_ok() {
            let _ = wait.await;
        }
    }

    fn put(&self, mut message: Message, room: Option<OwnedSemaphorePermit>) {
        // Front ends may subscribe by topic; the name of the message is the customary one.
        message.identities = vec![message.msg_type().as_bytes().to_vec()];
        // The channel is closed only when the kernel goes down: nobody listens then.
        let _ = self.queue.send(Item::Message { message: Box::new(message), _room: room });
    }
}

/// Serves the socket until the last publisher is gone; must be called inside the runtime.
pub fn start(socket: XPubSocket, session: Arc<Session>) -> Publisher {
    let (queue, items) = mpsc::unbounded_channel();
    tokio::spawn(serve(Socket { socket, session }, items));
    Publisher {
        queue,
        room: Arc::new(Semaphore::new(IN_FLIGHT as usize)),
        stalled: Arc::default(),
        runtime: Handle::current(),
    }
}

struct Socket {
    socket: XPubSocket,
    session: Arc<Session>,
}

impl Socket {
    async fn send(&mut self, message: Message) {
        let packed = self.session.pack(message);
        if let Err(error) = self.socket.send(packed).await {
            super::log(format_args!("an output could not be sent: {error}"));
        }
    }
}

async fn serve(mut socket: Socket, mut items: mpsc::UnboundedReceiver<Item>) {
    // What may still be joined with what follows.
    let mut waiting: Option<Message> = None;
    let mut due = Instant::now();
    loop {
        tokio::select! {
            biased;
            // The socket learns of subscriptions only while it is read.
            event = socket.socket.recv() => match event {
                Ok(frames) => if let Some(topic) = subscribed(&frames) {
                    socket.send(welcome(topic)).await;
                },
                // A front end left in the middle of a message, or sent rubbish: the socket has let it go.
                Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
            },
            () = tokio::time::sleep_until(due), if waiting.is_some() => {
                if let Some(message) = waiting.take() {
                    socket.send(message).await;
                    due = Instant::now() + PACE;
                }
            }
            item = items.recv() => match item {
                None => return,
                Some(Item::Flush(done)) => {
                    if let Some(message) = waiting.take() {
                        socket.send(message).await;
                    }
                    let _ = done.send(());
                }
                Some(Item::Message { message, .. }) => {
                    let message = match waiting.as_mut() {
                        None => *message,
                        Some(first) => match join(first, *message) {
                            None => continue,
                            Some(other) => {
                                if let Some(first) = waiting.take() {
                                    socket.send(first).await;
                                    due = Instant::now() + PACE;
                                }
                                other
                            }
                        },
                    };
                    match message.msg_type() {
                        "stream" | "update_display_data" => waiting = Some(message),
                        _ => socket.send(message).await,
                    }
                }
            }
        }
    }
}

/// About how many bytes a content takes: those of its texts.
fn size(content: &Value) -> usize {
    match content {
        Value::String(text) => text.len(),
        Value::Array(values) => values.iter().map(size).sum(),
        Value::Object(values) => values.values().map(size).sum(),
        _ => 8,
    }
}

/// Joins a message with the one that waits, if the reader misses nothing by it; gives back what does not fit there.
fn join(waiting: &mut Message, mut next: Message) -> Option<Message> {
    if waiting.parent_header["msg_id"] != next.parent_header["msg_id"] || waiting.msg_type() != next.msg_type() {
        return Some(next);
    }
    match waiting.msg_type() {
        "stream" if waiting.content["name"] == next.content["name"] => {
            match (&mut waiting.content["text"], &mut next.content["text"]) {
                (Value::String(text), Value::String(more)) if text.len() < ENOUGH => {
                    text.push_str(more);
                    None
                }
                _ => Some(next),
            }
        }
        "update_display_data" if waiting.content["transient"] == next.content["transient"] => {
            *waiting = next;
            None
        }
        _ => Some(next),
    }
}

/// The topic that a front end has just subscribed to.
fn subscribed(frames: &ZmqMessage) -> Option<&[u8]> {
    frames.get(0)?.strip_prefix(&[1])
}

fn welcome(topic: &[u8]) -> Message {
    let content = json!({ "subscription": String::from_utf8_lossy(topic) });
    Message { identities: vec![topic.to_vec()], ..Message::new("iopub_welcome", content, None) }
}
