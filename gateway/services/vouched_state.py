# SPDX-License-Identifier: Apache-2.0
"""How far a station's log is vouched for, as `sekisho gateway status` tells it."""

from datetime import datetime

import msgspec

from gateway.records.store import StoreReader


class Witness(msgspec.Struct, frozen=True):
    """What one witness co-signed last."""

    name: str
    entries: int
    at: datetime


class Vouched(msgspec.Struct, frozen=True):
    """The record's log, and what others said of it."""

    entries: int
    """Of the newest head."""
    signed: datetime | None
    cosigned_entries: int
    """Of the newest head that the quorum of witnesses co-signed."""
    cosigned: datetime | None
    witnesses: list[Witness]
    stamped_entries: int
    """Of the newest head that the authority stamped."""
    stamped: datetime | None
    authority_ends: datetime | None
    """When the certificate of the newest stamp ends."""
    proven_entries: int
    """That lie under a head both co-signed and stamped."""


def vouched_of(store: StoreReader) -> Vouched:
    """As the store has it now."""
    head, newest, stamp = store.log_head(), store.cosigned(), store.last_stamp()
    return Vouched(
        entries=0 if head is None else head.size,
        signed=None if head is None else head.at,
        cosigned_entries=0 if newest is None else newest.size,
        cosigned=None if newest is None else newest.at,
        witnesses=[Witness(one.witness, one.size, one.at) for one in store.seen_by()],
        stamped_entries=0 if stamp is None else stamp.size,
        stamped=None if stamp is None else stamp.at,
        authority_ends=None if stamp is None else stamp.until,
        proven_entries=store.proven_size(),
    )
