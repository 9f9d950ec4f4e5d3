# SPDX-License-Identifier: Apache-2.0
"""A town that several test files look at, made once."""

import csv
from functools import cache
from importlib.resources import files
from itertools import groupby

from simulators.residents import Resident, generate
from simulators.residents.family import STANDING_DAY

SEED = 20260401
YEAR = 365.2425


@cache
def the_town() -> tuple[Resident, ...]:
    """Twenty thousand residents of Takasaki."""
    return tuple(generate(SEED, 20_000))


@cache
def the_homes() -> tuple[tuple[Resident, ...], ...]:
    """The town's whole households: the last one may be cut, and is left out."""
    homes = groupby(the_town(), lambda one: one.household)
    return tuple(tuple(home) for _, home in homes)[:-1]


def table(name: str) -> list[dict[str, str]]:
    """A table of the package's data, as it is."""
    text = (files("simulators.residents") / "data" / name).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


def age(resident: Resident) -> float:
    return (STANDING_DAY - resident.born).days / YEAR


def years_between(older: Resident, younger: Resident) -> float:
    return (younger.born - older.born).days / YEAR
