# SPDX-License-Identifier: Apache-2.0
"""Receipts and refusals as `protocols.answers` reads them, without what they answer.

`protocols.answers.read` judges an answer against the message that was sent. Whoever
inspects one seldom has that, so its content is read by itself, and the answer is then
put to `answers.read` as if it were for just what it names.
"""

from dataclasses import dataclass

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
from pki.errors import PkiError
from pki.trust import Identity
from protocols import answers
from protocols.answers import Offered
from protocols.errors import AnswerInvalid
from protocols.refusals import refusal

_CODE = "SK-T04"


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
    said = answers.read_receipt(content)
    facts = (
        ("receiver", str(said.receiver)),
        ("taken over at", moment(said.at)),
        ("message id", said.message_id.hex()),
        ("its signed header", said.header_digest.hex()),
        ("record commitment", said.record_commitment.hex()),
    )
    offered = Offered(bytes(32), said.message_id, said.header_digest, said.receiver)
    return Value(offered, facts)


def _refusal(content: bytes) -> Value:
    said = answers.read_refusal(content)
    header_digest = said.header_digest or b""
    row = refusal(said.code)
    facts = (
        ("receiver", str(said.receiver)),
        ("refused at", moment(said.at)),
        ("bytes that were posted", said.request_digest.hex()),
        ("their signed header", header_digest.hex() or "could not be read"),
        ("code", f"{said.code} {row.ja} / {row.en}"),
        ("what to do", row.mend),
        ("may be offered again", "yes" if said.retry else "no"),
        *((("not before", moment(said.retry_after)),) if said.retry_after else ()),
        ("record commitment", said.record_commitment.hex()),
    )
    offered = Offered(said.request_digest, bytes(16), header_digest, said.receiver)
    return Value(offered, facts)
