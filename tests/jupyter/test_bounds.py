"""Too much, too large, and not at all what was expected: each a clear message and a living kernel."""

import json
import os
import socket
import subprocess
import time

import pytest
import zmq
from conftest import BINARY, START
from processes import memory
from session import only, session, text_of

MEGABYTE = 1 << 20


def test_a_hundred_megabytes_of_lines_are_cut_with_a_notice_in_bounded_memory(kernel):
    pid = kernel.manager.provisioner.pid
    before = memory(pid)
    reply, outputs = kernel.run('let line = "x".repeat(99); for _ in 0..(1 << 20) { println!("{line}"); }')
    assert reply["status"] == "ok"
    assert len(text_of(outputs)) == 10 * MEGABYTE
    said = text_of(outputs, "stderr")
    assert "what follows is left out" in said and "90.0 MB more" in said
    assert memory(pid) - before < 300
    assert kernel.value("1") == "1"


def test_a_line_of_a_hundred_megabytes_is_cut_too(kernel):
    pid = kernel.manager.provisioner.pid
    before = memory(pid)
    reply, outputs = kernel.run('print!("{}", "y".repeat(100 << 20));')
    assert reply["status"] == "ok"
    assert len(text_of(outputs)) == 10 * MEGABYTE
    assert "90.0 MB more" in text_of(outputs, "stderr")
    assert memory(pid) - before < 400


def test_output_without_end_does_not_choke_the_front_end(kernel):
    reply, outputs = kernel.run('for i in 0..20000 { println!("line {i}"); }')
    assert reply["status"] == "ok"
    assert text_of(outputs) == "".join(f"line {i}\n" for i in range(20000))
    assert len(outputs) < 1000


def test_a_figure_of_fifty_megabytes_is_refused_and_one_of_ten_passes(kernel):
    code = 'neurocell::notebook::display(&[("image/png", &vec![7u8; {} << 20])]);'
    reply, outputs = kernel.run(code.replace("{}", "50"))
    assert reply["status"] == "ok"
    (shown,) = only(outputs, "display_data")
    assert set(shown["data"]) == {"text/plain"}
    assert "image/png" in shown["data"]["text/plain"] and "→" in shown["data"]["text/plain"]
    _, outputs = kernel.run(code.replace("{}", "10"))
    assert len(only(outputs, "display_data")[0]["data"]["image/png"]) > 13 * MEGABYTE


def test_a_cell_of_a_megabyte_runs(kernel):
    _, outputs = kernel.run(f'let long = "{"é" * (MEGABYTE // 2)}"; long.len()')
    assert only(outputs, "execute_result")[0]["data"]["text/plain"] == str(MEGABYTE)


def test_a_cell_that_is_nested_without_measure_is_refused(kernel):
    for code in ["!" * 100_000 + "true", "(" * 50_000 + "1" + ")" * 50_000]:
        reply, _ = kernel.run(code, stop_on_error=False)
        assert reply["status"] == "error" and "→" in reply["evalue"]
        kernel.ask("is_complete", code)
        assert kernel.ask("complete", code, 50_000)["status"] == "ok"
        assert kernel.ask("inspect", code, 50_000)["status"] == "ok"
    assert kernel.value("2") == "2"


def test_bytes_that_are_no_text_are_shown_as_such(kernel):
    code = "use std::io::Write; std::io::stdout().write_all(&[b'a', 0xff, 0xfe, b'b', b'\\n'])?;"
    _, outputs = kernel.run(code)
    assert text_of(outputs) == "a\ufffd\ufffdb\n"
    _, outputs = kernel.run(code.replace("stdout", "stderr"))
    assert text_of(outputs, "stderr") == "a\ufffd\ufffdb\n"


def test_a_flood_of_progress_is_thinned_out(kernel):
    code = """for done in 0..50_000 {
        println!("\\u{1e}neurocell {{\\"progress\\": {{\\"id\\": 7, \\"first\\": {}, \\"name\\": \\"n\\", \\"done\\": {done}, \\"total\\": 50000}}}}", done == 0);
    }"""
    reply, outputs = kernel.run(code)
    assert reply["status"] == "ok"
    updates = only(outputs, "update_display_data")
    assert len(only(outputs, "display_data")) == 1 and len(updates) < 2000
    assert "49999/50000" in updates[-1]["data"]["text/plain"]


