"""Requests beside and around cells: completion, documentation, history, comms, and what execute_request may ask."""

import time

import pytest
from conftest import START
from session import only, session, text_of


@pytest.fixture(scope="module")
def story(kernel):
    kernel.run("let story = Stimulus::example()?;")
    return kernel


@pytest.mark.parametrize(
    "before, after, wanted, start",
    [
        ("Stimulus::exa", "", "example", 10),
        ("story.wor", "", "words", 6),
        ("story.words()[0].ons", "", "onset", 17),
        ("let é = \"日本\"; story.wor", "; 1", "words", 20),
        ("mosaic_gr", "(&maps)?", "mosaic_grid", 0),
        ("let n = sto", ".words().len();", "story", 8),
        ('println!("{}", story.wor', ")", "words", 21),
        ("use std::coll", "", "collections", 9),
        (":va", "", ":vars", 0),
    ],
)
def test_completion_knows_the_projects_words(story, before, after, wanted, start):
    reply = story.ask("complete", before + after, len(before))
    assert reply["status"] == "ok"
    assert wanted in reply["matches"]
    assert (reply["cursor_start"], reply["cursor_end"]) == (start, len(before))
    types = {item["text"]: item for item in reply["metadata"]["_jupyter_types_experimental"]}
    assert set(types) == set(reply["matches"])
    assert (types[wanted]["start"], types[wanted]["end"]) == (start, len(before))
    assert types[wanted]["type"]
    assert not [match for match in reply["matches"] if "evcxr" in match or "(" in match]


def test_completion_is_quick_when_warm(story):
    story.ask("complete", "story.wo", 8)
    times = []
    for _ in range(5):
        began = time.monotonic()
        assert story.ask("complete", "story.wo", 8)["matches"]
        times.append(time.monotonic() - began)
    # The machine may be busy with other work: the best of five is the program's own time.
    assert min(times) < 0.2


def test_a_completion_does_not_wait_for_a_long_cell(story):
    message = story.client.execute('println!("begun"); loop { std::thread::sleep(std::time::Duration::from_millis(10)) }')
    story.until("stream")
    began = time.monotonic()
    reply = story.ask("complete", "story.wo", 8)
    assert time.monotonic() - began < 1.5
    assert reply["matches"] == [] and reply["cursor_start"] == reply["cursor_end"] == 8
    assert story.ask("kernel_info")["status"] == "ok"
    assert story.ask("is_complete", "1 +")["status"] == "incomplete"
    story.manager.interrupt_kernel()
    assert story.client._recv_reply(message, timeout=20)["content"]["status"] == "error"
    assert "words" in story.ask("complete", "story.wo", 8)["matches"]


@pytest.mark.parametrize(
    "code, cursor, words",
    [
        ("story.words().len()", 8, ["pub fn words(&self) -> &[Word]", "order of the text"]),
        ("Model::load(", 12, ["pub fn load(name: &str) -> Result<Model>", "registry"]),
        ("let é = 1; story", 16, ["Stimulus"]),
        ("vec![1].pu", 1, ["macro_rules! vec"]),
    ],
)
def test_inspection_gives_signature_and_documentation(story, code, cursor, words):
    reply = story.ask("inspect", code, cursor)
    assert reply["status"] == "ok" and reply["found"]
    for word in words:
        assert word in reply["data"]["text/plain"]
        assert word in reply["data"]["text/markdown"].replace("`", "")
    assert "```rust" in reply["data"]["text/markdown"]
    assert "```" not in reply["data"]["text/plain"]


def test_an_unknown_name_is_not_found(story):
    assert story.ask("inspect", "no_such_name", 3) == {"status": "ok", "found": False, "data": {}, "metadata": {}}
    assert story.ask("inspect", "", 0)["found"] is False


def test_kernel_info_names_the_compiler_in_use(kernel):
    info = kernel.ask("kernel_info")
    version = kernel.value('String::from_utf8(std::process::Command::new("rustc").arg("--version").output()?.stdout)?')
    assert info["language_info"]["version"] in version
    assert info["protocol_version"] == "5.5"
    assert info["supported_features"] == [] and info["debugger"] is False
    assert info["help_links"] and all(link["url"].startswith("https://") for link in info["help_links"])


def test_user_expressions_are_evaluated_after_the_cell(story):
    expressions = {"a": "base * 2", "b": "no_such_name", "c": "story"}
    reply, outputs = story.run("let base = 21;", user_expressions=expressions)
    values = reply["user_expressions"]
    assert values["a"] == {"status": "ok", "data": {"text/plain": "42"}, "metadata": {}}
    assert values["b"]["status"] == "error" and "no_such_name" in values["b"]["evalue"]
    assert "Saint Orren" in values["c"]["data"]["text/plain"]
    assert [kind for _, kind, _ in outputs] == ["status", "execute_input", "status"]
    after, _ = story.run("base")
    assert after["execution_count"] == reply["execution_count"] + 1


def test_silent_cells_run_unseen(kernel):
    before, _ = kernel.run("1")
    reply, outputs = kernel.run('let unseen = 5; println!("hidden");', silent=True)
    assert reply["status"] == "ok" and reply["execution_count"] == before["execution_count"]
    assert {kind for _, kind, _ in outputs} == {"status"}
    assert kernel.value("unseen") == "5"


def test_cells_that_are_not_stored_are_not_counted(kernel):
    before, _ = kernel.run("1")
    reply, outputs = kernel.run("2", store_history=False)
    (shown,) = only(outputs, "execute_input")
    assert shown["execution_count"] == before["execution_count"] + 1
    assert reply["payload"] == []
    after, _ = kernel.run("3")
    assert after["execution_count"] == before["execution_count"] + 1
    tail = kernel.ask("history", hist_access_type="tail", n=2, raw=True, output=False)["history"]
    assert [entry[2] for entry in tail] == ["1", "3"]


