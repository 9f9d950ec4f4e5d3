# SPDX-License-Identifier: Apache-2.0
"""The gateway under test: a process of its own, pinned to one core, watched from /proc.

Starts with `Gateway.start`, which waits for READY=1; ends with `stop`, or with this
process: it runs until its standard input closes.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

READY_SECONDS = 30.0
STOP_SECONDS = 20.0
_TICKS = os.sysconf("SC_CLK_TCK")


def cores() -> tuple[int, int]:
    """One core for the gateway and one for its other side; the same if there is one."""
    usable = sorted(os.sched_getaffinity(0))
    return usable[0], usable[-1]


@contextmanager
def pinned(core: int) -> Iterator[None]:
    """This process on one core, for a while."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class NotReady(Exception):
    """The gateway ended or stayed silent instead of getting ready.

    What it wrote last is the message.
    """


@dataclass(slots=True)
class Gateway:
    """One running daemon."""

    process: subprocess.Popen[bytes]
    ready_seconds: float
    """From exec to READY=1."""

    @classmethod
    def start(cls, config: Path, core: int) -> Self:
        """Run the station of ``config`` on ``core``; raises `NotReady`."""
        log = config.with_suffix(".log")
        with (
            tempfile.TemporaryDirectory(prefix="sekisho-") as folder,
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify,
            log.open("wb") as output,
        ):
            notify.bind(f"{folder}/notify")
            notify.settimeout(READY_SECONDS)
            begun = time.monotonic()
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "sekisho", "gateway", "run"),
                    *("--until-stdin-closes", "--config", str(config)),
                ],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                env=dict(os.environ, NOTIFY_SOCKET=f"{folder}/notify"),
                preexec_fn=lambda: os.sched_setaffinity(0, {core}),
            )
            try:
                notify.recv(4096)
            except TimeoutError:
                process.kill()
                process.wait()
                raise NotReady(log.read_text(errors="replace")[-2000:]) from None
            return cls(process, time.monotonic() - begun)

    def cpu_seconds(self) -> float:
        """Processor time of all its threads since its start, to one tick."""
        stat = Path(f"/proc/{self.process.pid}/stat").read_text()
        fields = stat.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def memory(self) -> tuple[float, float]:
        """Resident now and at most, in megabytes (2**20 bytes)."""
        found = {}
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            name, _, value = line.partition(":")
            if name in ("VmRSS", "VmHWM"):
                found[name] = int(value.split()[0]) / 1024
        return found["VmRSS"], found["VmHWM"]

    def stop(self) -> None:
        """Let it finish what is in its hands, and see that it is gone."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
