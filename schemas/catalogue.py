# SPDX-License-Identifier: Apache-2.0
"""One row per message type: who may send it to whom, on what legal basis, and how.

The row says what is true of every message of the type; whether one message may pass is
for rules elsewhere, which read the row. A new type needs a row in one of the tables
that are joined here, an XSD, a sample and a value class in the table of its messages; a
test holds the four together, and another holds the ways against the steps of `flows`.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from schemas.city_rows import CITY_ROWS, answers_to
from schemas.errors import UnknownType
from schemas.juki_rows import JUKI_ROWS
from schemas.linkage_rows import LINKAGE_ROWS
from schemas.ways import NOT_ENVELOPED, Answer, Network, Row, Way

__all__ = [
    "NOT_ENVELOPED",
    "REPLIES",
    "ROWS",
    "Answer",
    "Network",
    "Row",
    "UnknownType",
    "Way",
    "row",
]

_TABLE: Final = (*JUKI_ROWS, *LINKAGE_ROWS, *CITY_ROWS)

ROWS: Final[Mapping[str, Row]] = MappingProxyType(
    {row.name: row for row in (*_TABLE, *answers_to(_TABLE))}
)
"""Every message type, by name."""

REPLIES: Final = frozenset(row.reply_type for row in _TABLE if row.reply_type)
"""The types that only come as the answer to another message."""


def row(name: str) -> Row:
    """The row of a message type; raises `UnknownType`."""
    found = ROWS.get(name)
    if found is None:
        raise UnknownType(f"no message type of this name among {len(ROWS)}")
    return found
