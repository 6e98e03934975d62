//! Cells that wait for a line.

use super::*;

fn asking(code: &str) -> UnknownMessage {
    request("execute_request", json!({ "code": code, "allow_stdin": true }))
}

impl Client {
    /// The question that a cell asks.
    async fn question(&mut self, cell: &str) -> Message {
        let question = read(&self.session, &mut self.stdin).await;
        assert_eq!((question.msg_type(), &question.parent_header["msg_id"]), ("input_request", &json!(cell)));
        question
    }

    async fn answer(&mut self, value: &str, parent: Option<&Message>) {
        let mut answer = Message::new("input_reply", json!({ "value": value }), parent);
        answer.identities.clear();
        let mut frames = self.session.pack(answer).into_vec();
        // No identity and so no empty frame: the socket says who it is.
        frames.remove(0);
        self.stdin.socket.send(frames.try_into().unwrap()).await.unwrap();
    }
}

#[tokio::test]
async fn a_cell_gets_the_line_that_its_front_end_sends() {
    let mut client = Client::ready().await;
    let cell = client.send(asking("print first\nask your name?\nask the secret")).await;
    let question = client.question(&cell).await;
    assert_eq!(question.content, json!({ "prompt": "your name?", "password": false }));
    client.answer("Ada", Some(&question)).await;
    let question = client.question(&cell).await;
    assert_eq!(question.content["password"], true);
    client.answer("x", None).await;
    assert_eq!(client.reply(&cell).await["status"], "ok");
    let text: String = client.outputs(&cell).await.iter().filter_map(|(_, c)| c["text"].as_str()).collect();
    assert_eq!(text, "first\nyou said Ada\nyou said x\n");
    client.shutdown().await;
}

#[tokio::test]
async fn answers_to_earlier_questions_are_dropped() {
    let mut client = Client::ready().await;
    client.answer("too early", None).await;
    let first = client.send(asking("ask one?")).await;
    let old = client.question(&first).await;
    client.answer("1", Some(&old)).await;
    client.reply(&first).await;
    let second = client.send(asking("ask two?")).await;
    let question = client.question(&second).await;
    client.answer("stale", Some(&old)).await;
    client.answer("2", Some(&question)).await;
    client.reply(&second).await;
    client.outputs(&first).await;
    assert_eq!(client.outputs(&second).await[2].1["text"], "you said 2\n");
    client.shutdown().await;
}

#[tokio::test]
async fn only_the_front_end_that_sent_the_cell_is_asked() {
    let mut client = Client::ready().await;
    let name = "other";
    let identity = peer_identity_for_session(name).unwrap();
    let mut other = create_client_stdin_connection_with_identity(&client.info, name, identity).await.unwrap();
    let cell = client.send(asking("ask who?")).await;
    let question = client.question(&cell).await;
    let meddling = Message::new("input_reply", json!({ "value": "me" }), Some(&question));
    let mut frames = client.session.pack(Message { identities: Vec::new(), ..meddling }).into_vec();
    frames.remove(0);
    other.socket.send(frames.try_into().unwrap()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    client.answer("the right one", Some(&question)).await;
    client.reply(&cell).await;
    assert_eq!(client.outputs(&cell).await[2].1["text"], "you said the right one\n");
    client.shutdown().await;
}

#[tokio::test]
async fn where_stdin_is_not_allowed_nobody_is_asked() {
    let mut client = Client::ready().await;
    assert_eq!(client.run("ask x").await.0["evalue"], "nobody can be asked");
    client.shutdown().await;
}

#[tokio::test]
async fn a_front_end_without_stdin_lets_the_cell_fail() {
    let mut client = Client::ready().await;
    client.shell = shell(&client.info, "without stdin").await;
    let cell = client.send(asking("ask x")).await;
    assert_eq!(client.reply(&cell).await["evalue"], "nobody can be asked");
    client.shutdown().await;
}

#[tokio::test]
async fn an_interrupt_ends_a_cell_that_waits_for_input() {
    let mut client = Client::ready().await;
    let cell = client.send(asking("ask x")).await;
    client.question(&cell).await;
    client.control(InterruptRequest {}).await;
    assert_eq!(client.reply(&cell).await["ename"], "Interrupted");
    client.shutdown().await;
}
