# SPDX-License-Identifier: Apache-2.0
"""The daemons of a network, as the harness holds them: started, told, killed.

They are children of the launcher, which ends with this process, and they with it.
"""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from tests.house import ROOT

READY_SECONDS: Final = 60.0
BOOT: Final = (
    "import sys; sys.path.insert(0, sys.argv[1]);"
    " from tests.kills.launcher import main; main()"
)


class Launcher:
    """The process that has loaded everything; one for all networks of a run."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", BOOT, str(ROOT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C reaches the harness alone
        )

    def ask(self, told: dict[str, Any]) -> Any:
        """One line there, one line back."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(told), file=self._process.stdin, flush=True)
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        """End it, and every daemon that is left."""
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()
        self._process.wait()


class Daemon:
    """One station's process."""

    def __init__(self, launcher: Launcher, title: str, config: Path, at: Path) -> None:
        """``at``: a folder with a short name, for its log and its sockets."""
        self._launcher = launcher
        self._title = title
        self._config = config
        self._at = at
        self._pid = 0

    @property
    def log(self) -> Path:
        """What it wrote, over all its lives."""
        return self._at / f"{self._title}.log"

    def start(self) -> None:
        """Start it; it is not ready yet."""
        told = self._at / f"{self._title}.ready"
        told.unlink(missing_ok=True)
        self._notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notify.bind(str(told))
        order = {
            "config": str(self._config),
            "door": str(self._door),
            "log": str(self.log),
            "notify": str(told),
        }
        self._pid = self._launcher.ask(order)

    def get_ready(self) -> None:
        """Wait until it says that it is; raises `AssertionError` with its log."""
        end = time.monotonic() + READY_SECONDS
        with self._notify:
            while time.monotonic() < end:
                if select.select([self._notify], [], [], 0.05)[0]:
                    if b"READY=1" in self._notify.recv(4096):
                        return
                elif self._status() is not None:
                    break
        raise AssertionError(f"{self._title} did not start:\n{self._tail()}")

    def tell(self, order: dict[str, Any]) -> bool:
        """Tell it what to do; whether it was there to hear it."""
        with socket.socket(socket.AF_UNIX) as link, suppress(OSError):
            link.settimeout(5.0)
            link.connect(str(self._door))
            with link.makefile("rw") as lines:
                print(json.dumps(order), file=lines, flush=True)
                return bool(lines.readline() == "done\n")
        return False

    def is_dead(self) -> bool:
        """Whether it was killed; raises `AssertionError` if it ended otherwise."""
        status = self._status()
        if status not in (None, -signal.SIGKILL):
            said = f"{self._title} ended by itself, with {status}:\n{self._tail()}"
            raise AssertionError(said)
        return status is not None

    def kill(self) -> None:
        """SIGKILL from outside, if it is not dead yet."""
        while self._pid and self._status() is None:
            os.kill(self._pid, signal.SIGKILL)
            time.sleep(0.001)

    @property
    def _door(self) -> Path:
        return self._at / self._title

    def _status(self) -> int | None:
        found: int | None = self._launcher.ask({"pid": self._pid})
        return found

    def _tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-8:])
