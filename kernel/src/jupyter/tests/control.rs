//! Interrupts, shutdown, and requests beside a running cell.

use super::*;

#[tokio::test]
async fn an_interrupt_stops_the_running_cell() {
    let mut client = Client::ready().await;
    let id = client.send(ExecuteRequest::new("print begun\nwait".into())).await;
    client.until("stream").await;
    assert_eq!(client.control(InterruptRequest {}).await["status"], "ok");
    assert_eq!(client.reply(&id).await["ename"], "Interrupted");
    client.shutdown().await;
}

#[tokio::test]
async fn an_interrupt_reaches_a_cell_that_is_still_compiled() {
    let mut client = Client::ready().await;
    let id = client.send(ExecuteRequest::new("compile 300\nwait".into())).await;
    client.until("execute_input").await;
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
async fn another_request_leaves_a_running_cell_shown_as_busy() {
    let mut client = Client::ready().await;
    let cell = client.send(ExecuteRequest::new("print begun\nwait".into())).await;
    client.until("stream").await;
    let info = client.send(KernelInfoRequest {}).await;
    client.reply(&info).await;
    client.outputs(&info).await;
    let last = client.heard().await;
    assert_eq!(last.content["execution_state"], "busy");
    assert_eq!(last.parent_header["msg_id"], cell);
    client.shutdown().await;
}

#[tokio::test]
async fn shutdown_is_answered_and_ends_the_kernel_while_a_cell_runs() {
    let mut client = Client::ready().await;
    client.send(ExecuteRequest::new("print begun\nwait".into())).await;
    client.until("stream").await;
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

#[tokio::test]
async fn questions_about_code_speak_of_characters() {
    let mut client = Client::ready().await;
    let id = client.send(request("complete_request", json!({ "code": "é ab cd", "cursor_pos": 4 }))).await;
    let reply = client.reply(&id).await;
    assert_eq!((&reply["matches"], &reply["status"]), (&json!(["abab"]), &json!("ok")));
    assert_eq!((&reply["cursor_start"], &reply["cursor_end"]), (&json!(2), &json!(4)));
    let kind = json!({ "start": 2, "end": 4, "text": "abab", "type": "function", "signature": "abab()" });
    assert_eq!(reply["metadata"]["_jupyter_types_experimental"], json!([kind]));
    assert_eq!(kinds(&client.outputs(&id).await), ["status", "status"]);
    for (place, text) in [(json!(1), "é"), (json!(99), "éx"), (json!(null), "éx")] {
        let id = client.send(request("inspect_request", json!({ "code": "éx", "cursor_pos": place }))).await;
        let reply = client.reply(&id).await;
        assert_eq!((&reply["found"], &reply["data"]["text/plain"]), (&json!(true), &json!(text)));
    }
    let id = client.send(request("inspect_request", json!({ "code": "éx", "cursor_pos": -1 }))).await;
    assert_eq!(client.reply(&id).await, json!({ "status": "ok", "found": false, "data": {}, "metadata": {} }));
    client.shutdown().await;
}

#[tokio::test]
async fn a_question_about_code_waits_for_a_short_cell_and_not_for_a_long_one() {
    let mut client = Client::ready().await;
    let ask = || request("complete_request", json!({ "code": "ab", "cursor_pos": 2 }));
    let cell = client.send(ExecuteRequest::new("sleep 200".into())).await;
    let question = client.send(ask()).await;
    client.reply(&cell).await;
    assert_eq!(client.reply(&question).await["matches"], json!(["abab"]));
    let cell = client.send(ExecuteRequest::new("print begun\nwait".into())).await;
    let question = client.send(ask()).await;
    let reply = client.reply(&question).await;
    assert_eq!((&reply["matches"], &reply["cursor_start"]), (&json!([]), &json!(2)));
    client.control(InterruptRequest {}).await;
    assert_eq!(client.reply(&cell).await["status"], "error");
    client.shutdown().await;
}

#[tokio::test]
async fn a_question_about_code_waits_for_the_engine_to_start() {
    let start: Start = Box::new(move || {
        std::thread::sleep(Duration::from_millis(1500));
        scripted()
    });
    let mut client = Client::connect(start).await;
    let id = client.send(request("complete_request", json!({ "code": "ab", "cursor_pos": 2 }))).await;
    assert_eq!(client.reply(&id).await["matches"], json!(["abab"]));
    client.shutdown().await;
}

#[tokio::test]
async fn debugging_is_refused() {
    let mut client = Client::ready().await;
    let asked = json!({ "type": "request", "seq": 7, "command": "initialize", "arguments": {} });
    let reply = client.control(request("debug_request", asked)).await;
    assert_eq!((&reply["success"], &reply["request_seq"]), (&json!(false), &json!(7)));
    assert_eq!((&reply["command"], &reply["status"]), (&json!("initialize"), &json!("error")));
    client.shutdown().await;
}
