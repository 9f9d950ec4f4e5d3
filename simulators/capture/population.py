# SPDX-License-Identifier: Apache-2.0
"""The network's own residents, each standing in for another.

What is asked about somebody whom the network knows must be asked about somebody whom it
knows, or the replay would have other answers. So every resident is played by another of
the same city with the same protection: by some distance in the list, anew each time.
"""

import secrets
from collections.abc import Callable, Mapping

from simulators.network import copies
from simulators.network import parties as people
from simulators.residents import Resident


def stand_ins(
    seed: str, count: int, chance: Callable[[int], int] = secrets.randbelow
) -> Mapping[str, str]:
    """Every number of every resident, with the same number of the stand-in."""
    found: dict[str, str] = {copies.unknown_subject(): copies.unknown_subject()}
    for city in (people.CITY, people.SECOND_CITY):
        everybody = copies.residents(seed, count, city)
        flagged = copies.flagged(everybody)
        asked = everybody[:200]  # of these each requester has a code
        for group in (asked, everybody[200:]):
            held = [r for r in group if r.addressee_number in flagged]
            plain = [r for r in group if r.addressee_number not in flagged]
            for alike in (held, plain):
                found.update(_shifted(alike, chance))
    return found


def _shifted(alike: list[Resident], chance: Callable[[int], int]) -> dict[str, str]:
    if len(alike) < 2:
        return {}
    by = 1 + chance(len(alike) - 1)
    pairs = zip(alike, alike[by:] + alike[:by], strict=True)
    return {
        number: other
        for one, stand_in in pairs
        for number, other in zip(_numbers(one), _numbers(stand_in), strict=True)
    }


def _numbers(one: Resident) -> tuple[str, ...]:
    return one.individual_number, one.resident_record_code, one.addressee_number
