# SPDX-License-Identifier: Apache-2.0
"""The two servers that keep identity information: prefectural and national.

都道府県サーバ (住基法第30条の6): told by the municipalities of its prefecture, each
time something changes. It passes on what is the newest of a person to the national
server, unchanged (第30条の7), and answers searches of its municipalities.

全国サーバ: told by prefectures. It answers confirmations and searches of everybody.

Both compare what a city sends for the consistency check, and tell it the differences.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from pki.names import StationName
from schemas.messages import Payload
from simulators.peers import asked
from simulators.peers.checks import Checks
from simulators.peers.errors import NotTaken
from simulators.peers.persons import PersonFile
from simulators.peers.places import municipality_at
from simulators.peers.store import Store, micros
from simulators.peers.system import Looked, Owed, Take, Taken, Told

PREFIX: Final = 2
"""Digits of an organisation's code that name its prefecture."""
NOT_HERE: Final = "SK-M05"
"""A municipality speaks to its own prefecture only."""


class IdentityServer(ABC):
    """What both have in common."""

    def __init__(self, store: Store) -> None:
        self.persons = PersonFile(store)
        self.checks = Checks(store)

    @property
    def takes(self) -> Mapping[str, Take]:
        return {
            "identity_information_update_notice": self.notice,
            "identity_information_search_request": self.search,
            "consistency_check_manifest": self._manifest,
            "consistency_check_information": self._batch,
        }

    @property
    def looks(self) -> Mapping[str, Looked]:
        return {
            "persons": lambda key: asked.look(self.persons, key),
            "runs": self.checks.runs,
        }

    def count(self) -> Mapping[str, int]:
        return {"persons": len(self.persons)}

    def load(self, lines: list[Mapping[str, Any]]) -> int:
        return self.persons.load(asked.loaded(lines), told=0)

    def someone_else(self, reply: Payload) -> Payload:
        return asked.someone_else(self.persons, reply)

    def work(self, now: datetime) -> list[Owed] | None:
        return self.checks.work(now)

    @abstractmethod
    def admit(self, sender: StationName) -> None:
        """Raises `NotTaken` for somebody who has no business here."""

    @abstractmethod
    def notice(self, told: Told) -> Taken:
        """Identity information of one person."""

    def search(self, told: Told) -> Taken:
        self.admit(told.sender)
        return asked.search(self.persons, told)

    def _manifest(self, told: Told) -> Taken:
        self.admit(told.sender)
        return Taken(self.checks.manifest(told.value, told.sender, told.at))

    def _batch(self, told: Told) -> Taken:
        self.admit(told.sender)
        done = self.checks.batch(told.value, told.payload, told.sender, told.at)
        return Taken(done)


class PrefecturalServer(IdentityServer):
    """One prefecture's."""

    def __init__(
        self, store: Store, organisation: str, national: StationName | None
    ) -> None:
        super().__init__(store)
        self._organisation = organisation
        self._national = national
        """None where the network has no national server to pass anything on to."""

    def admit(self, sender: StationName) -> None:
        if sender.organisation[:PREFIX] != self._organisation[:PREFIX]:
            raise NotTaken(NOT_HERE)

    def notice(self, told: Told) -> Taken:
        self.admit(told.sender)
        municipality = told.sender.organisation
        effect = self.persons.tell(told.value, municipality, micros(told.created))
        if not effect.counts or self._national is None:
            return Taken(effect.value)
        return Taken(effect.value, owed=(Owed(self._national, told.value),))


class NationalServer(IdentityServer):
    """The one of the country."""

    def admit(self, sender: StationName) -> None:
        """Every municipality and every prefecture has business here."""

    @property
    def takes(self) -> Mapping[str, Take]:
        return {**super().takes, "identity_confirmation_request": self._confirm}

    def notice(self, told: Told) -> Taken:
        municipality = municipality_at(told.value.address)
        effect = self.persons.tell(told.value, municipality, micros(told.created))
        return Taken(effect.value)

    def _confirm(self, told: Told) -> Taken:
        return asked.confirm(self.persons, told)
