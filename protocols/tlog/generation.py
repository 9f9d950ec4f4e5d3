# SPDX-License-Identifier: Apache-2.0
"""One station's logs, one after the other: what they are called.

A station that was restored from a backup never continues its log, because what it
signed since the backup is lost and would be contradicted. It begins a new *generation*:
the same key, the same entries up to where the backup ended, and another origin: that
of the first log, a slash and a number from 2 on that rises. The first generation has no
number.
"""

import re
from typing import Final

from protocols.tlog.note import Verifier

FIRST: Final = 1
_NUMBERED: Final = re.compile(r"(.+)/([1-9][0-9]{0,18})", re.ASCII)


def base_of(origin: str) -> str:
    """The origin of a station's first log, by that of any of its logs."""
    found = _NUMBERED.fullmatch(origin)
    return origin if found is None else found[1]


def generation_of(origin: str) -> int:
    """Which of its station's logs it is."""
    found = _NUMBERED.fullmatch(origin)
    return FIRST if found is None else int(found[2])


def named(base: str, generation: int) -> str:
    """The origin of one generation."""
    return base if generation <= FIRST else f"{base}/{generation}"


def as_of(key: Verifier, origin: str) -> Verifier:
    """The key of one of a station's logs as the key of another, if it is the same's.

    Unchanged where ``origin`` is of another station.
    """
    if base_of(origin) != base_of(key.name):
        return key
    return Verifier(origin, key.kind, key.public)
