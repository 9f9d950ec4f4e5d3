# SPDX-License-Identifier: Apache-2.0
"""Which masters (配信マスター) this station went by.

One row for each version, never deleted: the highest of them is what a master that comes
later is held against, after a restart too (R-137).
"""

from datetime import datetime

import msgspec

from gateway.records.base import Reads, Writes, from_micros, to_micros


class HeldMaster(msgspec.Struct, frozen=True):
    """A master that was taken."""

    version: int
    digest: bytes
    """SHA-256 of its signed bytes."""
    issued: datetime
    taken: datetime


class MasterWrites(Writes):
    """Masters, inside a transaction."""

    __slots__ = ()

    def hold_master(self, held: HeldMaster) -> None:
        """Remember that it was taken; one that is held already stays as it is."""
        self._changes(
            "INSERT INTO masters (version, digest, issued, taken)"
            " VALUES (?, ?, ?, ?) ON CONFLICT (version) DO NOTHING",
            held.version,
            held.digest,
            to_micros(held.issued),
            to_micros(held.taken),
        )


class MasterReads(Reads):
    """Masters as they were taken."""

    __slots__ = ()

    def newest_master(self) -> HeldMaster | None:
        """The one of the highest version; None where none was ever taken."""
        found = self._one(
            "SELECT version, digest, issued, taken FROM masters"
            " ORDER BY version DESC LIMIT 1"
        )
        if found is None:
            return None
        version, digest, issued, taken = found
        return HeldMaster(version, digest, from_micros(issued), from_micros(taken))
