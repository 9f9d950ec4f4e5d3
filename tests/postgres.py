# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL server of the tests' own, made from the installed binaries.

It lies in a folder of its own under a short path (a socket's name is short), listens on
its socket alone, synchronises every commit and is gone at the end. PostgreSQL refuses
to run as root: root's tests run it as the user that its package made.
"""

import getpass
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from tests.tools import lacking

USER = "postgres"
_NUMBERS = count(1)


def tool(name: str) -> str:
    """A binary of the newest PostgreSQL here; skips the calling test without one."""
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    found = str(places[-1]) if places else shutil.which(name)
    if found is None:
        lacking("postgres is not installed on this machine")
    return found


@dataclass
class TestServer:
    """A server that runs, or does not."""

    __test__ = False
    folder: Path
    extra: dict[str, Any]
    """How its processes are started: as another user, where we are root."""

    @property
    def conninfo(self) -> str:
        """How a station reaches it."""
        return f"host={self.folder} dbname=postgres user={USER}"

    def schema(self) -> str:
        """A name that no test had before."""
        return f"station_{next(_NUMBERS)}"

    def start(self) -> None:
        """Have it run; returns when it takes connections."""
        options = (
            f"-c listen_addresses='' -c unix_socket_directories={self.folder}"
            " -c max_connections=200 -c max_locks_per_transaction=256"
        )
        log = str(self.folder / "log")
        self._ctl("start", "-w", "-l", log, "-o", options)

    def stop(self, mode: str = "fast") -> None:
        """End it: `fast` in order, `immediate` as a crash would."""
        self._ctl("stop", "-w", "-m", mode)

    def psql(self, sql: str) -> str:
        """What a statement gives, as text."""
        words = [tool("psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", self.conninfo]
        done = subprocess.run(
            [*words, "-c", sql], capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def _ctl(self, *words: str) -> None:
        data = str(self.folder / "data")
        self.run(tool("pg_ctl"), "-D", data, "-s", *words)

    def run(self, *words: str) -> None:
        """Run one of its tools as its user."""
        subprocess.run(
            words,
            check=True,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            **self.extra,
        )


@contextmanager
def running() -> Iterator[TestServer]:
    """A new server for as long as it is needed."""
    initdb = tool("initdb")
    with tempfile.TemporaryDirectory(prefix="pg", dir="/tmp") as name:
        server = TestServer(Path(name), _user(Path(name)))
        data = f"{name}/data"
        words = ("--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8")
        server.run(initdb, "-D", data, "-U", USER, *words)
        server.start()
        try:
            yield server
        finally:
            server.stop("immediate")


def _user(folder: Path) -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    try:
        found = pwd.getpwnam(USER)
    except KeyError:
        lacking(f"{getpass.getuser()} cannot run PostgreSQL: there is no user {USER}")
    os.chown(folder, found.pw_uid, found.pw_gid)
    return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}
