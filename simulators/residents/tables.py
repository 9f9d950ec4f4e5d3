# SPDX-License-Identifier: Apache-2.0
"""The tables of ``data/`` as values: read once, on the first resident."""

import csv
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from simulators.residents.chance import Weighted

_DATA: Final = files("simulators.residents") / "data"


class UnknownMunicipality(ValueError):
    """Residents were asked of a municipality that the tables do not have.

    A scenario or command names its code; ``data/municipalities.csv`` lists the known
    ones. Name one of those, or add a row and its towns there.
    """


class Sex(Enum):
    MALE = "male"
    FEMALE = "female"


class Pattern(Enum):
    """Who lives together."""

    ALONE = "alone"
    COUPLE = "couple"
    FAMILY = "family"
    ONE_PARENT = "one parent"
    WITH_PARENTS = "with parents"
    WITH_HEIR = "with heir"
    """The head's grown child lives here with spouse and children."""


@dataclass(frozen=True, slots=True)
class Name:
    """A surname or given name with its one reading, in hiragana."""

    kanji: str
    kana: str


@dataclass(frozen=True, slots=True)
class Town:
    """A town (町) of a municipality; its reading is in katakana."""

    code: str
    name: str
    kana: str
    postal_code: str


@dataclass(frozen=True, slots=True)
class Municipality:
    """A city that residents can be made for."""

    code: str
    block: int
    """Its part of the serials, so that no number is given out in two cities."""
    prefecture: str
    city: str
    kana: str
    towns: tuple[Town, ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where somebody can have moved in from."""

    municipality: str
    address: str


@dataclass(frozen=True, slots=True)
class Building:
    name: str
    floors: int


def municipality_of(code: str) -> Municipality:
    """The municipality with this code; raises `UnknownMunicipality`."""
    try:
        return municipalities()[code]
    except KeyError:
        raise UnknownMunicipality(f"no residents are known of {code!r}") from None


@cache
def municipalities() -> Mapping[str, Municipality]:
    """All municipalities by code."""
    towns: dict[str, list[Town]] = {}
    for row in _rows("towns.csv"):
        towns.setdefault(row["municipality"], []).append(
            Town(row["town_code"], row["town"], row["kana"], row["postal_code"])
        )
    return MappingProxyType(
        {
            row["municipality"]: Municipality(
                row["municipality"],
                int(row["block"]),
                row["prefecture"],
                row["city"],
                row["kana"],
                tuple(towns[row["municipality"]]),
            )
            for row in _rows("municipalities.csv")
        }
    )


@cache
def surnames() -> Weighted[Name]:
    """Surnames that every system can write."""
    return _names("surnames.csv")


@cache
def hard_surnames() -> Weighted[Name]:
    """Surnames with characters that some systems cannot write or would change."""
    return _names("hard_surnames.csv")


@cache
def given_names(sex: Sex, year: int) -> tuple[Name, ...]:
    """Given names that were usual for those born in ``year``.

    Whoever is older than the table has the names of its first years.
    """
    year = max(year, min(int(row["first_year"]) for row in _rows("given_names.csv")))
    return tuple(
        Name(row["kanji"], row["kana"])
        for row in _rows("given_names.csv")
        if row["sex"] == sex.value
        and int(row["first_year"]) <= year <= int(row["last_year"])
    )


@cache
def origins_other_than(code: str) -> tuple[Origin, ...]:
    """Places to have moved in from, outside the municipality itself."""
    return tuple(
        Origin(row["municipality"], row["address"])
        for row in _rows("origins.csv")
        if row["municipality"] != code
    )


@cache
def buildings() -> Weighted[Building]:
    """Invented buildings."""
    return Weighted(
        (Building(row["name"], int(row["floors"])), int(row["weight"]))
        for row in _rows("buildings.csv")
    )


@cache
def households() -> Weighted[tuple[Pattern, int]]:
    """Who lives together, and the first year of the head's five-year age band."""
    text = (_DATA / "households.toml").read_text("utf-8")
    return Weighted(
        ((Pattern(name), int(age)), weight)
        for name, heads in tomllib.loads(text).items()
        for age, weight in heads.items()
    )


def _names(table: str) -> Weighted[Name]:
    return Weighted(
        (Name(row["kanji"], row["kana"]), int(row["weight"])) for row in _rows(table)
    )


def _rows(table: str) -> list[dict[str, str]]:
    text = (_DATA / table).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))
