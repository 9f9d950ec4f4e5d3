# SPDX-License-Identifier: Apache-2.0
"""The intermediate server (中間サーバ): provider and requester in one station.

It answers orders from its copies and asks for its own organisation. Which of the two
a message concerns is told by its type alone.
"""

from datetime import datetime, timedelta
from functools import partial

import msgspec

from gateway.dispatch import Draft
from gateway.outcome import Admitted, Held
from gateway.records.rows import Hold, Outgoing
from gateway.records.transaction import Transaction
from gateway.roles import provider, requester
from gateway.roles.plan import About, Conflict, Plan
from gateway.roles.provider import Ordered, Provider, Provision
from gateway.station import Station
from protocols.envelope import Opened, digest
from protocols.errors import AnswerInvalid
from protocols.permit import Permit
from protocols.permit import read as read_permit
from schemas.messages import (
    InformationInquiryAcceptance,
    PermitRenewal,
    PermitRenewalRequest,
    read_payload,
    write_payload,
)


class IntermediateServer:
    """Provider and requester; reads its station, changes nothing."""

    def __init__(self, station: Station) -> None:
        self._station = station
        longest = station.config.timing.hold_longest
        self._provider = Provider(timedelta(seconds=longest))

    def admit(self, outcome: Admitted | Held, body: bytes) -> Plan:
        """A peer's message passed its checks."""
        case = outcome.case
        if case.opened.header.message_type == "provision_order":
            tag = self._station.store.person_tag(case.value.subject_code)
            return self._provider.admit(outcome, tag)
        return requester.admit(case, body)

    def receipted(self, outgoing: Outgoing, now: datetime) -> Plan:
        """The requester took over: the core is to be told."""
        outcomes = {"information_provision": "provided", "provision_lapse": "lapsed"}
        outcome = outcomes.get(outgoing.message_type)
        if outcome is None or outgoing.processing_number is None:
            return Plan()
        effect = partial(
            Transaction.add_notice,
            processing_number=outgoing.processing_number,
            outcome=outcome,
            at=now,
        )
        return Plan(effects=(effect,))

    def replied(self, outgoing: Outgoing, reply: Opened, now: datetime) -> Plan:
        """The core accepted an inquiry, or renewed a permit."""
        value = read_payload(reply.header.message_type, reply.payload)
        if isinstance(value, InformationInquiryAcceptance):
            assert outgoing.processing_number is not None
            return requester.accepted(outgoing.processing_number, value.permit_digest)
        if not isinstance(value, PermitRenewal):
            raise AnswerInvalid("SK-T04")
        permit = read_permit(value.permit, self._station.directory, now)
        hold = self._station.store.hold(outgoing.context.decode())
        if hold is None:
            return Plan()
        return self._send(hold, permit, value.permit, value.route)

    def failed(self, outgoing: Outgoing, code: str, now: datetime) -> Plan:
        """The core refused an inquiry, or it never got there."""
        if outgoing.message_type != "information_inquiry":
            return Plan()
        assert outgoing.processing_number is not None
        return requester.failed(outgoing.processing_number, code)

    def before_sending(self, outgoing: Outgoing, now: datetime) -> Plan | None:
        """Flag, content and permit are read again before each attempt (invariant 4)."""
        if outgoing.message_type != "information_provision":
            return None
        sent = msgspec.msgpack.decode(outgoing.context, type=Provision)
        permit = read_permit(sent.permit, self._station.directory, now)
        ordered = self._ordered(permit, sent.permit, sent.route, sent.subject_code)
        if now > permit.answer_by:
            return Plan(ordered.about(), (), (provider.lapse(ordered),))
        copy = self._station.copy(sent.subject_code)
        if copy is None:
            return Plan(ordered.about(), (), (provider.lapse(ordered),))
        payload = provider.provision_payload(permit, copy)
        unchanged = digest(payload) == sent.payload_digest
        if unchanged and (sent.hold_id or not copy.suppressed):
            return None
        hold = self._provider.hold(ordered, payload, copy.flag_version, now)
        return Plan(ordered.about(), (partial(Transaction.open_hold, hold=hold),))

    # -- holds -----------------------------------------------------------------

    def released(self, hold: Hold, now: datetime) -> Plan:
        """A named person released the hold: send it, or first renew the permit.

        The content must still be what the person saw; else a new hold shows the new
        one, and nothing leaves.
        """
        permit = read_permit(hold.permit, self._station.directory, now)
        ordered = self._ordered(permit, hold.permit, hold.route, hold.subject_code)
        copy = self._station.copy(hold.subject_code)
        if copy is None or now > hold.release_by:
            return self.lapsed(hold, now)
        payload = provider.provision_payload(permit, copy)
        if digest(payload) != hold.payload_digest:
            anew = self._provider.hold(ordered, payload, copy.flag_version, now)
            effects = (
                partial(_close, hold_id=hold.hold_id, state="withdrawn"),
                partial(Transaction.open_hold, hold=anew),
            )
            return Plan(ordered.about(), effects)
        if now <= permit.answer_by:
            return self._send(hold, permit, hold.permit, hold.route)
        return self._renew(hold, ordered)

    def refused(self, hold: Hold, now: datetime) -> Plan:
        """A named person refused: the requester is told what every lapse tells."""
        return self._end(hold, "refused", now)

    def lapsed(self, hold: Hold, now: datetime) -> Plan:
        """Nobody decided in time."""
        return self._end(hold, "lapsed", now)

    def _end(self, hold: Hold, state: str, now: datetime) -> Plan:
        permit = read_permit(hold.permit, self._station.directory, now)
        ordered = self._ordered(permit, hold.permit, hold.route, hold.subject_code)
        close = partial(_close, hold_id=hold.hold_id, state=state)
        return Plan(ordered.about(), (close,), (provider.lapse(ordered),))

    def _send(
        self, hold: Hold, permit: Permit, permit_bytes: bytes, route_bytes: bytes
    ) -> Plan:
        ordered = self._ordered(permit, permit_bytes, route_bytes, hold.subject_code)
        close = partial(_close, hold_id=hold.hold_id, state="released")
        draft = provider.provision(
            ordered, hold.payload, hold.flag_version, hold.hold_id
        )
        return Plan(ordered.about(), (close,), (draft,))

    def _renew(self, hold: Hold, ordered: Ordered) -> Plan:
        core = self._station.core()
        assert core is not None
        draft = Draft(
            message_type="permit_renewal_request",
            receiver=core,
            payload=write_payload(PermitRenewalRequest()),
            processing_number=hold.processing_number,
            permit_digest=ordered.permit_digest,
            item_no=hold.item_no,
            kinds=hold.kinds,
            person_tag=hold.person_tag,
            context=hold.hold_id.encode(),
        )
        return Plan(ordered.about(), (), (draft,))

    def _ordered(
        self, permit: Permit, permit_bytes: bytes, route_bytes: bytes, code: str
    ) -> Ordered:
        tag = self._station.store.person_tag(code)
        return Ordered(permit, permit_bytes, route_bytes, code, tag)


def _close(tx: Transaction, hold_id: str, state: str) -> None:
    if not tx.close_hold(hold_id, state):
        raise Conflict("SK-C04")


def about_hold(hold: Hold) -> About:
    """How the record speaks of a hold."""
    return About(hold.item_no, hold.kinds, hold.person_tag, digest(hold.permit))
