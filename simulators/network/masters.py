# SPDX-License-Identifier: Apache-2.0
"""The master that follows the one in force: of the certificates that lie there now.

Its version is the next; it keeps the versions of the layouts and the matching lists
that were named, and may add one of each. A running station takes it within seconds,
unless it names other certificates of that station than are in use.
"""

from collections.abc import Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from pki.keystore import load_certificate
from protocols.master import LayoutVersion, Master, unverified
from schemas.matching_list import MatchingList, shipped
from simulators.network import build as building
from simulators.network import parties as people
from simulators.network.files import Files


class NoSuchItem(ValueError):
    """An item that is not on the matching list in force."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A matching list that follows the one before."""

    in_force: datetime
    without: Set[int] = frozenset()
    """Items of the one before that are no longer on it."""
    version: str = ""
    """Empty: after the version of the master."""


def issue_next(
    files: Files, at: datetime, layout: str = "", listing: Listing | None = None
) -> int:
    """Put it in the old one's place; with ``layout`` in force from ``at`` on.

    Gives its version; raises `NoSuchItem`.
    """
    old = unverified(files.master.read_bytes())
    layouts, version = old.layouts, old.version + 1
    if layout:
        layouts = (*layouts, LayoutVersion(layout, at.replace(microsecond=0)))
    lists = old.lists
    if listing is not None:
        lists = (*lists, _following(old, listing, version))
    network = building.load(files)
    building.issue_master(files, network, at, version, layouts, lists)
    return version


def may_follow(files: Files, at: datetime, age: timedelta) -> bool:
    """Whether the master is older than that, and the core's key still good for one."""
    if load_certificate(files.anchor(people.CORE)).not_valid_after_utc < at:
        return False
    return unverified(files.master.read_bytes()).issued < at - age


def _following(old: Master, listing: Listing, version: int) -> MatchingList:
    last = old.lists[-1] if old.lists else shipped(old.issued)
    unknown = listing.without - last.items.keys()
    if unknown:
        raise NoSuchItem(f"item {min(unknown)} is not on matching list {last.version}")
    return replace(
        last,
        version=listing.version or str(version),
        in_force=listing.in_force.replace(microsecond=0),
        items=MappingProxyType(
            {
                number: item
                for number, item in last.items.items()
                if number not in listing.without
            }
        ),
    )
