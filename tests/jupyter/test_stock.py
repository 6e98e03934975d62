"""The prelude in evcxr's own kernel, as published: loaded by the two lines that `neurocell evcxr` prints."""

import base64
import contextlib
import json
import queue
import subprocess
import time

import pytest
from conftest import BINARY, CELL, TARGET
from jupyter_client.manager import start_new_kernel
from session import Session, only

STOCK = TARGET / "release" / "examples" / "stock_kernel"


@pytest.fixture(scope="module")
def lines():
    printed = subprocess.run([BINARY, "evcxr"], check=True, text=True, capture_output=True, timeout=CELL).stdout
    return printed.splitlines()


@pytest.fixture(scope="module")
def stock(jupyter_folders, tmp_path_factory, lines):
    assert STOCK.is_file(), f"{STOCK} is missing: build it by `cargo build --release --workspace --examples`"
    spec = {
        "argv": [str(STOCK), "--control_file", "{connection_file}"],
        "display_name": "Rust (stock evcxr)",
        "language": "rust",
        "interrupt_mode": "message",
        # rust-analyzer shall read the prelude's sources; JUPYTER_PATH is where this kernel would refresh an installation of itself.
        "env": {"RUSTFLAGS": "--cfg rust_analyzer", "JUPYTER_PATH": str(tmp_path_factory.mktemp("none"))},
    }
    folder = jupyter_folders["JUPYTER_DATA_DIR"] / "kernels" / "stock"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(json.dumps(spec))
    manager, client = start_new_kernel(kernel_name="stock")
    try:
        kernel = Session(manager, client)
        for cell in [*lines, "use neurocell::prelude::*;", "let story = Stimulus::example()?;"]:
            reply, outputs = kernel.run(cell, timeout=CELL)
            assert reply["status"] == "ok", (cell, outputs)
        yield kernel
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_two_lines_load_the_prelude(lines):
    build_env, dependency = lines
    assert build_env.startswith(":build_env RUSTFLAGS=")
    assert dependency.startswith(":dep neurocell = {")


def test_a_variable_of_the_prelude_lives_on_and_shows_itself(stock):
    reply, outputs = stock.run("story", timeout=CELL)
    assert reply["status"] == "ok", outputs
    (result,) = only(outputs, "execute_result")
    assert "The Lamp at Saint Orren" in result["data"]["text/html"]
    assert "The Lamp at Saint Orren" in result["data"]["text/plain"]


def test_a_figure_arrives_as_png(stock):
    reply, outputs = stock.run("Networks::yeo7()?.mosaic()?", timeout=CELL)
    assert reply["status"] == "ok", outputs
    (result,) = only(outputs, "execute_result")
    assert base64.b64decode(result["data"]["image/png"]).startswith(b"\x89PNG")


def test_a_failed_question_mark_prints_what_is_wrong_and_the_advice(stock):
    # What this kernel hears on stderr it sends on when it comes to it: perhaps after the cell's end.
    stock.client.execute('Model::load("no-such-model")?;', stop_on_error=False)
    said, deadline = "", time.monotonic() + 60
    while "→" not in said and time.monotonic() < deadline:
        with contextlib.suppress(queue.Empty):
            message = stock.client.get_iopub_msg(timeout=1)
            said += message["content"].get("text", "")
    stock.client.get_shell_msg(timeout=CELL)
    assert "no-such-model" in said
    assert "→" in said


def test_the_session_goes_on_after_a_failed_cell(stock):
    stock.run("let kept = 41;", timeout=CELL)
    stock.run('Stimulus::from_align("/nowhere/story.align")?;', timeout=CELL, stop_on_error=False)
    _, outputs = stock.run("kept + 1", timeout=CELL)
    assert only(outputs, "execute_result")[0]["data"]["text/plain"] == "42"
