"""Cells that ask the front end for a line."""

import time

import pytest
from conftest import START

READ_LINE = "let mut line = String::new(); std::io::stdin().read_line(&mut line)?;"
# What the crate evcxr_input prints.
PASSWORD = 'println!("EVCXR_INPUT_REQUEST_PASSWORD:the key?");' + READ_LINE


def finished(kernel, message):
    """The reply to a cell, and the text that it printed."""
    reply = kernel.client._recv_reply(message, timeout=START)["content"]
    text = "".join(seen["content"]["text"] for seen in kernel.heard(message) if seen["msg_type"] == "stream")
    return reply, text


def test_a_cell_reads_the_line_that_the_front_end_sends(kernel):
    message = kernel.client.execute(f'print!("name? "); {READ_LINE} println!("hello {{}}", line.trim());', allow_stdin=True)
    request = kernel.client.get_stdin_msg(timeout=START)
    assert request["msg_type"] == "input_request"
    assert request["parent_header"]["msg_id"] == message
    assert request["content"] == {"prompt": "", "password": False}
    kernel.client.input("Ada Ł")
    reply, text = finished(kernel, message)
    assert reply["status"] == "ok", reply
    assert text == "name? hello Ada Ł\n"


def test_a_password_is_asked_for_as_such(kernel):
    message = kernel.client.execute(PASSWORD + 'println!("{}", line.trim().len());', allow_stdin=True)
    request = kernel.client.get_stdin_msg(timeout=START)
    assert request["content"] == {"prompt": "the key?", "password": True}
    kernel.client.input("secret")
    assert finished(kernel, message)[1] == "6\n"


def test_two_lines_are_two_questions(kernel):
    message = kernel.client.execute(f'{READ_LINE} {READ_LINE} println!("{{}}", line.trim());', allow_stdin=True)
    for answer in ["one", "two"]:
        kernel.client.get_stdin_msg(timeout=START)
        kernel.client.input(answer)
    assert finished(kernel, message)[1] == "two\n"


def test_where_stdin_is_not_allowed_the_cell_fails_with_advice(kernel):
    reply, _ = kernel.run(READ_LINE, allow_stdin=False, stop_on_error=False)
    assert reply["status"] == "error"
    assert "input" in reply["evalue"] and "→" in reply["evalue"]


def test_an_interrupt_ends_a_cell_that_waits_and_a_late_answer_is_dropped(kernel):
    kernel.run("let kept = 5;")
    message = kernel.client.execute(READ_LINE, allow_stdin=True)
    kernel.client.get_stdin_msg(timeout=START)
    kernel.manager.interrupt_kernel()
    began = time.monotonic()
    reply, _ = finished(kernel, message)
    assert reply["ename"] == "Interrupted"
    assert time.monotonic() - began < 3
    kernel.client.input("too late")
    message = kernel.client.execute(f'{READ_LINE} println!("{{}}", line.trim());', allow_stdin=True)
    request = kernel.client.get_stdin_msg(timeout=START)
    kernel.client.stdin_channel.send(kernel.client.session.msg("input_reply", {"value": "right"}, parent=request))
    assert finished(kernel, message)[1] == "right\n"
    assert kernel.value("kept") == "5"


@pytest.mark.parametrize("answer", ["", "a\nb"])
def test_odd_answers_are_one_line(kernel, answer):
    message = kernel.client.execute(f'{READ_LINE} println!("[{{}}]", line.trim());', allow_stdin=True)
    kernel.client.get_stdin_msg(timeout=START)
    kernel.client.input(answer)
    assert finished(kernel, message)[1] == f"[{answer.replace(chr(10), ' ')}]\n"
