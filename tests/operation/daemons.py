# SPDX-License-Identifier: Apache-2.0
"""A daemon process in a test's hands: started, told by signal, asked over loopback."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import tomllib
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulators.network.stage import wait_for

READY_SECONDS = 20.0


@dataclass
class Daemon:
    """`sekisho gateway run` with one configuration or more."""

    configs: list[Path]
    folder: Path
    """Where its log and its notification socket are."""
    environment: dict[str, str] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    prefix: tuple[str, ...] = ()
    """A program to run it under."""
    process: Any = None
    notify: Any = None
    told: list[dict[str, str]] = field(default_factory=list)
    """What it told the service manager, in order."""

    @property
    def log(self) -> Path:
        return self.folder / "daemon.log"

    def start(self, *, ready: bool = True) -> "Daemon":
        """Start it, and wait until it says READY."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / "notify"
        path.unlink(missing_ok=True)
        if self.notify is not None:
            self.notify.close()
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(str(path))
        self.notify.setblocking(False)
        command = [*self.prefix, sys.executable, "-m", "sekisho", "gateway", "run"]
        for config in self.configs:
            command += ["--config", str(config)]
        with self.log.open("ab") as stream:
            self.process = subprocess.Popen(
                [*command, *self.words],
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                env={**os.environ, "NOTIFY_SOCKET": str(path), **self.environment},
                start_new_session=True,
            )
        if ready:
            assert self.heard("READY", READY_SECONDS), self.log.read_text()
        return self

    def heard(self, word: str, seconds: float = 10.0) -> dict[str, str] | None:
        """The next thing it tells with this word in it, or any; None if none comes."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self._listen()
            found = next((one for one in self.told if word in one or not word), None)
            if found is not None:
                del self.told[: self.told.index(found) + 1]
                return found
            if self.process.poll() is not None and not self.told:
                return None
            time.sleep(0.01)
        return None

    def _listen(self) -> None:
        with suppress(BlockingIOError):
            while True:
                lines = self.notify.recv(4096).decode().splitlines()
                self.told.append(dict(line.split("=", 1) for line in lines))

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def ended(self, seconds: float) -> int:
        """Its exit status; raises if it does not end in time."""
        status = self.process.wait(seconds)
        assert isinstance(status, int)
        return status

    def end(self) -> None:
        """Leave nothing behind."""
        if self.process is not None:
            with suppress(ProcessLookupError):  # its children, too
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        if self.notify is not None:
            self.notify.close()

    # -- what it says --------------------------------------------------------------

    @property
    def admin(self) -> int:
        """The port of the first station's admin listener."""
        found = tomllib.loads(self.configs[0].read_text("utf-8"))["admin"]["port"]
        assert isinstance(found, int)
        return found

    def get(self, path: str) -> tuple[int, bytes]:
        """Ask the admin listener."""
        line = http.client.HTTPConnection("127.0.0.1", self.admin, timeout=10)
        try:
            line.request("GET", path)
            with line.getresponse() as answer:
                return answer.status, answer.read()
        finally:
            line.close()

    def status(self) -> Any:
        """What `/status` tells."""
        return json.loads(self.get("/status")[1])

    def check(self, name: str) -> str:
        """The state of one check of its health."""
        found = json.loads(self.get("/ready")[1])["checks"]
        return next(str(one["state"]) for one in found if one["name"] == name)

    def becomes(self, name: str, state: str, seconds: float = 15.0) -> bool:
        """Whether a check comes into this state."""
        seen = wait_for(lambda: "yes" if self.check(name) == state else "", seconds)
        return seen == "yes"

    def metric(self, name: str) -> dict[str, float]:
        """Every sample of a metric, by its labels as they are written."""
        lines = self.get("/metrics")[1].decode().splitlines()
        pairs = [line.rpartition(" ") for line in lines if not line.startswith("#")]
        return {
            key.removeprefix(name): float(value)
            for key, _, value in pairs
            if key.partition("{")[0] == name
        }

    def lines(self) -> list[Any]:
        """Its log, line by line."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def messages(self) -> list[str]:
        """What its log says."""
        return [str(line["message"]) for line in self.lines()]
