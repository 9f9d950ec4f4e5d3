# SPDX-License-Identifier: Apache-2.0
"""Who is who: one person, one individual number, one addressee number.

Business systems have numbers of their own for a person; each is tied to one addressee
number (function 3). A number that was replaced stays known as such: nobody else gets
it, and whoever still uses it is told that something does not fit.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from schemas.people import AddresseeKey
from schemas.register_messages import NumberedResidentRecordChange
from schemas.shape import Personal
from simulators.city.reasons import Reason, Refused
from simulators.city.store import Store

SCHEMA: Final = """
CREATE TABLE persons (addressee_number TEXT PRIMARY KEY,
    individual_number TEXT NOT NULL UNIQUE, kanji_name TEXT NOT NULL,
    furigana_name TEXT NOT NULL, date_of_birth TEXT NOT NULL, sex TEXT NOT NULL,
    postal_code TEXT NOT NULL, address TEXT NOT NULL, sequence INTEGER NOT NULL,
    changed TEXT NOT NULL) STRICT;
CREATE TABLE locals (system TEXT, number TEXT, addressee TEXT NOT NULL,
    PRIMARY KEY (system, number)) STRICT;
CREATE TABLE former (individual_number TEXT PRIMARY KEY, addressee TEXT NOT NULL)
    STRICT;
"""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Person(Personal):
    """One person as the addressee system holds them."""

    addressee_number: str
    individual_number: str
    kanji_name: str
    furigana_name: str
    date_of_birth: date
    sex: str
    postal_code: str
    address: str
    sequence: int
    changed: date
    """The day of the last change, as the register told it."""


_COLUMNS: Final = (
    "addressee_number, individual_number, kanji_name, furigana_name, date_of_birth,"
    " sex, postal_code, address, sequence, changed"
)


class Persons:
    """The persons of one addressee system."""

    def __init__(self, store: Store, token_bytes: Callable[[int], bytes]) -> None:
        self._store = store
        self._token_bytes = token_bytes

    def by_number(self, individual_number: str) -> Person | None:
        """Who has this individual number now."""
        return self._find("individual_number", individual_number)

    def by_addressee(self, addressee_number: str | None) -> Person | None:
        """Whose addressee number it is."""
        return self._find("addressee_number", addressee_number)

    def by_key(self, key: AddresseeKey) -> Person | None:
        """By exactly one of the two."""
        if key.individual_number is not None:
            return self.by_number(key.individual_number)
        return self.by_addressee(key.addressee_number)

    def of_change(
        self, value: NumberedResidentRecordChange, system: str
    ) -> Person | None:
        """Whom a change is about; raises `Refused` where two answers are possible."""
        sql = "SELECT 1 FROM former WHERE individual_number = ?"
        if self._store.value(sql, value.individual_number):
            raise Refused(Reason.CONTRADICTS)
        local = self.addressee_of(system, value.business_addressee_number)
        by_number = self.by_number(value.individual_number)
        by_local = self.by_addressee(local)
        if by_number and by_local and by_number != by_local:
            raise Refused(Reason.CONTRADICTS)
        return by_number or by_local

    def new_number(self) -> str:
        """A number that nobody has: from chance, of no meaning."""
        while True:
            number = f"{int.from_bytes(self._token_bytes(8)) % 10**15:015d}"
            if self.by_addressee(number) is None:
                return number

    def keep(self, person: Person) -> bool:
        """Write somebody down; whether an individual number was replaced by it."""
        before = self.by_addressee(person.addressee_number)
        replaced = before and before.individual_number != person.individual_number
        if before and replaced:
            self._store.run(
                "INSERT INTO former VALUES (?, ?)",
                before.individual_number,
                person.addressee_number,
            )
        self._store.run(
            f"INSERT OR REPLACE INTO persons ({_COLUMNS})"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            person.addressee_number,
            person.individual_number,
            person.kanji_name,
            person.furigana_name,
            person.date_of_birth.isoformat(),
            person.sex,
            person.postal_code,
            person.address,
            person.sequence,
            person.changed.isoformat(),
        )
        return bool(replaced)

    def addressee_of(self, system: str, local: str) -> str | None:
        """The addressee number tied to a business system's own number."""
        sql = "SELECT addressee FROM locals WHERE system = ? AND number = ?"
        found: str | None = self._store.value(sql, system, local)
        return found

    def locals_of(self, addressee: str) -> tuple[tuple[str, str], ...]:
        """Which systems know a person, and under which number of theirs."""
        sql = "SELECT system, number FROM locals WHERE addressee = ? ORDER BY 1, 2"
        return tuple((row[0], row[1]) for row in self._store.rows(sql, addressee))

    def tie(self, system: str, local: str, addressee: str) -> None:
        """Tie a system's own number; raises `Refused` where it is another's."""
        if self.addressee_of(system, local) not in (None, addressee):
            raise Refused(Reason.CONTRADICTS)
        sql = "INSERT INTO locals VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
        self._store.run(sql, system, local, addressee)

    def _find(self, column: str, value: str | None) -> Person | None:
        sql = f"SELECT {_COLUMNS} FROM persons WHERE {column} = ?"
        row = self._store.row(sql, value)
        if row is None:
            return None
        names = _COLUMNS.replace(" ", "").split(",")
        fields: dict[str, Any] = dict(zip(names, row, strict=True))
        for name in ("date_of_birth", "changed"):
            fields[name] = date.fromisoformat(fields[name])
        return Person(**fields)


def person_of(number: str, value: NumberedResidentRecordChange) -> Person:
    """The person that a change tells of, under this addressee number."""
    return Person(
        addressee_number=number,
        individual_number=value.individual_number,
        kanji_name=value.kanji_name,
        furigana_name=value.furigana_name,
        date_of_birth=value.date_of_birth,
        sex=value.sex,
        postal_code=value.postal_code,
        address=value.address,
        sequence=value.update_sequence_number,
        changed=value.change_date,
    )


def is_older(sequence: int, on: date, held: int, held_on: date) -> bool:
    """Whether a change comes after what is held, and tells what was before it.

    The register numbers the changes of one record; whoever comes back to the city has
    a new record, whose numbers begin anew on a later day.
    """
    return sequence < held and on <= held_on