def test_an_error_aborts_the_cells_behind_it_unless_told_otherwise(kernel):
    slow_error = "std::thread::sleep(std::time::Duration::from_millis(300)); no_such_name"
    messages = [kernel.client.execute(code) for code in [slow_error, "1", "2"]]
    replies = [kernel.client._recv_reply(message, timeout=START)["content"] for message in messages]
    assert [reply["status"] for reply in replies] == ["error", "aborted", "aborted"]
    for message in messages[1:]:
        states = [seen["content"].get("execution_state") for seen in kernel.heard(message)]
        assert states == ["busy", "idle"]
    messages = [kernel.client.execute(slow_error, stop_on_error=False), kernel.client.execute("4")]
    replies = [kernel.client._recv_reply(message, timeout=START)["content"] for message in messages]
    assert [reply["status"] for reply in replies] == ["error", "ok"]


def test_messages_keep_to_the_order_and_name_their_parent(kernel):
    message = kernel.client.execute('println!("a"); 5')
    seen = kernel.heard(message)
    reply = kernel.client._recv_reply(message, timeout=START)
    assert [m["msg_type"] for m in seen] == ["status", "execute_input", "stream", "execute_result", "status"]
    for m in [*seen, reply]:
        assert m["parent_header"]["msg_id"] == message
        assert m["header"]["version"] == "5.5"
        assert m["parent_header"]["session"] == kernel.client.session.session
        assert m["header"]["session"] != kernel.client.session.session
    assert reply["metadata"]["started"]


def test_a_display_is_updated_and_output_cleared(kernel):
    code = """
        fn frame(json: &str) { println!("\\u{1e}neurocell {json}") }
        frame(r#"{"display": {"text/plain": "one"}, "display_id": "d"}"#);
        frame(r#"{"display": {"text/plain": "two"}, "display_id": "d", "update": true}"#);
        frame(r#"{"clear_output": {"wait": true}}"#);
    """
    _, outputs = kernel.run(code)
    kinds = [kind for _, kind, _ in outputs if kind not in ("status", "execute_input")]
    assert kinds == ["display_data", "update_display_data", "clear_output"]
    assert only(outputs, "update_display_data")[0]["transient"] == {"display_id": "d"}
    assert only(outputs, "clear_output") == [{"wait": True}]


def test_comms_are_answered(kernel):
    assert kernel.ask("comm_info") == {"status": "ok", "comms": {}}
    assert kernel.ask("comm_info", target_name="jupyter.widget")["comms"] == {}
    opening = kernel.client.session.msg("comm_open", {"comm_id": "c1", "target_name": "no.such", "data": {}})
    kernel.client.shell_channel.send(opening)
    assert kernel.until("comm_close")["content"]["comm_id"] == "c1"
    for kind in ["comm_msg", "comm_close"]:
        kernel.client.shell_channel.send(kernel.client.session.msg(kind, {"comm_id": "c1", "data": {}}))
    assert kernel.value("7") == "7"


@pytest.mark.parametrize("kind", ["create_subshell_request", "no_such_request", "connect_request"])
def test_an_unknown_request_is_busy_then_idle_and_no_more(kernel, kind):
    message = kernel.client.session.msg(kind, {"made": "up"})
    kernel.client.shell_channel.send(message)
    seen = kernel.heard(message["header"]["msg_id"])
    assert [m["content"].get("execution_state") for m in seen] == ["busy", "idle"]
    assert kernel.value("8") == "8"


def test_debugging_is_refused(kernel):
    reply = kernel.control("debug_request", {"type": "request", "seq": 3, "command": "initialize", "arguments": {}})
    assert reply["msg_type"] == "debug_reply"
    assert reply["content"]["success"] is False and reply["content"]["message"]


def test_control_answers_while_a_cell_runs(kernel):
    message = kernel.client.execute('println!("begun"); std::thread::sleep(std::time::Duration::from_secs(2)); 9')
    kernel.until("stream")
    began = time.monotonic()
    assert kernel.control("kernel_info_request")["content"]["status"] == "ok"
    assert time.monotonic() - began < 1
    assert kernel.client._recv_reply(message, timeout=START)["content"]["status"] == "ok"


def test_history_is_kept_over_a_restart_and_over_sessions(kernel):
    with session() as second:
        second.run("let found_again = 1;")
        second.run('"a value"')
        second.manager.restart_kernel()
        second.client.wait_for_ready(timeout=60)
        tail = second.ask("history", hist_access_type="tail", n=2, raw=True, output=True)["history"]
        assert [entry[2] for entry in tail] == [["let found_again = 1;", None], ['"a value"', '"a value"']]
        before = second.ask("history", hist_access_type="range", session=-1, start=1, stop=2, raw=True, output=False)
        assert [entry[1:] for entry in before["history"]] == [[1, "let found_again = 1;"]]
        found = second.ask("history", hist_access_type="search", pattern="let found_*", n=5, unique=True, raw=True, output=False)
        assert [entry[2] for entry in found["history"]] == ["let found_again = 1;"]


def test_blank_cells_are_answered_and_not_counted(kernel):
    before, _ = kernel.run("1")
    for code in ["", " \n\t"]:
        reply, outputs = kernel.run(code)
        assert (reply["status"], reply["execution_count"]) == ("ok", before["execution_count"])
        assert not text_of(outputs)
