# SPDX-License-Identifier: Apache-2.0
"""A town of fictional residents that is the same for the same seed, byte for byte.

Household ``n`` follows from (seed, municipality, n) alone, so a town streams in flat
memory and any household can be made by itself. Serials are laid out as

    block of the municipality * 10**9 + household * 16 + position (+ 8: an old code)

and `simulators.residents.numbers` turns each into numbers of the simulation realm that
no other serial of the seed has. About two in a hundred households have a surname that
some systems cannot write; two in a hundred wives keep a former surname (旧氏) on
record. Everybody is Japanese and has a full date of birth; both are limits of ours.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import count as count_from
from itertools import islice
from typing import Final

from protocols.linkage_code import person_id
from simulators.residents.chance import Dice
from simulators.residents.family import HEAD, STANDING_DAY, Member, members
from simulators.residents.moves import NETWORK_START, History, Story, history, story
from simulators.residents.numbers import Numbers
from simulators.residents.tables import (
    Name,
    Sex,
    Town,
    given_names,
    hard_surnames,
    households,
    municipality_of,
    surnames,
)

SPACE: Final = "　"
"""Between surname and given name."""

_BLOCK: Final = 10**9
_HOUSEHOLD: Final = 16
_OLD_CODE: Final = 8

_HARD: Final = 0.02
_FORMER: Final = 0.02
_CODE_CHANGED: Final = 0.01
"""Share of residents who had their record code changed, as everybody may."""


@dataclass(frozen=True, slots=True, repr=False)
class Resident:
    """One person as the register has them. The repr is silent on purpose."""

    municipality_code: str
    household: int
    """Number of the household in its municipality; the head comes first in it."""
    relationship: str
    """続柄: 世帯主, 妻, 夫, 子, 父, 母, 子の妻, 子の子."""
    surname: Name
    given_name: Name
    former_surname: Name | None
    sex: Sex
    born: date
    town: Town
    address: str
    history: History
    individual_number: str
    resident_record_code: str
    old_resident_record_code: str | None
    record_code_used_from: date
    addressee_number: str

    @property
    def person_id(self) -> int:
        """What the core system calls this person; for linkage codes."""
        return person_id(self.resident_record_code)

    @property
    def kanji_name(self) -> str:
        """氏名."""
        return f"{self.surname.kanji}{SPACE}{self.given_name.kanji}"

    @property
    def kana_name(self) -> str:
        """ふりがな, in hiragana."""
        return f"{self.surname.kana}{SPACE}{self.given_name.kana}"

    @property
    def is_head(self) -> bool:
        return self.relationship == HEAD


@dataclass(frozen=True, slots=True, repr=False)
class _Names:
    surname: Name
    given: Name
    former: Name | None


class City:
    """The register of one city under one seed: endless, and any household by number.

    The seeds 1 and "1" are the same. Raises `UnknownMunicipality` where the tables lack
    the code.
    """

    def __init__(self, seed: int | str, municipality: str) -> None:
        self._seed = f"{seed}:{municipality}"
        self._place = municipality_of(municipality)
        self._numbers = Numbers(str(seed))

    def __iter__(self) -> Iterator[Resident]:
        for number in count_from(0):
            yield from self.household(number)

    def household(self, number: int) -> tuple[Resident, ...]:
        """Household ``number`` (from 0), its head first."""
        dice = Dice(f"{self._seed}:{number}")
        family = members(dice, *dice.weighted(households()))
        told = story(dice, self._place, family)
        return tuple(
            self._resident(dice, number, position, family[position], names, told)
            for position, names in enumerate(_named(dice, family))
        )

    def _resident(
        self,
        dice: Dice,
        number: int,
        position: int,
        member: Member,
        names: _Names,
        told: Story,
    ) -> Resident:
        serial = self._place.block * _BLOCK + number * _HOUSEHOLD + position
        used_from = max(member.born, NETWORK_START)
        old_code = None
        if dice.chance(_CODE_CHANGED):
            used_from = dice.day(used_from, STANDING_DAY)
            old_code = self._numbers.resident_record_code(serial + _OLD_CODE)
        return Resident(
            municipality_code=self._place.code,
            household=number,
            relationship=member.relationship,
            surname=names.surname,
            given_name=names.given,
            former_surname=names.former,
            sex=member.sex,
            born=member.born,
            town=told.town,
            address=told.address,
            history=history(told, member.born),
            individual_number=self._numbers.individual_number(serial),
            resident_record_code=self._numbers.resident_record_code(serial),
            old_resident_record_code=old_code,
            record_code_used_from=used_from,
            addressee_number=self._numbers.addressee_number(serial),
        )


def generate(
    seed: int | str, count: int, municipality: str = "102024"
) -> Iterator[Resident]:
    """The first ``count`` residents of a city; the last household may be cut short.

    Raises `UnknownMunicipality` at once where the tables lack the code.
    """
    return islice(City(seed, municipality), count)


def _named(dice: Dice, family: tuple[Member, ...]) -> Iterator[_Names]:
    """One surname for all; given names that nobody else has or sounds like."""
    surname = _surname(dice, _HARD)
    taken: set[str] = set()
    for member in family:
        usual = given_names(member.sex, member.born.year)
        free = [name for name in usual if not {name.kanji, name.kana} & taken]
        given = dice.pick(free)
        taken.update((given.kanji, given.kana))
        yield _Names(surname, given, _former_surname(dice, member, surname))


def _surname(dice: Dice, hard: float) -> Name:
    return dice.weighted(hard_surnames() if dice.chance(hard) else surnames())


def _former_surname(dice: Dice, member: Member, surname: Name) -> Name | None:
    """For two in a hundred wives, the surname of before; one in ten a hard one."""
    if not (member.relationship.endswith("妻") and dice.chance(_FORMER)):
        return None
    former = _surname(dice, 0.1)
    return former if former != surname else None
