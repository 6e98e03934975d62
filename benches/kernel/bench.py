"""How long a notebook waits: our kernel, ipykernel and, with --stock, evcxr's own kernel, one after the other in one run.

usage: python benches/kernel/bench.py [--stock] [--starts 3] [--cells 50] [--long 500]

Needs jupyter_client and ipykernel (tests/jupyter/requirements.txt) and `cargo build --release --workspace --examples`.
Times are from sending a request to having its reply and, where a cell has run before, the kernel's `idle` as well.
Later cells each have a text of their own, so that no compiler or cache has seen them before. The long session mixes
statements, new variables and shown values; its memory is what the kernel's process and all below it hold (PSS).
"""

import argparse
import contextlib
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

from jupyter_client.manager import KernelManager

ROOT = pathlib.Path(__file__).resolve().parents[2]
RELEASE = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
PATIENCE = 900

# A cell that uses the prelude, the first `let` of a prelude function, and the later cells, numbered from 0.
RUST = {
    "first": "Clock::new(2.0, &[100])?.total()",
    "first_let": "let story = Stimulus::example()?;",
    "statement": 'println!("{{}}", story.words().len() + {n});',
    "let": "let clock_{n} = Clock::new(2.0, &[100 + {n}])?;",
    "value": "story.words().len() * {n}",
    "result": "story.starting_at({n}.0)",
    "figure": 'bars(&["a", "b"], &[{n}.0, 1.0], "bars", "r")?',
}
# The like in plain Python, without any import: the peer at its quickest.
PYTHON = {
    "first": "len(range(100))",
    "first_let": "story = [str(n) for n in range(1500)]",
    "statement": "print(len(story) + {n})",
    "let": "clock_{n} = list(range(100 + {n}))",
    "value": "len(story) * {n}",
    "result": "story[: {n}]",
    "figure": "[{n}.0, 1.0]",
}
ROWS = {
    "info": "process start → kernel_info",
    "first": "process start → first prelude cell answered",
    "first_let": "first `let x = prelude_fn(..)?`, at once",
    "after_5_s": "the same 5 s after the start",
    "restarted": "the same after a restart",
    "restart": "restart → the same answered",
    "statement": "later cell: statement",
    "let": "later cell: new `let` of a prelude type",
    "value": "later cell: a number shown",
    "result": "later cell: a prelude type shown",
    "figure": "later cell: a figure shown (ipykernel: a list)",
}
LATER = ("statement", "let", "value", "result", "figure")


def reply_to(client, message):
    """The reply to one request on the shell channel."""
    while True:
        reply = client.get_shell_msg(timeout=PATIENCE)
        if reply["parent_header"]["msg_id"] == message:
            return reply["content"]


def run(client, code):
    """Runs a cell and gives the seconds it took."""
    began = time.perf_counter()
    reply = client.execute_interactive(code, timeout=PATIENCE, output_hook=lambda message: None)["content"]
    seconds = time.perf_counter() - began
    assert reply["status"] == "ok", (code, reply)
    return seconds


def first_answer(manager, cells, before):
    """Seconds to kernel_info and to the first cell's answer, for a kernel that has just been told to start; its client."""
    began = time.perf_counter()
    client = manager.client()
    client.start_channels()
    reply_to(client, client.kernel_info())
    info = time.perf_counter() - began
    for code in [*before, cells["first"]]:
        reply = reply_to(client, client.execute(code))
        assert reply["status"] == "ok", (code, reply)
    return client, info, time.perf_counter() - began


@contextlib.contextmanager
def started(name, cells, before):
    """A fresh kernel whose first cell has been answered, and the seconds to kernel_info and to that answer."""
    manager = KernelManager(kernel_name=name)
    began = time.perf_counter()
    # What kernels say on their own stderr (warnings, a compiler's progress) would stand in the table's way.
    manager.start_kernel(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    launched = time.perf_counter() - began
    client, info, first = first_answer(manager, cells, before)
    try:
        yield manager, client, info + launched, first + launched
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def ready(client):
    # The outputs' socket has to be connected before `idle` is waited for.
    client.wait_for_ready(timeout=PATIENCE)
    return client


def measure(name, cells, before, starts, repeats):
    """Lists of seconds for each row."""
    seconds = {row: [] for row in ROWS}
    for _ in range(starts):
        with started(name, cells, before) as (manager, client, info, first):
            seconds["info"].append(info)
            seconds["first"].append(first)
            seconds["first_let"].append(run(ready(client), cells["first_let"]))
            # The later cells are timed in the first session only.
            for row in LATER if not seconds["statement"] else ():
                seconds[row] = [run(client, cells[row].format(n=n)) for n in range(repeats)]
        with started(name, cells, before) as (manager, client, _, first):
            time.sleep(max(0, 5 - first))
            seconds["after_5_s"].append(run(ready(client), cells["first_let"]))
            # A reader has worked for a while; then the kernel is restarted, and the cells are run again at once.
            time.sleep(15)
            client.stop_channels()
            began = time.perf_counter()
            manager.restart_kernel(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            client = manager.client()
            client.start_channels()
            for code in before:
                reply_to(client, client.execute(code))
            ready(client)
            seconds["restarted"].append(run(client, cells["first_let"]))
            seconds["restart"].append(time.perf_counter() - began)
            client.stop_channels()
    return seconds


def memory(process):
    """Bytes that a process and all below it hold, shared pages counted once."""
    children = {}
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(entry.name))
    total, waiting = 0, [process]
    while waiting:
        pid = waiting.pop()
        waiting += children.get(pid, [])
        with contextlib.suppress(OSError):
            lines = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            total += sum(int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:"))
    return total


def long_session(name, cells, before, length):
    """How a session grows: seconds of a cell and memory, around its cell 20 and at its end."""
    rows = ("statement", "let", "value", "statement", "result")
    seconds, held = [], {}
    with started(name, cells, before) as (manager, client, _, _):
        ready(client)
        run(client, cells["first_let"])
        for n in range(length):
            seconds.append(run(client, cells[rows[n % len(rows)]].format(n=n)))
            if n in (20, length - 1):
                held[n] = memory(manager.provisioner.pid)
    early, late = statistics.median(seconds[10:30]), statistics.median(seconds[-20:])
    return early, late, held[20], held[length - 1]


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, round(share * (len(values) - 1)))]


