# SPDX-License-Identifier: Apache-2.0
"""The books of a city whose register no process plays: they lie with the scenario.

The register itself is `simulators.register`, with its rules; here it is opened with the
residents of its city, and carries messages to and from its CS under the city's own
certificate. What its rules refuse is how a step ends.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from typing import Annotated, Any, ClassVar, Final

import msgspec

from pki.names import StationName
from protocols.identifiers import Realm, make_resident_record_code
from schemas.messages import write_payload
from schemas.move_messages import MoveInNotice
from simulators.register import forms
from simulators.register.basis import Cause
from simulators.register.inward import Arrival
from simulators.register.record import ResidentRecord
from simulators.register.service.arrivals import SET_ASIDE, TAKEN_IN, Arrivals
from simulators.register.service.courier import Courier
from simulators.scenario.at_bad_data import COMPARE
from simulators.scenario.at_stations import message_fault
from simulators.scenario.books import IN_FORCE, REFUSALS, Books, books_of
from simulators.scenario.inside import kept_of, link_of, post
from simulators.scenario.refused import one_of
from simulators.scenario.registry import (
    Action,
    Happened,
    Kept,
    Look,
    Nothing,
    Params,
    Seen,
)
from simulators.scenario.selector import Selector
from simulators.scenario.world import World

DONE, HANDED_IN, WAITS = "done", "handed in", "it waits"
NOTHING: Final = "nothing waits"
ARRIVALS: Final = tuple(one.value for one in Arrival)


class Who(Params, frozen=True):
    """Of whom."""

    resident: Selector

    def fault(self) -> tuple[str, str, str] | None:
        return self.resident.fault()


class Leaving(Who, frozen=True):
    """Who moves out, and where to."""

    parties: ClassVar[tuple[str, ...]] = ("to",)
    to: str


class Codes(Params, frozen=True):
    """How many codes the list of J-LIS has."""

    count: Annotated[int, msgspec.Meta(ge=1, le=100)]


class Written(Who, frozen=True):
    """How a name is written now, by its first character."""

    first: Annotated[str, msgspec.Meta(min_length=1, max_length=4)]


class Carried(Params, frozen=True):
    """Of which type a message is, of those that are handed in."""

    message: str

    def fault(self) -> tuple[str, str, str] | None:
        return message_fault(self.message)


class Arrived(Who, frozen=True):
    """What a move-in notice about somebody means here."""

    state: str

    def fault(self) -> tuple[str, str, str] | None:
        if self.state in (*ARRIVALS, NOTHING):
            return self.resident.fault()
        return "state", "is unknown", one_of(self.state, (*ARRIVALS, NOTHING))


def open_books(world: World, party: StationName, _: Nothing) -> Happened:
    """Open them, as they were before anything happened."""
    world.stage.notes[f"books of {party}"] = Books(world, party)
    return Happened(DONE)


def take_in(world: World, party: StationName, _: Nothing) -> Happened:
    """Fetch what waits at the CS; what became of the newest."""
    books = books_of(world, party)
    arrivals = Arrivals(books.register, books.line)
    if not world.until_expected(lambda: "came" if arrivals.fetch() else ""):
        return Happened(NOTHING)
    state = books.register.store.value(
        "SELECT state FROM came_in ORDER BY at DESC, rowid DESC LIMIT 1"
    )
    return Happened(str(state))


def carry(world: World, party: StationName, params: Carried) -> Happened:
    """Hand in at the CS what the register owes it; keep the newest of one type."""
    books = books_of(world, party)
    if Courier(books.register, books.line.post).carry() == 0:
        return Happened(NOTHING)
    row = books.register.store.value(
        "SELECT sent_as FROM outbox WHERE sent_as <> '' AND type = ?"
        " ORDER BY number DESC LIMIT 1",
        params.message,
    )
    return Happened(HANDED_IN, Kept(message_id=str(row or "")))


def _at_books(work: Callable[[World, Books, ResidentRecord, Any], forms.Form]) -> Any:
    """A form about a resident, entered and checked."""

    def done(world: World, party: StationName, params: Any) -> Happened:
        books, chosen = books_of(world, party), params.resident
        resident = world.resident(chosen.of, chosen.number, chosen.flagged)
        form = work(world, books, books.record(resident), params)
        return Happened(books.enter(form))

    return done


@_at_books
def move_out(world: World, books: Books, one: ResidentRecord, told: Leaving) -> Any:
    """転出届, in advance: a certificate goes to where they move."""
    return forms.MoveOut(
        basis=books.notice(),
        leaving_on=books.register.books.today + timedelta(days=7),
        records=(one.number,),
        destination_address="群馬県前橋市天川町１番地",
        destination_municipality=world.parties[told.to].organisation,
    )


@_at_books
def stay(world: World, books: Books, one: ResidentRecord, _: Who) -> Any:
    """転出取消."""
    return forms.MoveOutCancellation(basis=books.notice(), record=one.number)


@_at_books
def remove(world: World, books: Books, one: ResidentRecord, _: Who) -> Any:
    """職権消除, because somebody lives elsewhere."""
    return forms.RemoveExOfficio(
        basis=books.decision(Cause.SURVEY),
        record=one.number,
        removed_on=books.register.books.today,
    )


@_at_books
def child(world: World, books: Books, one: ResidentRecord, _: Who) -> Any:
    """出生届: somebody without a code and without a number."""
    newborn = forms.Newcomer(
        name="架空　春",
        furigana="かくう　はる",
        born=books.register.books.today - timedelta(days=1),
        sex="2",
        relationship="子",
        domicile=one.domicile,
    )
    return forms.Birth(basis=books.notice(), newborn=newborn, household=one.household)


@_at_books
def rewrite(world: World, books: Books, one: ResidentRecord, told: Written) -> Any:
    """軽微な修正 of the first character of a name."""
    return forms.MinorCorrection(
        basis=books.decision(Cause.MAINTENANCE),
        record=one.number,
        changed_on=books.register.books.today,
        amendment=forms.Amendment(name=f"{told.first}{one.name[1:]}"),
    )


def designate(world: World, party: StationName, _: Nothing) -> Happened:
    """個人番号の指定 of every number that came, by two people."""
    return Happened(DONE if books_of(world, party).designate() else NOTHING)


def receive_codes(world: World, party: StationName, params: Codes) -> Happened:
    """A list of unused resident record codes came."""
    serials = count(int(world.stage.clock().timestamp()) * 100)
    codes = (f"8{serial % 10**9:09}" for serial in serials)
    made: Iterator[str] = (
        make_resident_record_code(next(codes), Realm.SIMULATION)
        for _ in range(params.count)
    )
    books_of(world, party).register.pool.receive(made)
    return Happened(DONE)


def tell_arrival(world: World, party: StationName, params: Leaving) -> Happened:
    """転入通知: somebody of another city has moved in here."""
    chosen, there = params.resident, world.parties[params.to].organisation
    resident = world.resident(chosen.of, chosen.number, chosen.flagged)
    notice = MoveInNotice(
        resident_record_code=resident.resident_record_code,
        kanji_name=resident.kanji_name,
        date_of_birth=resident.born,
        address=resident.address,
        new_municipality_code=party.organisation,
        new_address="群馬県前橋市天川町１番地",
        move_in_date=world.stage.now().date(),
    )
    body = write_payload(notice)
    kept = kept_of(post(link_of(world, party), body, there), {"body": body})
    return Happened(HANDED_IN if kept else WAITS, kept)


def _see_arrival(world: World, party: StationName, params: Arrived) -> Seen:
    chosen = params.resident
    resident = world.resident(chosen.of, chosen.number, chosen.flagged)
    state = books_of(world, party).register.store.value(
        "SELECT state FROM arrivals WHERE code = ?", resident.resident_record_code
    )
    return Seen(params.state, str(state or NOTHING))


def _present(world: World, party: StationName, params: Who) -> Seen:
    chosen = params.resident
    resident = world.resident(chosen.of, chosen.number, chosen.flagged)
    present = books_of(world, party).record(resident).present
    gone = "no resident any more"
    return Seen(gone, "a resident" if present else gone)


def _does(name: str, params: type[Params], run: Any, tells: str, *ends: str) -> Action:
    return Action(name, params, run, ends, tells)


_ENTERED: Final = (IN_FORCE, *REFUSALS.values())
AT_BOOKS: Final = (
    COMPARE,
    _does("open_books", Nothing, open_books, "Its books are opened here.", DONE),
    _does(
        "take_in",
        Nothing,
        take_in,
        "It takes in what waits at its CS.",
        *(TAKEN_IN, SET_ASIDE, NOTHING),
    ),
    _does(
        "carry", Carried, carry, "It hands in what it owes its CS.", HANDED_IN, NOTHING
    ),
    _does("move_out", Leaving, move_out, "Somebody notifies a move-out.", *_ENTERED),
    _does("stay", Who, stay, "Somebody takes a move-out back.", *_ENTERED),
    _does("remove", Who, remove, "Somebody is removed ex officio.", *_ENTERED),
    _does("child", Who, child, "Somebody notifies a birth.", *_ENTERED),
    _does("rewrite", Written, rewrite, "A name is written otherwise.", *_ENTERED),
    _does(
        "designate",
        Nothing,
        designate,
        "The numbers that J-LIS made are designated.",
        DONE,
        NOTHING,
    ),
    _does("receive_codes", Codes, receive_codes, "A list of codes came.", DONE),
    _does(
        "tell_arrival",
        Leaving,
        tell_arrival,
        "It tells another city that somebody moved in here.",
        HANDED_IN,
        WAITS,
    ),
)
ARRIVED: Final = (
    Look("arrived", Arrived, _see_arrival, "What a move-in notice means there."),
    Look("gone", Who, _present, "That somebody is no resident there any more."),
)
