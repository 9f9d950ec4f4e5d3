# SPDX-License-Identifier: Apache-2.0
"""Starts a network's processes, waits until all are ready, and leaves none behind.

Each process is told where to say that it is ready (`sd_notify(3)`), and stops when
its standard input closes: if this process dies in any way, they end with it.
"""

import os
import select
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from simulators.network import build as building
from simulators.network import parties as people
from simulators.network.files import Files
from simulators.network.parties import Half

PROCESSES = (
    "core",
    "city",
    "second-city",
    "requesters",
    "prefecture",
    "peers",
    "house",
    "register",
)
SIMULATED = ("prefecture", "peers", "house", "register")
"""Those that no gateway plays: each is a command of `sekisho simulate`."""

TIMESTAMPS = "timestamps"
"""The time-stamp authority: no party of the network, so nobody's station."""

READY_SECONDS = 30.0
STOP_SECONDS = 10.0


class NotReady(Exception):
    """A process of the network ended or stayed silent instead of getting ready.

    The text ends with what it wrote last; the whole is in the network's log folder.
    """


@dataclass(slots=True)
class Child:
    """One process of the network."""

    title: str
    process: subprocess.Popen[bytes]
    log: Path


@dataclass(slots=True)
class Processes:
    """All processes of one network."""

    files: Files
    titles: tuple[str, ...] = ()
    """Which processes; all that the network has if nothing else is said."""
    children: list[Child] = field(default_factory=list)

    def start(self, before: Callable[[], object] = lambda: None) -> None:
        """Start everything and wait until it is ready; raises `NotReady`.

        ``before`` is what stations need and simulators do not: it is done while the
        simulators get ready.
        """
        network = building.load(self.files)
        titles = self.titles or titles_of(network.half)
        if network.vouched and not self.titles:
            titles = (*titles, TIMESTAMPS)
        with self._starting() as begin:
            for title in titles:
                if _is_simulated(title):
                    begin(title)
            before()
            for title in titles:
                if not _is_simulated(title):
                    begin(title)

    def kill(self, title: str) -> None:
        """End a process at once, as a power cut would: it can finish nothing."""
        child = next(child for child in self.children if child.title == title)
        child.process.kill()
        child.process.wait()
        if child.process.stdin is not None:
            child.process.stdin.close()
        self.children.remove(child)

    def restart(self, title: str) -> None:
        """Start a killed process again by the same command; raises `NotReady`."""
        with self._starting() as begin:
            begin(title)

    def stop(self) -> None:
        """Ask every process to end, and see that it did."""
        for child in self.children:
            if child.process.stdin is not None:
                child.process.stdin.close()
        deadline = time.monotonic() + STOP_SECONDS
        for child in self.children:
            try:
                child.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()
        self.children.clear()

    def ended(self) -> Child | None:
        """A process that ended though nobody asked it to."""
        for child in self.children:
            if child.process.poll() is not None:
                return child
        return None

    @contextmanager
    def _starting(self) -> Iterator[Callable[[str], None]]:
        """Begins processes by their titles; at the end all of them are ready."""
        with ExitStack() as opened:
            folder = tempfile.TemporaryDirectory(prefix="sekisho-")
            where = Path(opened.enter_context(folder))
            waiting = []

            def begin(title: str) -> None:
                notify = _Notify.at(where / title)
                opened.enter_context(notify.sock)
                child = self._spawn(title, self._command(title), notify)
                waiting.append((child, notify))

            yield begin
            for child, notify in waiting:
                _wait(child, notify.sock)

    def _spawn(self, title: str, command: list[str], notify: "_Notify") -> Child:
        log = self.files.logs / f"{title}.log"
        environment = dict(os.environ, NOTIFY_SOCKET=notify.address)
        stream: IO[bytes] = log.open("ab")
        with stream:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=stream,
                stderr=stream,
                env=environment,
                start_new_session=True,  # Ctrl-C reaches the parent alone
            )
        child = Child(title, process, log)
        self.children.append(child)
        return child

    def _command(self, title: str) -> list[str]:
        if _is_simulated(title):
            return self._simulated(title)
        return self._gateway(title)

    def _simulated(self, title: str) -> list[str]:
        where = ["--network", str(self.files.root), "--until-stdin-closes"]
        return [*_sekisho(), "simulate", title, *where]

    def _gateway(self, title: str) -> list[str]:
        command = [*_sekisho(), "gateway", "run", "--until-stdin-closes"]
        for party in building.load(self.files).parties:
            if party.process == title and party.name.role in people.DAEMON_ROLES:
                command += ["--config", str(self.files.config(party.name))]
        return command


def _is_simulated(title: str) -> bool:
    return title in SIMULATED or title == TIMESTAMPS


def titles_of(half: Half) -> tuple[str, ...]:
    """The processes of such a network."""
    there = {party.process for party in people.parties(half)}
    return tuple(title for title in PROCESSES if title in there)


@dataclass(frozen=True, slots=True)
class _Notify:
    """A socket on which one process says that it is ready."""

    address: str
    sock: socket.socket

    @classmethod
    def at(cls, path: Path) -> "_Notify":
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        sock.bind(str(path))
        return cls(str(path), sock)


def _wait(child: Child, sock: socket.socket) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if select.select([sock], [], [], 0.1)[0] and b"READY=1" in sock.recv(4096):
            return
        if child.process.poll() is not None:
            break
    raise NotReady(
        f"{child.title} did not get ready; its log ends:\n{_tail(child.log)}"
    )


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-8:])


def _sekisho() -> list[str]:
    return [sys.executable, "-m", "sekisho"]
