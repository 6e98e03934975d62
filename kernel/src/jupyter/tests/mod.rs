//! The wire, tried over real sockets with an engine that does what its cells say.

use super::*;
use crate::engine::{Completion, Completions, Event, Execute, Failure, Host, Inspection, Outcome};
use jupyter_protocol::{
    ExecuteRequest, InterruptRequest, JupyterMessage, JupyterMessageContent, KernelInfoRequest, ShutdownRequest,
    Transport, UnknownMessage,
};
use jupyter_zmq_client::{
    ClientControlConnection, ClientHeartbeatConnection, ClientIoPubConnection, ClientShellConnection,
    ClientStdinConnection, create_client_control_connection, create_client_heartbeat_connection,
    create_client_iopub_connection, create_client_shell_connection_with_identity,
    create_client_stdin_connection_with_identity, peer_identity_for_session,
};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

mod cells;
mod control;
mod input;
mod wire;

/// Runs each line of a cell as one command.
struct Scripted(Arc<AtomicBool>);

impl Execute for Scripted {
    fn execute(&mut self, code: &str, host: &mut dyn Host) -> Outcome {
        let map = |value: Value| value.as_object().cloned().unwrap_or_default();
        self.0.store(false, Ordering::SeqCst);
        for line in code.lines() {
            match line.split_once(' ').unwrap_or((line, "")) {
                ("print", text) => host.tell(Event::Stdout(format!("{text}\n"))),
                ("warn", text) => host.tell(Event::Stderr(format!("{text}\n"))),
                ("show", id) => host.tell(Event::Display {
                    data: map(json!({ "image/png": "iVBORw0=", "application/x-made-up": { "a": 1 } })),
                    metadata: map(json!({ "image/png": { "width": 1 } })),
                    display_id: Some(id.to_owned()),
                    update: false,
                    part: None,
                }),
                ("update", id) => host.tell(Event::Display {
                    data: map(json!({ "text/plain": "new" })),
                    metadata: Default::default(),
                    display_id: Some(id.to_owned()),
                    update: true,
                    part: None,
                }),
                ("value", text) => host.tell(Event::Result { data: map(json!({ "text/plain": text })) }),
                ("wait", _) => {
                    while !self.0.load(Ordering::SeqCst) {
                        std::thread::sleep(Duration::from_millis(5));
                    }
                    return fail("Interrupted", "the cell was stopped");
                }
                // As a cell that is compiled first: an interrupt meanwhile finds nothing to stop.
                ("compile", ms) => {
                    std::thread::sleep(Duration::from_millis(ms.parse().unwrap()));
                    self.0.store(false, Ordering::SeqCst);
                }
                ("ask", prompt) => match host.ask(prompt, prompt.contains("secret")) {
                    Some(answer) => host.tell(Event::Stdout(format!("you said {answer}\n"))),
                    None if self.0.load(Ordering::SeqCst) => return fail("Interrupted", "the cell was stopped"),
                    None => return fail("error", "nobody can be asked"),
                },
                ("clear", _) => host.tell(Event::ClearOutput { wait: true }),
                ("sleep", ms) => std::thread::sleep(Duration::from_millis(ms.parse().unwrap())),
                ("fail", text) => return fail("error", text),
                ("panic", text) => panic!("{text}"),
                (other, _) => panic!("no such command {other}"),
            }
        }
        Outcome::Done
    }

    /// The word before the cursor, twice.
    fn complete(&mut self, code: &str, cursor: usize) -> Completions {
        let start = code[..cursor].rfind(' ').map_or(0, |at| at + 1);
        let text = code[start..cursor].repeat(2);
        let item = Completion { label: format!("{text}()"), text, kind: "function".to_owned() };
        Completions { replaced: start..cursor, items: vec![item] }
    }

    /// The code before the cursor, if there is any.
    fn inspect(&mut self, code: &str, cursor: usize) -> Option<Inspection> {
        let plain = code[..cursor].to_owned();
        (!plain.is_empty()).then(|| Inspection { markdown: format!("`{plain}`"), plain })
    }

    fn variables(&mut self) -> Vec<(String, String)> {
        Vec::new()
    }
}

fn fail(name: &str, value: &str) -> Outcome {
    Outcome::Failed(Failure { name: name.into(), value: value.into(), traceback: vec![value.into()] })
}

fn scripted() -> std::result::Result<Started, String> {
    let flag = Arc::new(AtomicBool::new(false));
    let engine = Box::new(Scripted(flag.clone()));
    Ok(Started { engine, interrupt: Box::new(move || flag.store(true, Ordering::SeqCst)) })
}

/// A kernel in a thread, and a front end that speaks with it.
struct Client {
    shell: ClientShellConnection,
    control: ClientControlConnection,
    iopub: ClientIoPubConnection,
    heartbeat: ClientHeartbeatConnection,
    info: ConnectionInfo,
    kernel: JoinHandle<Result<bool>>,
    stdin: ClientStdinConnection,
    session: Session,
    /// Holds the sockets, and goes with them.
    _folder: tempfile::TempDir,
}

const SOON: Duration = Duration::from_secs(10);

