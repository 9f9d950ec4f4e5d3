# SPDX-License-Identifier: Apache-2.0
"""May this master replace the one that the station goes by, and for how long may it?

A master's version only grows: whoever lays in an older one, truly signed as it is,
would bring back stations, addresses and a matching list that the core has withdrawn
(R-137). One that is never replaced would keep them for ever, so a master has a greatest
age. Pure: the moment and what is held are arguments.
"""

from datetime import datetime, timedelta

from gateway.records.masters import HeldMaster
from protocols.master import Master

LONGEST = timedelta(days=400)
"""Layouts and matching list change each year: whoever has seen no newer master for
longer has missed one."""
NEAR = timedelta(days=14)
"""Before its greatest age an operator is told so long ahead."""


def objection(new: Master, held: HeldMaster | None) -> str:
    """Why ``new`` may not be gone by where ``held`` was; empty: it may."""
    if held is None or new.version > held.version or new.digest == held.digest:
        return ""
    if new.version < held.version:
        return (
            f"it is version {new.version}, older than version {held.version}, which "
            "this station went by before: fetch the newest one from the core"
        )
    return (
        f"it says version {new.version}, but is another one than that which this "
        "station went by: ask the core's operator which is right, and why there are two"
    )


def another_network(new: Master, known: Master) -> str:
    """Why ``new`` is of another network than ``known``; empty: it is of the same."""
    if (new.network, new.realm) == (known.network, known.realm):
        return ""
    return f"it is a master of network {new.network} and realm {new.realm}"


def is_over(master: Master, longest: timedelta, now: datetime) -> bool:
    """Whether it is past its greatest age: nothing is sent by it any more."""
    return now - master.issued > longest
