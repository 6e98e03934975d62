"""JupyterLab in a browser: the quickstart opened and run, and a session with progress, an interrupt and completion."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import uuid

import nbformat
import pytest
from conftest import CELL, START, TARGET
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

BROWSER = next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)
DRIVER = shutil.which("chromedriver")
SCREENS = TARGET / "screens"

pytestmark = pytest.mark.skipif(
    not (BROWSER and DRIVER), reason="NO BROWSER: JupyterLab was not tried. Install chromium and chromium-driver."
)

# The state of the notebook on the page, asked of JupyterLab itself.
STATE = """
    const panel = window.jupyterapp.shell.currentWidget;
    const cells = [...panel.content.model.cells].filter(cell => cell.type === 'code');
    return cells.map(cell => ({
        count: cell.executionCount,
        state: cell.executionState || '',
        outputs: cell.outputs.toJSON().map(output => output.output_type),
        text: JSON.stringify(cell.outputs.toJSON()).slice(0, 2000),
    }));
"""
READY = """
    const panel = window.jupyterapp && window.jupyterapp.shell.currentWidget;
    return !!(panel && panel.content && panel.content.model && panel.content.model.cells
        && panel.sessionContext && panel.sessionContext.isReady && panel.sessionContext.session
        && panel.sessionContext.session.kernel);
"""
RUN_ALL = "window.jupyterapp.commands.execute('notebook:run-all-cells'); return true"
INTERRUPT = "window.jupyterapp.commands.execute('notebook:interrupt-kernel'); return true"
RUN_CELL = """
    window.jupyterapp.shell.currentWidget.content.activeCellIndex = arguments[0];
    window.jupyterapp.commands.execute('notebook:run-cell'); return true
"""
# Types into the active cell and asks for completions as the Tab key does.
COMPLETE = """
    const notebook = window.jupyterapp.shell.currentWidget.content;
    notebook.mode = 'edit';
    notebook.activeCell.model.sharedModel.setSource(arguments[0]);
    notebook.activeCell.editor.setCursorPosition({line: 0, column: arguments[0].length});
    notebook.activeCell.editor.focus();
    window.jupyterapp.commands.execute('completer:invoke-notebook'); return true
"""
COMPLETIONS = "return [...document.querySelectorAll('.jp-Completer-item')].map(item => item.innerText)"
# The texts of a cell's outputs as the page shows them.
SHOWN = """
    const cell = document.querySelectorAll('.jp-CodeCell')[arguments[0]];
    return [...cell.querySelectorAll('.jp-OutputArea-output')].map(output => output.innerText);
