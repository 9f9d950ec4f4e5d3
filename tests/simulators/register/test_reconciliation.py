# SPDX-License-Identifier: Apache-2.0
"""The comparison with the CS: when it is done, and what is no difference (R-082)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from schemas.messages import IdentityRecord
from schemas.reconciliation import digest_of
from schemas.systems import CS
from simulators.register.reconciliation import (
    DAILY,
    DIFFERS,
    NOT_NOW,
    PATIENCE,
    REPORT,
    TOLD,
    Page,
)
from simulators.register.service.lines import CsLine
from simulators.web import LinkFailed, Reply
from tests.simulators.register.desk import ALICE, Desk, newcomer, number
from tests.values import replace

SIZE = 7


class File:
    """The file of a CS, as pages; what it holds is set by the test."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.held: dict[str, IdentityRecord] = {}
        self.asked: list[str] = []
        self.between: Callable[[], object] = lambda: None
        """Done before each page but the first."""
        self.is_filled = True
        self.fill()

    def fill(self) -> None:
        stream = self.desk.register.consistency.stream()
        self.held = {one.resident_record_code: one for one in stream}

    def page(self, place: str) -> Page | None:
        self.asked.append(place)
        if not self.is_filled:
            return None
        if place:
            self.between()
        start = int(place or "0")
        codes = sorted(self.held)[start : start + SIZE]
        persons = tuple((one, digest_of(self.held[one])) for one in codes)
        return Page(persons, str(start + SIZE) if len(codes) == SIZE else "")


@pytest.fixture
def file(desk: Desk) -> File:
    made = File(desk)
    assert desk.register.reconciliation.step(made.page) == 0, "it begins a period"
    return made


def told_all(desk: Desk) -> None:
    """The CS took over everything."""
    outbox = desk.register.outbox
    while (owed := outbox.next(CS)) is not None:
        outbox.delivered(owed.number)


def run(desk: Desk, file: File, **how: Any) -> list[str]:
    """Let a period pass, and all of it happen; what the reports say since."""
    before = len(list(desk.register.events.all()))
    desk.now += how.pop("passed", DAILY)
    while desk.register.reconciliation.step(file.page, **how):
        pass
    events = list(desk.register.events.all())[before:]
    return [one.about for one in events if one.what in (REPORT, DIFFERS)]


def test_it_is_done_once_in_every_period(desk, file):
    assert len(run(desk, file)) == 1
    assert run(desk, file, passed=DAILY - timedelta(seconds=1)) == []
    assert len(run(desk, file, passed=timedelta(seconds=1))) == 1


def test_how_often_is_told_to_it(desk, file):
    week = timedelta(days=7)
    assert len(run(desk, file, every=week)) == 1
    assert run(desk, file, every=week, passed=week - DAILY) == []
    assert len(run(desk, file, every=week)) == 1


def test_one_page_is_one_piece_of_work(desk, file):
    desk.now += DAILY
    assert desk.register.reconciliation.step(file.page) == 1
    assert len(file.asked) == 1


def test_somebody_can_ask_for_it_now(desk, file):
    desk.register.reconciliation.ask(ALICE)
    assert len(run(desk, file, passed=timedelta(0))) == 1
    (event,) = [
        one
        for one in desk.register.events.all()
        if one.what == "reconciliation asked for"
    ]
    assert event.by == "alice"


def test_it_waits_until_the_cs_was_told_everything(desk, file):
    desk.do(desk.move_in())
    assert run(desk, file) == []
    assert file.asked == []
    told_all(desk)
    file.fill()
    assert run(desk, file)[-1].endswith("0 differences")


def test_what_was_told_wrongly_is_found_and_after_the_repair_it_is_not(desk, file):
    person = desk.single()
    desk.register.rehearsal.tell_wrongly([person.number])
    (owed,) = desk.register.outbox.waiting(CS)
    wrong = owed.message.record
    told_all(desk)
    file.held[wrong.resident_record_code] = wrong
    assert f"record {person.number}: different" in run(desk, file)
    desk.register.rehearsal.repair(ALICE)
    told_all(desk)
    file.fill()
    assert run(desk, file)[-1].endswith("0 differences")


