"""Processes of a kernel, as /proc shows them."""

import os
import time


def parent(pid):
    with open(f"/proc/{pid}/stat") as file:
        return int(file.read().rsplit(")", 1)[1].split()[1])


def descendants(root):
    """A process and all below it."""
    parents = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            parents[int(name)] = parent(name)
        except OSError:
            pass
    family, grown = {root}, True
    while grown:
        more = {pid for pid, above in parents.items() if above in family} - family
        family |= more
        grown = bool(more)
    return family


def running(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def ended(family, seconds, look=lambda: None):
    """Whether all of them end within so many seconds."""
    deadline = time.monotonic() + seconds
    while any(map(running, family)):
        if time.monotonic() > deadline:
            return False
        look()
        time.sleep(0.1)
    return True


def memory(pid):
    """What a process holds now, in MB."""
    with open(f"/proc/{pid}/status") as file:
        fields = dict(line.split(":", 1) for line in file)
    return int(fields["VmRSS"].split()[0]) / 1024
