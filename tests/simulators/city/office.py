# SPDX-License-Identifier: Apache-2.0
"""Fictional people, senders and neighbours for the systems of a city."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pki.names import StationName
from protocols.identifiers import Realm, make_individual_number
from schemas.card_messages import CertificateItem
from schemas.messages import Payload, ResidentRecordInformation, write_payload
from schemas.people import AddresseeKey
from schemas.register_messages import (
    AddresseeInquiry,
    NumberedResidentRecordChange,
    ResidentRecordChange,
)
from schemas.systems import BUSINESS, EXISTING
from simulators.city.reasons import Refused
from simulators.city.system import System
from simulators.city.taken import Given, Sender, Taken

CITY = "102024"
OTHER_CITY = "112020"
NOON = datetime(2026, 4, 2, 3, tzinfo=UTC)
TODAY = date(2026, 4, 2)
WELFARE, CHILD = "23", "81"
"""生活保護 and 児童手当."""
HEAD = ResidentRecordInformation(
    head_of_household=True, head_name="髙橋　花子", relationship="世帯主"
)
ITEMS = (CertificateItem(label="氏名", value="架空　花子"),)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def move(self, by: timedelta) -> None:
        self.now += by


def chance(seed: str = "") -> Callable[[int], bytes]:
    """Bytes like chance, the same ones in every run."""
    drawn = 0

    def token_bytes(size: int) -> bytes:
        nonlocal drawn
        drawn += 1
        return hashlib.sha256(f"{seed}{drawn}".encode()).digest()[:size]

    return token_bytes


def given(clock: Clock | None = None, folder: Path | None = None) -> Given:
    return Given(clock or Clock(), chance(), folder)


def sender(role: str = EXISTING, system: str = "", organisation: str = CITY) -> Sender:
    return Sender(StationName(organisation, role), system)


def welfare() -> Sender:
    """A business system."""
    return sender(BUSINESS, "welfare")


def number(serial: int = 1) -> str:
    """An individual number of the simulation."""
    return make_individual_number(f"{99_999_980_000 + serial}", Realm.SIMULATION)


def real(serial: int = 1) -> str:
    """One that is right by the published rule, and so might be somebody's."""
    return make_individual_number(f"{99_999_980_000 + serial}", Realm.STANDARD)


def addressee(serial: int = 1) -> str:
    return f"{serial:015d}"


def numbered(serial: int = 1, **changes: Any) -> NumberedResidentRecordChange:
    """What the register tells the addressee system of somebody."""
    value = NumberedResidentRecordChange(
        business_addressee_number=f"R-{serial:09d}",
        individual_number=number(serial),
        kanji_name="髙橋　花子",
        furigana_name="たかはし　はなこ",
        date_of_birth=date(1990, 5, 5),
        sex="2",
        postal_code="3700001",
        address="群馬県高崎市中尾町９９番地",
        update_sequence_number=1,
        change_reason="move_in",
        change_date=TODAY,
        resident_record_information=HEAD,
    )
    return replace(value, **changes)


def changed(serial: int = 1, **changes: Any) -> ResidentRecordChange:
    """What it tells the common platform."""
    value = ResidentRecordChange(
        addressee_number=addressee(serial),
        update_sequence_number=1,
        change_reason="move_in",
        change_date=TODAY,
        resident_record_information=HEAD,
    )
    return replace(value, **changes)


def inquiry(*wanted: str, affair: str = WELFARE, **key: str) -> AddresseeInquiry:
    return AddresseeInquiry(affair_item=affair, key=AddresseeKey(**key), wanted=wanted)


def post(system: System, value: Payload, by: Sender | None = None) -> Taken:
    return system.take(write_payload(value), by or sender())


def code_of(work: Callable[[], Any]) -> str:
    """The code with which something is refused."""
    with pytest.raises(Refused) as caught:
        work()
    return caught.value.code


def everything(system: System) -> str:
    """All that a system's file holds, as text."""
    tables = system.store.rows("SELECT name FROM sqlite_schema WHERE type = 'table'")
    return "".join(
        repr(row)
        for (name,) in tables
        for row in system.store.rows(f"SELECT * FROM {name}")
    )


class Neighbour(System):
    """A system that somebody else builds: notes what comes, answers as it is told."""

    heard: list[tuple[str, Payload, Sender]]
    answer: Callable[[Payload], Payload | None]

    def handle(self, kind: str, value: Payload, sender: Sender) -> Payload | None:
        self.heard.append((kind, value, sender))
        return self.answer(value)

    def told(self, kind: str) -> list[Any]:
        """What it was told of one type."""
        return [value for name, value, _ in self.heard if name == kind]


def neighbour(
    role: str,
    organisation: str = CITY,
    answer: Callable[[Any], Payload | None] = lambda _: None,
) -> Neighbour:
    kind = type(role, (Neighbour,), {"role": role})
    made: Neighbour = kind(organisation, given())
    made.heard, made.answer = [], answer
    return made
