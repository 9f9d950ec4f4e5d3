# SPDX-License-Identifier: Apache-2.0
"""How each thing that happens is written down: one function for each.

The record tells who, to whom, which type, about whom (a tag that cannot be read),
under which permit, with which outcome, and the verdict of every check. Evidence holds
what the peer signed; none of it holds personal data.
"""

from collections.abc import Mapping
from datetime import datetime

from gateway.dispatch import Draft
from gateway.outcome import Admitted, Held, Refused, Repeated
from gateway.records.event import Event, EventKind
from gateway.records.rows import Outgoing
from gateway.roles.plan import Plan
from pki.trust import Identity
from protocols.envelope import Opened, Packed
from protocols.refusals import refusal


def refused(
    outcome: Refused, identity: Identity, now: datetime, person_tag: str = ""
) -> Event:
    """A peer's message that was not taken."""
    verdicts = tuple([verdict.row for verdict in outcome.verdicts])
    detail = refusal(outcome.code).en
    opened = outcome.opened
    if opened is None:
        return Event(
            kind=EventKind.REFUSED,
            at=now,
            direction="in",
            peer=str(identity.station),
            code=outcome.code,
            verdicts=verdicts,
            detail=detail,
        )
    permit = outcome.case.permit if outcome.case is not None else None
    return Event(
        kind=EventKind.REFUSED,
        at=now,
        direction="in",
        peer=str(identity.station),
        message_type=opened.header.message_type,
        message_id=opened.header.message_id.hex(),
        header_digest=opened.header_digest.hex(),
        processing_number=_hex(opened.header.processing_number),
        item_no=None if permit is None else permit.item_no,
        kinds=() if permit is None else permit.kinds,
        person_tag=person_tag,
        permit_digest=_hex(opened.header.permit_digest),
        code=outcome.code,
        verdicts=verdicts,
        detail=detail,
        evidence={"signed_header": opened.signed_header},
    )


def repeated(outcome: Repeated, identity: Identity, now: datetime) -> Event:
    """The same bytes again: they got the first answer, and did nothing."""
    return _incoming(
        EventKind.REPEATED, outcome.opened, str(identity.station), (), Plan(), now
    )


def received(outcome: Admitted | Held, plan: Plan, now: datetime) -> Event:
    """A peer's message that was taken over, perhaps into a hold."""
    kind = EventKind.HELD if isinstance(outcome, Held) else EventKind.RECEIVED
    verdicts = tuple([verdict.row for verdict in outcome.verdicts])
    peer = str(outcome.case.identity.station)
    return _incoming(kind, outcome.case.opened, peer, verdicts, plan, now)


def _incoming(
    kind: EventKind,
    opened: Opened,
    peer: str,
    verdicts: tuple[tuple[str, str, str], ...],
    plan: Plan,
    now: datetime,
) -> Event:
    about = plan.about
    permit = about.permit_digest or opened.header.permit_digest
    return Event(
        kind=kind,
        at=now,
        direction="in",
        peer=peer,
        message_type=opened.header.message_type,
        message_id=opened.header.message_id.hex(),
        header_digest=opened.header_digest.hex(),
        processing_number=_hex(opened.header.processing_number),
        item_no=about.item_no,
        kinds=about.kinds,
        person_tag=about.person_tag,
        permit_digest=_hex(permit),
        code=about.code,
        verdicts=verdicts,
        detail=about.detail,
        evidence={"signed_header": opened.signed_header, **dict(plan.evidence)},
    )


def attempted(draft: Draft, packed: Packed, now: datetime) -> Event:
    """The intent to send, durable before the first byte leaves."""
    return Event(
        kind=EventKind.ATTEMPTED,
        at=now,
        direction="out",
        peer=str(draft.receiver),
        message_type=draft.message_type,
        message_id=packed.header.message_id.hex(),
        header_digest=packed.header_digest.hex(),
        processing_number=_hex(draft.processing_number),
        item_no=draft.item_no,
        kinds=draft.kinds,
        person_tag=draft.person_tag,
        permit_digest=_hex(draft.permit_digest),
        verdicts=draft.verdicts,
        evidence={"signed_header": packed.signed_header},
    )


def outgoing(
    kind: EventKind,
    sent: Outgoing,
    now: datetime,
    code: str = "",
    detail: str = "",
    evidence: Mapping[str, bytes] | None = None,
    permit_digest: bytes | None = None,
    operator: str = "",
) -> Event:
    """What became of a message of ours."""
    return Event(
        kind=kind,
        at=now,
        direction="out",
        peer=sent.peer,
        message_type=sent.message_type,
        message_id=sent.message_id.hex(),
        header_digest=sent.header_digest.hex(),
        processing_number=_hex(sent.processing_number),
        permit_digest=_hex(permit_digest),
        code=code,
        operator=operator,
        detail=detail or (refusal(code).en if code else ""),
        evidence=evidence or {},
    )


def not_taken(
    message: Outgoing, now: datetime, code: str, detail: str, answer: bytes
) -> Event:
    """A message of ours that a peer did not take now; it is kept for later."""
    kind = EventKind.REFUSED if code == "SK-T02" else EventKind.FAILED
    evidence = {"answer": answer} if answer else {}
    return outgoing(kind, message, now, code, detail, evidence)


def link_refused(source: str, code: str, word: str, count: int, now: datetime) -> Event:
    """A link that was cut off, or ``count`` of them; ``word`` is the exact cause."""
    told = refusal(code).en + (f": {word}" if word else "")
    return Event(
        kind=EventKind.LINK_REFUSED,
        at=now,
        direction="in",
        peer=source,
        code=code,
        detail=f"{told} ({count})" if count > 1 else told,
    )


def _hex(value: bytes | None) -> str:
    return "" if value is None else value.hex()


__all__ = [
    "Event",
    "EventKind",
    "attempted",
    "link_refused",
    "outgoing",
    "received",
    "refused",
    "repeated",
]
