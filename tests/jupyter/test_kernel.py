"""What a front end sees of the kernel: live text, rich output, errors, interrupt, shutdown."""

import base64
import json
import os
import subprocess
import sys
import time

import pytest
from conftest import BINARY, python
from jupyter_client.manager import KernelManager
from processes import descendants, ended, running
from session import only, session, text_of

# One grey pixel.
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
)
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'


def test_kernel_info_does_not_wait_for_the_engine():
    manager = KernelManager(kernel_name="neurocell")
    began = time.monotonic()
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=30)
        assert time.monotonic() - began < 5
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_text_arrives_before_the_cell_ends(kernel):
    kernel.run("let warm = 1;")
    code = 'println!("first"); std::thread::sleep(std::time::Duration::from_secs(3)); println!("second");'
    reply, outputs = kernel.run(code)
    assert reply["status"] == "ok"
    assert text_of(outputs) == "first\nsecond\n"
    times = [at for at, kind, _ in outputs if kind == "stream"]
    assert times[-1] - times[0] > 2.5


def test_two_figures_of_one_cell_arrive_whole_and_in_order(kernel):
    code = f"""
        let png: &[u8] = &{list(PNG)};
        neurocell::notebook::display(&[("image/png", png), ("text/plain", b"a pixel")]);
        neurocell::notebook::display(&[("image/svg+xml", br#"{SVG}"#)]);
    """
    reply, outputs = kernel.run(code)
    assert reply["status"] == "ok", reply
    first, second = only(outputs, "display_data")
    assert base64.b64decode(first["data"]["image/png"]) == PNG
    assert first["data"]["text/plain"] == "a pixel"
    assert second["data"]["image/svg+xml"] == SVG


def test_the_last_expression_is_the_result(kernel):
    reply, outputs = kernel.run("vec![1, 2, 3]")
    (result,) = only(outputs, "execute_result")
    assert result["data"]["text/plain"] == "[1, 2, 3]"
    assert result["execution_count"] == reply["execution_count"]


def test_variables_live_on(kernel):
    kernel.run("let base = 40;")
    _, outputs = kernel.run("base + 2")
    assert only(outputs, "execute_result")[0]["data"]["text/plain"] == "42"


@pytest.mark.parametrize(
    "code, words",
    [
        ('let a = 1;\nlet wrong: i32 = "text";', ['let wrong: i32 = "text";', "expected"]),
        ("nonexistent(3)", ["nonexistent(3)", "cannot find"]),
    ],
)
def test_a_compile_error_shows_the_source_line(kernel, code, words):
    reply, outputs = kernel.run(code, stop_on_error=False)
    assert reply["status"] == "error"
    (error,) = only(outputs, "error")
    shown = "\n".join(error["traceback"])
    for word in words:
        assert word in shown
    assert error["ename"] == reply["ename"]


@pytest.mark.parametrize("code", ['panic!("on purpose");', 'Err::<(), String>("on purpose".into())?;', "std::process::abort();"])
def test_a_cell_that_fails_leaves_the_variables(kernel, code):
    kernel.run("let before = 7;")
    reply, outputs = kernel.run(code, stop_on_error=False)
    assert reply["status"] == "error"
    assert len(only(outputs, "error")) == 1
    if "on purpose" in code:
        assert "on purpose" in "\n".join(reply["traceback"]) + text_of(outputs, "stderr")
    _, outputs = kernel.run("before")
    assert only(outputs, "execute_result")[0]["data"]["text/plain"] == "7"


def test_a_request_with_a_wrong_signature_is_not_run(kernel):
    real = kernel.client.session.key
    try:
        kernel.client.session.key = b"another key"
        kernel.client.execute('println!("forged");')
    finally:
        kernel.client.session.key = real
    reply, outputs = kernel.run('println!("real");')
    assert reply["status"] == "ok"
    assert text_of(outputs) == "real\n"


def test_restart_gives_an_empty_session():
    with session() as kernel:
        kernel.run("let gone = 1;")
        kernel.manager.restart_kernel()
        kernel.client.wait_for_ready(timeout=60)
        reply, _ = kernel.run("gone", stop_on_error=False)
        assert reply["status"] == "error"


def test_shutdown_leaves_no_process():
    with session() as kernel:
        kernel.run("let x = 1;")
        root = kernel.manager.provisioner.pid
        family = descendants(root)
        assert root in family and len(family) > 1
        kernel.client.shutdown()
        # The kernel is this process' child: without the look at it it would stay as a zombie.
        assert ended(family, 10, kernel.manager.is_alive)


def test_the_kernel_ends_with_the_server_that_started_it():
    starter = """
import sys, time
from jupyter_client.manager import start_new_kernel
manager, client = start_new_kernel(kernel_name="neurocell")
print(manager.provisioner.pid, flush=True)
time.sleep(600)
"""
    server = subprocess.Popen([sys.executable, "-c", starter], stdout=subprocess.PIPE, text=True)
    pid = int(server.stdout.readline())
    assert running(pid)
    server.kill()
    server.wait()
    deadline = time.monotonic() + 15
    while running(pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not running(pid)


def test_jupyter_lists_what_install_wrote_and_no_longer_after_uninstall(tmp_path):
    environment = os.environ | {"JUPYTER_DATA_DIR": str(tmp_path)}
    subprocess.run([BINARY, "install", "--name", "second", "--display-name", "Another"], env=environment, check=True)
    listed = lambda: json.loads(python("jupyter", "kernelspec", "list", "--json", env=environment).stdout)["kernelspecs"]
    spec = listed()["second"]["spec"]
    assert spec["display_name"] == "Another"
    assert spec["interrupt_mode"] == "message"
    assert spec["argv"][0] == str(BINARY.resolve())
    subprocess.run([BINARY, "uninstall", "--name", "second"], env=environment, check=True)
    assert "second" not in listed()
