# SPDX-License-Identifier: Apache-2.0
"""Lines of a record: events as a station writes them, or as `sekisho records` tells.

A record's canonical JSON is what its commitment covers; a line can be read and held
against its one spelling, but salt and commitment lie in the store. Free text and a
person's tag are shown only if personal data was asked for.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from io import BytesIO
from typing import Any, Final

import msgspec

from gateway.inspection.known import Known
from gateway.inspection.report import (
    Fact,
    Finding,
    Layer,
    Verdict,
    ok,
    protocol,
    refused,
    unchecked,
)
from gateway.inspection.words import HIDDEN, moment
from gateway.records.errors import StoreDamaged
from gateway.records.event import Event, EventKind, read_canonical
from pki.names import BadStationName, StationName
from protocols.refusals import REFUSALS
from schemas.catalogue import ROWS

MAX_SHOWN: Final = 20
"""Events that are shown in full; all are checked."""
MAX_BAD: Final = 1000
"""Lines that are no event, after which a file is left alone."""
MAX_ARRAY: Final = 4 * 1024 * 1024
"""Bytes of one JSON array: unlike lines, it is read as a whole."""
RULE: Final = "R-111, 番号法第23条"
_NO_JSON: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_PERSONAL: Final = ("person_tag", "operator", "detail")


class _Told(msgspec.Struct, frozen=True):
    """An event as ``sekisho records … --json`` writes it; more may stand beside."""

    record_id: str
    commitment: str
    kind: EventKind
    at: datetime
    direction: str
    peer: str
    message_type: str
    message_id: str
    processing_number: str
    code: str
    verdicts: tuple[tuple[str, str, str], ...]
    person_tag: str
    operator: str
    detail: str


class NoRecord(Exception):
    """JSON that is no record of this network; somebody else's file."""


def look(data: bytes, known: Known) -> tuple[Layer, ...]:
    """A layer for the file, its first events inside; raises `NoRecord`."""
    lines = _array(data) if data.lstrip()[:1] == b"[" else BytesIO(data)
    kinds = Counter[str]()
    shown: list[Layer] = []
    total = bad = 0
    for line in filter(bytes.strip, lines):
        if not total and not _begins_as_record(line):
            raise NoRecord
        layer = _line(line, known)
        total += 1
        bad += layer.verdict is Verdict.REFUSED
        kinds.update(value for name, value in layer.facts if name == "event")
        if len(shown) < MAX_SHOWN:
            shown.append(layer)
        if bad >= MAX_BAD:
            break
    if not total:
        raise NoRecord
    facts = (("events", str(kinds.total())), *_counted(kinds))
    return (Layer("record", (_every(total, bad),), facts, (), tuple(shown)),)


def _every(total: int, bad: int) -> Finding:
    what = "every line is an event, in its one spelling"
    if bad >= MAX_BAD:
        why = f"{bad} of the first {total} are not; the rest was not looked at"
        return refused(what, RULE, "", why)
    if bad:
        return refused(what, RULE, "", f"{bad} of {total} are not")
    return ok(what, RULE)


def _begins_as_record(line: bytes) -> bool:
    try:
        value: Any = msgspec.json.decode(line)
    except _NO_JSON:
        return False
    return isinstance(value, dict) and {"kind", "at", "direction"} <= value.keys()


def _array(data: bytes) -> Iterator[bytes]:
    """The members of what ``sekisho records list --json`` writes."""
    if len(data) > MAX_ARRAY:
        raise NoRecord
    try:
        return map(bytes, msgspec.json.decode(data, type=list[msgspec.Raw]))
    except _NO_JSON:
        raise NoRecord from None


def _counted(kinds: "Counter[str]") -> tuple[Fact, ...]:
    return tuple((f"  {kind}", str(count)) for kind, count in sorted(kinds.items()))


def _line(line: bytes, known: Known) -> Layer:
    try:
        event, _ = read_canonical(line)
    except (StoreDamaged, ValueError):
        return _as_told(line, known)
    facts = _facts(event, known)
    return Layer(
        "event", (_spelling(line), _committed()), facts, _checks(event.verdicts)
    )


def _as_told(line: bytes, known: Known) -> Layer:
    try:
        event = msgspec.json.decode(line, type=_Told)
    except _NO_JSON:
        no = refused("it is an event", RULE, "", "it does not read as one")
        return Layer("event", (no,))
    facts = (
        *_facts(event, known),
        ("record", _hex(event.record_id)),
        ("commitment", _hex(event.commitment)),
    )
    findings = (ok("it is an event", RULE), _committed())
    return Layer("event", findings, facts, _checks(event.verdicts))


def _spelling(line: bytes) -> Finding:
    """Whether these are the bytes that the commitment covers."""
    what = "it is canonical: the one spelling that a commitment covers"
    again = msgspec.json.encode(msgspec.json.decode(line), order="deterministic")
    if again == line.strip():
        return ok(what, RULE)
    return refused(what, RULE, "", "the same event has another spelling in the store")


def _committed() -> Finding:
    need = "salt and commitment lie in the store: inspect that, or 'records verify'"
    return unchecked("its commitment covers it", f"{RULE}, {protocol('7.1')}", need)


def _facts(event: Event | _Told, known: Known) -> tuple[Fact, ...]:
    """What it says, the kind first; nothing that a stranger could have written."""
    row = REFUSALS.get(event.code)
    told = [
        ("event", event.kind.value),
        ("at", moment(event.at)),
        ("direction", _one_of(event.direction, ("in", "out", "local"))),
        ("peer", _station(event.peer)),
        ("type", _one_of(event.message_type, ROWS)),
        ("message id", _hex(event.message_id)),
        ("processing number", _hex(event.processing_number)),
        ("code", "" if row is None else f"{row.code} {row.ja} / {row.en}"),
    ]
    for name in _PERSONAL:
        value = getattr(event, name)
        told.append((name.replace("_", " "), value if known.personal else HIDDEN))
        if not value:
            told.pop()
    return tuple((name, value) for name, value in told if value)


def _checks(verdicts: tuple[tuple[str, str, str], ...]) -> tuple[str, ...]:
    marks = {"passed": "✓", "refused": "✗"}
    return tuple(
        f"{marks.get(outcome, '–')} {rule} {check}"
        for rule, check, outcome in verdicts
        if outcome in marks
    )


def _one_of(text: str, allowed: Any) -> str:
    return text if text in allowed else (HIDDEN if text else "")


def _station(text: str) -> str:
    """A proved name; an address that did not prove its name is not a person's data."""
    try:
        return str(StationName.parse(text)) if text else ""
    except BadStationName:
        return "not proved"


def _hex(text: str) -> str:
    try:
        return bytes.fromhex(text).hex()
    except ValueError:
        return HIDDEN
