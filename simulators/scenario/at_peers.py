# SPDX-License-Identifier: Apache-2.0
"""The peers of a municipal CS that are played: what befalls them, and what they show.

They act by themselves: the prefecture passes on, J-LIS makes numbers, both servers
compare. A scenario waits for what they tell, and asks them through their management.
"""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import msgspec

from pki.names import StationName
from schemas import systems
from schemas.messages import read_payload
from schemas.resident_messages import EightItems
from schemas.stream_messages import SendingDestinationExtract
from simulators.network.story_register import record_of
from simulators.peers.faults import Seconds, Times
from simulators.peers.hand import Hand
from simulators.scenario.at_foreign import AT_MINISTRY
from simulators.scenario.at_stations import (
    About,
    ending_of,
    knows_nothing,
    message_fault,
    recorded,
)
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
    Nothing,
    Params,
    Seen,
    System,
    system,
)
from simulators.scenario.selector import Selector
from simulators.scenario.world import Event, World

DONE = "done"
COUNTED = (
    "persons",
    "numbers",
    "requests",
    "cards",
    "destinations",
    "stopped",
    "foreign_residents",
    "waiting",
    "refused",
)
"""What some peer counts."""
Code = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Z]{6}$")]


class Faulty(Params, frozen=True):
    """Its faults from now on; what is not named is none."""

    refuse: Times = 0
    code: str = "SK-M10"
    late: Times = 0
    seconds: Seconds = 1.0
    other_key: Times = 0
    lose: Times = 0
    another_person: Times = 0
    down: bool = False


class Known(Params, frozen=True):
    """Whom it is to keep already, or whether it does."""

    resident: Selector

    def fault(self) -> tuple[str, str, str] | None:
        return self.resident.fault()


class Holds(Known, frozen=True):
    """Whether somebody is kept, as the register has him."""

    kept: bool = True


class Isolated(Params, frozen=True):
    """Whose messages it takes no more, or again."""

    organisation: Code
    isolated: bool = True


class Told(Params, frozen=True):
    """Which message of its own."""

    message: str

    def fault(self) -> tuple[str, str, str] | None:
        return message_fault(self.message)


class Counting(Params, frozen=True):
    """How many of what."""

    of: str
    count: Count

    def fault(self) -> tuple[str, str, str] | None:
        if self.of in COUNTED:
            return None
        return "of", "is not counted", one_of(self.of, COUNTED)


# -- what befalls a peer ---------------------------------------------------------------


def _faults(world: World, party: StationName, params: Faulty) -> Happened:
    with Hand(world.stage.peer(party)) as hand:
        hand.fault(**msgspec.structs.asdict(params))
    world.interlude("its faults are set", party)
    return Happened(DONE)


def _well(world: World, party: StationName, _: Nothing) -> Happened:
    return _faults(world, party, Faulty())


def _isolate(world: World, party: StationName, params: Isolated) -> Happened:
    with Hand(world.stage.peer(party)) as hand:
        hand.isolate(params.organisation, params.isolated)
    return Happened(DONE)


def _know(world: World, party: StationName, params: Known) -> Happened:
    with Hand(world.stage.peer(party)) as hand:
        hand.load([(_items(world, params.resident), params.resident.of)])
    return Happened(DONE)


def _tell(world: World, party: StationName, params: Told) -> Happened:
    """Wait for what becomes of a message that it owes; the newest of this scenario."""
    assert world.begun is not None
    begun, kept = world.begun, Kept()

    def look() -> str:
        nonlocal kept
        ending = ""
        for one in history(world, party, begun):
            mine = one["direction"] == "out" and one["message_type"] == params.message
            if mine and one["kind"] != "attempted":
                taken = one["kind"] == "receipted"
                ending = DELIVERED if taken else ending_of(one["code"])
                kept = Kept(one["processing_number"], one["message_id"])
        return ending

    ending = world.until_expected(look, _is_final)
    return Happened(ending or "nothing was sent", kept)


def _is_final(ending: str) -> bool:
    """What was not delivered yet is offered again."""
    return ending == DELIVERED or ending.startswith(f"{REFUSED} ")


# -- what can be seen ------------------------------------------------------------------