def test_what_is_changed_while_it_goes_on_is_no_difference(desk, file):
    """Whether the pages show it before or after."""

    def moves_in():
        file.between = lambda: None
        desk.do(desk.move_in())
        desk.do(desk.move_out(desk.single()))

    file.between = moves_in
    assert run(desk, file)[-1].endswith("0 differences")


def test_a_difference_of_others_stands_beside_a_change(desk, file):
    first = sorted(file.held)[0]
    file.held[first] = replace(file.held[first], address="別の住所")
    file.between = lambda: (setattr(file, "between", int), desk.do(desk.move_in()))
    found = run(desk, file)
    record = desk.register.books.by_code(first).number
    assert f"record {record}: different" in found
    assert found[-1].endswith("1 differences")


def test_somebody_unknown_beside_a_change_is_looked_at_again(desk, file):
    """A code may have been changed meanwhile; in the end it is told all the same."""
    unknown = "99999999999"
    stranger = replace(next(iter(file.held.values())), resident_record_code=unknown)
    file.held[unknown] = stranger
    serial = iter(range(10, 60))

    def another():
        one = next(serial)
        desk.do(desk.move_in(newcomer(one, individual_number=number(one))))
        told_all(desk)
        file.fill()
        file.held[unknown] = stranger

    file.between = another
    found = run(desk, file)
    assert found == ["record none: missing here", found[-1]]
    assert file.asked.count("") == PATIENCE + 1


def test_a_cs_that_does_not_answer_is_asked_again(desk, file):
    def away(place):
        raise ConnectionError

    desk.now += DAILY
    assert desk.register.reconciliation.step(away) == 0
    assert run(desk, file, passed=timedelta(0))[-1].endswith("0 differences")


def test_a_cs_that_falls_silent_is_asked_on_from_where_it_was(desk, file):
    def away(place):
        raise ConnectionError

    desk.now += DAILY
    step = desk.register.reconciliation.step
    assert (step(file.page), step(away), step(file.page)) == (1, 0, 1)
    assert file.asked == ["", str(SIZE)]


def test_a_file_that_was_never_filled_is_put_off_for_a_period(desk, file):
    file.is_filled = False
    assert run(desk, file) == []
    assert [one.what for one in desk.register.events.all()][-1] == NOT_NOW
    file.is_filled = True
    assert run(desk, file, passed=DAILY / 2) == []
    assert len(run(desk, file, passed=DAILY / 2)) == 1


def test_the_dead_are_on_neither_side(desk, file):
    count = len(file.held)
    assert run(desk, file) == [f"{count} compared, 0 differences"]


def test_of_very_many_differences_the_first_are_told_and_the_number_of_all(
    desk, file, monkeypatch
):
    assert TOLD == 1_000
    monkeypatch.setattr("simulators.register.reconciliation.TOLD", 3)
    count = len(file.held)
    file.held = {}
    found = run(desk, file)
    assert len(found) == 4
    assert found[-1] == f"0 compared, {count} differences"


# -- the line --------------------------------------------------------------------------


class Link:
    def __init__(self, status: int, body: bytes = b"") -> None:
        self.reply = Reply(status, "text/plain", body)
        self.targets: list[str] = []

    def get(self, target: str) -> Reply:
        self.targets.append(target)
        if self.reply.status == 0:
            raise LinkFailed
        return self.reply


PERSON = b"person 12345678901 " + b"ab" * 32 + b"\n"
PLACE = b"place " + b"cd" * 32 + b"\n"


def test_a_page_is_read_as_the_cs_writes_it():
    link = Link(200, PERSON + PLACE)
    page = CsLine(link).page("ef" * 32)
    assert page == Page((("12345678901", bytes([0xAB]) * 32),), "cd" * 32)
    assert link.targets == ["/v1/inside/reconciliation?after=" + "ef" * 32]
    assert CsLine(Link(200)).page("") == Page((), "")
    assert CsLine(Link(409)).page("") is None


@pytest.mark.parametrize(
    "link",
    [
        Link(0),
        Link(404),
        Link(503),
        Link(200, b"person 1 2\n"),
        Link(200, PERSON.upper()),
        Link(200, PLACE + PLACE),
        Link(200, "person １２３\n".encode()),
    ],
    ids=["no link", "404", "503", "short", "capitals", "two places", "other digits"],
)
def test_what_is_no_page_is_no_answer(link):
    with pytest.raises(ConnectionError):
        CsLine(link).page("")
