# SPDX-License-Identifier: Apache-2.0
"""What every station with a record can do and show: carry its messages, and tell.

A system that is no gateway station, but keeps a history, tells it in the same words.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, ClassVar

from pki.names import StationName
from protocols.refusals import REFUSALS, RefusalClass
from schemas.catalogue import ROWS
from simulators.scenario.refused import one_of
from simulators.scenario.registry import (
    DELIVERED,
    NOT_DELIVERED,
    REFUSED,
    Action,
    Count,
    Happened,
    Kept,
    Look,
    Params,
    Seen,
)
from simulators.scenario.world import Event, World

WITHDRAWN = "withdrawn"
NOTHING_SENT = "nothing was sent"
LEARNED, ERASED = "learned", "erased"
KINDS = (
    "attempted",
    "sent",
    "received",
    "repeated",
    "refused",
    "held",
    "released",
    "declined",
    "lapsed",
    "fetched",
    "erased",
    "withdrawn",
    "receipted",
    "answered",
    "failed",
    "link_refused",
    "imported",
    "operator",
    "restored",
    "learned",
)
"""The kinds of events that a record knows."""

_TAKEN = {"receipted", "answered"}
Witness = Callable[[World, StationName, datetime], list[Event]]


class Delivery(Params, frozen=True):
    """Which message of its own a station carries."""

    names: ClassVar[tuple[str, ...]] = ("of",)
    of: str
    message: str

    def fault(self) -> tuple[str, str, str] | None:
        return message_fault(self.message)


class Recorded(Params, frozen=True):
    """Which events a party must have on record, and how many."""

    names: ClassVar[tuple[str, ...]] = ("of",)
    parties: ClassVar[tuple[str, ...]] = ("peer",)
    kind: str
    of: str = ""
    message: str = ""
    direction: str = ""
    peer: str = ""
    code: str = ""
    count: Count = 1

    def fault(self) -> tuple[str, str, str] | None:
        if self.kind not in KINDS:
            return (
                "kind",
                f"no record has events '{self.kind}'",
                one_of(self.kind, KINDS),
            )
        if self.direction not in ("", "in", "out", "local"):
            return "direction", "is unknown", "write in, out or local"
        if self.code and self.code not in REFUSALS:
            return "code", "is no refusal's code", one_of(self.code, tuple(REFUSALS))
        return message_fault(self.message) if self.message else None


class About(Params, frozen=True):
    """What is asked about: the name of an earlier step."""

    names: ClassVar[tuple[str, ...]] = ("of",)
    of: str


class Sending(Params, frozen=True):
    """Which message it owes somebody; the newest of the scenario."""

    message: str

    def fault(self) -> tuple[str, str, str] | None:
        return message_fault(self.message)


def message_fault(message: str) -> tuple[str, str, str] | None:
    """Whether a message type is in the catalogue."""
    if message in ROWS:
        return None
    return "message", "is no message type", one_of(message, tuple(ROWS))


def ending_of(code: str) -> str:
    """A code as an ending: a peer's refusal, or what the sender found itself."""
    row = REFUSALS.get(code)
    local = row is None or row.kind in (RefusalClass.LOCAL, RefusalClass.LINK)
    return f"{NOT_DELIVERED if local else REFUSED} {code}"


def delivery(
    events: Iterable[Event], party: StationName, message: str, kept: Kept
) -> str:
    """What became of a message by its sender's own record; empty while unknown."""
    last = ""
    for event in events:
        if (event["station"], event["direction"]) != (str(party), "out"):
            continue
        if event["message_type"] != message or not kept.is_in(event):
            continue
        if event["kind"] in _TAKEN:
            last = DELIVERED
        elif event["kind"] == "withdrawn":
            last = WITHDRAWN
        elif event["code"]:
            last = ending_of(event["code"])
    return last


def deliver(world: World, party: StationName, params: Delivery) -> Happened:
    """Wait for what becomes of a message that a station sends of its own accord."""
    kept: Kept = world.names[params.of]
    ending = world.until_expected(
        lambda: delivery(world.every_event(), party, params.message, kept),
        lambda seen: seen == DELIVERED,  # all else may still become that
    )
    return Happened(ending or "nothing was sent", kept)


