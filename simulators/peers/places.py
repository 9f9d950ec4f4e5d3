# SPDX-License-Identifier: Apache-2.0
"""Which municipality an address lies in, by how it begins.

A notice has no municipality among its eight items (R-078). A prefecture knows who sent
it; the national server reads it off the address, for the cities that the tables of the
fictional residents name.
"""

import re
from collections.abc import Mapping
from functools import cache

from simulators.residents.tables import municipalities, origins_other_than

_CITY = re.compile(r"(?:.{2,3}[都道府県]).+?[市区町村]")


def municipality_at(address: str) -> str:
    """Its code; empty where no table says."""
    found = _CITY.match(address)
    return "" if found is None else _cities().get(found[0], "")


@cache
def _cities() -> Mapping[str, str]:
    own = {f"{one.prefecture}{one.city}": one.code for one in municipalities().values()}
    for origin in origins_other_than(""):
        found = _CITY.match(origin.address)
        if found is not None:
            own.setdefault(found[0], origin.municipality)
    return own
