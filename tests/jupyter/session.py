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

    def ask(self, request, *arguments, timeout=START, **options):
        """The content of the reply to a request such as `complete`."""
        message = getattr(self.client, request)(*arguments, **options)
        return self.client._recv_reply(message, timeout=timeout)["content"]

    def value(self, code):
        """The text of a cell's last value."""
        reply, outputs = self.run(code, stop_on_error=False)
        assert reply["status"] == "ok", "\n".join(reply["traceback"])
        return only(outputs, "execute_result")[0]["data"]["text/plain"]

    def until(self, kind):
        """Reads iopub up to a message of this type."""
        while (message := self.client.get_iopub_msg(timeout=START))["msg_type"] != kind:
            pass
        return message

    def heard(self, message):
        """What iopub says of a request, until it is idle; what it says of others is passed over."""
        seen = []
        while not seen or seen[-1]["content"].get("execution_state") != "idle":
            heard = self.client.get_iopub_msg(timeout=START)
            if heard["parent_header"].get("msg_id") == message:
                seen.append(heard)
        return seen

    def control(self, kind, content=None):
        """The whole reply to a request on the control channel."""
        message = self.client.session.msg(kind, content or {})
        self.client.control_channel.send(message)
        while (reply := self.client.get_control_msg(timeout=30))["parent_header"]["msg_id"] != message["header"]["msg_id"]:
            pass
        return reply


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
