# SPDX-License-Identifier: Apache-2.0
"""Counts, and nothing else: households, people by sex, move-ins and move-outs (R-205).

There is no other key to count by, and no span but the calendar month: two overlapping
spans would tell the day between them. A count from one to
nine could still single somebody out: it is told as few, and so is the other part of its
total, or the few could be worked out. Nought is told.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, TypeAlias

from simulators.register.basis import Operator
from simulators.register.books import JAPAN
from simulators.register.errors import EntryRefused, Fault, Rule
from simulators.register.events import Events
from simulators.register.reasons import Reason
from simulators.register.store import Store

FEW: Final = 10
"""The least count, above nought, that is told. Our own choice."""


@dataclass(frozen=True, slots=True)
class Few:
    """Some, and fewer than could be told, or what would give such a count away."""

    below: int = FEW


Count: TypeAlias = int | Few

_IN: Final = (Reason.MOVED_IN, Reason.MOVED_IN_BY_CARD)
_OUT: Final = (Reason.MOVED_OUT, Reason.MOVED_ABROAD)


@dataclass(frozen=True, slots=True)
class Population:
    """人口・世帯: how many there are now."""

    taken: date
    households: Count
    residents: Count
    male: Count
    female: Count
    unstated: Count


@dataclass(frozen=True, slots=True)
class Moves:
    """転入・転出 of a calendar month, both ends included."""

    first: date
    last: date
    moved_in: Count
    moved_out: Count


@dataclass(frozen=True, slots=True)
class MonthlyReport:
    """人口・世帯集計表: the regular table."""

    population: Population
    moves: Moves


class Statistics:
    """The counts of the register."""

    def __init__(
        self, store: Store, clock: Callable[[], datetime], events: Events
    ) -> None:
        self._store = store
        self._clock = clock
        self._events = events

    def population(self) -> Population:
        """Households and people by sex, as of now."""
        by_sex: dict[str, int] = dict(
            self._store.rows(
                "SELECT sex, count(*) FROM records WHERE present GROUP BY sex"
            )
        )
        male, female = by_sex.pop("1", 0), by_sex.pop("2", 0)
        unstated = sum(by_sex.values())
        total = male + female + unstated
        parts = told(male, female, unstated)
        households = self._store.value(
            "SELECT count(DISTINCT household) FROM records WHERE present"
        )
        return Population(self._today(), _alone(households), _alone(total), *parts)

    def moves(self, year: int, month: int) -> Moves:
        """Move-ins and move-outs of a calendar month; raises `EntryRefused`."""
        if not (1900 <= year < date.max.year and 1 <= month <= 12):
            raise EntryRefused(Fault("month", Rule.FORMAT))
        first = date(year, month, 1)
        following = date(year + month // 12, month % 12 + 1, 1)
        last = following - timedelta(days=1)
        counts = [
            _alone(sum(self._happened(reason, first, last) for reason in reasons))
            for reasons in (_IN, _OUT)
        ]
        return Moves(first, last, *counts)

    def monthly(self, year: int, month: int, by: Operator) -> MonthlyReport:
        """The regular report (一括処理) of a month; that it was made is on record."""
        report = MonthlyReport(self.population(), self.moves(year, month))
        self._events.happened("monthly report", by.name, f"{year}-{month:02}")
        return report

    def _happened(self, reason: Reason, first: date, last: date) -> int:
        found: int = self._store.value(
            "SELECT count(*) FROM history WHERE reason = ?"
            " AND happened BETWEEN ? AND ?",
            reason.value,
            first.isoformat(),
            last.isoformat(),
        )
        return found

    def _today(self) -> date:
        return self._clock().astimezone(JAPAN).date()


def told(*parts: int) -> tuple[Count, ...]:
    """The parts of one total: where one is few, every part but noughts is hidden."""
    if all(part == 0 or part >= FEW for part in parts):
        return parts
    return tuple(0 if part == 0 else Few() for part in parts)


def _alone(count: int) -> Count:
    return told(count)[0]
