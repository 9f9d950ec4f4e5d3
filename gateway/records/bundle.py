# SPDX-License-Identifier: Apache-2.0
"""A proof bundle: events, and all that proves them, in one file for an auditor.

A zip archive whose members are stored as they are, in one order, without times: the
same events under the same head make the same bytes. Each event is a C2SP tlog-proof
that holds its salt and content (`extra`); all proofs are under one checkpoint. Of a
range every place in the log is there, so that a missing one shows; a selection says
nothing of what was not selected.

`read` believes nothing: the archive must be, byte for byte, what its members make, and
every digest, proof and name must fit. What it gives back is proven by the checkpoint
alone; whose checkpoint that is, the reader says. README and sums are for people.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from gateway.records.bundle_archive import (
    SUMS,
    BadBundle,
    must_sum_up,
    read_archive,
    shown,
    write_archive,
)
from gateway.records.bundle_words import readme
from gateway.records.errors import StoreDamaged
from gateway.records.event import SALT_SIZE, Event, commitment, read_canonical
from protocols.tlog import checkpoint, merkle, proof
from protocols.tlog.checkpoint import Checkpoint
from protocols.tlog.errors import LogError
from protocols.tlog.proof import Proof

README: Final = "README.txt"
MANIFEST: Final = "bundle.json"
CHECKPOINT: Final = "checkpoint"
POLICY: Final = "policy"
STAMP_DATA: Final = "stamp/data"
STAMP_TOKEN: Final = "stamp/token"
MOST: Final = 10_000
"""Events of one bundle: it is read whole into memory."""
_FORMAT: Final = 1


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the bundle says it is."""

    format: int
    origin: str
    size: int
    """Entries under the checkpoint."""
    first: int
    last: int
    """Places in the log, both included: of the range, or of what was selected."""
    events: int
    whole: bool
    """Whether every entry from first to last is there."""
    evidence: bool
    stamp: bool
    asked: str
    """In words; names no person."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One event with its proof."""

    proof: Proof
    event: Event
    digests: Mapping[str, str]
    evidence: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Vouched:
    """The one checkpoint, and what others said of it."""

    head: Checkpoint
    note: bytes
    policy: bytes
    stamp_before: bytes = b""
    stamp_token: bytes = b""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle that fits together; nobody has been believed yet."""

    manifest: Manifest
    note: bytes
    policy: bytes
    pieces: Sequence[Piece]
    stamp_data: bytes
    stamp_token: bytes


def make(
    pieces: Sequence[Piece],
    vouched: Vouched,
    asked: str,
    *,
    whole: bool,
    evidence: bool,
) -> bytes:
    """The bundle of these events, in the order of their places."""
    manifest = Manifest(
        format=_FORMAT,
        origin=vouched.head.origin,
        size=vouched.head.size,
        first=pieces[0].proof.index,
        last=pieces[-1].proof.index,
        events=len(pieces),
        whole=whole,
        evidence=evidence,
        stamp=bool(vouched.stamp_token),
        asked=asked,
    )
    members = {
        README: readme(manifest.origin, whole=whole).encode(),
        MANIFEST: _encoded(manifest),
        CHECKPOINT: vouched.note,
        POLICY: vouched.policy,
    }
    if vouched.stamp_token:
        members[STAMP_DATA] = vouched.stamp_before + vouched.note
        members[STAMP_TOKEN] = vouched.stamp_token
    for piece in pieces:
        members[_proof_name(piece.proof.index)] = piece.proof.encode()
        for name, data in sorted(piece.evidence.items()) if evidence else ():
            members[_evidence_name(piece.proof.index, name)] = data
    return write_archive(members)


def read(data: bytes) -> Bundle:
    """A bundle in which everything fits; raises `BadBundle` where something does not.

    The checkpoint's signatures and the time-stamp are not looked at: that needs keys.
    """
    members = read_archive(data)
    must_sum_up(members, (README, MANIFEST, CHECKPOINT, POLICY))
    manifest = _manifest(members)
    note = members[CHECKPOINT]
    head = _head(note, manifest)
    pieces = list(_pieces(members, manifest, head, note))
    _must_be_the_range(manifest, [piece.proof.index for piece in pieces])
    stamp = _stamp(members, manifest, note)
    _must_have_nothing_else(members, pieces)
    return Bundle(manifest, note, members[POLICY], pieces, *stamp)


# -- what is in it -----------------------------------------------------------------


def _manifest(members: Mapping[str, bytes]) -> Manifest:
    try:
        found = msgspec.json.decode(members[MANIFEST], type=Manifest)
    except msgspec.DecodeError:
        raise BadBundle(f"{MANIFEST}: it cannot be read") from None
    if found.format != _FORMAT:
        raise BadBundle(f"{MANIFEST}: this program reads format {_FORMAT}")
    if _encoded(found) != members[MANIFEST]:
        raise BadBundle(f"{MANIFEST}: it is not written as a bundle's is")
    return found


def _head(note: bytes, manifest: Manifest) -> Checkpoint:
    try:
        head, _ = checkpoint.read(note)
    except LogError as error:
        raise BadBundle(f"{CHECKPOINT}: {error}") from None
    if (head.origin, head.size) != (manifest.origin, manifest.size):
        raise BadBundle(f"{CHECKPOINT}: it is of another log or size than said")
    return head


def _pieces(
    members: Mapping[str, bytes], manifest: Manifest, head: Checkpoint, note: bytes
) -> Iterator[Piece]:
    names = [name for name in members if name.startswith("proofs/")]
    for name in names:
        try:
            found = proof.read(members[name])
            if _proof_name(found.index) != name or found.checkpoint != note:
                raise BadBundle(f"{shown(name)}: it is of another place or checkpoint")
            salt, canonical = found.extra[:SALT_SIZE], found.extra[SALT_SIZE:]
            leaf = merkle.leaf_hash(commitment(salt, canonical))
            merkle.check_inclusion(leaf, found.index, head.size, found.path, head.root)
            event, digests = read_canonical(canonical)
        except LogError as error:
            raise BadBundle(f"{shown(name)}: {error}") from None
        except StoreDamaged:
            raise BadBundle(f"{shown(name)}: its content cannot be read") from None
        evidence = _evidence(members, manifest, found.index, digests)
        yield Piece(found, event, digests, evidence)


def _evidence(
    members: Mapping[str, bytes],
    manifest: Manifest,
    index: int,
    digests: Mapping[str, str],
) -> dict[str, bytes]:
    if not manifest.evidence:
        return {}
    found = {}
    for name, digest in digests.items():
        member = _evidence_name(index, name)
        data = members.get(member)
        if data is None or hashlib.sha256(data).hexdigest() != digest:
            raise BadBundle(f"{shown(member)}: it is not what the event commits to")
        found[name] = data
    return found


def _must_be_the_range(manifest: Manifest, places: Sequence[int]) -> None:
    if list(places) != sorted(set(places)):
        raise BadBundle("its events are not in the order of their places")
    if not places or len(places) != manifest.events:
        raise BadBundle(f"it says {manifest.events} events and has {len(places)}")
    if (places[0], places[-1]) != (manifest.first, manifest.last):
        raise BadBundle("its events are not those from first to last")
    if not manifest.whole:
        return
    for expected, place in enumerate(places, manifest.first):
        if place != expected:
            raise BadBundle(f"entry {expected} of the range is missing")


def _must_have_nothing_else(
    members: Mapping[str, bytes], pieces: Sequence[Piece]
) -> None:
    known = {README, MANIFEST, CHECKPOINT, POLICY, SUMS, STAMP_DATA, STAMP_TOKEN}
    for piece in pieces:
        place = piece.proof.index
        known.add(_proof_name(place))
        known.update(_evidence_name(place, name) for name in piece.evidence)
    for name in members:
        if name not in known:
            raise BadBundle(f"{shown(name)}: no bundle has such a member")


def _stamp(
    members: Mapping[str, bytes], manifest: Manifest, note: bytes
) -> tuple[bytes, bytes]:
    data, token = members.get(STAMP_DATA, b""), members.get(STAMP_TOKEN, b"")
    if bool(token) != manifest.stamp or not data.endswith(note if token else b""):
        raise BadBundle(f"{STAMP_DATA}: it does not cover the checkpoint")
    return data, token


def _encoded(manifest: Manifest) -> bytes:
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"


def _proof_name(index: int) -> str:
    return f"proofs/{index:012}.tlog-proof"


def _evidence_name(index: int, name: str) -> str:
    return f"evidence/{index:012}/{name}"
