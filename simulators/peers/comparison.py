# SPDX-License-Identifier: Apache-2.0
"""One page of a consistency check: what a city sent beside what a server keeps.

A record that was told after the moment of which the city's are is not held against it.
Somebody whom the city says has left, and who is kept elsewhere, is as both sides say.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from simulators.peers.persons import ITEMS, LEAVING, NO_MEMBERS
from simulators.peers.store import Store
from simulators.store import PAGE, Row

Finding: TypeAlias = tuple[str, str, str]
"""Resident record code, finding, and the names of items with a space between."""

_REASON: Final = ITEMS.index("change_reason")


class Run(NamedTuple):
    """A run that is being compared or told."""

    run: int
    sender: str
    check_id: bytes
    municipality: str
    taken_at: int
    after: str
    """How far its state has come."""
    state: str


@dataclass(frozen=True, slots=True)
class Page:
    """What one page showed."""

    rows: int
    last: str
    """The code at its end."""
    found: tuple[Finding, ...]

    @property
    def is_last(self) -> bool:
        return self.rows < PAGE


def sent(store: Store, run: Run) -> Page:
    """The next of those that were sent, each beside whoever is kept."""
    theirs = ", ".join(f"sent.{name}" for name in ITEMS)
    ours = ", ".join(f"kept.{name}" for name in ITEMS)
    rows = store.rows(
        f"SELECT {theirs}, {ours}, kept.municipality, kept.told"
        " FROM check_people AS sent LEFT JOIN persons AS kept"
        " ON kept.resident_record_code = sent.resident_record_code"
        " WHERE sent.run = ? AND sent.resident_record_code > ?"
        " ORDER BY sent.resident_record_code LIMIT ?",
        run.run,
        run.after,
        PAGE,
    )
    compared = ((row[0], *_differing(row, run)) for row in rows)
    return _page(rows, tuple(one for one in compared if one[1]))


def kept(store: Store, run: Run) -> Page:
    """The next of those that are kept for this city, and were not sent."""
    rows = store.rows(
        "SELECT kept.resident_record_code, kept.change_reason, kept.told, sent.run"
        " FROM persons AS kept LEFT JOIN check_people AS sent"
        " ON sent.run = ? AND sent.resident_record_code = kept.resident_record_code"
        " WHERE kept.municipality = ? AND kept.resident_record_code > ?"
        " ORDER BY kept.resident_record_code LIMIT ?",
        run.run,
        run.municipality,
        run.after,
        PAGE,
    )
    missing = (
        (code, "only_kept", "")
        for code, reason, told, found in rows
        if found is None and reason not in NO_MEMBERS and told <= run.taken_at
    )
    return _page(rows, tuple(missing))


def _page(rows: list[Row], found: tuple[Finding, ...]) -> Page:
    return Page(len(rows), rows[-1][0] if rows else "", found)


def _differing(row: Row, run: Run) -> tuple[str, str]:
    """Finding and items of one person who was sent; the finding empty if alike."""
    width = len(ITEMS)
    theirs, ours, (municipality, told) = (
        row[:width],
        row[width : 2 * width],
        row[2 * width :],
    )
    if ours[0] is None:
        return "only_sent", ""
    items = [name for name, a, b in zip(ITEMS, theirs, ours, strict=True) if a != b]
    left = theirs[_REASON] in LEAVING and municipality != run.municipality
    if left or told > run.taken_at or not items:
        return "", ""
    return "differs", " ".join(items)