def test_what_is_no_message_is_dropped(kernel):
    info = kernel.manager.get_connection_info()
    context = zmq.Context()
    header = json.dumps({"msg_id": "1", "msg_type": "execute_request", "username": "", "session": "", "version": "5.5"}).encode()
    cell = json.dumps({"code": 'println!("forged")', "silent": False}).encode()
    for port in ("shell_port", "control_port", "stdin_port"):
        dealer = context.socket(zmq.DEALER)
        dealer.linger = 1000
        dealer.connect(f"tcp://{info['ip']}:{info[port]}")
        for frames in [
            [b""],
            [b"rubbish"],
            [b"<IDS|MSG>"],
            [b"<IDS|MSG>", b""],
            [b"<IDS|MSG>", b"", header, b"{}", b"{}", cell],
            [b"<IDS|MSG>", b"00" * 32, header, b"{}", b"{}", cell],
            [b"<IDS|MSG>", b"not hex at all", header, b"{}", b"{}", cell],
            [b"<IDS|MSG>", b"", b"{", b"", b"\xff", b"3"],
            [b"\x00" * 1000] * 50,
        ]:
            dealer.send_multipart(frames)
        dealer.close()
    context.term()
    time.sleep(0.5)
    session = kernel.client.session
    for kind, content in [("execute_request", {}), ("execute_request", {"code": 3}), ("complete_request", {}), ("history_request", {})]:
        kernel.client.shell_channel.send(session.msg(kind, content))
    reply, outputs = kernel.run('println!("real");')
    assert reply["status"] == "ok"
    assert text_of(outputs) == "real\n"


def test_a_repeated_message_is_run_once(kernel):
    client = kernel.client
    message = client.session.msg("execute_request", {"code": 'println!("once");', "silent": False})
    frames = client.session.serialize(message)
    for _ in range(3):
        client.shell_channel.socket.send_multipart(frames)
    said = ""
    while "end" not in said:
        if said.count("once") == 1 and not said.endswith("\u0000"):
            client.execute('println!("end");')
            said += "\u0000"
        seen = client.get_iopub_msg(timeout=START)
        said += seen["content"].get("text", "")
    assert said.count("once") == 1


def test_a_heartbeat_is_echoed(kernel):
    info = kernel.manager.get_connection_info()
    context = zmq.Context()
    request = context.socket(zmq.REQ)
    request.connect(f"tcp://{info['ip']}:{info['hb_port']}")
    for ping in [b"ping", b"", b"\x00\xff"]:
        request.send(ping)
        assert request.poll(5000) and request.recv() == ping
    request.close()
    context.term()


def connection(tmp_path, **changes):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        first = probe.getsockname()[1]
    names = ["shell_port", "iopub_port", "stdin_port", "control_port", "hb_port"]
    info = {name: first + number for number, name in enumerate(names)}
    info |= {"transport": "tcp", "ip": "127.0.0.1", "key": "k", "signature_scheme": "hmac-sha256"} | changes
    file = tmp_path / "connection.json"
    file.write_text(json.dumps(info))
    return file


@pytest.mark.parametrize(
    "content, word",
    [
        (None, "connection.json"),
        ("", "no connection file"),
        ("{", "no connection file"),
        ("[]", "no connection file"),
        ('{"ip": "127.0.0.1"}', "missing field"),
        ('{"ip":"127.0.0.1","transport":"tcp","shell_port":99999,"iopub_port":2,"stdin_port":3,"control_port":4,"hb_port":5,"key":"","signature_scheme":"hmac-sha256"}', "no connection file"),
    ],
)
def test_a_bad_connection_file_is_told_with_its_path(tmp_path, content, word):
    file = tmp_path / "connection.json"
    if content is not None:
        file.write_text(content)
    done = subprocess.run([BINARY, "jupyter", "--connection-file", file], text=True, capture_output=True, timeout=START)
    assert done.returncode != 0
    assert str(file) in done.stderr and word in done.stderr and "→" in done.stderr


def test_a_port_in_use_and_an_address_elsewhere_are_named(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for changes, word in [({"hb_port": port}, f"tcp://127.0.0.1:{port}"), ({"ip": "192.0.2.1"}, "tcp://192.0.2.1:")]:
            file = connection(tmp_path, **changes)
            done = subprocess.run([BINARY, "jupyter", "--connection-file", file], text=True, capture_output=True, timeout=START)
            assert done.returncode != 0
            assert word in done.stderr and "→" in done.stderr


def test_a_home_that_cannot_be_written_costs_only_the_history(tmp_path, monkeypatch):
    place = tmp_path / "file"
    place.write_text("not a folder")
    monkeypatch.setenv("XDG_STATE_HOME", str(place))
    with session() as kernel:
        assert kernel.value("1 + 2") == "3"
        assert len(kernel.ask("history", hist_access_type="tail", n=5, raw=True, output=False)["history"]) == 1


@pytest.mark.parametrize("transport", ["ipc", "every interface"])
def test_other_addresses_serve_as_well(transport):
    from jupyter_client.manager import KernelManager

    manager = KernelManager(kernel_name="neurocell", **({"transport": "ipc"} if transport == "ipc" else {"ip": "0.0.0.0"}))
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
