# SPDX-License-Identifier: Apache-2.0
"""What really crossed, from the parties' own records: the marks of a sequence diagram.

An arrow is drawn where somebody's record says so: its receiver's for a message that
came, its sender's for an answer, and for a message that did not get through. Pure:
same events, same marks. No mark tells more than a record does, and no record has
personal data.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from protocols.refusals import REFUSALS, RefusalClass
from simulators.scenario.world import Event, Interlude


class Style(Enum):
    """How an arrow is drawn, and what its label says beside the type."""

    SENT = "sent"
    ANSWER = "answer"
    REFUSED = "refused"
    LOST = "lost"
    """It did not get through; the sender's record says why."""


@dataclass(frozen=True, slots=True)
class Arrow:
    """Something that went from one party to another, or should have."""

    at: datetime
    sender: str
    receiver: str
    label: str
    style: Style


@dataclass(frozen=True, slots=True)
class Note:
    """Something that happened at one party, or (empty) to all."""

    at: datetime
    party: str
    label: str


Mark = Arrow | Note


def marks(events: Iterable[Event], interludes: Iterable[Interlude] = ()) -> list[Mark]:
    """Everything that is to be drawn, by time."""
    found = [mark for event in events for mark in _of_event(event)]
    found += [Note(one.at, one.party, one.text) for one in interludes]
    return sorted(found, key=lambda mark: mark.at)


def stations(found: Iterable[Mark], first: Iterable[str]) -> tuple[str, ...]:
    """Who has a place in the diagram: ``first``, then who else is met, in order."""
    names = dict.fromkeys(first)
    for mark in found:
        met = (mark.party,) if isinstance(mark, Note) else (mark.sender, mark.receiver)
        names.update(dict.fromkeys(name for name in met if name))
    return tuple(names)


def _of_event(event: Mapping[str, Any]) -> Iterator[Mark]:
    at = datetime.fromisoformat(event["at"]).astimezone(UTC)
    station, peer, kind = event["station"], event["peer"], event["kind"]
    label = " ".join(filter(None, (event["message_type"], event["code"])))
    match event["direction"], kind:
        case "in", "link_refused":
            yield Note(at, station, f"a link is refused {event['code']}")
        case "in", "refused":
            yield Arrow(at, peer, station, label, Style.REFUSED)
        case "in", "repeated":
            yield Arrow(at, peer, station, f"{label} again", Style.SENT)
        case "in", "held":
            yield Arrow(at, peer, station, label, Style.SENT)
            yield Note(at, station, "held for a person")
        case "in", _:
            yield Arrow(at, peer, station, label, Style.SENT)
        case "out", "receipted":
            yield Arrow(at, peer, station, "receipt", Style.ANSWER)
        case "out", "answered":
            yield Arrow(at, peer, station, "reply", Style.ANSWER)
        case "out", "withdrawn":
            yield Note(at, station, f"{label} {event['detail']}".strip())
        case "out", ("failed" | "refused"):
            yield _unsent(at, station, peer, label, event["code"])
        case "local", "operator" if not peer:
            return  # a station's own affairs, such as a look at its clock
        case "local", _:
            what = event["detail"] if kind == "operator" else kind
            yield Note(at, station, " ".join(filter(None, (what, event["code"]))))
        case _:
            return


def _unsent(at: datetime, station: str, peer: str, label: str, code: str) -> Arrow:
    """The peer's refusal comes back; our own finding means that nothing got there."""
    row = REFUSALS.get(code)
    if row is not None and row.kind in (RefusalClass.READABLE, RefusalClass.UNREADABLE):
        return Arrow(at, peer, station, f"refusal {code}", Style.ANSWER)
    return Arrow(at, station, peer, label, Style.LOST)
