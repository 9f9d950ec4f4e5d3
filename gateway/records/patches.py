# SPDX-License-Identifier: Apache-2.0
"""Who confirmed which versions, held against which list of advisories (R-149)."""

import json
from collections.abc import Mapping
from datetime import datetime

import msgspec

from gateway.records.base import Reads, Writes, from_micros, to_micros


class Confirmation(msgspec.Struct, frozen=True):
    """What a person confirmed."""

    at: datetime
    operator: str
    reason: str
    list_digest: bytes
    """SHA-256 of the list of advisories; empty where there was none."""
    versions: Mapping[str, str]


class PatchWrites(Writes):
    """Confirmations, inside a transaction."""

    __slots__ = ()

    def confirm_patches(self, made: Confirmation) -> None:
        """Keep it; the ones before it stay."""
        self._changes(
            "INSERT INTO patch_confirmations (at, operator, reason, list, versions)"
            " VALUES (?, ?, ?, ?, ?) ON CONFLICT (at) DO UPDATE SET"
            " operator = excluded.operator, reason = excluded.reason,"
            " list = excluded.list, versions = excluded.versions",
            to_micros(made.at),
            made.operator,
            made.reason,
            made.list_digest,
            json.dumps(dict(made.versions), sort_keys=True),
        )


class PatchReads(Reads):
    """Confirmations as they were made."""

    __slots__ = ()

    def patches_confirmed(self) -> Confirmation | None:
        """The newest; None where nobody ever confirmed any."""
        found = self._one(
            "SELECT at, operator, reason, list, versions FROM patch_confirmations"
            " ORDER BY at DESC LIMIT 1"
        )
        if found is None:
            return None
        at, operator, reason, digest, versions = found
        return Confirmation(
            from_micros(at), operator, reason, digest, json.loads(versions)
        )