impl Client {
    async fn connect(start: Start) -> Client {
        // Sockets in the file system: no port that another test might take. Their paths have to be short.
        let folder = tempfile::Builder::new().prefix("nc").tempdir().unwrap();
        let info = ConnectionInfo {
            transport: Transport::IPC,
            ip: folder.path().join("s").to_string_lossy().into_owned(),
            shell_port: 1,
            iopub_port: 2,
            stdin_port: 3,
            control_port: 4,
            hb_port: 5,
            key: "the key".into(),
            signature_scheme: "hmac-sha256".into(),
            kernel_name: None,
        };
        let file = folder.path().join("c.json");
        let history = Some(folder.path().join("history.jsonl"));
        std::fs::write(&file, serde_json::to_string(&info).unwrap()).unwrap();
        let kernel = std::thread::spawn(move || serve_with(&file, start, history));
        // The shell is bound last.
        while !Path::new(&format!("{}-1", info.ip)).exists() {
            assert!(!kernel.is_finished(), "{:?}", kernel.join());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let name = uuid::Uuid::new_v4().to_string();
        let session = Session::new(&info.key);
        let mut iopub = create_client_iopub_connection(&info, "", &name).await.unwrap();
        assert_eq!(read(&session, &mut iopub).await.msg_type(), "iopub_welcome");
        let identity = peer_identity_for_session(&name).unwrap();
        Client {
            shell: shell(&info, &name).await,
            stdin: create_client_stdin_connection_with_identity(&info, &name, identity).await.unwrap(),
            control: create_client_control_connection(&info, &name).await.unwrap(),
            heartbeat: create_client_heartbeat_connection(&info).await.unwrap(),
            iopub,
            info,
            kernel,
            session,
            _folder: folder,
        }
    }

    async fn ready() -> Client {
        Client::connect(Box::new(scripted)).await
    }

    async fn send(&mut self, content: impl Into<JupyterMessageContent>) -> String {
        let message = JupyterMessage::new(content, None);
        let id = message.header.msg_id.clone();
        self.shell.send(message).await.unwrap();
        id
    }

    async fn run(&mut self, code: &str) -> (Value, Vec<(String, Value)>) {
        self.run_request(ExecuteRequest::new(code.into())).await
    }

    async fn run_request(&mut self, request: ExecuteRequest) -> (Value, Vec<(String, Value)>) {
        let id = self.send(request).await;
        (self.reply(&id).await, self.outputs(&id).await)
    }

    async fn reply(&mut self, id: &str) -> Value {
        let message = read(&self.session, &mut self.shell).await;
        assert_eq!(message.parent_header["msg_id"], id, "{message:?}");
        message.content
    }

    /// The next message on iopub.
    async fn heard(&mut self) -> Message {
        read(&self.session, &mut self.iopub).await
    }

    /// Reads iopub up to a message of this type.
    async fn until(&mut self, msg_type: &str) -> Message {
        loop {
            let message = self.heard().await;
            if message.msg_type() == msg_type {
                return message;
            }
        }
    }

    /// What iopub says about a request, until it is idle; messages about other requests are an error.
    async fn outputs(&mut self, id: &str) -> Vec<(String, Value)> {
        let mut seen = Vec::new();
        loop {
            let message = self.heard().await;
            assert_eq!(message.parent_header["msg_id"], id, "{message:?}");
            seen.push((message.msg_type().to_owned(), message.content.clone()));
            if is_idle(&message) {
                return seen;
            }
        }
    }

    async fn control(&mut self, content: impl Into<JupyterMessageContent>) -> Value {
        self.control.send(JupyterMessage::new(content, None)).await.unwrap();
        read(&self.session, &mut self.control).await.content
    }

    async fn shutdown(mut self) {
        self.control(ShutdownRequest { restart: false }).await;
        tokio::task::spawn_blocking(move || self.kernel.join().unwrap().unwrap()).await.unwrap();
    }
}

async fn shell(info: &ConnectionInfo, session: &str) -> ClientShellConnection {
    let identity = peer_identity_for_session(session).unwrap();
    create_client_shell_connection_with_identity(info, session, identity).await.unwrap()
}

/// A request with any content.
fn request(msg_type: &str, content: Value) -> UnknownMessage {
    UnknownMessage { msg_type: msg_type.into(), content }
}

/// The next message, from any socket of a client.
async fn read<S: SocketRecv>(session: &Session, connection: &mut jupyter_zmq_client::Connection<S>) -> Message {
    let frames = tokio::time::timeout(SOON, connection.socket.recv()).await.expect("no message came");
    let message = session.unpack(&frames.unwrap()).unwrap();
    // What another implementation of the protocol makes of it.
    let read = JupyterMessageContent::from_type_and_content(message.msg_type(), message.content.clone());
    assert!(read.is_ok(), "{read:?}: {message:?}");
    message
}

fn is_idle(message: &Message) -> bool {
    message.content["execution_state"] == "idle"
}

fn kinds(outputs: &[(String, Value)]) -> Vec<&str> {
    outputs.iter().map(|(kind, _)| kind.as_str()).collect()
}
