# SPDX-License-Identifier: Apache-2.0
"""All that a work may change, in one transaction.

It is handed to a work by `store.Store.commit` and means nothing after the work
returned.
"""

from gateway.records.acquisitions import AcquisitionWrites
from gateway.records.arrivals import ArrivalWrites
from gateway.records.checks import CheckWrites
from gateway.records.copy_writes import CopyWrites
from gateway.records.destinations import DestinationWrites
from gateway.records.events import EventWrites
from gateway.records.holds import HoldWrites
from gateway.records.identities import IdentityWrites
from gateway.records.linkage import LinkageWrites
from gateway.records.loads import LoadWrites
from gateway.records.log import LogWrites
from gateway.records.media import MediaWrites
from gateway.records.outbox import OutboxWrites
from gateway.records.seen import SeenWrites
from gateway.records.submissions import SubmissionWrites


class Transaction(
    EventWrites,
    SeenWrites,
    OutboxWrites,
    HoldWrites,
    LinkageWrites,
    ArrivalWrites,
    CheckWrites,
    IdentityWrites,
    LoadWrites,
    SubmissionWrites,
    CopyWrites,
    AcquisitionWrites,
    MediaWrites,
    DestinationWrites,
    LogWrites,
):
    """Every write of the store; all of a work's writes stand, or none."""

    __slots__ = ()
