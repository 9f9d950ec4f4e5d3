# SPDX-License-Identifier: Apache-2.0
"""The head of a log: whose it is, how many entries, which root. C2SP tlog-checkpoint.

Three lines, signed as a note. We write no extension lines, and read those of others
without giving them a meaning.
"""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from protocols.tlog import note
from protocols.tlog.errors import Malformed, NotSigned
from protocols.tlog.merkle import HASH_SIZE, MAX_SIZE
from protocols.tlog.note import Kind, Note, Verifier

_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree of a log at one size."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What is signed."""
        root = base64.b64encode(self.root).decode()
        lines = (self.origin, str(self.size), root, *self.extensions)
        return "".join(f"{line}\n" for line in lines)

    def signed(self, key: Ed25519PrivateKey) -> Note:
        """Signed by the log itself, under its origin as the key's name."""
        return Note(self.text, (note.sign(self.text, self.origin, key),))


def read(data: bytes) -> tuple[Checkpoint, Note]:
    """A checkpoint and the note that it is; `Malformed` otherwise, nothing verified."""
    found = note.read(data)
    return of_text(found.text), found


def of_text(text: str) -> Checkpoint:
    """The checkpoint that a note's text is; `Malformed` otherwise."""
    origin, *rest = text.removesuffix("\n").split("\n")
    if len(rest) < 2 or not origin or not all(rest):
        raise Malformed("a checkpoint has an origin, a size and a root")
    root = note.from_base64(rest[1])
    if len(root) != HASH_SIZE:
        raise Malformed("a root has 32 bytes")
    return Checkpoint(origin, number(rest[0]), root, tuple(rest[2:]))


def verify(
    data: bytes, keys: Iterable[Verifier]
) -> tuple[Checkpoint, dict[Verifier, datetime | None]]:
    """A checkpoint that its own log signed, and who else did of those keys.

    Raises `Malformed`, `FalseSignature`, and `NotSigned` unless one of the keys is the
    log's own: kind 1 and named as the checkpoint's origin is.
    """
    found, written = read(data)
    known = list(keys)
    signers = note.verify(written, (k for k in known if _may_sign(k, found)))
    if not any(key.kind is Kind.LOG for key in signers):
        raise NotSigned("the log itself has not signed")
    return found, signers


def _may_sign(key: Verifier, found: Checkpoint) -> bool:
    return key.kind is Kind.WITNESS or key.name == found.origin


def number(text: str) -> int:
    """A count in its one spelling; `Malformed` otherwise."""
    if not _NUMBER.fullmatch(text) or int(text) > MAX_SIZE:
        raise Malformed("a count is decimal, without zeros before it")
    return int(text)