"""
FIGURES = "return [...document.querySelectorAll('.jp-OutputArea-output img')]"


@pytest.fixture
def lab(notebooks, jupyter_folders, tmp_path):
    """A JupyterLab server on a free port: the address of a notebook in it, by the notebook's name."""
    settings = jupyter_folders["JUPYTERLAB_SETTINGS_DIR"] / "@jupyterlab"
    # All cells on the page, not only the visible ones; no questions about news.
    for plugin, content in {
        "notebook-extension/tracker": {"windowingMode": "none"},
        "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    }.items():
        file = settings / f"{plugin}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(content))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = uuid.uuid4().hex
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}",
        f"--ServerApp.root_dir={notebooks}", "--LabApp.expose_app_in_browser=True", "--LabApp.extension_manager=readonly",
    ]  # fmt: skip
    with open(tmp_path / "lab.log", "w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        try:
            wait_for(lambda: answers(f"http://127.0.0.1:{port}/api?token={token}"), 90, "JupyterLab does not start")
            yield lambda name: f"http://127.0.0.1:{port}/lab/tree/{name}?reset&token={token}"
        finally:
            server.send_signal(signal.SIGTERM)
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(server.pid, signal.SIGKILL)
                server.wait()


def opened(profile, *more):
    """A browser that nobody sees, and that fails a test where a page hangs."""
    options = Options()
    options.binary_location = BROWSER
    for flag in [
        "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
        # WebGL is drawn in software.
        "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
        "--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=1400,1000",
        f"--user-data-dir={profile}", *more,
    ]:  # fmt: skip
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    # A page that hangs must fail the test, not stop it.
    driver.set_script_timeout(60)
    driver.set_page_load_timeout(90)
    return driver


@pytest.fixture
def browser(tmp_path):
    driver = opened(tmp_path / "profile")
    yield driver
    driver.quit()


def test_lab_runs_the_quickstart_and_shows_its_figures(lab, browser):
    SCREENS.mkdir(parents=True, exist_ok=True)
    try:
        browser.get(lab("01_quickstart.ipynb"))
        wait_for(lambda: browser.execute_script(READY), 120, "the notebook does not open")
        kernel = browser.execute_script("return window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.name")
        assert kernel == "neurocell"
        browser.execute_script(RUN_ALL)

        def done():
            cells = browser.execute_script(STATE)
            failed = [cell["text"] for cell in cells if "error" in cell["outputs"]]
            assert not failed, failed[0]
            return all(cell["count"] and cell["state"] != "running" for cell in cells)

        wait_for(done, CELL, "the cells do not end")
        wait_for(lambda: len(browser.execute_script(FIGURES)) >= 10, 30, "no figures appear")
        for number, figure in enumerate(browser.execute_script(FIGURES), start=1):
            browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", figure)
            loaded = "return arguments[0].complete && arguments[0].naturalWidth > 50 && arguments[0].clientWidth > 50"
            wait_for(lambda: browser.execute_script(loaded, figure), 20, f"figure {number} is not drawn")
            browser.save_screenshot(str(SCREENS / f"lab-{number:02}.png"))
    finally:
        browser.save_screenshot(str(SCREENS / "lab-last.png"))


CELLS = [
    """let kept = 41;
let networks = Networks::yeo7()?;
println!("two figures:");
networks.mosaic()?.evcxr_display();
println!("and");
bars(&["first", "second"], &[0.5, 0.8], "Two bars", "r")?""",
    """let mut progress = neurocell::notebook::Progress::new("windows", 40);
for _ in 0..40 {
    std::thread::sleep(std::time::Duration::from_millis(100));
    progress.advance(1);
}""",
    """println!("endless");
loop { std::hint::spin_loop() }""",
    "kept + 1",
]


def test_lab_shows_progress_interrupts_a_cell_and_goes_on(lab, notebooks, browser):
    """Two figures in one cell, a progress line that moves, an endless cell that is stopped, and the variables after it."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in CELLS])
    notebook.metadata.kernelspec = {"name": "neurocell", "display_name": "Rust (neurocell)", "language": "rust"}
    nbformat.write(notebook, notebooks / "session.ipynb")
    SCREENS.mkdir(parents=True, exist_ok=True)
    state = lambda cell: browser.execute_script(STATE)[cell]
    shown = lambda cell: browser.execute_script(SHOWN, cell)

    def picture(name):
        browser.save_screenshot(str(SCREENS / f"session-{name}.png"))

    try:
        browser.get(lab("session.ipynb"))
        wait_for(lambda: browser.execute_script(READY), 120, "the notebook does not open")
        browser.execute_script(RUN_ALL)
        wait_for(lambda: state(0)["count"] and state(0)["state"] != "running", START, "the figures do not come")
        assert state(0)["outputs"] == ["stream", "display_data", "stream", "display_data"], state(0)["text"]

        wait_for(lambda: shown(1), 60, "no progress line appears")
        browser.execute_script("document.querySelectorAll('.jp-CodeCell')[1].scrollIntoView()")
        lines = set()
        while state(1)["state"] == "running":
            lines.update(shown(1))
            assert len(shown(1)) <= 1, shown(1)
            if len(lines) == 5:
                picture("progress")
            time.sleep(0.2)
        assert len(lines) > 5, lines
        assert "40/40" in shown(1)[0] and "done in" in shown(1)[0], shown(1)

        wait_for(lambda: "endless" in "".join(shown(2)), 60, "the endless cell does not begin")
        picture("endless")
        browser.execute_script(INTERRUPT)
        wait_for(lambda: "error" in state(2)["outputs"], 10, "the interrupt does not end the cell")
        assert "Interrupted" in shown(2)[-1]
        browser.execute_script(RUN_CELL, 3)
        wait_for(lambda: state(3)["outputs"], 30, "the cell after the interrupt does not run")
        assert shown(3) == ["42"]
        browser.execute_script("document.querySelectorAll('.jp-CodeCell')[3].scrollIntoView()")
        assert len(browser.execute_script(FIGURES)) == 2
        picture("after")
        browser.execute_script(COMPLETE, "networks.mosaic()?.evcxr_display(); Networks::ye")
        wait_for(lambda: any("yeo7" in item for item in browser.execute_script(COMPLETIONS)), 20, "no completion appears")
        picture("completion")
        browser.execute_script("document.querySelectorAll('.jp-CodeCell')[0].scrollIntoView()")
        picture("figures")
    finally:
        picture("last")


def wait_for(condition, seconds, otherwise):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{otherwise} within {seconds} s"
        time.sleep(0.3)


def answers(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as reply:
            return reply.status == 200
    except OSError:
        return False
