# SPDX-License-Identifier: Apache-2.0
"""The one clock of a TEST network: the machine's, ahead by what one file says.

Law: all processes of a network read the same file, and look whether it is another one
each time they ask what time it is. It is replaced in one step. So a move reaches
everybody in the same moment: whoever hears of anything that was done after the move
has moved, too. Only a network whose root says TEST has such a clock; no other can be
given one. It never goes back, because messages, permits and records of a future that
was taken back would stand in the stores.

A file that is missing, damaged, set back, or that another user may write is not
believed: nothing begins with it. A process that is running keeps the time that it has
and is told of the `problem`; it has to stop.
"""

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

import msgspec

from pki.errors import PkiError
from pki.keystore import KeyFileError, read_private, replace
from pki.trust import TrustStore

MAX_AHEAD: Final = timedelta(days=200 * 366)
"""The longest keeping time of the law is 150 years; more is a typing error."""

_Stamp = tuple[int, int, int, int] | None


class ClockRefused(PkiError):
    """A network's clock file cannot be believed, or this network may have none.

    Only a TEST network has one. Its file was removed, damaged, set back, or made
    readable for others: by a copy, a restored backup, or a hand. Stations that use it
    stop and do not start. Put the file back as ``sekisho time`` left it, with ``chmod
    600``; or, if it is lost, make a new network.
    """


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the file holds."""

    ahead_seconds: Annotated[int, msgspec.Meta(ge=0, le=int(MAX_AHEAD.total_seconds()))]


@dataclass(frozen=True, slots=True)
class Move:
    """The network's clock was moved ahead by so much, from one moment to another."""

    by: timedelta
    """Perhaps by nothing: then what goes by the time was renewed."""
    to: datetime

    @property
    def since(self) -> datetime:
        """What time it would be without the move."""
        return self.to - self.by


class NetworkClock:
    """One process's view of it; called, it gives the network's present moment."""

    def __init__(
        self, path: Path, trust: TrustStore, machine: Callable[[], datetime]
    ) -> None:
        """``machine`` is this machine's clock. Raises `ClockRefused`."""
        if not trust.is_test:
            raise ClockRefused(f"{path}: only a TEST network has a clock of its own")
        self.machine = machine
        self.problem = ""
        """Why the file is not believed now; empty where it is."""
        self.moved: list[Callable[[Move], None]] = []
        """Told of each new file before anybody gets the new time."""
        self._path = str(path)
        self._lock = threading.RLock()
        self._taking = False
        self._seen = _stamp(self._path)
        self._ahead = read(path)

    def __call__(self) -> datetime:
        """What time it is in the network."""
        return self.machine() + self.ahead

    @property
    def ahead(self) -> timedelta:
        """How far the network's clock is before the machine's."""
        if _stamp(self._path) != self._seen:
            with self._lock:
                self._take()
        return self._ahead

    def _take(self) -> None:
        """Look into the file, once for each change of it."""
        found = _stamp(self._path)
        if self._taking or found == self._seen:
            return
        self._taking = True
        try:
            self._believe()
        finally:
            self._seen, self._taking = found, False

    def _believe(self) -> None:
        try:
            ahead = read(Path(self._path))
        except ClockRefused as refused:
            self.problem = str(refused)
            return
        if ahead < self._ahead:
            self.problem = f"{self._path}: was set back, which a clock never is"
            return
        self.problem = ""
        move = Move(ahead - self._ahead, self.machine() + ahead)
        self._ahead = ahead
        for tell in self.moved:
            tell(move)


def read(path: Path) -> timedelta:
    """How far ahead the file says that the clock is; raises `ClockRefused`."""
    try:
        said = msgspec.json.decode(read_private(path), type=_File)
    except KeyFileError as error:
        raise ClockRefused(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ClockRefused(f"{path}: is damaged, or no clock file") from None
    return timedelta(seconds=said.ahead_seconds)


def write(path: Path, ahead: timedelta) -> None:
    """Set the file, whole seconds, in one durable step; raises a `PkiError`."""
    if not timedelta(0) <= ahead <= MAX_AHEAD:
        raise ClockRefused(f"{path}: a clock is ahead by 0 to {MAX_AHEAD.days} days")
    said = _File(ahead_seconds=int(ahead.total_seconds()))
    replace(path, msgspec.json.encode(said) + b"\n", private=True)


def _stamp(path: str) -> _Stamp:
    """Changes with content, owner and mode, and when another file takes the name."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size
