"""A kernel and the client that speaks with it, as jupyter_client gives them."""

import contextlib
import time

from conftest import START
from jupyter_client.manager import start_new_kernel


class Session:
    def __init__(self, manager, client):
        self.manager, self.client = manager, client

    def run(self, code, timeout=START, **options):
        """Runs a cell: its reply's content, and each output as (seconds since the request, type, content)."""
        outputs, began = [], time.monotonic()

        def note(message):
            outputs.append((time.monotonic() - began, message["msg_type"], message["content"]))

        reply = self.client.execute_interactive(code, timeout=timeout, output_hook=note, **options)
        return reply["content"], outputs


@contextlib.contextmanager
def session(**options):
    manager, client = start_new_kernel(kernel_name="neurocell", **options)
    try:
        yield Session(manager, client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel()


def text_of(outputs, name="stdout"):
    return "".join(c["text"] for _, kind, c in outputs if kind == "stream" and c["name"] == name)


def only(outputs, kind):
    return [content for _, k, content in outputs if k == kind]
