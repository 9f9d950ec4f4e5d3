# SPDX-License-Identifier: Apache-2.0
"""What happened at a peer: JSON lines without personal data, durable before an answer.

A line is written into the store in the transaction of what it tells of, and then into
the file. Whatever a crash leaves out of the file is added when the station starts
again; a line that it tore is written anew. So the file has each line once, and its
commitment (SHA-256 over a line, which holds a salt) is the one that the peer was given.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Any, Final

from protocols import limits
from simulators.peers.store import Store

TAIL: Final = 65_536
"""Bytes at the end of the file among which its last line is looked for."""


class History:
    """The history of one station."""

    def __init__(
        self,
        store: Store,
        path: Path,
        token_bytes: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._store = store
        self._path = path
        self._token_bytes = token_bytes
        self._lock = Lock()
        self._written = _mended(path)
        self.flush()

    def add(self, told: Mapping[str, Any]) -> bytes:
        """Note what happened, in the transaction of that; the commitment to it.

        `flush` makes the line durable in the file; only then may it be relied on.
        """
        self._store.run("DELETE FROM history WHERE seq <= ?", self._written)
        seq = self._store.run("INSERT INTO history (line) VALUES (x'')")
        salt = self._token_bytes(limits.SALT_SIZE).hex()
        text = json.dumps({"seq": seq, **told, "salt": salt}, ensure_ascii=False)
        line = text.encode() + b"\n"
        self._store.run("UPDATE history SET line = ? WHERE seq = ?", line, seq)
        return sha256(line).digest()

    def flush(self) -> None:
        """Bring the file up to date."""
        with self._lock:
            sql = "SELECT seq, line FROM history WHERE seq > ? ORDER BY seq"
            rows = self._store.rows(sql, self._written)
            if not rows:
                return
            with _opened(self._path) as file:
                file.write(b"".join(line for _, line in rows))
                file.flush()
                os.fsync(file.fileno())
            self._written = rows[-1][0]

    def lines(self, after: int = 0) -> Iterator[dict[str, Any]]:
        """What the file tells beyond line number ``after``, as a stream."""
        with self._path.open("rb") as file:
            for line in file:
                told: dict[str, Any] = json.loads(line)
                if told["seq"] > after:
                    yield told


def _opened(path: Path) -> Any:
    def private(name: str, flags: int) -> int:
        return os.open(name, flags, 0o600)

    return open(path, "ab", opener=private)


def _mended(path: Path) -> int:
    """Cut off a torn last line; the number of the last whole one."""
    with _opened(path):
        pass
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(max(0, size - TAIL))
        tail = file.read()
        whole = tail.rfind(b"\n") + 1
        if whole < len(tail):
            file.truncate(size - len(tail) + whole)
    lines = tail[:whole].splitlines()
    return int(json.loads(lines[-1])["seq"]) if lines else 0
