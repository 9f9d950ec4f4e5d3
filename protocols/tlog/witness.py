# SPDX-License-Identifier: Apache-2.0
"""How a co-signature is asked for and given: C2SP tlog-witness.

    POST <prefix>/add-checkpoint
    old <size>                  <- of the newest that the witness co-signed
    <base64 of a hash>          <- the proof from there, a line for each hash
                                <- one empty line
    <checkpoint>

`judge` is the whole of a witness but for its memory and its key: what it answers, and
what it must have kept before it answers. Which key signs, and the time, are its own.
"""

import base64
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from protocols.tlog import checkpoint, merkle, note
from protocols.tlog.checkpoint import Checkpoint
from protocols.tlog.errors import FalseSignature, Malformed, NotConsistent, NotSigned
from protocols.tlog.merkle import EMPTY_ROOT
from protocols.tlog.note import Signature, Verifier

PATH: Final = "/add-checkpoint"
SIZE_TYPE: Final = "text/x.tlog.size"
MAX_REQUEST: Final = note.MAX_NOTE + 4096
MAX_LINES: Final = 63
UNFIT: Final = 422
"""The status where the proof does not lead from the old tree to the new one."""


@dataclass(frozen=True, slots=True)
class Request:
    """A checkpoint, and the proof that it goes on from an older one."""

    old: int
    proof: tuple[bytes, ...]
    checkpoint: bytes

    def encode(self) -> bytes:
        lines = [f"old {self.old}"]
        lines += [base64.b64encode(one).decode() for one in self.proof]
        return "".join(f"{line}\n" for line in lines).encode() + b"\n" + self.checkpoint


@dataclass(frozen=True, slots=True)
class Known:
    """What a witness remembers of a log: the newest that it co-signed."""

    size: int = 0
    root: bytes = EMPTY_ROOT


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is answered; on 200 ``head`` is kept first, and then co-signed."""

    status: int
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    head: Checkpoint | None = None
    shown: Checkpoint | None = None
    """What the log has signed, whatever is answered: evidence, if it contradicts."""

    def contradicts(self, known: Known) -> bool:
        """Whether the log showed another tree than the one it showed before."""
        if self.shown is None:
            return False
        alike = hmac.compare_digest(self.shown.root, known.root)
        return self.status == UNFIT or (self.shown.size == known.size and not alike)


def read(data: bytes) -> Request:
    """A request as it was written; `Malformed` for anything else."""
    if len(data) > MAX_REQUEST:
        raise Malformed("a request of that length is not read")
    head, gap, published = data.partition(b"\n\n")
    try:
        first, *lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise Malformed("a request begins in ASCII") from None
    if not gap or not first.startswith("old ") or len(lines) > MAX_LINES:
        raise Malformed("a request names the old size, and 63 hashes at most")
    proof = tuple(map(note.from_base64, lines))
    if any(len(one) != merkle.HASH_SIZE for one in proof):
        raise Malformed("a hash has 32 bytes")
    return Request(checkpoint.number(first.removeprefix("old ")), proof, published)


def judge(data: bytes, logs: Mapping[str, Verifier], known: Known) -> Verdict:
    """What a witness answers that knows those logs by origin.

    ``known`` is what it remembers of the log that the checkpoint names (`origin_of`).
    Reading, keeping and answering are one step of the witness: two requests at once
    must not both go on from the same memory.
    """
    try:
        request = read(data)
        head, _ = checkpoint.read(request.checkpoint)
    except Malformed as error:
        return Verdict(400, f"{error}\n".encode())
    key = logs.get(head.origin)
    if key is None:
        return Verdict(404, b"that log is not known here\n")
    try:
        checkpoint.verify(request.checkpoint, (key,))
    except (NotSigned, FalseSignature) as error:
        return Verdict(403, f"{error}\n".encode())
    if request.old > head.size:
        said = b"the old size is larger than the new one\n"
        return Verdict(400, said, shown=head)
    if request.old != known.size:
        return _conflict(known, head)
    if head.size == known.size and not hmac.compare_digest(head.root, known.root):
        return _conflict(known, head)
    try:
        merkle.check_consistency(
            known.size, known.root, head.size, head.root, request.proof
        )
    except NotConsistent as error:
        return Verdict(UNFIT, f"{error}\n".encode(), shown=head)
    return Verdict(200, head=head, shown=head)


def _conflict(known: Known, head: Checkpoint) -> Verdict:
    return Verdict(409, f"{known.size}\n".encode(), SIZE_TYPE, shown=head)


def origin_of(data: bytes) -> str:
    """Which log a request is about; `Malformed` if it is none."""
    return checkpoint.read(read(data).checkpoint)[0].origin


def read_answer(data: bytes) -> list[Signature]:
    """The co-signatures that a witness answered with; `Malformed` otherwise."""
    if len(data) > note.MAX_NOTE:
        raise Malformed("an answer of that length is not read")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise Malformed("an answer is UTF-8") from None
    if not text.endswith("\n"):
        raise Malformed("an answer is lines of signatures")
    return [note.read_line(line) for line in text[:-1].split("\n")]


def read_size(data: bytes) -> int:
    """The size that a witness told with 409; `Malformed` otherwise."""
    text = data.decode("ascii", "replace").removesuffix("\n")
    return checkpoint.number(text)
