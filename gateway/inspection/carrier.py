# SPDX-License-Identifier: Apache-2.0
"""The outermost layer: bytes of a file, bounded, out of PEM or base64 where need be.

Only regular files are read, and never more than `MAX_FILE` of one. What the bytes are
is decided by themselves: name and suffix mean nothing.
"""

import base64
import os
import stat
from binascii import Error as NotBase64
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

MAX_FILE: Final = 16 * 1024 * 1024
"""Bytes that are looked at: a master of every municipality of the country fits.
Stores of records are read by SQLite and not bounded by this."""
MAX_BLOCKS: Final = 64
"""Blocks of a PEM file that are looked at."""

_BEGIN: Final = b"-----BEGIN "
_DASHES: Final = b"-----"
_MAX_LABEL: Final = 40
_PREAMBLE: Final = 4096
"""How far into a file the first PEM block may begin."""


class NotReadable(Exception):
    """A file could not be read, or holds nothing that this network knows.

    A wrong path, a folder, a device, a file of another program, or one of which the
    beginning is damaged. Nothing was judged. Check which file you mean.
    """


@dataclass(frozen=True, slots=True)
class Taken:
    """The beginning of a file, and how long it is."""

    path: Path
    data: bytes = field(repr=False)
    size: int

    @property
    def whole(self) -> bool:
        return self.size <= MAX_FILE


@dataclass(frozen=True, slots=True)
class Block:
    """Some bytes of a file, and how they stood there."""

    encoding: str
    """``DER``, ``PEM CERTIFICATE``, ``base64``, ``text``."""
    data: bytes = field(repr=False)

    @property
    def label(self) -> str:
        """What a PEM block says it is; empty for others."""
        return self.encoding.removeprefix("PEM ") if self.is_pem else ""

    @property
    def is_pem(self) -> bool:
        return self.encoding.startswith("PEM ")


def take(path: Path) -> Taken:
    """Read a file; raises `NotReadable`."""
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise NotReadable("it is no regular file")
            data = file.read(MAX_FILE)
    except OSError as error:
        raise NotReadable(error.strerror or type(error).__name__) from None
    if not data:
        raise NotReadable("it is empty")
    return Taken(path, data, max(status.st_size, len(data)))


def blocks(data: bytes) -> list[Block]:
    """The encoded things in a file: one, or those of a PEM file in their order."""
    if _BEGIN in data[:_PREAMBLE]:
        return _pem(data)
    if data[:1] == b"\x30":
        return [Block("DER", data)]
    decoded = None if _is_text(data) else _base64(data)
    if decoded is not None and decoded[:1] in (b"\x30", b"<"):
        return [Block("base64", decoded)]
    return [Block("text", data)]


def _is_text(data: bytes) -> bool:
    """XML or JSON, whose first sign base64 does not have."""
    return data.lstrip()[:1] in (b"<", b"{", b"[")


def _base64(data: bytes) -> bytes | None:
    try:
        return base64.b64decode(b"".join(data.split()), validate=True)
    except NotBase64:
        return None


def _pem(data: bytes) -> list[Block]:
    found: list[Block] = []
    at = data.find(_BEGIN)
    while at >= 0 and len(found) < MAX_BLOCKS:
        start = at + len(_BEGIN)
        close = data.find(_DASHES, start, start + _MAX_LABEL)
        end = -1 if close < 0 else data.find(b"-----END ", close)
        if end < 0:
            break
        label = data[start:close].decode("ascii", "replace")
        body = _base64(data[close + len(_DASHES) : end])
        found.append(Block(f"PEM {label}", b"" if body is None else body))
        at = data.find(_BEGIN, end)
    return found


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)
