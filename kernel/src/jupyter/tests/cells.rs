//! Cells: their outputs in order, their count, errors, and what comes after them.

use super::*;

#[tokio::test]
async fn a_cell_is_busy_then_input_then_outputs_then_idle() {
    let mut client = Client::ready().await;
    let (reply, outputs) = client.run("print a\nwarn b\nshow x\nupdate x\nvalue 3").await;
    assert_eq!(
        (&reply["status"], &reply["execution_count"], &reply["user_expressions"]),
        (&json!("ok"), &json!(1), &json!({}))
    );
    assert_eq!(reply["payload"], json!([]));
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
    let (reply, outputs) = client.run(" \n").await;
    assert_eq!((&reply["status"], &reply["execution_count"]), (&json!("ok"), &json!(0)));
    assert_eq!(kinds(&outputs), ["status", "execute_input", "status"]);
    let (reply, outputs) = client.run_request(request(false, true)).await;
    assert_eq!((&reply["execution_count"], &outputs[1].1["execution_count"]), (&json!(1), &json!(1)));
    let (reply, outputs) = client.run_request(request(false, false)).await;
    assert_eq!((&reply["execution_count"], &outputs[1].1["execution_count"]), (&json!(1), &json!(2)));
    let (reply, _) = client.run_request(request(false, true)).await;
    assert_eq!(reply["execution_count"], 2);
    let history = client.send(super::request("history_request", json!({ "hist_access_type": "tail", "n": 9 }))).await;
    let inputs = client.reply(&history).await["history"].clone();
    assert_eq!(inputs, json!([[1, 1, "print x"], [1, 2, "print x"]]));
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
        let message = client.heard().await;
        assert!(!is_idle(&message));
        if message.msg_type() == "stream" {
            break;
        }
    }
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
    client.until("execute_input").await;
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
async fn a_request_may_leave_out_what_has_a_default() {
    let mut client = Client::ready().await;
    let id = client.send(request("execute_request", json!({ "code": "value 1" }))).await;
    let (reply, outputs) = (client.reply(&id).await, client.outputs(&id).await);
    assert_eq!((&reply["status"], &reply["execution_count"]), (&json!("ok"), &json!(1)));
    assert_eq!(kinds(&outputs), ["status", "execute_input", "execute_result", "status"]);
    client.shutdown().await;
}

#[tokio::test]
async fn user_expressions_are_answered_neither_shown_nor_counted() {
    let mut client = Client::ready().await;
    let expressions = json!({ "a": "print hidden\nvalue 5", "b": "fail no b", "c": "print hidden" });
    let content = json!({ "code": "print x", "silent": false, "user_expressions": expressions });
    let id = client.send(request("execute_request", content)).await;
    let (reply, outputs) = (client.reply(&id).await, client.outputs(&id).await);
    assert_eq!(kinds(&outputs), ["status", "execute_input", "stream", "status"]);
    let values = &reply["user_expressions"];
    assert_eq!(values["a"], json!({ "status": "ok", "data": { "text/plain": "5" }, "metadata": {} }));
    assert_eq!((&values["b"]["status"], &values["b"]["evalue"]), (&json!("error"), &json!("no b")));
    assert_eq!(values["c"]["data"]["text/plain"], "()");
    let id = client
        .send(request("execute_request", json!({ "code": "fail x", "user_expressions": { "a": "value 1" } })))
        .await;
    let reply = client.reply(&id).await;
    assert_eq!((&reply["user_expressions"], &reply["execution_count"]), (&json!({}), &json!(2)));
    client.shutdown().await;
}

#[tokio::test]
async fn a_silent_error_is_in_the_reply_only_and_aborts_nothing() {
    let mut client = Client::ready().await;
    let first = client.send(request("execute_request", json!({ "code": "sleep 200\nfail x", "silent": true }))).await;
    let second = client.send(ExecuteRequest::new("value 1".into())).await;
    assert_eq!(client.reply(&first).await["ename"], "error");
    assert_eq!(client.reply(&second).await["status"], "ok");
    assert_eq!(kinds(&client.outputs(&first).await), ["status", "status"]);
    client.shutdown().await;
}

#[tokio::test]
async fn what_a_cell_has_shown_can_be_cleared() {
    let mut client = Client::ready().await;
    let (_, outputs) = client.run("print a\nclear").await;
    assert_eq!(outputs[3], ("clear_output".to_owned(), json!({ "wait": true })));
    client.shutdown().await;
}

#[tokio::test]
async fn of_a_flood_of_updates_the_last_arrives() {
    let mut client = Client::ready().await;
    let id = client.send(ExecuteRequest::new("update x\n".repeat(5000) + "print end\nupdate y")).await;
    let outputs = client.outputs(&id).await;
    client.reply(&id).await;
    let updates = outputs.iter().filter(|(kind, _)| kind == "update_display_data");
    let ids: Vec<&str> = updates.filter_map(|(_, content)| content["transient"]["display_id"].as_str()).collect();
    assert!(ids.len() < 500 && ids.first() == Some(&"x") && ids.last() == Some(&"y"), "{ids:?}");
    client.shutdown().await;
}
