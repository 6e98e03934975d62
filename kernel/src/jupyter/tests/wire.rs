//! Channels, signatures, and what is no message.

use super::*;

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
async fn messages_that_are_no_messages_are_dropped_and_the_kernel_lives() {
    let mut client = Client::ready().await;
    let stranger = ConnectionInfo { key: "another key".into(), ..client.info.clone() };
    let mut forged = shell(&stranger, "stranger").await;
    forged.send(ExecuteRequest::new("fail forged".into()).into()).await.unwrap();
    for (kind, content) in [
        ("execute_request", json!({ "code": 3 })),
        ("execute_request", json!({})),
        ("history_request", json!({ "hist_access_type": "dream" })),
        ("is_complete_request", json!({ "code": null })),
        ("no_such_request", json!({ "x": [] })),
        ("comm_msg", json!({})),
        ("shutdown_request", json!({ "restart": "perhaps" })),
    ] {
        client.send(request(kind, content)).await;
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

#[test]
fn a_port_in_use_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let info = json!({ "ip": "127.0.0.1", "transport": "tcp", "shell_port": port, "iopub_port": port, "stdin_port": port,
        "control_port": port, "hb_port": port, "key": "", "signature_scheme": "hmac-sha256" });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("c.json");
    std::fs::write(&file, info.to_string()).unwrap();
    let error = serve_with(&file, Box::new(scripted), None).unwrap_err().to_string();
    assert!(error.contains(&format!("tcp://127.0.0.1:{port}")), "{error}");
}

#[tokio::test]
async fn a_heartbeat_is_the_same_bytes() {
    let mut client = Client::ready().await;
    for ping in [&b"ping"[..], b"\x00\xff", b""] {
        client.heartbeat.socket.send(ping.to_vec().into()).await.unwrap();
        let pong = tokio::time::timeout(SOON, client.heartbeat.socket.recv()).await.unwrap().unwrap();
        assert_eq!(pong.get(0).unwrap()[..], *ping);
    }
    client.shutdown().await;
}

#[tokio::test]
async fn a_message_is_taken_once() {
    let mut client = Client::ready().await;
    let cell = Message::new("execute_request", json!({ "code": "value 1" }), None);
    let frames = client.session.pack(cell.clone());
    for _ in 0..3 {
        client.shell.socket.send(frames.clone()).await.unwrap();
    }
    assert_eq!(client.reply(cell.id()).await["execution_count"], 1);
    assert_eq!(client.outputs(cell.id()).await.len(), 4);
    assert_eq!(client.run("value 2").await.0["execution_count"], 2);
    client.shutdown().await;
}

#[tokio::test]
async fn a_reply_repeats_the_whole_header_of_its_request() {
    let mut client = Client::ready().await;
    let mut cell = Message::new("kernel_info_request", json!({}), None);
    cell.header["subshell_id"] = json!(null);
    cell.header["made_up"] = json!({ "a": [1] });
    client.shell.socket.send(client.session.pack(cell.clone())).await.unwrap();
    let reply = read(&client.session, &mut client.shell).await;
    assert_eq!(reply.parent_header["made_up"], json!({ "a": [1] }));
    assert_eq!(
        (reply.header["version"].as_str(), reply.content["protocol_version"].as_str()),
        (Some("5.5"), Some("5.5"))
    );
    client.shutdown().await;
}
