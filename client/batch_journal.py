# SPDX-License-Identifier: Apache-2.0
"""How far a batch inquiry is, in one file that survives a kill at any instruction.

JSON lines, each on the disk before the next step is taken. The first says which batch
it is; then, for each line of the batch: that it is about to be handed in, the
processing number it was given, its end. A last line that was cut off is taken away.
No personal data is in it: lines are known by their number in the file of the batch.
"""

import fcntl
import hashlib
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Self

import msgspec

from client.batch_lines import BatchRefused
from pki.keystore import settle


class Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which batch it is, and who makes it."""

    batch: str
    """32 hexadecimal digits."""
    input: str
    """`fingerprint` of the file."""
    station: str
    operator: str
    approved_by: str


class Entry(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True
):
    """One step of one line."""

    line: int
    posting: datetime | None = None
    number: str = ""
    end: str = ""
    code: str = ""


class Standing(msgspec.Struct):
    """How far one line is."""

    posting: datetime | None = None
    """When it was first about to be handed in."""
    number: str = ""
    end: str = ""
    code: str = ""


def fingerprint(batch: str, data: bytes) -> str:
    """Tells whether a file is still the one of the batch."""
    return hashlib.sha256(bytes.fromhex(batch) + data).hexdigest()


def submission_of(batch: str, line: int) -> bytes:
    """The submission id of a line: the same after every restart."""
    said = bytes.fromhex(batch) + line.to_bytes(8)
    return hashlib.sha256(said).digest()[:16]


class Journal:
    """One batch's file, held by one process."""

    def __init__(self, path: Path, descriptor: int, head: Head, data: bytes) -> None:
        self._path = path
        self._file = descriptor
        self.head = head
        self.lines: dict[int, Standing] = {}
        for text in data.splitlines():
            self._apply(_entry(text))

    @classmethod
    def open(cls, path: Path, make: Callable[[], Head]) -> Self:
        """The one that is there, or a new one; raises `BatchRefused`.

        One whose first line was cut off did nothing yet: it is begun again.
        """
        descriptor = _opened(path)
        try:
            with open(descriptor, "rb", closefd=False) as file:
                data = file.read()
            whole = data[: data.rfind(b"\n") + 1]
            os.ftruncate(descriptor, len(whole))
            if not whole:
                journal = cls(path, descriptor, make(), b"")
                journal._append(msgspec.json.encode(journal.head))
                settle(path.parent, deep=False)
                return journal
            first, _, rest = whole.partition(b"\n")
            head = msgspec.json.decode(first, type=Head)
            return cls(path, descriptor, head, rest)
        except msgspec.DecodeError:
            os.close(descriptor)
            text = "is no journal of a batch, or is damaged"
            raise BatchRefused(f"{path}: {text}; look at it before you go on") from None
        except BaseException:
            os.close(descriptor)
            raise

    @property
    def begun(self) -> bool:
        """Whether any line may have been handed in."""
        return bool(self.lines)

    def add(self, entry: Entry) -> None:
        """One step, on the disk when this returns."""
        self._append(msgspec.json.encode(entry))
        self._apply(entry)

    def standing(self, line: int) -> Standing:
        """How far a line is."""
        return self.lines.get(line) or Standing()

    def close(self) -> None:
        """Let go of it: the batch goes on another time."""
        os.close(self._file)

    def remove(self) -> None:
        """The batch is at its end, and its result is on the disk."""
        self._path.unlink(missing_ok=True)

    def _append(self, data: bytes) -> None:
        begun = os.lseek(self._file, 0, os.SEEK_END)
        try:
            written = os.write(self._file, data + b"\n")
            if written != len(data) + 1:
                raise OSError("the disk is full")
            os.fsync(self._file)
        except OSError:
            os.ftruncate(self._file, begun)
            raise

    def _apply(self, entry: Entry) -> None:
        standing = self.lines.setdefault(entry.line, Standing())
        standing.posting = standing.posting or entry.posting
        standing.number = entry.number or standing.number
        standing.end = entry.end or standing.end
        standing.code = entry.code or standing.code


def _entry(text: bytes) -> Entry:
    return msgspec.json.decode(text, type=Entry)


def _opened(path: Path) -> int:
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags, 0o600)
    except OSError as error:
        raise BatchRefused(f"{path}: {error.strerror}") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(descriptor).st_nlink != 1:
            raise BlockingIOError
        os.fchmod(descriptor, 0o600)
    except OSError:
        os.close(descriptor)
        raise BatchRefused(f"{path}: another process works on this batch") from None
    return descriptor
