# SPDX-License-Identifier: Apache-2.0
"""戸籍システム, with the supplement (戸籍の附票): where those on it have lived.

A family register is kept under its domicile (本籍) and the name of its head (筆頭者).
The existing resident system hands on what changed, its own or another municipality's
(F1-09-4b); an address is added to the supplement of the person whom it names. What fits
nobody is kept aside for a person to look at, nothing is guessed and no name is made
equal. Certificates go to the shops' system as those of any source.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from schemas.move_messages import FamilyRegisterSupplementUpdate
from schemas.shape import Personal
from schemas.systems import FAMILY_REGISTER
from simulators.city import sources
from simulators.city.reasons import Reason, Refused
from simulators.city.sources import CertificateSource
from simulators.city.system import Handler, act, shown
from simulators.city.taken import Sender


@dataclass(frozen=True, slots=True, repr=False)
class Line(Personal):
    """One address on a supplement."""

    address: str
    municipality: str
    """Of the address, as its municipality told it."""
    since: date


class FamilyRegisterSystem(CertificateSource):
    """One city's family registers."""

    role = FAMILY_REGISTER
    schema = f"""{sources.SCHEMA}
CREATE TABLE members (number INTEGER PRIMARY KEY, domicile TEXT NOT NULL,
    head TEXT NOT NULL, name TEXT NOT NULL, born TEXT NOT NULL,
    UNIQUE (domicile, head, name, born)) STRICT;
CREATE TABLE supplement (number INTEGER PRIMARY KEY, member INTEGER NOT NULL,
    address TEXT NOT NULL, municipality TEXT NOT NULL, since TEXT NOT NULL,
    UNIQUE (member, address, since)) STRICT;
CREATE TABLE aside (number INTEGER PRIMARY KEY, source TEXT NOT NULL,
    differs TEXT NOT NULL) STRICT;
"""
    kinds = frozenset({"family_register", "family_register_supplement"})

    def handlers(self) -> Mapping[str, Handler]:
        return {"family_register_supplement_update": self._update}

    @act
    def enter(self, domicile: str, head: str, name: str, born: date, by: str) -> int:
        """Somebody is entered in a family register."""
        if not (domicile and head and name):
            raise Refused(Reason.FORM)
        sql = (
            "INSERT INTO members (domicile, head, name, born) VALUES (?, ?, ?, ?)"
            " ON CONFLICT DO NOTHING"
        )
        if not self.store.changed(sql, domicile, head, name, born.isoformat()):
            raise Refused(Reason.NOT_NOW)
        self.history.happened("entered in a family register", by)
        number = self._member(domicile, head, name, born)
        assert number is not None
        return number

    @act
    def belongs(self, domicile: str, head: str, name: str, born: date, by: str) -> int:
        """The number of somebody in a family register, who is entered if need be."""
        number = self._member(domicile, head, name, born)
        if number is None:
            return self.enter(domicile, head, name, born, by)
        return number

    @shown
    def lines(self, member: int) -> tuple[Line, ...]:
        """The supplement of one person, oldest first."""
        sql = (
            "SELECT address, municipality, since FROM supplement WHERE member = ?"
            " ORDER BY since, number"
        )
        return tuple(
            Line(address, place, date.fromisoformat(since))
            for address, place, since in self.store.rows(sql, member)
        )

    @shown
    def aside(self) -> tuple[tuple[str, str], ...]:
        """What fitted nobody: who told it, and what does not fit."""
        rows = self.store.rows("SELECT source, differs FROM aside ORDER BY number")
        return tuple((row[0], row[1]) for row in rows)

    def _update(self, value: FamilyRegisterSupplementUpdate, sender: Sender) -> None:
        where = value.registered_domicile, value.domicile_head_name
        member = self._member(*where, value.kanji_name, value.date_of_birth)
        if member is None:
            self._set_aside(value)
            return
        self.store.run(
            "INSERT INTO supplement (member, address, municipality, since)"
            " VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            member,
            value.address,
            value.municipality_code,
            value.date_address_established.isoformat(),
        )
        self.history.happened("supplement updated", str(sender))

    def _set_aside(self, value: FamilyRegisterSupplementUpdate) -> None:
        there = self.store.value(
            "SELECT 1 FROM members WHERE domicile = ? AND head = ?",
            value.registered_domicile,
            value.domicile_head_name,
        )
        differs = "kanji_name or date_of_birth" if there else "registered_domicile"
        sql = "INSERT INTO aside (source, differs) VALUES (?, ?)"
        self.store.run(sql, value.municipality_code, differs)
        self.history.happened("set aside", value.municipality_code, differs)

    def _member(self, domicile: str, head: str, name: str, born: date) -> int | None:
        found: int | None = self.store.value(
            "SELECT number FROM members"
            " WHERE domicile = ? AND head = ? AND name = ? AND born = ?",
            domicile,
            head,
            name,
            born.isoformat(),
        )
        return found
