//! The kernel as Jupyter sees it: five sockets, the messages on them, and the queue of cells.
//!
//! The wire knows nothing of compiling: cells go to an [`Execute`](crate::engine::Execute), which runs in a thread of
//! its own, so that requests on shell and control are answered while a cell runs and while the engine still starts.
//! A message that cannot be read, or whose signature is wrong, is dropped with a line in the kernel's log.
//! Source: "Messaging in Jupyter", protocol 5.3, and JEP 65 for the welcome on iopub.

mod answers;
mod balance;
mod cells;
mod connection;
mod publish;

pub use balance::{Balance, balance};
pub use cells::{Start, Started};

use cells::Cells;
use jupyter_protocol::{
    CommClose, ConnectionInfo, InterruptReply, JupyterMessage, JupyterMessageContent, ReplyStatus, ShutdownReply,
    Status,
};
use jupyter_zmq_client::{
    KernelHeartbeatConnection, KernelShellConnection, RouterRecvConnection, RouterSendConnection, RuntimeError,
    create_kernel_control_connection, create_kernel_heartbeat_connection, create_kernel_iopub_xpub_connection,
    create_kernel_shell_connection, create_kernel_stdin_connection,
};
use neurocell::error::{Error, ErrorKind, Result};
use publish::Publisher;
use std::fmt;
use std::future::Future;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, mpsc, oneshot};

/// The version of the protocol that messages carry.
const PROTOCOL: &str = "5.3";

/// How long a shutdown waits for the engine to end its processes.
const PATIENCE: Duration = Duration::from_secs(3);

/// Serves a front end as the connection file says, until it asks for shutdown or is gone.
///
/// `start` runs at once, in a thread of its own. The caller should end the process afterwards: a cell that could not
/// be stopped may still be running.
///
/// # Errors
/// If the connection file cannot be read or a port cannot be used.
pub fn serve(connection_file: &Path, start: Start) -> Result<()> {
    let info = connection::read(connection_file)?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(|cause| {
            let problem = format!("cannot start the threads that talk to Jupyter: {cause}");
            Error::new(ErrorKind::File, problem, "see whether `ulimit -u` or `ulimit -n` is too low").caused_by(cause)
        })?;
    let end = runtime.block_on(converse(&info, start));
    // Sockets and timers only: nothing that would have to end in good order.
    runtime.shutdown_background();
    end
}

async fn converse(info: &ConnectionInfo, start: Start) -> Result<()> {
    let session = uuid::Uuid::new_v4().to_string();
    let heartbeat = bound(info.hb_url(), create_kernel_heartbeat_connection(info)).await?;
    let stdin = bound(info.stdin_url(), create_kernel_stdin_connection(info, &session)).await?;
    let iopub = bound(info.iopub_url(), create_kernel_iopub_xpub_connection(info, &session)).await?;
    let control = bound(info.control_url(), create_kernel_control_connection(info, &session)).await?;
    let shell = bound(info.shell_url(), create_kernel_shell_connection(info, &session)).await?;

    let publisher = publish::start(iopub);
    publisher.status(Status::starting(), None);
    let cells = Cells::start(start, publisher.clone()).map_err(|cause| {
        let problem = format!("cannot start the thread that runs the cells: {cause}");
        Error::new(ErrorKind::File, problem, "see whether `ulimit -u` is too low").caused_by(cause)
    })?;
    let kernel = Kernel { publisher: publisher.clone(), cells: cells.clone(), stop: Arc::new(Notify::new()) };

    tokio::spawn(beat(heartbeat));
    tokio::spawn(drain(stdin));
    let (shell, shell_replies) = kernel.serve(shell, "shell");
    let (control, control_replies) = kernel.serve(control, "control");
    let end = tokio::select! {
        () = kernel.stop.notified() => Ok(()),
        () = asked_by_signal(&cells) => Ok(()),
        () = orphaned() => Ok(()),
        _ = shell => Err("shell"),
        _ = control => Err("control"),
    };
    let closing = cells.clone();
    // It waits for a thread, which async code must not.
    let _ = tokio::task::spawn_blocking(move || closing.close(PATIENCE)).await;
    let goodbye = async {
        publisher.flush().await;
        shell_replies.flush().await;
        control_replies.flush().await;
        // Replies lie in the sockets' own queues, which have no "sent" to wait for.
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let _ = tokio::time::timeout(Duration::from_secs(1), goodbye).await;
    end.map_err(|channel| {
        let problem = format!("the {channel} channel ended by itself");
        Error::new(
            ErrorKind::Network,
            problem,
            "restart the kernel; the notebook's cells can be run again from the top",
        )
    })
}

/// What the requests of both channels act on.
#[derive(Clone)]
struct Kernel {
    publisher: Publisher,
    cells: Cells,
    stop: Arc<Notify>,
}

impl Kernel {
    /// Serves the requests of one channel.
    fn serve(&self, socket: KernelShellConnection, name: &'static str) -> (tokio::task::JoinHandle<()>, Reply) {
        let (sender, mut requests) = socket.split();
        let reply = Reply::start(sender);
        let kernel = self.clone();
        let replies = reply.clone();
        let task = tokio::spawn(async move {
            while let Some(message) = next(&mut requests, name).await {
                kernel.handle(message, &replies);
            }
        });
        (task, reply)
    }

    fn handle(&self, message: JupyterMessage, reply: &Reply) {
        if let JupyterMessageContent::ExecuteRequest(request) = &message.content {
            let request = request.clone();
            return self.cells.push(request, message, reply.clone());
        }
        self.publisher.status(Status::busy(), Some(&message));
        let mut stop = false;
        let answer = match &message.content {
            JupyterMessageContent::ShutdownRequest(request) => {
                stop = true;
                Some(ShutdownReply { restart: request.restart, status: ReplyStatus::Ok, error: None }.into())
            }
            JupyterMessageContent::InterruptRequest(_) => {
                let cells = self.cells.clone();
                // The engine's part may wait for its processes.
                tokio::task::spawn_blocking(move || cells.interrupt());
                Some(InterruptReply::new().into())
            }
            // No comm target is known here, and that is how the protocol says so.
            JupyterMessageContent::CommOpen(open) => {
                let close = CommClose { comm_id: open.comm_id.clone(), data: serde_json::Map::new() };
                self.publisher.publish(close, Some(&message));
                None
            }
            other => answers::answer(other),
        };
        if let Some(content) = answer {
            reply.send(child_of(content, Some(&message)));
        }
        self.publisher.status(Status::idle(), Some(&message));
        self.cells.announce_running();
        if stop {
            self.stop.notify_one();
        }
    }
}

/// Sends replies on one channel, in order.
#[derive(Clone)]
struct Reply(mpsc::UnboundedSender<Answer>);

enum Answer {
    Message(Box<JupyterMessage>),
    Flush(oneshot::Sender<()>),
}

impl Reply {
    fn start(mut socket: RouterSendConnection) -> Reply {
        let (queue, mut answers) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Some(answer) = answers.recv().await {
                match answer {
                    Answer::Message(message) => {
                        if let Err(error) = socket.send(*message).await {
                            log(format_args!("a reply could not be sent, its reader is gone: {error}"));
                        }
                    }
                    Answer::Flush(done) => drop(done.send(())),
                }
            }
        });
        Reply(queue)
    }

    fn send(&self, message: JupyterMessage) {
        // Closed only when the kernel goes down: nobody listens then.
        let _ = self.0.send(Answer::Message(Box::new(message)));
    }

    async fn flush(&self) {
        let (done, wait) = oneshot::channel();
        if self.0.send(Answer::Flush(done)).is_ok() {
            let _ = wait.await;
        }
    }
}

