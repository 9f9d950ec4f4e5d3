# SPDX-License-Identifier: Apache-2.0
"""Receipts and refusals as `protocols.answers` reads them, without what they answer.

`protocols.answers.read` judges an answer against the message that was sent. Whoever
inspects one seldom has that, so the value is read here by the same DER door and the
same structure, and the answer is put to `answers.read` as if it were for just what it
names. A test holds the two readers against each other.
"""

from dataclasses import dataclass
from typing import Annotated

from gateway.inspection import throwaway
from gateway.inspection.known import Known
from gateway.inspection.report import (
    Fact,
    Finding,
    Layer,
    ok,
    protocol,
    refused,
    unchecked,
)
from gateway.inspection.signed import RECEIPT, Kind
from gateway.inspection.words import moment
from pki import der
from pki.errors import PkiError
from pki.trust import Identity
from protocols import answers, limits
from protocols.answers import WIRE_CODES, Offered
from protocols.errors import AnswerInvalid
from protocols.header import station_named, whole_second
from protocols.refusals import refusal

VERSION = answers.VERSION
_CODE = "SK-T04"


@der.sequence
class _Receipt:
    version: int
    message_id: Annotated[bytes, der.Size.exact(limits.MESSAGE_ID_SIZE)]
    header_digest: Annotated[bytes, der.Size.exact(limits.DIGEST_SIZE)]
    receiver: str
    at: der.GeneralizedTime
    record_commitment: Annotated[bytes, der.Size.exact(limits.DIGEST_SIZE)]


@der.sequence
class _Refusal:
    version: int
    request_digest: Annotated[bytes, der.Size.exact(limits.DIGEST_SIZE)]
    header_digest: Annotated[bytes | None, der.Implicit(0)]
    receiver: str
    at: der.GeneralizedTime
    code: str
    rule: Annotated[str | None, der.Implicit(1)]
    retry: bool
    record_commitment: Annotated[bytes, der.Size.exact(limits.DIGEST_SIZE)]


@dataclass(frozen=True, slots=True)
class Value:
    """What an answer says of itself."""

    offered: Offered
    """The message that it answers, by its own word."""
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Look:
    """The layer, and the value where there is one."""

    layer: Layer
    value: Value | None = None


def look(content: bytes, kind: Kind) -> Look:
    """The layer of what was signed."""
    name = kind.name
    what, rule = f"it is a {name} of version 1", protocol(kind.section)
    try:
        value = _receipt(content) if kind is RECEIPT else _refusal(content)
    except (PkiError, ValueError):
        return Look(Layer(name, (refused(what, rule, _CODE),)))
    return Look(Layer(name, (ok(what, rule),), value.facts), value)


def judged(
    data: bytes, value: Value, kind: Kind, known: Known, signer: Identity | None
) -> Finding:
    """Whether its sender would believe it, if it is for what it names."""
    what = "it is from the receiver that it names"
    rule = f"R-135, {protocol('7.4')}"
    if known.directory is None or signer is None:
        why = "its signer is not proved (see the layers above)"
        return unchecked(what, rule, why)
    opener, _ = throwaway.pair()  # a signed answer is read without a key
    try:
        answers.read(data, value.offered, opener, known.directory, known.at)
    except AnswerInvalid as error:
        return refused(what, rule, error.code, f"signed by {signer.station}")
    return ok(what, rule)


def _receipt(content: bytes) -> Value:
    raw = der.decode(_Receipt, content)
    receiver, at = station_named(raw.receiver), whole_second(raw.at.as_datetime())
    if raw.version != VERSION:
        raise ValueError("another version")
    facts = (
        ("receiver", str(receiver)),
        ("taken over at", moment(at)),
        ("message id", raw.message_id.hex()),
        ("its signed header", raw.header_digest.hex()),
        ("record commitment", raw.record_commitment.hex()),
    )
    offered = Offered(bytes(32), raw.message_id, raw.header_digest, receiver)
    return Value(offered, facts)


def _refusal(content: bytes) -> Value:
    raw = der.decode(_Refusal, content)
    receiver, at = station_named(raw.receiver), whole_second(raw.at.as_datetime())
    if raw.version != VERSION or raw.code not in WIRE_CODES:
        raise ValueError("another version, or a code that is none")
    header_digest = raw.header_digest or b""
    if raw.header_digest is not None and len(raw.header_digest) != limits.DIGEST_SIZE:
        raise ValueError("a digest of another length")
    row = refusal(raw.code)
    facts = (
        ("receiver", str(receiver)),
        ("refused at", moment(at)),
        ("bytes that were posted", raw.request_digest.hex()),
        ("their signed header", header_digest.hex() or "could not be read"),
        ("code", f"{raw.code} {row.ja} / {row.en}"),
        ("what to do", row.mend),
        ("may be offered again", "yes" if raw.retry else "no"),
        ("record commitment", raw.record_commitment.hex()),
    )
    offered = Offered(raw.request_digest, bytes(16), header_digest, receiver)
    return Value(offered, facts)
