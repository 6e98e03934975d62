"""Interrupts, crashes, and kernels that are killed: nothing is lost and nothing is left behind."""

import os
import signal
import time

import pytest
from conftest import START
from processes import descendants, ended
from session import only, session, text_of

ENDLESS = 'println!("begun"); loop { std::hint::spin_loop() }'
# k-means with restarts for hours.
PRELUDE_CALL = """println!("begun");
let data = ndarray::Array2::from_shape_fn((200, 32), |(i, j)| ((i * 31 + j * 17) % 101) as f32);
let neurons = NeuronAxis::new("made", Site::FfnOut, 1, 32);
let found = NeuronSeries::new(data, Clock::new(1.5, &[200])?, neurons)?.patterns(KMeans::new(5).restarts(100_000_000))?;"""


def test_twenty_interrupts_keep_every_variable(kernel):
    kernel.run('let mut counter = 0; let words = vec![String::from("kept")];')
    for round in range(20):
        message = kernel.client.execute(ENDLESS if round % 2 else PRELUDE_CALL)
        kernel.until("stream")
        time.sleep(0.05 * (round % 4))
        began = time.monotonic()
        kernel.manager.interrupt_kernel()
        reply = kernel.client._recv_reply(message, timeout=20)["content"]
        assert reply["status"] == "error", round
        assert time.monotonic() - began < 2, round
        if round % 5 == 4:
            kernel.run("counter += 1;")
    assert kernel.value("(counter, words.len())") == "(4, 1)"


def test_an_interrupt_reaches_a_cell_that_is_still_compiled(kernel):
    message = kernel.client.execute("loop { std::thread::sleep(std::time::Duration::from_millis(11)); }")
    kernel.until("execute_input")
    kernel.manager.interrupt_kernel()
    assert kernel.client._recv_reply(message, timeout=20)["content"]["status"] == "error"


def test_an_interrupt_of_an_idle_kernel_stops_nothing(kernel):
    kernel.manager.interrupt_kernel()
    time.sleep(0.3)
    assert kernel.value("1 + 1") == "2"


@pytest.mark.parametrize(
    "code, word",
    [
        ('drop(words); panic!("on purpose");', "on purpose"),
        ('Err::<(), String>("on purpose".into())?;', "on purpose"),
        ("unsafe { *(std::ptr::null_mut::<i32>().wrapping_add(1)) = 1; }", "SIGSEGV"),
        ("std::process::abort();", "SIGABRT"),
        ("std::process::exit(3);", "exit code 3"),
        ("fn deep(n: u64) -> u64 { let x = [n; 1000]; if n == u64::MAX { 0 } else { deep(n + 1) + x[5] } }\ndeep(1)", "overflow"),
    ],
)
def test_after_a_crash_every_variable_is_there(kernel, code, word):
    kernel.run('let words = vec![String::from("kept")];')
    reply, outputs = kernel.run(code, stop_on_error=False)
    assert reply["status"] == "error"
    assert len(only(outputs, "error")) == 1
    assert word in "\n".join(reply["traceback"]) + text_of(outputs, "stderr")
    assert kernel.value("words[0].clone()") == '"kept"'


def test_two_kernels_at_once_know_nothing_of_each_other(kernel):
    with session() as second:
        kernel.run('let mine = "first";')
        second.run('let mine = "second";')
        messages = [(k, k.client.execute('println!("begun"); std::thread::sleep(std::time::Duration::from_secs(1));')) for k in (kernel, second)]
        second.until("stream")
        second.manager.interrupt_kernel()
        first, other = (k.client._recv_reply(message, timeout=START)["content"] for k, message in messages)
        assert (first["status"], other["status"]) == ("ok", "error")
        assert (kernel.value("mine"), second.value("mine")) == ('"first"', '"second"')


def test_a_kernel_that_is_killed_in_a_cell_leaves_no_process():
    with session() as kernel:
        kernel.run("let x = 1;")
        kernel.client.execute(ENDLESS)
        kernel.until("stream")
        family = descendants(kernel.manager.provisioner.pid)
        assert len(family) > 2
        os.kill(kernel.manager.provisioner.pid, signal.SIGKILL)
        assert ended(family, 10, kernel.manager.is_alive)


@pytest.mark.parametrize("channel, restart", [("shell", False), ("control", True)])
def test_shutdown_ends_a_running_cell_on_both_channels(channel, restart):
    with session() as kernel:
        kernel.client.execute(ENDLESS)
        kernel.until("stream")
        family = descendants(kernel.manager.provisioner.pid)
        message = kernel.client.session.msg("shutdown_request", {"restart": restart})
        getattr(kernel.client, f"{channel}_channel").send(message)
        reply = getattr(kernel.client, f"get_{channel}_msg")(timeout=10)
        while reply["msg_type"] != "shutdown_reply":
            reply = getattr(kernel.client, f"get_{channel}_msg")(timeout=10)
        assert reply["content"] == {"status": "ok", "restart": restart}
        assert ended(family, 10, kernel.manager.is_alive)
