# SPDX-License-Identifier: Apache-2.0
"""How a process of a network lives: it says that it is ready, and ends when told.

Ready by `sd_notify(3)`, where somebody listens for it. It ends by a signal, with its
standard input where it was started so, or where its network's clock is lost.
"""

import os
import signal
import socket
import threading
from typing import Final

from simulators.clock import Clock, problem_of

LOOK_SECONDS: Final = 0.2
"""Between two looks at the clock of a network in which nothing goes on."""


def ready() -> None:
    """Tell whoever started us."""
    address = os.environ.get("NOTIFY_SOCKET")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.sendto(b"READY=1", address)


def until_the_end(stdin: bool, clock: Clock) -> str:
    """Until it is told to end, or its clock is lost, which comes back as the cause."""
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    if stdin:
        threading.Thread(target=_watch_stdin, args=(over,), daemon=True).start()
    while not over.wait(LOOK_SECONDS):
        clock()
        if problem := problem_of(clock):
            return problem
    return ""


def _watch_stdin(over: threading.Event) -> None:
    while os.read(0, 4096):
        pass
    over.set()
