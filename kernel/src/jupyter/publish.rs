//! The iopub channel: everything that all front ends see, in order.
//!
//! Outputs of a cell may come faster than a front end takes them. Their number in flight is bounded, so that a cell
//! that prints without end waits instead of filling the memory; status messages are never held back. If a front end
//! reads nothing at all for a while, outputs are dropped until it reads again: it must not stop the others' cells.
//! Text that comes in quick succession is sent together (front ends stop reading above a thousand messages a second).

use jupyter_protocol::{IoPubWelcome, JupyterMessage, JupyterMessageContent, Status, Stdio, StreamContent};
use jupyter_zmq_client::{KernelIoPubXPubConnection, SubscriptionEvent};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::Instant;

/// Outputs of cells that may wait for the front ends.
const IN_FLIGHT: usize = 1024;
/// How long an output waits for room before front ends count as stalled.
const STALL: Duration = Duration::from_secs(5);
/// Time between two stream messages.
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
    Message { message: Box<JupyterMessage>, _room: Option<OwnedSemaphorePermit> },
    Flush(oneshot::Sender<()>),
}

impl Publisher {
    /// Sends `content` at once, as a child of `parent`.
    pub fn publish(&self, content: impl Into<JupyterMessageContent>, parent: Option<&JupyterMessage>) {
        self.put(content.into(), parent, None);
    }

    /// Announces the kernel's state.
    pub fn status(&self, status: Status, parent: Option<&JupyterMessage>) {
        self.publish(status, parent);
    }

    /// Sends an output of a cell; waits while too many are on their way. Not for use in async code.
    pub fn publish_output(&self, content: impl Into<JupyterMessageContent>, parent: &JupyterMessage) {
        let room = match self.stalled.load(Ordering::Relaxed) {
            true => self.room.clone().try_acquire_owned().ok(),
            false => {
                let room = self.room.clone().acquire_owned();
                let room = self.runtime.block_on(async { tokio::time::timeout(STALL, room).await });
                if room.is_err() {
                    super::log(format_args!("a front end takes no outputs: they are dropped until it reads again"));
                }
                room.ok().and_then(|room| room.ok())
            }
        };
        self.stalled.store(room.is_none(), Ordering::Relaxed);
        if room.is_some() {
            self.put(content.into(), Some(parent), room);
        }
    }

    /// Waits until everything so far is sent.
    pub async fn flush(&self) {
        let (done, wait) = oneshot::channel();
        if self.queue.send(Item::Flush(done)).is_ok() {
            let _ = wait.await;
        }
    }

    fn put(&self, content: JupyterMessageContent, parent: Option<&JupyterMessage>, room: Option<OwnedSemaphorePermit>) {
        let mut message = super::child_of(content, parent);
        // Front ends may subscribe by topic; the name of the message is the customary one.
        message.zmq_identities = vec![message.header.msg_type.clone().into()];
        // The channel is closed only when the kernel goes down: nobody listens then.
        let _ = self.queue.send(Item::Message { message: Box::new(message), _room: room });
    }
}

/// Serves the socket until the last publisher is gone; must be called inside the runtime.
pub fn start(socket: KernelIoPubXPubConnection) -> Publisher {
    let (queue, items) = mpsc::unbounded_channel();
    tokio::spawn(serve(socket, items));
    Publisher { queue, room: Arc::new(Semaphore::new(IN_FLIGHT)), stalled: Arc::default(), runtime: Handle::current() }
}

async fn serve(mut socket: KernelIoPubXPubConnection, mut items: mpsc::UnboundedReceiver<Item>) {
    let mut text: Option<JupyterMessage> = None;
    let mut due = Instant::now();
    loop {
        tokio::select! {
            biased;
            // The socket learns of subscriptions only while it is read.
            event = socket.recv_subscription() => match event {
                Ok(SubscriptionEvent::Subscribe(topic)) => send(&mut socket, welcome(topic)).await,
                Ok(SubscriptionEvent::Unsubscribe(_)) => {}
                // A front end left in the middle of a message, or sent rubbish: the socket has let it go.
                Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
            },
            () = tokio::time::sleep_until(due), if text.is_some() => {
                if let Some(message) = text.take() {
                    send(&mut socket, message).await;
                    due = Instant::now() + PACE;
                }
            }
            item = items.recv() => match item {
                None => return,
                Some(Item::Flush(done)) => {
                    if let Some(message) = text.take() {
                        send(&mut socket, message).await;
                    }
                    let _ = done.send(());
                }
                Some(Item::Message { message, .. }) => {
                    let message = match text.as_mut() {
                        None => *message,
                        Some(waiting) => match join(waiting, *message) {
                            None => continue,
                            Some(other) => {
                                if let Some(waiting) = text.take() {
                                    send(&mut socket, waiting).await;
                                    due = Instant::now() + PACE;
                                }
                                other
                            }
                        },
                    };
                    match message.content {
                        JupyterMessageContent::StreamContent(_) => text = Some(message),
                        _ => send(&mut socket, message).await,
                    }
                }
            }
        }
    }
}

/// Appends a stream message to the waiting one of the same cell and stream; gives back what does not fit there.
fn join(waiting: &mut JupyterMessage, next: JupyterMessage) -> Option<JupyterMessage> {
    let same_cell = waiting.parent_header.as_ref().map(|h| &h.msg_id) == next.parent_header.as_ref().map(|h| &h.msg_id);
    match (&mut waiting.content, &next.content) {
        (JupyterMessageContent::StreamContent(a), JupyterMessageContent::StreamContent(b))
            if same_cell
                && matches!(a.name, Stdio::Stdout) == matches!(b.name, Stdio::Stdout)
                && a.text.len() < ENOUGH =>
        {
            a.text.push_str(&b.text);
            None
        }
        _ => Some(next),
    }
}

fn welcome(topic: String) -> JupyterMessage {
    let mut message = super::child_of(IoPubWelcome::new(topic.clone()).into(), None);
    message.zmq_identities = vec![topic.into()];
    message
}

async fn send(socket: &mut KernelIoPubXPubConnection, message: JupyterMessage) {
    if let Err(error) = socket.send(message).await {
        super::log(format_args!("an output could not be sent: {error}"));
    }
}

/// A stream message.
pub fn stream(name: Stdio, text: String) -> StreamContent {
    StreamContent { name, text }
}