/// A message in answer to `parent`, addressed to the same reader.
fn child_of(content: JupyterMessageContent, parent: Option<&JupyterMessage>) -> JupyterMessage {
    let mut message = JupyterMessage::new(content, parent);
    "kernel".clone_into(&mut message.header.username);
    PROTOCOL.clone_into(&mut message.header.version);
    message
}

/// The next message that can be read; none if the socket is no more.
async fn next(socket: &mut RouterRecvConnection, channel: &str) -> Option<JupyterMessage> {
    let mut failures = 0;
    loop {
        match socket.read().await {
            Ok(message) => return Some(message),
            Err(RuntimeError::ZmqError(error)) => {
                log(format_args!("{channel}: {error}"));
                failures += 1;
                if failures > 100 {
                    return None;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(RuntimeError::VerifyError(_)) => {
                log(format_args!("{channel}: a message with a wrong signature was dropped"))
            }
            Err(error) => log(format_args!("{channel}: a message that cannot be read was dropped: {error}")),
        }
    }
}

/// Reads what comes on stdin, where nothing is ever asked for.
async fn drain(socket: KernelShellConnection) {
    let (_sender, mut answers) = socket.split();
    while next(&mut answers, "stdin").await.is_some() {}
}

async fn beat(mut socket: KernelHeartbeatConnection) {
    loop {
        if socket.single_heartbeat().await.is_err() {
            // A front end that left between ping and answer.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

async fn bound<S>(url: String, socket: impl Future<Output = jupyter_zmq_client::Result<S>>) -> Result<S> {
    socket.await.map_err(|cause| {
        let problem = format!("cannot listen on {url}: {cause}");
        Error::new(ErrorKind::Network, problem, "another program has taken the port: start the kernel again")
            .caused_by(cause)
    })
}

/// Interrupts at each SIGINT; returns at SIGTERM.
async fn asked_by_signal(cells: &Cells) {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    loop {
        tokio::select! {
            _ = interrupt.recv() => {
                let cells = cells.clone();
                tokio::task::spawn_blocking(move || cells.interrupt());
            }
            _ = terminate.recv() => return,
        }
    }
}

/// Returns when the Jupyter server that started this kernel is no more, as it says by `JPY_PARENT_PID`.
async fn orphaned() {
    let parent = || std::os::unix::process::parent_id();
    let stated = std::env::var("JPY_PARENT_PID").ok().and_then(|pid| pid.parse().ok());
    if stated != Some(parent()) {
        return std::future::pending().await;
    }
    while stated == Some(parent()) {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// A line in the kernel's log, which is its stderr; one that nobody can read is no reason to stop.
fn log(line: fmt::Arguments) {
    let _ = writeln!(std::io::stderr(), "neurocell: {line}");
}

#[cfg(test)]
mod tests;
