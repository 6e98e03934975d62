//! The wire, tried over real sockets with an engine that does what its cells say.

use super::*;
use crate::engine::{Completions, Event, Execute, Failure, Host, Inspection, Outcome};
use jupyter_protocol::{
    ExecuteRequest, ExecutionState, InterruptRequest, KernelInfoRequest, ShutdownRequest, Transport,
};
use jupyter_zmq_client::{
    ClientControlConnection, ClientHeartbeatConnection, ClientIoPubConnection, ClientShellConnection,
    create_client_control_connection, create_client_heartbeat_connection, create_client_iopub_connection,
    create_client_shell_connection_with_identity, peer_identity_for_session,
};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

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
                }),
                ("update", id) => host.tell(Event::Display {
                    data: map(json!({ "text/plain": "new" })),
                    metadata: Default::default(),
                    display_id: Some(id.to_owned()),
                    update: true,
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
                ("sleep", ms) => std::thread::sleep(Duration::from_millis(ms.parse().unwrap())),
                ("fail", text) => return fail("error", text),
                ("panic", text) => panic!("{text}"),
                (other, _) => panic!("no such command {other}"),
            }
        }
        Outcome::Done
    }

    fn complete(&mut self, _code: &str, _cursor: usize) -> Completions {
        Completions::default()
    }

    fn inspect(&mut self, _code: &str, _cursor: usize) -> Option<Inspection> {
        None
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
    kernel: JoinHandle<Result<()>>,
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
        std::fs::write(&file, serde_json::to_string(&info).unwrap()).unwrap();
        let kernel = std::thread::spawn(move || serve(&file, start));
        // The shell is bound last.
        while !Path::new(&format!("{}-1", info.ip)).exists() {
            assert!(!kernel.is_finished(), "{:?}", kernel.join());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let session = uuid::Uuid::new_v4().to_string();
        let mut iopub = create_client_iopub_connection(&info, "", &session).await.unwrap();
        let welcome = iopub.read().await.unwrap();
        assert_eq!(welcome.header.msg_type, "iopub_welcome");
        Client {
            shell: shell(&info, &session).await,
            control: create_client_control_connection(&info, &session).await.unwrap(),
            heartbeat: create_client_heartbeat_connection(&info).await.unwrap(),
            iopub,
            info,
            kernel,
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
        let message = read(&mut self.shell).await;
        assert_eq!(message.parent_header.as_ref().unwrap().msg_id, id);
        content(&message)
    }

    /// What iopub says about a request, until it is idle; messages about other requests are an error.
    async fn outputs(&mut self, id: &str) -> Vec<(String, Value)> {
        let mut seen = Vec::new();
        loop {
            let message = read(&mut self.iopub).await;
            let parent = message.parent_header.as_ref().map(|h| h.msg_id.as_str());
            assert_eq!(parent, Some(id), "{message:?}");
            seen.push((message.header.msg_type.clone(), content(&message)));
            if is_idle(&message) {
                return seen;
            }
        }
    }

    async fn control(&mut self, content_: impl Into<JupyterMessageContent>) -> Value {
        self.control.send(JupyterMessage::new(content_, None)).await.unwrap();
        content(&read(&mut self.control).await)
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

/// The next message, from any socket of a client.
async fn read<S>(connection: &mut jupyter_zmq_client::Connection<S>) -> JupyterMessage
where
    jupyter_zmq_client::Connection<S>: Readable,
{
    tokio::time::timeout(SOON, connection.next_message()).await.expect("no message came")
}

trait Readable {
    async fn next_message(&mut self) -> JupyterMessage;
}
impl Readable for ClientShellConnection {
    async fn next_message(&mut self) -> JupyterMessage {
        self.read().await.unwrap()
    }
}
impl Readable for ClientIoPubConnection {
    async fn next_message(&mut self) -> JupyterMessage {
        self.read().await.unwrap()
    }
}

fn content(message: &JupyterMessage) -> Value {
    serde_json::to_value(message).unwrap()["content"].clone()
}

fn is_idle(message: &JupyterMessage) -> bool {
    matches!(&message.content, JupyterMessageContent::Status(status) if status.execution_state == ExecutionState::Idle)
}

fn kinds(outputs: &[(String, Value)]) -> Vec<&str> {
    outputs.iter().map(|(kind, _)| kind.as_str()).collect()
}

#[tokio::test]
async fn a_cell_is_busy_then_input_then_outputs_then_idle() {
    let mut client = Client::ready().await;
    let (reply, outputs) = client.run("print a\nwarn b\nshow x\nupdate x\nvalue 3").await;
    assert_eq!(
        (&reply["status"], &reply["execution_count"], &reply["user_expressions"]),
        (&json!("ok"), &json!(1), &json!({}))
    );
    let expected = [
        "status",
        "execute_input",
        "stream",
        "stream",
        "display_data",
        "update_display_data",
        "execute_result",
        "status",
    ];
    assert_eq!(kinds(&outputs), expected);
    assert_eq!(outputs[0].1, json!({ "execution_state": "busy" }));
    assert_eq!(outputs[1].1["execution_count"], 1);
    assert_eq!(outputs[2].1, json!({ "name": "stdout", "text": "a\n" }));
    assert_eq!(outputs[3].1, json!({ "name": "stderr", "text": "b\n" }));
    assert_eq!(outputs[4].1["data"], json!({ "image/png": "iVBORw0=", "application/x-made-up": { "a": 1 } }));
    assert_eq!(outputs[4].1["transient"]["display_id"], "x");
    assert_eq!(outputs[6].1["data"]["text/plain"], "3");
    client.shutdown().await;
}

#[tokio::test]
async fn a_failing_cell_says_so_on_both_channels() {
    let mut client = Client::ready().await;
    let (reply, outputs) = client.run("fail no such thing").await;
    assert_eq!((&reply["status"], &reply["evalue"]), (&json!("error"), &json!("no such thing")));
    assert_eq!(kinds(&outputs), ["status", "execute_input", "error", "status"]);
    assert_eq!(outputs[2].1, json!({ "ename": "error", "evalue": "no such thing", "traceback": ["no such thing"] }));
    client.shutdown().await;
}

#[tokio::test]
async fn only_cells_for_the_history_are_counted() {
    let mut client = Client::ready().await;
    let request =
        |silent, store_history| ExecuteRequest { code: "print x".into(), silent, store_history, ..Default::default() };
    let (_, outputs) = client.run_request(request(true, true)).await;
    assert_eq!(kinds(&outputs), ["status", "status"]);
    let (_, outputs) = client.run_request(request(false, false)).await;
    assert_eq!(kinds(&outputs), ["status", "execute_input", "stream", "status"]);
    assert_eq!(client.run(" \n").await.0["status"], "ok");
    let (reply, _) = client.run_request(request(false, true)).await;
    assert_eq!(reply["execution_count"], 1);
    let (reply, _) = client.run_request(request(false, true)).await;
    assert_eq!(reply["execution_count"], 2);
    client.shutdown().await;
}

#[tokio::test]
async fn an_error_aborts_the_cells_that_wait() {
    let mut client = Client::ready().await;
    let first = client.send(ExecuteRequest::new("sleep 200\nfail x".into())).await;
    let second = client.send(ExecuteRequest::new("print never".into())).await;
    assert_eq!(client.reply(&first).await["status"], "error");
    assert_eq!(client.reply(&second).await["status"], "aborted");
    client.outputs(&first).await;
    assert_eq!(kinds(&client.outputs(&second).await), ["status", "status"]);
    assert_eq!(client.run("value 1").await.0["status"], "ok");
    client.shutdown().await;
}

#[tokio::test]
async fn an_error_aborts_nothing_where_stop_on_error_is_off() {
    let mut client = Client::ready().await;
    let lenient = ExecuteRequest { code: "sleep 200\nfail x".into(), stop_on_error: false, ..Default::default() };
    let first = client.send(lenient).await;
    let second = client.send(ExecuteRequest::new("value 1".into())).await;
    assert_eq!(client.reply(&first).await["status"], "error");
    assert_eq!(client.reply(&second).await["status"], "ok");
    client.shutdown().await;
}

#[tokio::test]
async fn text_arrives_while_the_cell_still_runs() {
    let mut client = Client::ready().await;
    client.send(ExecuteRequest::new("print early\nwait".into())).await;
    loop {
        let message = read(&mut client.iopub).await;
        assert!(!is_idle(&message));
        if message.header.msg_type == "stream" {
            break;
        }
    }
    client.shutdown().await;
}

#[tokio::test]
async fn an_interrupt_stops_the_running_cell() {
    let mut client = Client::ready().await;
    let id = client.send(ExecuteRequest::new("print begun\nwait".into())).await;
    while read(&mut client.iopub).await.header.msg_type != "stream" {}
    assert_eq!(client.control(InterruptRequest {}).await["status"], "ok");
    assert_eq!(client.reply(&id).await["ename"], "Interrupted");
    client.shutdown().await;
}

#[tokio::test]
async fn an_interrupt_reaches_a_cell_that_is_still_compiled() {
    let mut client = Client::ready().await;
    let id = client.send(ExecuteRequest::new("compile 300\nwait".into())).await;
    while read(&mut client.iopub).await.header.msg_type != "execute_input" {}
    client.control(InterruptRequest {}).await;
    assert_eq!(client.reply(&id).await["ename"], "Interrupted");
    client.shutdown().await;
}

#[tokio::test]
async fn an_interrupt_without_a_running_cell_stops_nothing_later() {
    let mut client = Client::ready().await;
    client.run("value 1").await;
    client.control(InterruptRequest {}).await;
    let id = client.send(ExecuteRequest::new("sleep 400\nvalue 2".into())).await;
    assert_eq!(client.reply(&id).await["status"], "ok");
    client.shutdown().await;
}

#[tokio::test]
async fn kernel_info_is_answered_while_the_engine_starts_and_cells_wait_for_it() {
    let (go, gate) = std::sync::mpsc::channel::<()>();
    let start: Start = Box::new(move || {
        gate.recv().unwrap();
        scripted()
    });
    let mut client = Client::connect(start).await;
    let cell = client.send(ExecuteRequest::new("value 1".into())).await;
    let info = client.send(KernelInfoRequest {}).await;
    let reply = client.reply(&info).await;
    assert_eq!(reply["language_info"]["name"], "rust");
    assert_eq!(reply["language_info"]["file_extension"], ".rs");
    go.send(()).unwrap();
    assert_eq!(client.reply(&cell).await["status"], "ok");
    client.shutdown().await;
}

#[tokio::test]
async fn a_cell_that_waits_for_the_engine_can_be_interrupted() {
    let (go, gate) = std::sync::mpsc::channel::<()>();
    let start: Start = Box::new(move || {
        gate.recv().unwrap();
        scripted()
    });
    let mut client = Client::connect(start).await;
    let id = client.send(ExecuteRequest::new("value 1".into())).await;
    while read(&mut client.iopub).await.header.msg_type != "execute_input" {}
    client.control(InterruptRequest {}).await;
    assert!(client.reply(&id).await["evalue"].as_str().unwrap().contains("still starting"));
    go.send(()).unwrap();
    let id = client.send(ExecuteRequest::new("value 2".into())).await;
    assert_eq!(client.reply(&id).await["status"], "ok");
    client.shutdown().await;
}

#[tokio::test]
async fn a_failed_start_is_told_to_each_cell() {
    let mut client = Client::connect(Box::new(|| Err("rust-src is missing".into()))).await;
    for _ in 0..2 {
        assert_eq!(client.run("value 1").await.0["evalue"], "rust-src is missing");
    }
    client.shutdown().await;
}

#[tokio::test]
async fn a_panic_in_the_start_or_the_engine_is_an_error_of_the_cell() {
    let mut client = Client::connect(Box::new(|| panic!("at the start"))).await;
    assert_eq!(client.run("value 1").await.0["ename"], "KernelStart");
    client.shutdown().await;
    let mut client = Client::ready().await;
    assert_eq!(client.run("panic in the engine").await.0["ename"], "KernelPanic");
    assert_eq!(client.run("value 1").await.0["status"], "ok");
    client.shutdown().await;
}

#[tokio::test]
async fn another_request_leaves_a_running_cell_shown_as_busy() {
    let mut client = Client::ready().await;
    let cell = client.send(ExecuteRequest::new("print begun\nwait".into())).await;
    while read(&mut client.iopub).await.header.msg_type != "stream" {}
    let info = client.send(KernelInfoRequest {}).await;
    client.reply(&info).await;
    client.outputs(&info).await;
    let last = read(&mut client.iopub).await;
    assert_eq!(content(&last)["execution_state"], "busy");
    assert_eq!(last.parent_header.unwrap().msg_id, cell);
    client.shutdown().await;
}

#[tokio::test]
async fn messages_that_are_no_messages_are_dropped_and_the_kernel_lives() {
    let mut client = Client::ready().await;
    let stranger = ConnectionInfo { key: "another key".into(), ..client.info.clone() };
    let mut forged = shell(&stranger, "stranger").await;
    forged.send(ExecuteRequest::new("fail forged".into()).into()).await.unwrap();
    let odd = |kind: &str, content| jupyter_protocol::UnknownMessage { msg_type: kind.into(), content };
    for (kind, content) in [
        ("execute_request", json!({ "code": 3 })),
        ("execute_request", json!({})),
        ("history_request", json!({ "hist_access_type": "dream" })),
        ("is_complete_request", json!({ "code": null })),
        ("no_such_request", json!({ "x": [] })),
        ("comm_msg", json!({})),
        ("shutdown_request", json!({ "restart": "perhaps" })),
    ] {
        client.send(odd(kind, content)).await;
    }
    assert!(client.heartbeat.single_heartbeat().await.is_ok());
    let id = client.send(ExecuteRequest::new("value 1".into())).await;
    assert_eq!(client.reply(&id).await["execution_count"], 1);
    client.shutdown().await;
}

#[tokio::test]
async fn bytes_that_are_no_zeromq_are_survived() {
    use std::io::Write;
    let mut client = Client::ready().await;
    for port in 1..=5 {
        for bytes in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0xff; 64], &[0; 200]] {
            let mut stream = std::os::unix::net::UnixStream::connect(format!("{}-{port}", client.info.ip)).unwrap();
            let _ = stream.write_all(bytes);
        }
    }
    assert_eq!(client.run("value 1").await.0["status"], "ok");
    client.shutdown().await;
}

#[tokio::test]
async fn an_unknown_comm_is_closed_again() {
    let mut client = Client::ready().await;
    let open = jupyter_protocol::CommOpen { target_name: "widget".into(), ..Default::default() };
    let id = client.send(open).await;
    assert_eq!(kinds(&client.outputs(&id).await), ["status", "comm_close", "status"]);
    client.shutdown().await;
}

#[tokio::test]
async fn a_hundred_thousand_lines_arrive_whole_in_few_messages() {
    let mut client = Client::ready().await;
    let id = client.send(ExecuteRequest::new("print 0123456789\n".repeat(100_000))).await;
    let outputs = client.outputs(&id).await;
    client.reply(&id).await;
    let texts: Vec<&str> = outputs.iter().filter_map(|(_, content)| content["text"].as_str()).collect();
    assert_eq!(texts.concat(), "0123456789\n".repeat(100_000));
    assert!(texts.len() < 1000, "{} messages", texts.len());
    client.shutdown().await;
}

#[tokio::test]
async fn a_front_end_that_does_not_read_does_not_stop_the_kernel() {
    let mut client = Client::ready().await;
    let id = client.send(ExecuteRequest::new("print 0123456789\n".repeat(100_000))).await;
    assert_eq!(client.reply(&id).await["status"], "ok");
    client.shutdown().await;
}

#[tokio::test]
async fn shutdown_is_answered_and_ends_the_kernel_while_a_cell_runs() {
    let mut client = Client::ready().await;
    client.send(ExecuteRequest::new("print begun\nwait".into())).await;
    while read(&mut client.iopub).await.header.msg_type != "stream" {}
    let reply = client.control(ShutdownRequest { restart: true }).await;
    assert_eq!(reply, json!({ "restart": true, "status": "ok" }));
    let began = std::time::Instant::now();
    tokio::task::spawn_blocking(move || client.kernel.join().unwrap().unwrap()).await.unwrap();
    assert!(began.elapsed() < PATIENCE, "the running cell was not stopped");
}

#[tokio::test]
async fn shutdown_works_on_shell_too() {
    let mut client = Client::ready().await;
    let id = client.send(ShutdownRequest { restart: false }).await;
    assert_eq!(client.reply(&id).await["restart"], false);
    tokio::task::spawn_blocking(move || client.kernel.join().unwrap().unwrap()).await.unwrap();
}

#[test]
fn a_port_in_use_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let info = json!({ "ip": "127.0.0.1", "transport": "tcp", "shell_port": port, "iopub_port": port, "stdin_port": port,
        "control_port": port, "hb_port": port, "key": "", "signature_scheme": "hmac-sha256" });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("c.json");
    std::fs::write(&file, info.to_string()).unwrap();
    let error = serve(&file, Box::new(scripted)).unwrap_err().to_string();
    assert!(error.contains(&format!("tcp://127.0.0.1:{port}")), "{error}");
}
