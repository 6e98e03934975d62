"""The kernel under test: this checkout's release build, installed into a data folder of its own."""

import os
import pathlib
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
BINARY = TARGET / "release" / "neurocell"
QUICKSTART = ROOT / "notebooks" / "01_quickstart.ipynb"

# The first cell waits for the session, and on a busy machine that takes long.
START = 180
# A cell of the quickstart may run a language model over a story.
CELL = 900


@pytest.fixture(scope="session", autouse=True)
def jupyter_folders(tmp_path_factory):
    """Jupyter's folders, away from the user's own, with the kernel installed in them."""
    base = tmp_path_factory.mktemp("jupyter")
    folders = {
        "JUPYTER_DATA_DIR": base / "data",
        "JUPYTER_CONFIG_DIR": base / "config",
        "JUPYTER_RUNTIME_DIR": base / "runtime",
        "JUPYTERLAB_SETTINGS_DIR": base / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": base / "workspaces",
        "IPYTHONDIR": base / "ipython",
        # Where the kernel keeps its history of cells.
        "XDG_STATE_HOME": base / "state",
    }
    os.environ.update({name: str(folder) for name, folder in folders.items()})
    subprocess.run([BINARY, "install", "--user"], check=True)
    return {name: pathlib.Path(folder) for name, folder in folders.items()}


@pytest.fixture(scope="module")
def kernel(jupyter_folders):
    """One kernel for a file of tests; each leaves its variables to the next."""
    from session import session

    with session() as kernel:
        yield kernel


@pytest.fixture
def notebooks(tmp_path):
    """A copy of the notebooks, so that what a front end saves does not land in the sources."""
    target = tmp_path / "notebooks"
    shutil.copytree(QUICKSTART.parent, target, ignore=shutil.ignore_patterns("*.executed.ipynb", ".ipynb_checkpoints"))
    return target


def python(*arguments, **options):
    """A module of the test environment, run as a program."""
    return subprocess.run([sys.executable, "-m", *arguments], text=True, capture_output=True, **options)
