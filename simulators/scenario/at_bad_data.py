# SPDX-License-Identifier: Apache-2.0
"""Bad data of one CS: what it tells wrongly, and how far both sides differ then.

In the way of the accident of 2013: every message is valid, and what it says is wrong.
The CS's own file is right, so the consistency check finds what its prefecture and the
national server were made to believe.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Final

import msgspec

from pki.names import StationName
from schemas import systems
from schemas.messages import read_payload, write_payload
from schemas.resident_messages import EightItems, IdentityInformationUpdateNotice
from simulators.network import parties as people
from simulators.network.stage import in_words
from simulators.network.story_register import record_of
from simulators.peers.persons import Effect
from simulators.scenario.at_peers import history
from simulators.scenario.inside import link_of, taken, waiting
from simulators.scenario.refused import one_of
from simulators.scenario.registry import (
    DELIVERED,
    REFUSED,
    Action,
    Happened,
    Look,
    Params,
    Seen,
)
from simulators.scenario.selector import Selector
from simulators.scenario.world import World

DIFFER, AGREE, IN_PART = "all differ", "agree", "some differ"
NOT_TOLD, TURNED_AWAY = "not told", "turned away"
FORBIDDEN: Final = 403
OF_JLIS: Final = ("made", "asked of the core", "nobody has this number")
"""What a message did at J-LIS."""
RESULT: Final = "consistency_check_result"
NOTICE: Final = "identity_information_update_notice"
Residents = Annotated[tuple[Selector, ...], msgspec.Meta(min_length=1, max_length=20)]


class Some(Params, frozen=True):
    """Of whom."""

    residents: Residents

    def fault(self) -> tuple[str, str, str] | None:
        faults = (one.fault() for one in self.residents)
        found = next((one for one in faults if one is not None), None)
        return found and ("residents", *found[1:])


def items_of(world: World, chosen: Selector) -> EightItems:
    """What a server is told of a resident."""
    resident = world.resident(chosen.of, chosen.number, chosen.flagged)
    return EightItems.of(record_of(resident))


def tell_wrongly(world: World, party: StationName, params: Some) -> Happened:
    """A notice of each, valid and wrong: a day of birth, a postal code turned round."""
    prefecture = StationName(
        people.prefecture_of(party.organisation), systems.PREFECTURE
    )
    peer = world.stage.peer(party)
    for chosen in params.residents:
        right = items_of(world, chosen)
        wrong = replace(right, date_of_birth=right.date_of_birth - timedelta(days=1))
        told = {each: getattr(wrong, each) for each in wrong.__dataclass_fields__}
        payload = write_payload(IdentityInformationUpdateNotice(**told))
        packed = peer.write(NOTICE, prefecture, payload)
        reply = peer.post(packed, prefecture)
        if reply.status == FORBIDDEN:
            return Happened(TURNED_AWAY)
        answer = in_words(peer.understand(packed, reply, prefecture))
        if answer.startswith("SK-"):
            return Happened(f"{REFUSED} {answer}")
    return Happened(DELIVERED)


def compare(world: World, party: StationName, params: Some) -> Happened:
    """What both servers found of these in the newest check, and of nobody else."""
    link = link_of(world, party)
    codes = {items_of(world, one).resident_record_code for one in params.residents}
    found: dict[bytes, list[Any]] = {}

    def told() -> str:
        for message_id, kind in waiting(link):
            if kind == RESULT:
                value: Any = read_payload(RESULT, taken(link, message_id))
                found.setdefault(value.check_id, []).append(value)
        newest = list(found.values())[-1] if found else []
        if not _is_whole(newest):
            return ""
        sides = [
            {one.resident_record_code for one in each.differences} & codes
            for each in newest
        ]
        return _in_words(sides, codes)

    return Happened(world.until_expected(told) or NOT_TOLD)


def _is_whole(parts: list[Any]) -> bool:
    """Both servers told: each in one part, for a city of a few."""
    return len(parts) == 2 and all(part.parts == 1 for part in parts)


def _in_words(sides: list[set[str]], codes: set[str]) -> str:
    if all(side == codes for side in sides):
        return DIFFER
    return IN_PART if any(sides) else AGREE


class Took(Params, frozen=True):
    """What a message did at a server, in the words of its history."""

    names: ClassVar[tuple[str, ...]] = ("of",)
    of: str
    effect: str

    def fault(self) -> tuple[str, str, str] | None:
        known = (*map(str, Effect), *OF_JLIS)
        if self.effect in known:
            return None
        return "effect", "is unknown", one_of(self.effect, known)


def _took(world: World, party: StationName, params: Took) -> Seen:
    assert world.begun is not None
    kept = world.names[params.of]
    effects = [
        event["detail"]
        for event in history(world, party, world.begun)
        if event["kind"] == "received" and kept.is_in(event)
    ]
    return Seen(params.effect, ", ".join(effects) or "it never came")


TOOK: Final = Look("took", Took, _took, "What a notice did there.")
TELL_WRONGLY: Final = Action(
    "tell_wrongly",
    Some,
    tell_wrongly,
    (DELIVERED, REFUSED, TURNED_AWAY),
    "It tells its prefecture of residents what is valid and wrong.",
)
COMPARE: Final = Action(
    "compare",
    Some,
    compare,
    (DIFFER, AGREE, IN_PART, NOT_TOLD),
    "It learns what both servers found of residents in the newest check.",
)
