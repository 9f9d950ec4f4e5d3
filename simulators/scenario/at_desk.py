# SPDX-License-Identifier: Apache-2.0
"""The existing resident system, at its desks: entered, checked, searched, issued.

A scenario's people sit at the register's terminal. What they enter rests on what was
taken in at the counter (`at_counter`), and the register owes what follows from it.
"""

from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Final

import msgspec

from pki.names import StationName
from simulators.scenario.at_stations import message_fault
from simulators.scenario.desk import NOT_ALLOWED, NOT_SO, Desk, NotDone, kept_of
from simulators.scenario.desk_forms import (
    CHANGES,
    SPECIAL_MOVE_IN,
    Case,
    basis_of,
    special_move_in,
)
from simulators.scenario.refused import one_of
from simulators.scenario.registry import (
    DELIVERED,
    REFUSED,
    Action,
    Happened,
    Kept,
    Look,
    Params,
    Seen,
)
from simulators.scenario.world import World

ENTERED, IN_FORCE = "entered", "in force"
DESIGNATED, WAITING = "designated", "not answered yet"
CHANGED, UNCHANGED = "as entered", "as before"
Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z]{1,20}$")]


class Entry(Params, frozen=True):
    """Which change, on what was taken in at the counter, keyed in by whom."""

    names: ClassVar[tuple[str, ...]] = ("of", "certificate")
    of: str
    change: str
    operator: Name = "alice"
    certificate: str = ""
    """The step that fetched a move-out certificate, for a special move-in."""

    def fault(self) -> tuple[str, str, str] | None:
        known = (*CHANGES, SPECIAL_MOVE_IN)
        if self.change not in known:
            return "change", "is unknown", one_of(self.change, known)
        if (self.change == SPECIAL_MOVE_IN) is not bool(self.certificate):
            what = "goes with a special move-in, and only with it"
            return "certificate", what, "write the step that fetched it, or leave it"
        return None


class Checked(Params, frozen=True):
    """Who compares which entry with its notification, or designates for it."""

    names: ClassVar[tuple[str, ...]] = ("of",)
    of: str
    operator: Name = "bob"


class Owed(Params, frozen=True):
    """Which message an entry owes."""

    names: ClassVar[tuple[str, ...]] = ("of",)
    of: str
    message: str

    def fault(self) -> tuple[str, str, str] | None:
        return message_fault(self.message)


class Standing(Params, frozen=True):
    """What stands in the register of somebody whom an entry is about."""

    names: ClassVar[tuple[str, ...]] = ("of",)
    of: str
    state: str = CHANGED

    def fault(self) -> tuple[str, str, str] | None:
        if self.state in (CHANGED, UNCHANGED):
            return None
        return "state", "is unknown", one_of(self.state, (CHANGED, UNCHANGED))


Work = Callable[[World, StationName, Any], Happened]


def at_desk(work: Work) -> Work:
    """What a desk does not do is how the action ends."""

    def done(world: World, party: StationName, params: Any) -> Happened:
        try:
            return work(world, party, params)
        except NotDone as no:
            return Happened(str(no))

    return done


@at_desk
def enter(world: World, party: StationName, params: Entry) -> Happened:
    """Key a change in; the register tries it out at once."""
    desk = Desk(world, party, params.operator)
    kept = kept_of(world, params.of)
    case = Case(world, desk, kept)
    if params.change == SPECIAL_MOVE_IN:
        form, fields = special_move_in(case, kept_of(world, params.certificate))
    else:
        form, fields = CHANGES[params.change](case)
    told = {**fields, "basis": basis_of(kept)}
    before = _newest(desk)
    entry = desk.do("entries", form=form, fields=told)["entry"]
    facts = {**kept.facts, "entry": entry, "owed after": before, "fields": fields}
    return Happened(ENTERED, Kept(facts=facts))


@at_desk
def check(world: World, party: StationName, params: Checked) -> Happened:
    """Compare an entry with its notification, and let it take effect."""
    kept = kept_of(world, params.of)
    desk = Desk(world, party, params.operator)
    facts = dict(kept.facts)
    done = desk.do(
        "entries/check", entry=facts["entry"], compared_with=facts["reference"]
    )
    own = desk.record_of(facts["resident"].resident_record_code)
    facts["records"] = [*done["records"], *([own["number"]] if own else [])]
    return Happened(IN_FORCE, Kept(facts=facts))


@at_desk
def tell(world: World, party: StationName, params: Owed) -> Happened:
    """Wait for what becomes of a message that an entry owes."""
    kept = kept_of(world, params.of)
    desk = Desk(world, party)
    sent_as = ""

    def look() -> str:
        nonlocal sent_as
        ending = ""
        for one in desk.all("outbox", kept.facts["owed after"]):
            if one["type"] != params.message or not _is_of(one, kept):
                continue
            sent_as = one["sent_as"]
            refused = f"{REFUSED} {one['code']}" if one["code"] else ""
            ending = DELIVERED if one["delivered"] else refused
        return ending

    ending = world.until_expected(look)
    facts = dict(kept.facts)
    return Happened(ending or "nothing was sent", Kept("", sent_as, facts))


def _is_of(one: dict[str, Any], kept: Kept) -> bool:
    """Whether a message is about a record that the entry changed, or about none."""
    return one["record"] is None or one["record"] in kept.facts.get("records", ())


@at_desk
def designate(world: World, party: StationName, params: Checked) -> Happened:
    """個人番号の指定, of the number that came for a record of the entry."""
    kept = kept_of(world, params.of)
    desk = Desk(world, party, params.operator)
    facts = dict(kept.facts)

    def answered() -> list[str]:
        return [
            one["request"]
            for one in desk.all("numbers")
            if one["record"] in facts["records"] and one["state"] == "answered"
        ]

    if not world.until_expected(lambda: DESIGNATED if answered() else ""):
        return Happened(WAITING)
    checker = {"name": "carol", "terminal": "T-02"}
    for request in answered():
        check_made = {"reference": request, "confirmed": True}
        desk.do(
            "numbers/designate", request=request, check=check_made, checked_by=checker
        )
    return Happened(DESIGNATED, Kept(facts=facts))


def _newest(desk: Desk) -> int:
    """The number of the newest message that the register owes or owed."""
    owed = desk.all("outbox")
    return max((one["number"] for one in owed), default=0)


def _stands(world: World, party: StationName, params: Standing) -> Seen:
    """Whether the resident lives where the entry said, if it said so."""
    kept = kept_of(world, params.of)
    record = Desk(world, party).record(kept.facts["resident"])
    now = record["home"]["address"]
    entered = kept.facts["fields"]["home"]["address"]
    return Seen(params.state, CHANGED if now == entered else UNCHANGED)


_REFUSALS: Final = (NOT_ALLOWED, NOT_SO)
AT_DESK = (
    Action(
        "enter",
        Entry,
        enter,
        (ENTERED, *_REFUSALS),
        "Somebody keys in a change on what was taken in at the counter.",
    ),
    Action(
        "check",
        Checked,
        check,
        (IN_FORCE, *_REFUSALS),
        "Somebody compares an entry with its notification; it takes effect.",
    ),
    Action(
        "tell",
        Owed,
        tell,
        (DELIVERED, REFUSED),
        "It sends what an entry owes; waits for what becomes of it.",
    ),
    Action(
        "designate_number",
        Checked,
        designate,
        (DESIGNATED, WAITING, *_REFUSALS),
        "The number that J-LIS made for somebody is designated, by two people.",
    ),
)
STANDS = Look(
    "stands", Standing, _stands, "Whether somebody's address is as an entry said."
)
