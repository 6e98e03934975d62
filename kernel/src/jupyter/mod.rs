//! The kernel as Jupyter sees it: five sockets, the messages on them, and the queue of cells.
//!
//! The wire knows nothing of compiling: cells go to an [`Execute`](crate::engine::Execute), which runs in a thread of
//! its own, so that requests on shell and control are answered while a cell runs and while the engine still starts.
//! A message that cannot be read, or whose signature is wrong, is dropped with a line in the kernel's log.
//! Source: "Messaging in Jupyter", protocol 5.5, and JEP 65 for the welcome on iopub.

mod answers;
mod cells;
mod connection;
mod history;
mod lookups;
mod message;
mod publish;
mod requests;
mod running;
mod stdin;

pub use running::Started;

use cells::{Cells, Surroundings};
use history::History;
use jupyter_protocol::ConnectionInfo;
use message::{Message, Session};
use neurocell::error::{Error, ErrorKind, Result};
use requests::Kernel;
use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use stdin::Stdin;
use tokio::sync::{Notify, mpsc, oneshot};
use zeromq::{RepSocket, RouterRecvHalf, RouterSendHalf, RouterSocket, Socket, SocketRecv, SocketSend, XPubSocket};

/// Starts the engine; the error is the text that each cell then gets.
pub type Start = Box<dyn FnOnce() -> std::result::Result<Started, String> + Send>;

/// How long a shutdown waits for the engine to end its processes.
const PATIENCE: Duration = Duration::from_secs(3);

/// Serves a front end as the connection file says, until it asks for shutdown or is gone.
///
/// `start` runs at once, in a thread of its own. The caller should end the process afterwards: a cell that could not
/// be stopped may still be running.
///
/// Gives back whether the front end is about to start the kernel anew.
///
/// # Errors
/// If the connection file cannot be read or a port cannot be used.
pub fn serve(connection_file: &Path, start: Start) -> Result<bool> {
    serve_with(connection_file, start, history::place())
}

/// Serves with the history of cells in `history`, if that is given.
fn serve_with(connection_file: &Path, start: Start, history: Option<PathBuf>) -> Result<bool> {
    let info = connection::read(connection_file)?;
    // Asked before the first front end wants to know; without a thread for it that one waits.
    let _ = std::thread::Builder::new().name("rustc version".into()).spawn(answers::rust_version);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(|cause| {
            let problem = format!("cannot start the threads that talk to Jupyter: {cause}");
            Error::new(ErrorKind::File, problem, "see whether `ulimit -u` or `ulimit -n` is too low").caused_by(cause)
        })?;
    let end = runtime.block_on(converse(&info, start, History::new(history)));
    // Sockets and timers only: nothing that would have to end in good order.
    runtime.shutdown_background();
    end
}

async fn converse(info: &ConnectionInfo, start: Start, history: History) -> Result<bool> {
    let session = Arc::new(Session::new(&info.key));
    let heartbeat: RepSocket = bound(&info.hb_url()).await?;
    let stdin: RouterSocket = bound(&info.stdin_url()).await?;
    let iopub: XPubSocket = bound(&info.iopub_url()).await?;
    let control: RouterSocket = bound(&info.control_url()).await?;
    let shell: RouterSocket = bound(&info.shell_url()).await?;

    let publisher = publish::start(iopub, session.clone());
    publisher.status("starting", None);
    let (questions, answers) = stdin.split();
    let stdin = Stdin::new(questions, session.clone(), publisher.clone());
    let surroundings = Surroundings { publisher: publisher.clone(), stdin: stdin.clone(), history };
    let cells = Cells::start(start, surroundings).map_err(|cause| {
        let problem = format!("cannot start the thread that runs the cells: {cause}");
        Error::new(ErrorKind::File, problem, "see whether `ulimit -u` is too low").caused_by(cause)
    })?;
    let kernel = Kernel { cells: cells.clone(), stop: Arc::new(Notify::new()), restarts: Arc::default() };

    tokio::spawn(beat(heartbeat));
    tokio::spawn(hear(answers, session.clone(), stdin));
    let (shell, shell_replies) = serve_channel(&kernel, shell, &session, "shell");
    let (control, control_replies) = serve_channel(&kernel, control, &session, "control");
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
    end.map(|()| kernel.restarts.load(Ordering::Relaxed)).map_err(|channel| {
        let problem = format!("the {channel} channel ended by itself");
        Error::new(
            ErrorKind::Network,
            problem,
            "restart the kernel; the notebook's cells can be run again from the top",
        )
    })
}

/// Serves the requests of one channel; gives back its task and the way of its replies.
fn serve_channel(
    kernel: &Kernel,
    socket: RouterSocket,
    session: &Arc<Session>,
    name: &'static str,
) -> (tokio::task::JoinHandle<()>, Reply) {
    let (sender, mut requests) = socket.split();
    let reply = Reply::start(sender, session.clone());
    let (kernel, replies, session) = (kernel.clone(), reply.clone(), session.clone());
    let task = tokio::spawn(async move {
        while let Some(message) = next(&mut requests, &session, name).await {
            kernel.handle(message, &replies);
        }
    });
    (task, reply)
}

/// Sends replies on one channel, in order.
#[derive(Clone)]
struct Reply(mpsc::UnboundedSender<Answer>);

enum Answer {
    Message(Box<Message>),
    Flush(oneshot::Sender<()>),
}

impl Reply {
    fn start(mut socket: RouterSendHalf, session: Arc<Session>) -> Reply {
        let (queue, mut answers) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Some(answer) = answers.recv().await {
                match answer {
                    Answer::Message(message) => {
                        if let Err(error) = socket.send(session.pack(*message)).await {
                            log(format_args!("a reply could not be sent, its reader is gone: {error}"));
                        }
                    }
                    Answer::Flush(done) => drop(done.send(())),
                }
            }
        });
        Reply(queue)
    }

    fn send(&self, message: Message) {
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

/// The next message that can be read; none if the socket is no more.
async fn next(socket: &mut RouterRecvHalf, session: &Session, channel: &str) -> Option<Message> {
    let mut failures = 0;
    loop {
        match socket.recv().await {
            Ok(frames) => match session.unpack(&frames) {
                Ok(message) => return Some(message),
                Err(refused) => log(format_args!("{channel}: a message was dropped: {refused}")),
            },
            Err(error) => {
                log(format_args!("{channel}: {error}"));
                failures += 1;
                if failures > 100 {
                    return None;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
}

/// Reads the answers of front ends whose cells wait for input.
async fn hear(mut socket: RouterRecvHalf, session: Arc<Session>, stdin: Stdin) {
    while let Some(message) = next(&mut socket, &session, "stdin").await {
        stdin.take(&message);
    }
}

/// Sends back whatever comes: so a front end sees that the kernel lives.
async fn beat(mut socket: RepSocket) {
    loop {
        let answered = match socket.recv().await {
            Ok(ping) => socket.send(ping).await,
            Err(error) => Err(error),
        };
        if answered.is_err() {
            // A front end that left between ping and answer.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// A new socket that listens there.
async fn bound<S: Socket>(url: &str) -> Result<S> {
    let mut socket = S::new();
    match socket.bind(url).await {
        Ok(_) => Ok(socket),
        Err(cause) => {
            let problem = format!("cannot listen on {url}: {cause}");
            let advice =
                "another program has taken the port, or the address is not this machine's: start the kernel again";
            Err(Error::new(ErrorKind::Network, problem, advice).caused_by(cause))
        }
    }
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