def learn(world: World, party: StationName, params: Delivery) -> Happened:
    """Wait for the reply to a question that a station asked on somebody's behalf."""
    kept: Kept = world.names[params.of]

    def look() -> str:
        for event in world.every_event():
            asked = ROWS.get(event["message_type"])
            if (
                (event["station"], event["kind"]) == (str(party), "answered")
                and asked is not None
                and asked.reply_type == params.message
                and kept.is_in(event)
            ):
                return LEARNED
        return ""

    return Happened(world.until_expected(look) or "no answer", kept)


LEARN = Action(
    "learn",
    Delivery,
    learn,
    (LEARNED,),
    "The reply to what it asked comes, of this type; waits for it.",
)


def erase(world: World, party: StationName, params: About) -> Happened:
    """Wait until what nobody fetched in its time is gone, by the station's record."""
    kept: Kept = world.names[params.of]

    def look() -> str:
        gone = any(
            (event["station"], event["kind"]) == (str(party), "erased")
            and kept.is_in(event)
            for event in world.every_event()
        )
        return ERASED if gone else ""

    return Happened(world.until_expected(look) or "still kept", kept)


ERASE = Action(
    "erase",
    About,
    erase,
    (ERASED,),
    "It erases what was not fetched in its time; waits until that is on record.",
)


def send(world: World, party: StationName, params: Sending) -> Happened:
    """Wait for what becomes of the newest message of a type that a station sends."""
    kept = Kept()

    def look() -> str:
        nonlocal kept
        ending = ""
        for one in world.every_event():
            own = one["station"], one["direction"], one["message_type"]
            if own == (str(party), "out", params.message):
                kept = Kept(one["processing_number"], one["message_id"])
                ending = delivery((one,), party, params.message, kept) or ending
        return ending

    ending = world.until_expected(look, lambda seen: seen == DELIVERED)
    return Happened(ending or NOTHING_SENT, kept)


SEND = Action(
    "send",
    Sending,
    send,
    (DELIVERED, WITHDRAWN, REFUSED, NOT_DELIVERED),
    "It sends a message that others made it owe; waits for what becomes of it.",
)
DELIVER = Action(
    "deliver",
    Delivery,
    deliver,
    (DELIVERED, WITHDRAWN, REFUSED, NOT_DELIVERED),
    "It sends a message of its own accord; waits for what becomes of it.",
)


def recorded(witness: Witness | None = None) -> Look:
    """The look at a party's record, or at the history that ``witness`` gives."""

    def see(world: World, party: StationName, params: Recorded) -> Seen:
        assert world.begun is not None
        if witness is None:
            events = world.every_event()
        else:
            events = witness(world, party, world.begun)
        found = sum(1 for event in events if _fits(world, event, party, params))
        what = " ".join(filter(None, (params.kind, params.message, params.code)))
        return Seen(f"{params.count} x {what}", f"{found} x {what}")

    return Look("record", Recorded, see, "How many such events are on its record.")


def _fits(world: World, event: Event, party: StationName, params: Recorded) -> bool:
    wanted: dict[str, Any] = {
        "station": str(party),
        "kind": params.kind,
        "message_type": params.message,
        "direction": params.direction,
        "code": params.code,
        "peer": str(world.parties[params.peer]) if params.peer else "",
    }
    if any(value and event[name] != value for name, value in wanted.items()):
        return False
    return not params.of or world.names[params.of].is_in(event)


def knows_nothing(witness: Witness | None = None) -> Look:
    """The look for anything that a party should never have heard of."""

    def see(world: World, party: StationName, params: About) -> Seen:
        assert world.begun is not None
        kept: Kept = world.names[params.of]
        events = world.every_event() if witness is None else []
        if witness is not None:
            events = witness(world, party, world.begun)
        own = [e for e in events if e["station"] == str(party) and kept.is_in(e)]
        return Seen("knows nothing of it", _so_many(len(own)))

    return Look("nothing", About, see, "That nothing of it is on its record.")


def _so_many(count: int) -> str:
    return f"{count} events of it" if count else "knows nothing of it"
