# SPDX-License-Identifier: Apache-2.0
"""Who lives in the network's cities, and what each station is to know of them.

The providers get copies of their residents; a requester gets the codes under which it
knows some of them, and one code that is nobody's. Residents come from the seed.
"""

import json
from collections.abc import Container, Iterable, Iterator
from itertools import islice
from pathlib import Path

from pki.names import StationName
from protocols.linkage_code import CodeMaker
from schemas.matching_list import ITEMS
from simulators.network import parties as people
from simulators.network.files import Files
from simulators.network.shown import Say, shown
from simulators.residents import Resident, generate
from simulators.residents.linkage_copy import write_copies

FLAGGED_EVERY = 50
"""One resident in fifty carries the suppression flag."""


KNOWN = 1000
"""Residents of a city that a story knows: the first, in a city of any size."""


def stream(seed: str, count: int, organisation: str) -> Iterator[Resident]:
    """The residents of a city, however many they are, one after another."""
    return generate(seed, count_of(count, organisation), organisation)


def residents(seed: str, count: int, organisation: str) -> list[Resident]:
    """The residents of a city, all at once: for a city of a few thousand."""
    return list(stream(seed, count, organisation))


def first(seed: str, count: int, organisation: str) -> list[Resident]:
    """Those whom a story knows."""
    return list(islice(stream(seed, count, organisation), KNOWN))


def count_of(count: int, organisation: str) -> int:
    """How many live in a city; the second one is a tenth of the first."""
    return count if organisation == people.CITY else max(20, count // 10)


def flagged(of: Iterable[Resident]) -> frozenset[str]:
    """Whose answers are suppressed: addressee numbers."""
    return frozenset(
        r.addressee_number for n, r in enumerate(of) if n % FLAGGED_EVERY == 7
    )


def unknown_subject() -> str:
    """An addressee number under which every requester holds a code of nobody."""
    return "9" * 15


def write_all(files: Files, seed: str, count: int, say: Say = lambda _: None) -> None:
    """Write the import file of every station that knows subjects; ``say`` how far."""
    codes = CodeMaker(files.code_key.read_bytes())
    subjects: list[Resident] = []
    for station in (people.PROVIDER, people.SECOND_PROVIDER):
        city = station.organisation
        write_copies(
            files.copies(station),
            shown(
                stream(seed, count, city), count_of(count, city), f"copies, {city}", say
            ),
            lambda r, org=city: codes.code(r.person_id, org),  # type: ignore[misc]
            flagged(stream(seed, count, city)),
        )
        subjects += islice(stream(seed, count, city), 200)
    for kind in {item.requester_kind for item in ITEMS.values()}:
        _requester_codes(files, people.requester(kind), subjects, codes)


def _requester_codes(
    files: Files, station: StationName, subjects: list[Resident], codes: CodeMaker
) -> None:
    """The codes under which a requester knows some residents; no copies of them."""
    rows = {
        r.addressee_number: codes.code(r.person_id, station.organisation)
        for r in subjects
    }
    rows[unknown_subject()] = "0f" * 16
    own = _copied(files.copies(station), rows.keys())
    with files.copies(station).open("a", encoding="utf-8") as file:
        for number, code in rows.items():
            if number in own:
                continue
            row = {
                "addressee_number": number,
                "linkage_code": code,
                "suppressed": False,
            }
            file.write(json.dumps(row) + "\n")


def _copied(path: Path, numbers: Container[str]) -> set[str]:
    """Of which of these a station has a copy; its file may be a whole city's."""
    if not path.exists():
        return set()
    with path.open(encoding="utf-8") as file:
        held = (json.loads(line)["addressee_number"] for line in file)
        return {number for number in held if number in numbers}
