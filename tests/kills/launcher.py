# SPDX-License-Identifier: Apache-2.0
"""Daemons that end themselves, by SIGKILL, at a chosen instant.

Nothing in the gateway knows of it: after its modules are loaded, and before a daemon
starts, each function that `moments` names is put into a shell that counts passages.
One process loads the modules once, and each daemon is a copy of it (`fork`), because
loading takes longer than all the rest of a seed. What a daemon is to do is told over a
socket, one line of JSON each, answered with ``done``:

    {"kill": "Journal._write", "when": "after", "passage": 3}
    {"disk": "full"}    {"disk": "cut"}    {"disk": "room"}

A full disk is played where the store meets it: SQLite may use no further page of its
file (``full``), or the system lets no file grow (``cut``).
"""

import ctypes
import importlib
import json
import os
import resource
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import wraps
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any, Final, NoReturn

import gateway.daemon  # noqa: F401  # loaded for every copy
from gateway import assembly, cli
from gateway.records.journal import Journal
from tests.kills.moments import COMMITTED, DURABLE, PLACES, Place

INTERVALS: Final = {
    "SWEEP_INTERVAL": 0.25,
    "LOG_INTERVAL": 0.1,
    "OUTBOX_INTERVAL": 0.2,
    "HOLD_INTERVAL": 0.1,
}
"""Seconds between two rounds: what a day does in hours, a seed must see in one."""
PR_SET_PDEATHSIG: Final = 1
"""No daemon outlives the process that it is a copy of."""
SIZES: Final = ("records.sqlite", "records.sqlite-wal")


class Instants:
    """Counts passages; kills at the one that is asked for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wanted: tuple[str, str] | None = None
        self._left = 0

    def arm(self, name: str, when: str, passage: int) -> None:
        """Kill this process at that passage from now on."""
        with self._lock:
            self._wanted, self._left = (name, when), passage

    def passed(self, name: str, when: str) -> None:
        """One more passage."""
        with self._lock:
            durable = when == "after" and self._wanted == (name, DURABLE)
            if self._wanted != (name, when) and not durable:
                return
            self._left -= 1
            if self._left:
                return
            if not durable:
                os.kill(os.getpid(), signal.SIGKILL)
            self._wanted, self._left = (COMMITTED, "after"), 1


class Disk:
    """The disk as the store meets it."""

    def __init__(self, stores: list[Path]) -> None:
        self._stores = stores
        self._full = self._changed = False

    def become(self, state: str) -> None:
        """``full``, ``cut`` or ``room``."""
        self._full, self._changed = state == "full", True
        limit = self._largest() + 1 if state == "cut" else resource.RLIM_INFINITY
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))

    def before_a_transaction(self, db: Any) -> None:
        """Let SQLite have as many pages as it may, in the thread that uses them."""
        if not self._changed:
            return
        self._changed = False
        (pages,) = db.execute("PRAGMA page_count").fetchone()
        most = pages if self._full else 2**31
        db.execute(f"PRAGMA max_page_count = {most}").fetchone()

    def _largest(self) -> int:
        return max(path.stat().st_size for path in self._stores if path.exists())


def in_a_shell(place: Place, instants: Instants) -> None:
    """Have every passage through a function counted; raises if there is none."""
    module, _, path = place.function.partition(":")
    owner: Any = importlib.import_module(module)
    *classes, name = path.split(".")
    for one in classes:
        owner = getattr(owner, one)
    setattr(owner, name, _shell(getattr(owner, name), place.name, instants))


def _shell(function: Any, name: str, instants: Instants) -> Callable[..., Any]:
    if iscoroutinefunction(function):

        @wraps(function)
        async def later(*words: Any, **more: Any) -> Any:
            instants.passed(name, "before")
            result = await function(*words, **more)
            instants.passed(name, "after")
            return result

        return later

    @wraps(function)
    def at_once(*words: Any, **more: Any) -> Any:
        instants.passed(name, "before")
        result = function(*words, **more)
        instants.passed(name, "after")
        return result

    return at_once


def _serve(at: str, instants: Instants, disk: Disk) -> None:
    """Take what is told, until the process ends."""
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(at)
        door.listen()
        while True:
            link, _ = door.accept()
            with closing(link), link.makefile("rw") as lines:
                for line in lines:
                    told = json.loads(line)
                    if "disk" in told:
                        disk.become(told["disk"])
                    else:
                        instants.arm(told["kill"], told["when"], told["passage"])
                    print("done", file=lines, flush=True)


def _store_meets(disk: Disk) -> None:
    begin = Journal._open

    def opened(journal: Any) -> None:
        disk.before_a_transaction(journal._db)
        begin(journal)

    setattr(Journal, "_open", opened)  # noqa: B010  # a shell, not a method


@dataclass(frozen=True, slots=True)
class Order:
    """One daemon to start; every word is a path."""

    config: str
    door: str
    """Where it takes orders."""
    log: str
    notify: str
    """Where it says that it is ready."""


def _be(order: Order) -> NoReturn:
    """Become that daemon, in a copy of this process that has loaded everything."""
    status = 1
    try:
        os.setsid()
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        with open(order.log, "ab") as log, open(os.devnull, "rb") as nothing:
            for number, stream in enumerate((nothing, log, log)):
                os.dup2(stream.fileno(), number)
        os.environ["NOTIFY_SOCKET"] = order.notify
        folder = Path(order.config).parent
        instants, disk = Instants(), Disk([folder / name for name in SIZES])
        _store_meets(disk)
        for place in PLACES:
            in_a_shell(place, instants)
        Path(order.door).unlink(missing_ok=True)
        serving = (order.door, instants, disk)
        threading.Thread(target=_serve, args=serving, daemon=True).start()
        cli.gateway(["run", "--config", order.config], standalone_mode=False)
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def main() -> None:
    """Start daemons, as lines of standard input say; end when there are no more.

    ``{"config": …}`` is an `Order`, answered with the pid; ``{"pid": 7}`` asks for
    the status with which that one ended, null while it runs.
    """
    for name, seconds in INTERVALS.items():
        assert hasattr(assembly, name), name
        setattr(assembly, name, seconds)
    assert "twisted.internet.reactor" not in sys.modules, "a reactor cannot be copied"
    ended: dict[int, int] = {}
    for line in sys.stdin:
        told = json.loads(line)
        pid = told.get("pid", 0)
        if not pid:
            pid = os.fork()
            if pid == 0:
                _be(Order(**told))
            print(pid, flush=True)
            continue
        if pid not in ended:
            gone, status = os.waitpid(pid, os.WNOHANG)
            if gone:
                ended[pid] = os.waitstatus_to_exitcode(status)
        print(json.dumps(ended.get(pid)), flush=True)


if __name__ == "__main__":
    main()
