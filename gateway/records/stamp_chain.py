# SPDX-License-Identifier: Apache-2.0
"""The chain of time-stamps over a log: what each covers, and whether all of it holds.

The first stamp covers a signed head. Each later one covers the token before it and then
the newest head: SHA-256(token ‖ head). So whoever believes the newest stamp believes
when the one before was made, and so on to the first, long after the authority's old
certificates ended: the renewal of RFC 4998, done with every stamp. It holds only if
each stamp was made while the certificate of the one before was still in time.
"""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from cryptography import x509

from gateway.records.proven import Stamp
from pki import timestamp
from pki.keystore import load_certificates
from pki.timestamp import Stamped, StampRefused, Wanted
from protocols.tlog import checkpoint
from protocols.tlog.errors import LogError


def roots_of(path: Path | None) -> tuple[x509.Certificate, ...]:
    """The roots of a file; none without one."""
    return () if path is None else tuple(load_certificates(path))


def covered(before: bytes, note: bytes) -> bytes:
    """What a stamp is over; ``before`` is the token that it follows, or empty."""
    return before + note


def digest(before: bytes, note: bytes) -> bytes:
    """The SHA-256 that the authority is shown."""
    return hashlib.sha256(covered(before, note)).digest()


def faults(
    stamps: Sequence[Stamp],
    roots: tuple[x509.Certificate, ...],
    policy: str,
    now: datetime,
) -> Iterator[tuple[Stamp, str]]:
    """Every stamp that does not hold, and why; none is a sound chain."""
    before: Stamp | None = None
    for stamp in stamps:
        said = _fault(stamp, before, roots, policy)
        if said:
            yield stamp, said
        before = stamp
    if before is not None and before.until < now:
        yield before, "its authority's certificate ended, and no newer stamp covers it"


def _fault(
    stamp: Stamp,
    before: Stamp | None,
    roots: tuple[x509.Certificate, ...],
    policy: str,
) -> str:
    number = 1 if before is None else before.number + 1
    if stamp.number != number:
        return f"the stamps before it are gone: {number} should stand here"
    covers = digest(b"" if before is None else before.token, stamp.note)
    try:
        stamped = timestamp.verify(stamp.token, Wanted(covers, roots, policy))
    except StampRefused as error:
        return f"its time-stamp is not believed: {error}"
    return _told(stamp, stamped) or _follows(stamp, before)


def _told(stamp: Stamp, stamped: Stamped) -> str:
    """Whether the store says of it what the token says."""
    if (stamp.at, stamp.until) != (stamped.at, stamped.until):
        return "the store tells another time than the stamp"
    try:
        head, _ = checkpoint.read(stamp.note)
    except LogError as error:
        return f"what it covers is no head: {error}"
    return "" if head.size == stamp.size else "it covers a head of another size"


def _follows(stamp: Stamp, before: Stamp | None) -> str:
    if before is None:
        return ""
    if stamp.at < before.at or stamp.size < before.size:
        return "it is older than the one before"
    if before.until < stamp.at:
        return "the certificate of the one before had ended when it was made"
    return ""
