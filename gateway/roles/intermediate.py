# SPDX-License-Identifier: Apache-2.0
"""The intermediate server (中間サーバ): provider and requester in one station.

It answers orders from its copies, asks for its own organisation, and gets copies and
codes (`acquiring`). Which of these a message concerns is told by its type alone.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import msgspec

from gateway.dispatch import Draft
from gateway.outcome import Admitted, Case, Held
from gateway.records.copies import Copy
from gateway.records.rows import Hold, Outgoing
from gateway.records.transaction import Transaction
from gateway.roles import provider, requester
from gateway.roles.acquiring import Acquiring
from gateway.roles.plan import NOTHING, About, Conflict, Effect, Plan
from gateway.roles.provider import Ordered, Provider, Provision
from gateway.rules.calendar import Calendar
from gateway.station import Station
from pki.trust import Purpose
from protocols.envelope import Opened, digest
from protocols.errors import AnswerInvalid
from protocols.header import station_named
from protocols.permit import Permit, recall, renews
from protocols.permit import read as read_permit
from schemas.messages import (
    InformationInquiryAcceptance,
    PermitRenewal,
    PermitRenewalRequest,
    read_payload,
    write_payload,
)

OVER = "taken back: its time is over, or permit, certificate or copy no longer hold"
OTHER_CONTENT = "taken back: the copy has changed, an answer of today's content follows"
HELD_SINCE = "taken back and held: flagged since, or not the content that was released"


class IntermediateServer:
    """Provider and requester; reads its station, changes nothing."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._provider = Provider(self._hold_ends, station.token_bytes)
        self.acquiring = Acquiring(station)

    def admit(self, outcome: Admitted | Held, body: bytes) -> Plan:
        """A peer's message passed its checks."""
        case = outcome.case
        match case.opened.header.message_type:
            case "provision_order":
                return self._provider.admit(outcome, self.person_tag(case))
            case "personal_identifier_code_notice":
                return self.acquiring.notice(case)
            case _:
                return requester.admit(case, body)

    def person_tag(self, case: Case) -> str:
        code = getattr(case.value, "subject_code", "")
        return self._station.store.person_tag(code) if code else ""

    def receipted(self, outgoing: Outgoing, now: datetime) -> Plan:
        """The requester took over: the core is to be told."""
        outcomes = {"information_provision": "provided", "provision_lapse": "lapsed"}
        outcome = outcomes.get(outgoing.message_type)
        if outcome is None or outgoing.processing_number is None:
            return NOTHING
        return Plan(effects=(_tell(outgoing.processing_number, outcome, now),))

    def replied(self, outgoing: Outgoing, reply: Opened, now: datetime) -> Plan:
        """The core accepted an inquiry, or renewed a permit."""
        value = read_payload(reply.header.message_type, reply.payload)
        if isinstance(value, InformationInquiryAcceptance):
            assert outgoing.processing_number is not None
            return requester.accepted(outgoing.processing_number, value.permit_digest)
        if not isinstance(value, PermitRenewal):
            raise AnswerInvalid("SK-T04")
        hold = self._station.store.hold(outgoing.context.decode())
        return NOTHING if hold is None else self._renewed(hold, value, now)

    def failed(self, outgoing: Outgoing, code: str, now: datetime) -> Plan:
        """A message of ours was refused for good, or its time ran out."""
        number = outgoing.processing_number
        if number is None:
            return NOTHING
        match outgoing.message_type:
            case "information_inquiry":
                return requester.failed(number, code)
            case "information_provision" | "provision_lapse":
                return Plan(effects=(_tell(number, "refused", now),))
            case _:
                return NOTHING

    def before_sending(self, outgoing: Outgoing, now: datetime) -> Plan | None:
        """Flag, content, permit and revocation are read again before each attempt.

        While nothing has changed since the answer was made, it goes. Else it is taken
        back: for a person if the subject is flagged or a person saw other content, for
        an answer of today's content, or for a lapse where nothing may be provided now.
        """
        if outgoing.message_type != "information_provision":
            return None
        sent = msgspec.msgpack.decode(outgoing.context, type=Provision)
        version = self._station.store.copy_version(sent.subject_code)
        in_time = now <= sent.answer_by and self._still_trusted(outgoing.peer, now)
        if in_time and version == outgoing.guard_version:
            return None
        ordered = self._recalled(sent.permit, sent.route, sent.subject_code)
        copy = self._copy(ordered)
        if not in_time or copy is None:
            return Plan(_why(ordered, OVER), (), (provider.lapse(ordered),))
        payload = self._payload(ordered.permit, copy)
        unchanged = digest(payload) == sent.payload_digest
        if unchanged and (sent.hold_id or not copy.suppressed):
            return None
        if not copy.suppressed and not sent.hold_id:
            anew = provider.provision(ordered, payload, copy.flag_version)
            return Plan(_why(ordered, OTHER_CONTENT), (), (anew,))
        hold = self._provider.hold(ordered, payload, copy.flag_version, now)
        return Plan(
            _why(ordered, HELD_SINCE), (partial(Transaction.open_hold, hold=hold),)
        )

    def _hold_ends(self, now: datetime) -> datetime:
        """By the configuration: after so long, or by closing some business days on."""
        timing = self._station.config.timing
        if timing.hold_business_days is None:
            return now + timedelta(seconds=timing.hold_longest)
        calendar = self._station.facts.hours.calendar or Calendar()
        return calendar.by_closing(now, timing.hold_business_days)

    def _still_trusted(self, requester_name: str, now: datetime) -> bool:
        """Whether permit issuer and receiver still are who they were."""
        directory, core = self._station.directory, self._station.core()
        receiver = station_named(requester_name)
        return (
            core is not None
            and directory.trusted(core, Purpose.PERMIT, now)
            and directory.trusted(receiver, Purpose.SEALING, now)
        )

    # -- holds -----------------------------------------------------------------

    def released(self, hold: Hold, now: datetime) -> Plan:
        """A named person released the hold: send it, or first renew the permit.

        The content must still be what the person saw; else a new hold shows the new
        one, and nothing leaves.
        """
        ordered = self._recalled(hold.permit, hold.route, hold.subject_code)
        copy = self._copy(ordered)
        if copy is None or now > hold.release_by:
            return self.lapsed(hold, now)
        payload = self._payload(ordered.permit, copy)
        if digest(payload) != hold.payload_digest:
            anew = self._provider.hold(ordered, payload, copy.flag_version, now)
            effects = (
                partial(_close, hold_id=hold.hold_id, state="withdrawn"),
                partial(Transaction.open_hold, hold=anew),
            )
            return Plan(ordered.about(), effects)
        if now <= ordered.permit.answer_by:
            return self._send(hold, ordered, copy.flag_version)
        return self._renew(hold, ordered)

    def refused(self, hold: Hold, now: datetime) -> Plan:
        """A named person refused: the requester is told what every lapse tells."""
        return self._end(hold, "refused", now)

    def lapsed(self, hold: Hold, now: datetime) -> Plan:
        """Nobody decided in time."""
        return self._end(hold, "lapsed", now)

    def _end(self, hold: Hold, state: str, now: datetime) -> Plan:
        ordered = self._recalled(hold.permit, hold.route, hold.subject_code)
        close = partial(_close, hold_id=hold.hold_id, state=state)
        return Plan(ordered.about(), (close,), (provider.lapse(ordered),))

    def _send(self, hold: Hold, ordered: Ordered, flag_version: int) -> Plan:
        close = partial(_close, hold_id=hold.hold_id, state="released")
        draft = provider.provision(ordered, hold.payload, flag_version, hold.hold_id)
        return Plan(ordered.about(), (close,), (draft,))

    def _renewed(self, hold: Hold, value: PermitRenewal, now: datetime) -> Plan:
        """The core renewed a permit: it must permit just what the old one did."""
        new = read_permit(value.permit, self._station.directory, now)
        way = self._station.facts.routes.read(value.route, now)
        fits = (
            renews(new, recall(hold.permit))
            and new.route_digest == digest(value.route)
            and way.requester == new.requester
        )
        if not fits:
            raise AnswerInvalid("SK-T04")
        code = hold.subject_code
        tag = self._station.store.person_tag(code)
        ordered = Ordered(new, value.permit, value.route, code, tag)
        copy = self._copy(ordered)
        if copy is None:
            return self.lapsed(hold, now)
        payload = self._payload(recall(hold.permit), copy)  # as it was shown
        if digest(payload) != hold.payload_digest:
            return self.released(hold, now)
        plan = self._send(hold, ordered, copy.flag_version)
        use = partial(provider.use_permit, ordered=ordered)
        return replace(plan, effects=(use, *plan.effects))

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

    def _payload(self, permit: Permit, copy: Copy) -> bytes:
        """The answer in the layouts that were in force when it was permitted."""
        layout = self._station.directory.master.layout(permit.issued)
        return provider.provision_payload(permit, copy, layout)

    def _copy(self, ordered: Ordered) -> Copy | None:
        """What is held of the subject now, if it still answers the permit."""
        copy = self._station.copy(ordered.subject_code)
        return provider.answering(ordered.permit, copy)

    def _recalled(self, permit_bytes: bytes, route: bytes, code: str) -> Ordered:
        """An order as it was kept: its permit was verified when it came."""
        tag = self._station.store.person_tag(code)
        return Ordered(recall(permit_bytes), permit_bytes, route, code, tag)


def _why(ordered: Ordered, detail: str) -> About:
    """How the record speaks of an answer that is taken back."""
    return replace(ordered.about(), detail=detail)


def _tell(number: bytes, outcome: str, at: datetime) -> Effect:
    return partial(
        Transaction.add_notice, processing_number=number, outcome=outcome, at=at
    )


def _close(tx: Transaction, hold_id: str, state: str) -> None:
    if not tx.close_hold(hold_id, state):
        raise Conflict("SK-C04")


def about_hold(hold: Hold) -> About:
    """How the record speaks of a hold."""
    return About(hold.item_no, hold.kinds, hold.person_tag, digest(hold.permit))
