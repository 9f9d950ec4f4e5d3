# SPDX-License-Identifier: Apache-2.0
"""Targets of what vouches for a log: notes, proofs, policies, witnesses, stamps."""

import hashlib
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pki import timestamp, timestamp_authority
from pki.keystore import load_certificate
from pki.timestamp import StampRefused, Wanted
from pki.timestamping import MAX_QUERY, TimeStamper
from protocols.tlog import checkpoint, merkle, note, policy, proof, witness
from protocols.tlog.checkpoint import Checkpoint
from protocols.tlog.errors import Malformed
from protocols.tlog.note import Kind, Verifier
from protocols.tlog.policy import BadPolicy
from protocols.tlog.proof import Proof
from protocols.tlog.witness import Known, Request, Verdict
from tests.fuzz.target import Broken, Target, same

NOON: Final = datetime(2030, 1, 1, 12, tzinfo=UTC)
DIGEST: Final = hashlib.sha256(b"a head").digest()
KEY: Final = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER: Final = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
LOG: Final = Verifier.of("log.example/1", Kind.LOG, KEY)
WITNESS: Final = Verifier.of("witness.example/1", Kind.WITNESS, OTHER)
LEAVES: Final = [merkle.leaf_hash(bytes([number])) for number in range(2)]
ROOT: Final = merkle.node_hash(*LEAVES)
STATUSES: Final = frozenset({200, 400, 403, 404, 409, 422})


# --- the log --------------------------------------------------------------------------


def _head(size: int, root: bytes) -> bytes:
    found = Checkpoint(LOG.name, size, root)
    line = note.cosign(found.text, WITNESS.name, OTHER, NOON)
    return found.signed(KEY).signed(line).encode()


def _heads() -> Iterator[bytes]:
    yield _head(1, LEAVES[0])
    yield _head(2, ROOT)


def _note_is_its_bytes(data: bytes, found: Any) -> None:
    same("note", data, found.encode())


def _proofs() -> Iterator[bytes]:
    yield Proof(1, (LEAVES[0],), _head(2, ROOT), b"told beside").encode()
    yield Proof(0, (), _head(1, LEAVES[0])).encode()


def _proof_is_its_bytes(data: bytes, found: Any) -> None:
    same("tlog-proof", data, found.encode())


def _policies() -> Iterator[bytes]:
    yield f"log {LOG.text}\nquorum none\n".encode()
    lines = f"log {LOG.text}\nwitness a {WITNESS.text} https://witness.example/\n"
    yield f"{lines}group b any a\nquorum b\n".encode()


def _requests() -> Iterator[bytes]:
    yield Request(1, (LEAVES[1],), _head(2, ROOT)).encode()
    yield Request(0, (), _head(1, LEAVES[0])).encode()


def _judged(data: bytes) -> Verdict:
    return witness.judge(data, {LOG.name: LOG}, Known(1, LEAVES[0]))


def _says_one_thing(data: bytes, verdict: Verdict) -> None:
    if verdict.status not in STATUSES:
        raise Broken(f"a witness answers {verdict.status}")
    if (verdict.status == 200) != (verdict.head is not None):
        raise Broken("a witness signs what it grants, and nothing else")


# --- time-stamps ----------------------------------------------------------------------


@cache
def _authority() -> tuple[TimeStamper, Wanted]:
    with tempfile.TemporaryDirectory() as folder:
        files = timestamp_authority.build(Path(folder) / "tsa", "A", NOON)
        stamper = timestamp_authority.load(files.directory)
        return stamper, Wanted(DIGEST, (load_certificate(files.root),))


def _queries() -> Iterator[bytes]:
    yield timestamp.query(DIGEST, 7)
    yield timestamp.query(DIGEST, 2**127, "1.2.3")


def _answers() -> Iterator[bytes]:
    for query in (*_queries(), b""):
        yield _authority()[0].answer(query, NOON, 1)


def _tokens() -> Iterator[bytes]:
    granted, *_ = _answers()
    yield timestamp.read_answer(granted)


def _verified(data: bytes) -> timestamp.Stamped:
    return timestamp.verify(data, _authority()[1])


def _is_the_authoritys(data: bytes, found: timestamp.Stamped) -> None:
    if (found.at, found.serial) != (NOON, 1):
        raise Broken("a stamp is believed that the authority did not give")


def _answered(data: bytes) -> bytes:
    return _authority()[0].answer(data, NOON, 1)


TARGETS: Final = (
    Target("note", note.read, (Malformed,), _heads, _note_is_its_bytes),
    Target("checkpoint", checkpoint.read, (Malformed,), _heads),
    Target("tlog-proof", proof.read, (Malformed,), _proofs, _proof_is_its_bytes),
    Target("policy", policy.read, (BadPolicy,), _policies),
    Target("witness", _judged, (), _requests, _says_one_thing),
    Target(
        "stamp-token", _verified, (StampRefused,), _tokens, _is_the_authoritys, der=True
    ),
    Target("stamp-answer", timestamp.read_answer, (StampRefused,), _answers, der=True),
    Target("stamp-query", _answered, (), _queries, longest=MAX_QUERY, der=True),
)
