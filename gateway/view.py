# SPDX-License-Identifier: Apache-2.0
"""What a rule may ask of its station. Reading only; nothing here changes anything."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from gateway.records.acquisitions import Acquisition
from gateway.records.copies import Copy
from gateway.records.rows import CoreTransaction, Inquiry, Seen
from gateway.rules.hours import Hours
from gateway.rules.master import LONGEST, is_over
from gateway.rules.restored import Restored
from gateway.rules.vouched import Vouched
from gateway.tables.in_use import NO_TABLES, Tables
from pki.names import StationName
from pki.sealing import Opener
from protocols.directory import Directory
from protocols.identifiers import Realm
from protocols.route import RouteReader


@dataclass(frozen=True, slots=True)
class Facts:
    """What a station is, from its configuration, keys and master."""

    name: StationName
    directory: Directory
    routes: RouteReader
    opener: Opener
    sealing_digest: bytes
    """SHA-256 of the station's current sealing certificate."""
    realm: Realm
    hours: Hours = field(default_factory=Hours)
    """When this station is open; what it says changes with the time."""
    tables: Tables = NO_TABLES
    """The official tables that it was given."""
    vouched: Vouched = field(default_factory=Vouched)
    """Whether its record is vouched for; what it says changes with the time."""
    restored: Restored = field(default_factory=Restored)
    """Whether it is closed since it came back from a backup."""
    longest: timedelta = LONGEST
    """How old the master may be."""

    def is_frozen(self, now: datetime) -> bool:
        """Whether the master is past its greatest age: nothing is sent or taken."""
        return is_over(self.directory.master, self.longest, now)


class StationView(Protocol):
    """A station as the rules see it."""

    @property
    def facts(self) -> Facts:
        """What does not change while the station runs."""

    def seen(self, sender: str, message_id: bytes) -> Seen | None:
        """The remembered message of that sender under that id."""

    def permit_used(self, permit_id: bytes) -> bool:
        """Whether a permit was used here before."""

    def copy(self, code: str) -> Copy | None:
        """The copy (副本) of the subject with this linkage code."""

    def acquisition(self, known_by: bytes) -> Acquisition | None:
        """Intermediate server: the linkage code that is got under this number."""

    def inquiry(self, processing_number: bytes) -> Inquiry | None:
        """Requester: what was asked under this number."""

    def transaction(self, processing_number: bytes) -> CoreTransaction | None:
        """Core: the transaction under this number."""

    def translate(self, code: str, source: str, target: str) -> str | None:
        """Core: the subject's code for another organisation; None where unknown."""
