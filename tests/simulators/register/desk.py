# SPDX-License-Identifier: Apache-2.0
"""A register with forty residents of Takasaki, and two people who work at it."""

import itertools
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from protocols.identifiers import (
    Realm,
    make_individual_number,
    make_resident_record_code,
)
from schemas.systems import CS
from simulators.register import Register, forms
from simulators.register.basis import (
    Approval,
    Basis,
    Cause,
    Confirmation,
    Operator,
    decided,
    notified,
)
from simulators.register.errors import EntryRefused, Rule
from simulators.register.forms import Newcomer, NumberProof
from simulators.register.owed import (
    MoveOutCertificateInformation,
    MovingPerson,
    Owed,
)
from simulators.register.record import Domicile, Foreign, Home, ResidentRecord
from simulators.residents import City

ALICE = Operator("alice", "T-01")
BOB = Operator("bob", "T-02")
MANAGER = Approval("carol", "P-1")
SURE = Confirmation("Q-1", True)
NOON = datetime(2026, 4, 2, 3, 0, tzinfo=UTC)
TODAY = date(2026, 4, 2)
HOME = Home(
    town_code="0010000", postal_code="3700001", address="群馬県高崎市中尾町９９番地"
)
DOMICILE = Domicile(
    municipality="102016", text="群馬県前橋市天川町１番地", holder="架空　太郎"
)
FOREIGN = Foreign(nationality="BRA", status="永住者", residence_card="ZZ12345678ZZ")
HOUSEHOLDS = 16


def code(number: int) -> str:
    """A resident record code that no generated resident has."""
    return make_resident_record_code(f"{9_999_990_000 + number}", Realm.SIMULATION)


def number(serial: int) -> str:
    """An individual number that no generated resident has."""
    return make_individual_number(f"{99_999_990_000 + serial}", Realm.SIMULATION)


def newcomer(serial: int = 1, **changes: Any) -> Newcomer:
    """Somebody who comes with code, number and card, as the head of a household."""
    fields: dict[str, Any] = {
        "name": "架空　花子",
        "furigana": "かくう　はなこ",
        "born": date(1990, 5, 5),
        "sex": "2",
        "relationship": "世帯主",
        "resident_record_code": code(serial),
        "individual_number": number(serial),
        "number_proof": NumberProof.CARD,
        "domicile": DOMICILE,
    }
    return Newcomer(**{**fields, **changes})


def newborn(**changes: Any) -> Newcomer:
    """A child, born yesterday."""
    fields = {
        "resident_record_code": None,
        "individual_number": None,
        "number_proof": None,
        "born": TODAY - timedelta(days=1),
        "relationship": "子",
    }
    return newcomer(**{**fields, **changes})


def certificate(*serials: int, planned: date = TODAY) -> MoveOutCertificateInformation:
    """What Maebashi sends ahead of people who come here."""
    persons = tuple(
        MovingPerson(
            resident_record_code=code(serial),
            individual_number=number(serial),
            name="架空　太郎",
            furigana="かくう　たろう",
            born=date(1980, 1, serial),
            sex="1",
            relationship="世帯主" if place == 0 else "妻",
            head_name="架空　太郎",
            domicile=DOMICILE,
        )
        for place, serial in enumerate(serials)
    )
    return MoveOutCertificateInformation(
        certificate="OUT-1",
        origin="102016",
        destination="102024",
        planned=planned,
        previous_address="群馬県前橋市天川町２番地",
        destination_address=HOME.text,
        persons=persons,
    )


OPEN: list[Register] = []
"""Every register that a test opened; closed when the tests are over."""


def opened(
    path: Path | None,
    clock: Any = lambda: NOON,
    token_bytes: Any = bytes,
    municipality: str = "102024",
) -> Register:
    """A register without people."""
    register = Register.open(path, clock, token_bytes, municipality)
    OPEN.append(register)
    return register


