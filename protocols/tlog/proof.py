# SPDX-License-Identifier: Apache-2.0
"""One entry proven in one file, without the log: C2SP tlog-proof.

It holds the entry's place, the way from it to the root, and a checkpoint with its
signatures. What the entry says is told beside it, or in ``extra``, which the proof
itself does not cover: whoever checks works the entry out from it and sees whether the
way still leads to the root.
"""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from protocols.tlog import checkpoint, merkle, note
from protocols.tlog.checkpoint import Checkpoint
from protocols.tlog.errors import Malformed
from protocols.tlog.note import Verifier

FIRST: Final = "c2sp.org/tlog-proof@v1"
MAX_PROOF: Final = 256 * 1024
MAX_PATH: Final = 63


@dataclass(frozen=True, slots=True)
class Proof:
    """Where an entry lies, and how that is shown."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes
    """The whole note, as it was published."""
    extra: bytes = b""

    def encode(self) -> bytes:
        lines = [FIRST]
        if self.extra:
            lines.append(f"extra {base64.b64encode(self.extra).decode()}")
        lines.append(f"index {self.index}")
        lines += [base64.b64encode(one).decode() for one in self.path]
        head = "".join(f"{line}\n" for line in lines)
        return head.encode() + b"\n" + self.checkpoint


def read(data: bytes) -> Proof:
    """A proof as it was written; `Malformed` for anything else. Nothing is verified."""
    if len(data) > MAX_PROOF:
        raise Malformed("a proof of that length is not read")
    head, gap, published = data.partition(b"\n\n")
    try:
        first, *lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise Malformed("a proof begins in ASCII") from None
    if not gap or first != FIRST or not lines:
        raise Malformed("this is no proof of version 1")
    extra = b""
    if lines[0].startswith("extra "):
        extra = note.from_base64(lines.pop(0).removeprefix("extra "))
    if not lines or not lines[0].startswith("index "):
        raise Malformed("a proof names the entry's index")
    index = checkpoint.number(lines.pop(0).removeprefix("index "))
    if len(lines) > MAX_PATH:
        raise Malformed("no tree is so high")
    return Proof(index, tuple(map(_hash, lines)), published, extra)


def verify(
    proof: Proof, entry: bytes, keys: Iterable[Verifier]
) -> tuple[Checkpoint, dict[Verifier, datetime | None]]:
    """That the entry is in the log, by its signed head; and who signed that.

    Raises `NotProven` and what `checkpoint.verify` raises.
    """
    head, signers = checkpoint.verify(proof.checkpoint, keys)
    leaf = merkle.leaf_hash(entry)
    merkle.check_inclusion(leaf, proof.index, head.size, proof.path, head.root)
    return head, signers


def _hash(line: str) -> bytes:
    found = note.from_base64(line)
    if len(found) != merkle.HASH_SIZE:
        raise Malformed("a hash has 32 bytes")
    return found
