# SPDX-License-Identifier: Apache-2.0
"""生年月日 of which a part is not known (不詳).

A record holds a whole day all the same, the first of what is known, so that ages can be
worked out; beside it stands what of it is unknown. Whoever reads the record is shown
what is known and no more, and a search for a day finds those whose day it could be.
"""

from datetime import date
from enum import Enum
from typing import Final


class Unknown(Enum):
    """What of a day of birth is not known."""

    DAY = "day"
    MONTH = "month"
    """Month and day."""
    ALL = "all"


NOT_KNOWN: Final = "不詳"
_KNOWN: Final = {None: 10, Unknown.DAY: 7, Unknown.MONTH: 4, Unknown.ALL: 0}
"""How many characters of ``YYYY-MM-DD`` are known."""


def known(born: date, unknown: Unknown | None) -> str:
    """What is known: `1950-05-05`, `1950-05`, `1950`, or nothing."""
    return born.isoformat()[: _KNOWN[unknown]]


def shown(born: date, unknown: Unknown | None) -> str:
    """The same as it is read: what is not known is called so."""
    if unknown is None:
        return born.isoformat()
    part = known(born, unknown)
    return f"{part}-{NOT_KNOWN}" if part else NOT_KNOWN


def could_be(born: date) -> tuple[str, ...]:
    """Everything that may be known of somebody who was born on that day."""
    return tuple(known(born, unknown) for unknown in _KNOWN)


def is_first(born: date, unknown: Unknown | None) -> bool:
    """Whether a day is the first of what is known of it."""
    if unknown is None:
        return True
    return born.day == 1 and (unknown is Unknown.DAY or born.month == 1)
