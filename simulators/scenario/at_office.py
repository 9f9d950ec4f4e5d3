# SPDX-License-Identifier: Apache-2.0
"""The existing resident system's office: tables of counts, notices for the ministry.

What is printed as statistics holds counts and days and nothing else; a notice that was
put out once is not put out again.
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, ClassVar, Final

from pki.names import StationName
from schemas.messages import read_payload
from simulators.scenario.at_desk import Name, at_desk
from simulators.scenario.desk import NOT_ALLOWED, NOT_SO, Desk, kept_of
from simulators.scenario.registry import (
    Action,
    Count,
    Happened,
    Kept,
    Look,
    Params,
    Seen,
    Word,
)
from simulators.scenario.world import JST, World

COUNTED, ONLY_COUNTS = "counted", "counts only"
MORE, MISCOUNTED = "more than counts", "counts that do not agree"
PUT_OUT, NOTHING_WAITS = "put out", "nothing waits"
NOTICE: Final = "foreign_resident_notice"


class Working(Params, frozen=True):
    """Who works in the office."""

    operator: Name = "alice"


class Noticing(Working, frozen=True):
    """Which entry the notice is about."""

    names: ClassVar[tuple[str, ...]] = ("of",)
    of: str = ""


class Happening(Params, frozen=True):
    """How often something must have happened since the scenario began."""

    what: Word
    count: Count = 1


class Inquired(Params, frozen=True):
    """How many inquiries, the refused ones too, must be on record."""

    count: Count


@at_desk
def tabulate(world: World, party: StationName, params: Working) -> Happened:
    """Count households and people; the register's own number of residents agrees."""
    desk = Desk(world, party, params.operator)
    residents = desk.look("status")["counts"]["residents"]
    return Happened(
        COUNTED if desk.look("statistics")["residents"] == residents else MISCOUNTED
    )


@at_desk
def print_tables(world: World, party: StationName, params: Working) -> Happened:
    """The regular table of the month: every value is a count or a day."""
    today = world.stage.clock().astimezone(JST)
    desk = Desk(world, party, params.operator)
    table = desk.do("statistics/monthly", year=today.year, month=today.month)
    plain = all(_is_count_or_day(value) for value in _leaves(table))
    return Happened(ONLY_COUNTS if plain else MORE)


@at_desk
def put_out(world: World, party: StationName, params: Noticing) -> Happened:
    """Put out the notices that wait, for the link terminal."""
    desk = Desk(world, party, params.operator)
    notices = [
        read_payload(NOTICE, text.encode())
        for text in desk.do("foreign/output")["notices"]
    ]
    if not notices:
        return Happened(NOTHING_WAITS)
    kept = kept_of(world, params.of) if params.of else Kept()
    return Happened(PUT_OUT, Kept(facts={**kept.facts, "notices": notices}))


def _since(world: World, desk: Desk, name: str) -> list[dict[str, Any]]:
    """The rows of a list since the scenario began."""
    assert world.begun is not None
    begun = world.begun
    return [one for one in desk.all(name) if datetime.fromisoformat(one["at"]) >= begun]


def _happened(world: World, party: StationName, params: Happening) -> Seen:
    rows = _since(world, Desk(world, party), "history")
    found = sum(one["what"] == params.what for one in rows)
    return Seen(f"{params.count} x {params.what}", f"{found} x {params.what}")


def _inquired(world: World, party: StationName, params: Inquired) -> Seen:
    found = len(_since(world, Desk(world, party), "inquiries"))
    return Seen(f"{params.count} inquiries", f"{found} inquiries")


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for one in value.values():
            yield from _leaves(one)
    elif isinstance(value, list):
        for one in value:
            yield from _leaves(one)
    else:
        yield value


def _is_count_or_day(value: Any) -> bool:
    if isinstance(value, int):
        return True
    try:
        date.fromisoformat(value)
    except (TypeError, ValueError):
        return False
    return True


HAPPENED = Look(
    "happened", Happening, _happened, "How often something happened, by its own word."
)
INQUIRIES = Look("inquiries", Inquired, _inquired, "How many inquiries are on record.")
_REFUSALS: Final = (NOT_ALLOWED, NOT_SO)
AT_OFFICE = (
    Action(
        "tabulate",
        Working,
        tabulate,
        (COUNTED, MISCOUNTED),
        "Households and people are counted.",
    ),
    Action(
        "print_tables",
        Working,
        print_tables,
        (ONLY_COUNTS, MORE, *_REFUSALS),
        "The table of the month is printed; it must hold counts and days alone.",
    ),
    Action(
        "put_out",
        Noticing,
        put_out,
        (PUT_OUT, NOTHING_WAITS, *_REFUSALS),
        "The notices on foreign residents that wait are put out for the terminal.",
    ),
)