def stock_kernel(data):
    """Writes a kernelspec for evcxr's own kernel; gives the cells that load the prelude in it."""
    spec = {
        "argv": [str(RELEASE / "examples" / "stock_kernel"), "--control_file", "{connection_file}"],
        "display_name": "Rust (stock evcxr)",
        "language": "rust",
        "interrupt_mode": "message",
        "env": {"RUSTFLAGS": "--cfg rust_analyzer", "JUPYTER_PATH": str(data / "none")},
    }
    folder = data / "kernels" / "stock"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(json.dumps(spec))
    lines = subprocess.run([RELEASE / "neurocell", "evcxr"], check=True, text=True, capture_output=True).stdout.splitlines()
    return [*lines, "use neurocell::prelude::*;"]


def cell_of(values, row):
    if row in LATER:
        return f"{statistics.median(values):.3f} (p95 {percentile(values, 0.95):.3f})"
    return f"{statistics.median(values):.3f} ({min(values):.3f} to {max(values):.3f})"


def table(results):
    """A Markdown table: seconds of each kernel, and the ratio of the medians to ipykernel's."""
    peer = results["ipykernel"]
    others = [name for name in results if name != "ipykernel"]
    lines = ["| seconds | " + " | ".join([*results, *(f"{name} / ipykernel" for name in others)]) + " |"]
    lines.append("|---" * (len(results) + len(others) + 1) + "|")
    for row, label in ROWS.items():
        cells = [cell_of(values[row], row) for values in results.values()]
        ratios = [f"{statistics.median(results[name][row]) / statistics.median(peer[row]):.1f}" for name in others]
        lines.append("| " + " | ".join([label, *cells, *ratios]) + " |")
    return "\n".join(lines)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--stock", action="store_true", help="evcxr's own kernel as well")
    options.add_argument("--starts", type=int, default=3, help="fresh kernels of each kind")
    options.add_argument("--cells", type=int, default=50, help="later cells of each kind")
    options.add_argument("--long", type=int, default=0, help="also a session of so many cells")
    wish = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        base = pathlib.Path(folder)
        for name in ("DATA", "CONFIG", "RUNTIME"):
            os.environ[f"JUPYTER_{name}_DIR"] = str(base / name.lower())
        os.environ["IPYTHONDIR"] = str(base / "ipython")
        subprocess.run([RELEASE / "neurocell", "install", "--user"], check=True, stdout=subprocess.DEVNULL)
        kernels = {"neurocell": ("neurocell", RUST, []), "ipykernel": ("python3", PYTHON, [])}
        if wish.stock:
            kernels["stock evcxr"] = ("stock", RUST, stock_kernel(base / "data"))
        results = {name: measure(*kernel, wish.starts, wish.cells) for name, kernel in kernels.items()}
        growth = {name: long_session(*kernel, wish.long) for name, kernel in kernels.items()} if wish.long > 30 else {}
    print(f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores; starts: median of {wish.starts} (least to most); later cells: {wish.cells} each\n")
    print(table(results))
    if wish.long > 30:
        print(f"\n| a session of {wish.long} cells | around cell 20 | at the end | ratio |\n|---|---|---|---|")
        for name, kernel in kernels.items():
            early, late, little, much = growth[name]
            print(f"| {name}: seconds a cell | {early:.3f} | {late:.3f} | {late / early:.2f} |")
            print(f"| {name}: memory in MB | {little / 1e6:.0f} | {much / 1e6:.0f} | {much / little:.2f} |")


if __name__ == "__main__":
    main()
