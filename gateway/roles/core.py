# SPDX-License-Identifier: Apache-2.0
"""The core system: issues permits and routes, translates codes, keeps the third record.

It never sees what is provided. For an inquiry that its checks let through it makes a
permit for exactly that request, orders the provision, and tells the requester the
permit's digest; nothing else than the provider's notice comes back to it.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from gateway.dispatch import Draft
from gateway.outcome import Case
from gateway.records.rows import CoreTransaction
from gateway.records.transaction import Transaction
from gateway.roles.plan import About, Conflict, Plan
from gateway.rules.core import own_entries, provider_of
from pki.cms import Signer
from pki.names import StationName
from protocols import envelope, limits, permit, route
from protocols.directory import Directory, Peer
from protocols.header import TokenBytes, new_id, wire_time
from protocols.linkage_code import CodeMaker
from protocols.master import Endpoint
from protocols.permit import Permit
from protocols.route import Route
from schemas.messages import (
    InformationInquiryAcceptance,
    InquiryRefusal,
    Payload,
    PermitNotice,
    PermitRenewal,
    ProvisionOrder,
    write_known,
    write_payload,
)
from schemas.number_messages import PersonalIdentifierCodeNotice


class Core:
    """The core's decisions; holds the permit key and the code key."""

    def __init__(
        self,
        directory: Directory,
        signer: Signer,
        permit_signer: Signer,
        codes: CodeMaker,
        answer_by: timedelta,
        release_by: timedelta,
        route_life: timedelta,
        token_bytes: TokenBytes,
    ) -> None:
        self._directory = directory
        self._signer = signer
        self._permit_signer = permit_signer
        self._codes = codes
        self._answer_by = answer_by
        self._release_by = release_by
        self._route_life = route_life
        self._token_bytes = token_bytes
        self._routes: dict[str, tuple[Route, bytes]] = {}

    def admit(self, case: Case) -> Plan:
        """What to do with a message that passed its checks."""
        match case.opened.header.message_type:
            case "information_inquiry":
                return self._inquiry(case)
            case "permit_renewal_request":
                return self._renewal(case)
            case "personal_identifier_code_issue_request":
                return self._issue(case)
            case _:
                return self._notice(case)

    def _inquiry(self, case: Case) -> Plan:
        header, asked, now = case.opened.header, case.value, case.now
        number = header.processing_number
        assert number is not None
        provider = provider_of(asked.provider)
        code = self._codes.translate(
            asked.subject_code, header.sender.organisation, asked.provider
        )
        salt = self._token_bytes(limits.SALT_SIZE)
        route_bytes = self._route(header.sender, now)
        issued = wire_time(now)
        made = Permit(
            permit_id=new_id(now, self._token_bytes),
            processing_number=number,
            requester=header.sender,
            provider=provider,
            item_no=asked.item_no,
            kinds=tuple(asked.kinds),
            subject_commitment=permit.subject_commitment(salt, code),
            request_digest=case.opened.header_digest,
            sealing_certificate=asked.sealing_certificate_digest,
            route_digest=route.digest(route_bytes),
            issued=issued,
            answer_by=issued + self._answer_by,
            release_by=issued + self._release_by,
        )
        content = made.encode()
        permit_bytes = permit.issue(made, self._permit_signer, now, content)
        permit_digest = envelope.digest(permit_bytes)
        order = ProvisionOrder(
            permit=permit_bytes,
            route=route_bytes,
            requester_header=case.opened.signed_header,
            subject_code=code,
            subject_salt=salt,
        )
        acceptance = InformationInquiryAcceptance(
            permit_digest=permit_digest,
            answer_by=made.answer_by,
            release_by=made.release_by,
        )
        about = About(made.item_no, made.kinds, "", permit_digest)
        row = _row(made, content, permit_digest)
        return Plan(
            about=about,
            effects=(partial(_open, row=row),),
            drafts=(
                Draft(
                    message_type="provision_order",
                    receiver=provider,
                    payload=write_known(order),
                    processing_number=number,
                    lifetime=self._answer_by,
                    item_no=made.item_no,
                    kinds=made.kinds,
                ),
            ),
            reply=_reply(case, acceptance, "information_inquiry_acceptance"),
            evidence=(("permit", permit_bytes), ("route", route_bytes)),
        )

    def _issue(self, case: Case) -> Plan:
        """Make a code and owe it to the organisation's server (番号法21条の2).

        J-LIS, who asked, gets a receipt. The core keeps nothing of it: asked again, it
        makes the same code.
        """
        asked = case.value
        code = self._codes.issue(asked.resident_record_code, asked.organisation)
        notice = PersonalIdentifierCodeNotice(
            processing_number=asked.processing_number, subject_code=code
        )
        draft = Draft(
            message_type="personal_identifier_code_notice",
            receiver=provider_of(asked.organisation),
            payload=write_payload(notice),
        )
        return Plan(drafts=(draft,))

    def _route(self, requester: StationName, now: datetime) -> bytes:
        """The requester's route, made anew when half of its life is over.

        Or where a newer master leads elsewhere: a provider believes its own.
        """
        peer = self._directory.peer(requester)
        assert peer is not None
        assert peer.endpoint is not None  # a check was here before: SK-P06
        assert peer.recipient is not None
        known = self._routes.get(str(requester))
        if (
            known is not None
            and now < known[0].not_before + self._route_life / 2
            and _still_leads(known[0], peer)
        ):
            return known[1]
        made = Route(
            route_id=new_id(now, self._token_bytes),
            requester=requester,
            host=peer.endpoint.host,
            port=peer.endpoint.port,
            sealing_certificate=peer.recipient.digest,
            not_before=wire_time(now),
            not_after=wire_time(now) + self._route_life,
        )
        signed = route.issue(made, self._signer, now)
        self._routes[str(requester)] = (made, signed)
        return signed

    def _renewal(self, case: Case) -> Plan:
        number = case.opened.header.processing_number
        assert number is not None
        known = case.station.transaction(number)
        assert known is not None
        old = Permit.decode(known.permit)
        issued = wire_time(case.now)
        route_bytes = self._route(old.requester, case.now)
        made = replace(
            old,
            permit_id=new_id(case.now, self._token_bytes),
            route_digest=route.digest(route_bytes),
            issued=issued,
            answer_by=min(issued + self._answer_by, old.release_by),
        )
        permit_bytes = permit.issue(made, self._permit_signer, case.now)
        permit_digest = envelope.digest(permit_bytes)
        notice = PermitNotice(permit_digest=permit_digest)
        renewal = PermitRenewal(permit=permit_bytes, route=route_bytes)
        about = About(made.item_no, made.kinds, "", permit_digest)
        return Plan(
            about=about,
            effects=(partial(_renew, number=number, digest=permit_digest, made=made),),
            drafts=(
                Draft(
                    message_type="permit_notice",
                    receiver=made.requester,
                    payload=write_known(notice),
                    processing_number=number,
                    lifetime=self._answer_by,
                    item_no=made.item_no,
                    kinds=made.kinds,
                ),
            ),
            reply=_reply(case, renewal, "permit_renewal"),
            evidence=(("permit", permit_bytes),),
        )

    def order_failed(self, row: CoreTransaction, code: str, now: datetime) -> Plan:
        """The provider refused the order, or could not be reached in time."""
        close = partial(
            Transaction.close_transaction,
            processing_number=row.processing_number,
            outcome="refused",
            at=now,
        )
        told = Draft(
            message_type="inquiry_refusal",
            receiver=StationName.parse(row.requester),
            payload=write_payload(InquiryRefusal(code=code)),
            processing_number=row.processing_number,
            item_no=row.item_no,
            kinds=row.kinds,
        )
        about = About(row.item_no, row.kinds, "", row.permit_digest)
        return Plan(about, (close,), (told,))

    def _notice(self, case: Case) -> Plan:
        own = own_entries(case)
        strange = len(case.value.entries) - len(own)
        detail = f"{strange} entries of no transaction of ours" if strange else ""
        effects = tuple(
            partial(
                Transaction.close_transaction,
                processing_number=entry.processing_number,
                outcome=entry.outcome,
                at=entry.at,
            )
            for entry in own
        )
        return Plan(About(detail=detail), effects)


def _still_leads(route: Route, peer: Peer) -> bool:
    """Whether the master still says what this route says."""
    return (
        peer.endpoint == Endpoint(route.host, route.port)
        and peer.recipient is not None
        and peer.recipient.digest == route.sealing_certificate
    )


def _row(made: Permit, content: bytes, permit_digest: bytes) -> CoreTransaction:
    return CoreTransaction(
        processing_number=made.processing_number,
        requester=str(made.requester),
        provider=str(made.provider),
        item_no=made.item_no,
        kinds=made.kinds,
        permit_digest=permit_digest,
        permit=content,
        created=made.issued,
        release_by=made.release_by,
    )


def _open(tx: Transaction, row: CoreTransaction) -> None:
    if not tx.open_transaction(row):
        raise Conflict("SK-C11")


def _renew(tx: Transaction, number: bytes, digest: bytes, made: Permit) -> None:
    tx.renew_transaction(number, digest, made.encode())


def _reply(case: Case, value: Payload, kind: str) -> Draft:
    return Draft(
        message_type=kind,
        receiver=case.opened.header.sender,
        payload=write_known(value),
        processing_number=case.opened.header.processing_number,
        in_reply_to=case.opened.reference(),
    )
