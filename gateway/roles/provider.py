# SPDX-License-Identifier: Apache-2.0
"""The provider: answers an order from its copies, or keeps it for a person.

Every order that its checks let through is used up at once and gets the same receipt;
what the subject is shows only later, and only to the requester. Three things can
follow: a provision, a hold, or (where no copy is held) a lapse, whose text is the
same as that of every other lapse.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

import msgspec

from gateway.dispatch import Draft
from gateway.outcome import Admitted, Case, Held
from gateway.records.copies import Copy
from gateway.records.rows import Hold
from gateway.records.transaction import Transaction
from gateway.roles.plan import About, Conflict, Plan
from pki.names import StationName
from protocols import envelope
from protocols.header import TokenBytes
from protocols.permit import Permit
from schemas.messages import (
    InformationProvision,
    ProvisionLapse,
    ResidentRecordInformation,
    write_known,
)

HoldEnds = Callable[[datetime], datetime]
"""Until when a hold that is opened at a moment waits, by the station's own rules."""
HOLD_ID_SIZE = 5
"""Bytes of a hold's id, which a person types."""


class Provision(msgspec.Struct, frozen=True):
    """What a provider must know again while its answer is on its way."""

    permit: bytes
    route: bytes
    subject_code: str
    payload_digest: bytes
    answer_by: datetime
    hold_id: str = ""
    """The hold that released it; empty where no person had to look."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """An order that passed its checks: what is to be answered, and under what."""

    permit: Permit
    permit_bytes: bytes
    route_bytes: bytes
    subject_code: str
    person_tag: str

    @property
    def permit_digest(self) -> bytes:
        return envelope.digest(self.permit_bytes)

    def about(self) -> About:
        """How the record speaks of it."""
        return About(
            self.permit.item_no,
            self.permit.kinds,
            self.person_tag,
            self.permit_digest,
        )


class Provider:
    """The provider's decisions."""

    def __init__(self, hold_ends: HoldEnds, token_bytes: TokenBytes) -> None:
        self._hold_ends = hold_ends
        self._token_bytes = token_bytes

    def admit(self, outcome: Admitted | Held, person_tag: str) -> Plan:
        """What to do with an order that passed its checks."""
        case = outcome.case
        ordered = ordered_of(case, person_tag)
        copy = answering(ordered.permit, case.copy)
        use = partial(use_permit, ordered=ordered)
        if copy is None:
            about = replace(ordered.about(), code="SK-H03")
            return Plan(about, (use,), (lapse(ordered),))
        master = case.station.facts.directory.master
        layout = master.layout(ordered.permit.issued)
        payload = provision_payload(ordered.permit, copy, layout)
        if isinstance(outcome, Held):
            held = self.hold(ordered, payload, copy.flag_version, case.now)
            return Plan(ordered.about(), (use, partial(_open_hold, hold=held)))
        draft = provision(ordered, payload, copy.flag_version)
        return Plan(ordered.about(), (use,), (draft,))

    def hold(
        self, ordered: Ordered, payload: bytes, flag_version: int, now: datetime
    ) -> Hold:
        """A hold on exactly ``payload``, until the permit's last moment at most."""
        permit = ordered.permit
        return Hold(
            hold_id=self._token_bytes(HOLD_ID_SIZE).hex(),
            processing_number=permit.processing_number,
            opened=now,
            answer_by=permit.answer_by,
            release_by=min(permit.release_by, self._hold_ends(now)),
            requester=str(permit.requester),
            item_no=permit.item_no,
            kinds=permit.kinds,
            person_tag=ordered.person_tag,
            subject_code=ordered.subject_code,
            payload=payload,
            payload_digest=envelope.digest(payload),
            flag_version=flag_version,
            permit=ordered.permit_bytes,
            route=ordered.route_bytes,
        )


def ordered_of(case: Case, person_tag: str) -> Ordered:
    """What an order's case found out."""
    assert case.permit is not None
    return Ordered(
        permit=case.permit,
        permit_bytes=case.permit_bytes,
        route_bytes=case.route_bytes,
        subject_code=case.value.subject_code,
        person_tag=person_tag,
    )


def answering(permit: Permit, copy: Copy | None) -> Copy | None:
    """The copy, if it holds everything that the permit names."""
    held = copy is not None and set(permit.kinds) <= set(copy.kinds)
    return copy if held else None


def provision_payload(permit: Permit, copy: Copy, layout: str) -> bytes:
    """The exact bytes that answer: the kinds that the permit names, and no others.

    ``layout`` is the version of the layouts in force when the permit was issued.

    A copy's texts were held against the schema when they were imported (R-146).
    """
    record = copy.kinds["resident_record_information"]
    return write_known(
        InformationProvision(
            item_no=permit.item_no,
            layout_version=layout,
            resident_record_information=ResidentRecordInformation(
                head_of_household=record.head_of_household,
                head_name=record.head_name,
                relationship=record.relationship,
            ),
        )
    )


def provision(
    ordered: Ordered, payload: bytes, flag_version: int, hold_id: str = ""
) -> Draft:
    """The answer, guarded by the flag that was read for it."""
    context = Provision(
        permit=ordered.permit_bytes,
        route=ordered.route_bytes,
        subject_code=ordered.subject_code,
        payload_digest=envelope.digest(payload),
        answer_by=ordered.permit.answer_by,
        hold_id=hold_id,
    )
    return _draft(
        ordered,
        "information_provision",
        payload,
        ordered.subject_code,
        flag_version,
        msgspec.msgpack.encode(context),
    )


def lapse(ordered: Ordered) -> Draft:
    """The one way to say that nothing will come."""
    payload = write_known(ProvisionLapse(item_no=ordered.permit.item_no))
    return _draft(ordered, "provision_lapse", payload, None, None, b"")


def _draft(
    ordered: Ordered,
    message_type: str,
    payload: bytes,
    guard_code: str | None,
    guard_version: int | None,
    context: bytes,
) -> Draft:
    return Draft(
        message_type=message_type,
        receiver=requester_of(ordered.permit),
        payload=payload,
        processing_number=ordered.permit.processing_number,
        permit_digest=ordered.permit_digest,
        item_no=ordered.permit.item_no,
        kinds=ordered.permit.kinds,
        person_tag=ordered.person_tag,
        guard_code=guard_code,
        guard_version=guard_version,
        context=context,
    )


def requester_of(permit: Permit) -> StationName:
    """Who receives the answer: whom the permit names, nobody else."""
    return permit.requester


def use_permit(tx: Transaction, ordered: Ordered) -> None:
    """Use the permit up; `Conflict` where another message was faster."""
    used_now = tx.use_permit(
        ordered.permit.permit_id,
        ordered.permit.processing_number,
        ordered.permit.release_by,
    )
    if not used_now:
        raise Conflict("SK-C04")


def _open_hold(tx: Transaction, hold: Hold) -> None:
    tx.open_hold(hold)