class Desk:
    """The register, its clock, and short ways to work with it."""

    def __init__(self, path: Path | None = None, households: int = HOUSEHOLDS) -> None:
        self.now = NOON
        bytes_given = itertools.count(1)
        self.register = opened(
            path,
            lambda: self.now,
            lambda length: next(bytes_given).to_bytes(length, "big"),
        )
        self._references = itertools.count(1)
        city = City(7, "102024")
        self.register.loading.load(
            itertools.chain.from_iterable(map(city.household, range(households)))
        )
        self.register.pool.receive(code(9000 + place) for place in range(5))

    # -- time and paper

    def pass_days(self, days: int) -> None:
        self.now += timedelta(days=days)

    @property
    def today(self) -> date:
        return self.register.books.today

    def reference(self) -> str:
        return f"N-{next(self._references)}"

    def notice(self) -> Basis:
        return notified(self.reference(), self.today)

    def decision(self, cause: Cause = Cause.SURVEY) -> Basis:
        return decided(self.reference(), self.today, cause)

    # -- entries

    def do(self, form: forms.Form) -> tuple[int, ...]:
        """Enter and check; the records that were changed."""
        entry = self.register.entries.enter(form, ALICE)
        return self.register.entries.check(entry, BOB, form.basis.reference)

    def refusal(self, form: forms.Form) -> set[Rule]:
        """The rules that a form breaks; it has to be refused, and leave nothing."""
        before = self.fingerprint()
        with pytest.raises(EntryRefused) as caught:
            self.register.entries.enter(form, ALICE)
        assert self.fingerprint() == before
        return {fault.rule for fault in caught.value.faults}

    def fingerprint(self) -> tuple[object, ...]:
        """Enough of the register to see that nothing happened."""
        store = self.register.store
        return tuple(
            store.value(f"SELECT count(*) FROM {table}")
            for table in ("records", "history", "outbox", "entries", "open_records")
        )

    def move_in(self, *persons: Newcomer, **changes: Any) -> forms.MoveIn:
        """A move-in from Maebashi, not yet entered."""
        fields: dict[str, Any] = {
            "basis": self.notice(),
            "moved_on": self.today,
            "home": HOME,
            "newcomers": persons or (newcomer(),),
            "previous_municipality": "102016",
            "previous_address": "群馬県前橋市天川町２番地",
        }
        return forms.MoveIn(**{**fields, **changes})

    def move_out(self, *records: ResidentRecord, **changes: Any) -> forms.MoveOut:
        """A move-out to Maebashi today, not yet entered."""
        fields: dict[str, Any] = {
            "basis": self.notice(),
            "leaving_on": self.today,
            "records": tuple(one.number for one in records),
            "destination_municipality": "102016",
            "destination_address": "群馬県前橋市亀泉町３番地",
        }
        return forms.MoveOut(**{**fields, **changes})

    def settled(self, *persons: Newcomer, **changes: Any) -> list[ResidentRecord]:
        """Somebody moves in, entry and check; the household that comes of it."""
        self.do(self.move_in(*persons, **changes))
        record = self.latest()
        return self.register.books.household(record.household)

    def born(self) -> ResidentRecord:
        """A child of the first family, without a number yet."""
        self.do(self.birth())
        return self.latest()

    def birth(self, child: Newcomer | None = None) -> forms.Birth:
        return forms.Birth(
            basis=self.notice(),
            newborn=child or newborn(),
            household=self.family()[0].household,
        )

    # -- who is there

    def family(self, place: int = 0) -> list[ResidentRecord]:
        """The members of a household of two or more, its head first."""
        found = [
            members
            for household in range(1, HOUSEHOLDS + 1)
            if len(members := self.register.books.household(household)) > 1
        ]
        return found[place]

    def single(self) -> ResidentRecord:
        """Somebody who lives alone."""
        return next(
            members[0]
            for household in range(1, HOUSEHOLDS + 1)
            if len(members := self.register.books.household(household)) == 1
        )

    def latest(self) -> ResidentRecord:
        """The record that was made last."""
        last = self.register.store.value("SELECT max(number) FROM records")
        return self.register.books.record(last)

    # -- what is owed

    def owed(self, type_name: str) -> list[Owed]:
        """Everything of one type that waits, oldest first."""
        outbox = self.register.outbox
        return [
            owed
            for receiver in outbox.receivers()
            for owed in outbox.waiting(receiver, 1000)
            if owed.type == type_name
        ]

    def messages(self, type_name: str) -> list[Any]:
        return [owed.message for owed in self.owed(type_name)]

    def number_given(self, record: ResidentRecord, serial: int = 77) -> str:
        """J-LIS answers, and the mayor designates; the request's number."""
        (request,) = self.register.numbers.open(record.number)
        self.register.numbers.receive(
            request, record.resident_record_code, number(serial), CS
        )
        self.register.numbers.designate(request, ALICE, BOB, SURE)
        return request

    def happened(self, what: str) -> int:
        """How often this happened."""
        return sum(event.what == what for event in self.register.events.all())