def history(world: World, server: StationName, since: datetime) -> list[Event]:
    """A peer's history in the words of a station's record."""
    path = world.files.history(server)
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    told = [json.loads(line) for line in lines]
    return [_event(line, server) for line in told if _after(line, since)]


def _after(line: dict[str, Any], since: datetime) -> bool:
    return datetime.fromisoformat(line["at"]) >= since


def _event(line: dict[str, Any], server: StationName) -> Event:
    return {
        "station": str(server),
        "at": datetime.fromisoformat(line["at"]).isoformat().replace("+00:00", "Z"),
        "detail": line["effect"],
        **{
            name: line[name]
            for name in (
                "direction",
                "kind",
                "code",
                "peer",
                "message_id",
                "message_type",
                "processing_number",
            )
        },
    }


def _kept(world: World, party: StationName, params: Holds) -> Seen:
    wanted = _items(world, params.resident)
    key = {"resident_record_code": wanted.resident_record_code}
    with Hand(world.stage.peer(party)) as hand:
        found = hand.look("persons", key)
    words = {True: "kept", False: "not kept"}
    return Seen(words[params.kept], words[bool(found)])


def _counted(world: World, party: StationName, params: Counting) -> Seen:
    with Hand(world.stage.peer(party)) as hand:
        found = hand.count().get(params.of)
    return Seen(f"{params.count} {params.of}", f"{found} {params.of}")


def _as_handed_in(world: World, party: StationName, params: About) -> Seen:
    """Whether the persons of an extract are those that its city handed in."""
    sent = read_payload(
        "sending_destination_extract", world.names[params.of].facts["body"]
    )
    assert isinstance(sent, SendingDestinationExtract)
    with Hand(world.stage.peer(party)) as hand:
        found = hand.look("extract", {"batch_id": sent.batch_id.hex()})
    kept = [{k: v for k, v in one.items() if k != "stopped"} for one in found]
    wanted = msgspec.json.decode(msgspec.json.encode([*map(asdict, sent.destinations)]))
    words = {True: "as it was handed in", False: "otherwise"}
    return Seen(words[True], words[kept == wanted])


def _items(world: World, chosen: Selector) -> EightItems:
    resident = world.resident(chosen.of, chosen.number, chosen.flagged)
    return EightItems.of(record_of(resident))


def _does(name: str, params: type[Params], run: Any, tells: str) -> Action:
    return Action(name, params, run, (DONE,), tells)


_EVERY_ACTION = (
    _does("faults", Faulty, _faults, "Its faults become these; none if none is named."),
    _does(
        "well", Nothing, lambda w, p, _: _faults(w, p, Faulty()), "No fault is left."
    ),
    _does("isolate", Isolated, _isolate, "It takes nothing from one organisation."),
    Action(
        "tell",
        Told,
        _tell,
        (DELIVERED, REFUSED, NOT_DELIVERED),
        "It sends a message of its own accord; waits for what becomes of it.",
    ),
)
_KNOW = _does("know", Known, _know, "It keeps a resident already, by no message.")
_COUNTED = Look("counted", Counting, _counted, "How much it keeps, or owes, of what.")
_KEPT = Look("kept", Holds, _kept, "Whether it keeps a resident.")
_EXTRACT = Look(
    "extract", About, _as_handed_in, "Whether it keeps an extract as it was handed in."
)
_EVERY_LOOK = (recorded(history), knows_nothing(history), _COUNTED)


def _peer(
    role: str, *own: Look, persons: bool, does: tuple[Action, ...] = ()
) -> System:
    actions = (*_EVERY_ACTION, *((_KNOW,) if persons else ()), *does)
    looks = (*_EVERY_LOOK, _KEPT) if persons else (*_EVERY_LOOK, *own)
    return system(role, actions, looks, history)


PEERS = (
    _peer(systems.PREFECTURE, persons=True),
    _peer(systems.NATIONAL, persons=True),
    _peer(systems.JLIS, persons=True),
    _peer(systems.CARDS, _EXTRACT, persons=False),
    _peer(systems.JUSTICE, persons=False, does=(AT_MINISTRY,)),
)
"""The played peers, as a scenario may name them."""
