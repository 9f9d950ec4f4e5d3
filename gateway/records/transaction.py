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
from gateway.records.erasures import ErasureWrites
from gateway.records.finds import FindWrites
from gateway.records.holds import HoldWrites
from gateway.records.identities import IdentityWrites
from gateway.records.legal_holds import LegalHoldWrites
from gateway.records.linkage import LinkageWrites
from gateway.records.loads import LoadWrites
from gateway.records.log import LogWrites
from gateway.records.masters import MasterWrites
from gateway.records.media import MediaWrites
from gateway.records.outbox import OutboxWrites
from gateway.records.outbox_acts import OutboxActWrites
from gateway.records.patches import PatchWrites
from gateway.records.proven import ProvenWrites
from gateway.records.restoring import RestoringWrites
from gateway.records.seen import SeenWrites
from gateway.records.submissions import SubmissionWrites
from gateway.records.witnessed import WitnessedWrites


class Transaction(
    FindWrites,
    SeenWrites,
    OutboxWrites,
    OutboxActWrites,
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
    ProvenWrites,
    WitnessedWrites,
    MasterWrites,
    PatchWrites,
    RestoringWrites,
    ErasureWrites,
    LegalHoldWrites,
):
    """Every write of the store; all of a work's writes stand, or none."""

    __slots__ = ()
