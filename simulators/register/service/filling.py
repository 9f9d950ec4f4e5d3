# SPDX-License-Identifier: Apache-2.0
"""Fills a fresh register with the fictional residents of its city, and with codes.

The unused codes are made of the last serials of the city's block, which no resident
ever has: so none is anybody's, in this city or in another one of the same seed.
"""

from collections.abc import Callable, Iterable
from typing import Final

from simulators.register import Register
from simulators.residents import Resident, municipality_of
from simulators.residents.numbers import Numbers

CODES: Final = 200
"""Unused resident record codes that a fresh register has."""
_BLOCK: Final = 10**9


def fill(
    register: Register,
    residents: Iterable[Resident],
    seed: str,
    told: Callable[[int], object] | None = None,
) -> None:
    """Load who is not loaded yet; raises `NotNow` if the register was worked with.

    ``told`` hears now and then how many are loaded.
    """
    register.loading.load(residents, told)
    if not register.store.value("SELECT 1 FROM codes LIMIT 1"):
        register.pool.receive(codes_of(register.municipality, seed))


def codes_of(municipality: str, seed: str) -> Iterable[str]:
    """The codes that J-LIS gives this municipality."""
    numbers = Numbers(seed)
    end = (municipality_of(municipality).block + 1) * _BLOCK
    return map(numbers.resident_record_code, range(end - CODES, end))
