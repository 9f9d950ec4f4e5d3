# SPDX-License-Identifier: Apache-2.0
"""What a system is given, who posts to it, and the answer that it gives."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from pki.names import StationName
from protocols.identifiers import (
    Realm,
    individual_number_is_valid,
    resident_record_code_is_valid,
)
from schemas.messages import Payload, SubmissionRefused, read_payload
from schemas.payload import type_of
from simulators.residence_card import is_simulated

_NUMBERS: Final[dict[str, Callable[[str], bool]]] = {
    "individual_number": lambda it: individual_number_is_valid(it, Realm.SIMULATION),
    "resident_record_code": lambda it: resident_record_code_is_valid(
        it, Realm.SIMULATION
    ),
    "residence_card_number": is_simulated,
    "new_residence_card_number": is_simulated,
}


@dataclass(frozen=True, slots=True)
class Sender:
    """Who posts: a station, and which system of its role where there are several."""

    station: StationName
    system: str = ""
    """Name of the business system; known by its certificate, never by its word."""

    @property
    def role(self) -> str:
        return self.station.role

    def __str__(self) -> str:
        return f"{self.station} {self.system}".rstrip()


@dataclass(frozen=True, slots=True)
class Given:
    """What a system does with what hands it: everything that it has not of itself."""

    clock: Callable[[], datetime]
    token_bytes: Callable[[int], bytes]
    folder: Path | None = None
    """Where its file is; None keeps it in memory."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The answer to a post."""

    status: int
    body: bytes = field(repr=False)

    @property
    def value(self) -> Payload:
        """The answer, read."""
        return read_payload(type_of(self.body), self.body)

    @property
    def code(self) -> str:
        """Why it was refused; empty where it was taken."""
        value = self.value if self.body else None
        return value.code if isinstance(value, SubmissionRefused) else ""


NO_ANSWER: Final = Taken(HTTPStatus.SERVICE_UNAVAILABLE, b"")


def strangers(value: Any) -> bool:
    """Whether a number in a value is none of the simulation, at any depth."""
    return any(not _NUMBERS[name](text) for name, text in _numbers(value))


def _numbers(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, tuple):
        for one in value:
            yield from _numbers(one)
    elif is_dataclass(value):
        for each in fields(value):
            held = getattr(value, each.name)
            if each.name in _NUMBERS and held is not None:
                yield each.name, held
            else:
                yield from _numbers(held)
