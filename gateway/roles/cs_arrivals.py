# SPDX-License-Identifier: Apache-2.0
"""What a municipal CS does with what comes from outside for its own city.

It keeps the payload for the system that it is for, until that fetches it or its time is
over. Nothing is opened for anybody else, and nothing is done about it here. An answer
to a question of ours must be about what was asked, and nobody else (R-027, R-068).
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from gateway.outcome import Case
from gateway.records.arrivals import Arrival
from gateway.records.checks import ResultPart
from gateway.records.rows import Outgoing
from gateway.records.transaction import Transaction
from gateway.roles.plan import About, Conflict, Effect, Plan
from gateway.rules.neighbour import last_moment
from gateway.rules.resident import fits, numbers_fault
from gateway.station import Station
from protocols.envelope import Opened
from protocols.errors import AnswerInvalid
from schemas.messages import read_payload, write_payload
from schemas.move_messages import FamilyRegisterSupplementUpdate
from schemas.stream_messages import ConsistencyCheckResult
from schemas.systems import EXISTING, TERMINAL

KEPT: Final = timedelta(days=30)
"""How long what nobody fetches is kept, where the document names no time."""
ANSWER_KEPT: Final = timedelta(hours=1)
"""How long an answer waits for the counter that asked."""

_FOR: Final[Mapping[str, str]] = {
    "individual_number_generation_response": EXISTING,
    "move_out_certificate_information": EXISTING,
    "move_out_certificate_resend_request": EXISTING,
    "move_in_notice": EXISTING,
    "wide_area_issuance_request": EXISTING,
    "wide_area_issuance_reply": TERMINAL,
    "family_register_supplement_information": EXISTING,
    "family_register_supplement_mismatch": EXISTING,
    "consistency_check_result": EXISTING,
}
"""Which of our own systems each type is for."""
TAKEN: Final = frozenset(_FOR)
"""The types that a CS takes from outside."""


def arrived(case: Case, station: Station) -> Plan:
    """Keep a message that passed its checks."""
    header, value = case.opened.header, case.value
    kind, payload = _inside(header.message_type, value, case)
    tag = tag_of(value, station)
    arrival = Arrival(
        message_id=header.message_id,
        sender=str(header.sender),
        message_type=kind,
        for_role=_FOR[header.message_type],
        payload=payload,
        at=case.now,
        until=_until(value, case.now),
    )
    keep = partial(_arrive, arrival=arrival)
    return Plan(About(person_tag=tag), (keep, *_counted(value, case)))


def answered(
    outgoing: Outgoing, reply: Opened, station: Station, now: datetime
) -> Plan:
    """Keep the answer to a question of ours; raises `AnswerInvalid`."""
    value = read_payload(reply.header.message_type, reply.payload)
    asked: Any = read_payload(outgoing.message_type, outgoing.context)
    if not _is_about(asked.key, value) or numbers_fault(value, station.facts.realm):
        raise AnswerInvalid("SK-T04")
    arrival = Arrival(
        message_id=reply.header.message_id,
        sender=outgoing.peer,
        message_type=reply.header.message_type,
        for_role=TERMINAL,
        payload=reply.payload,
        at=now,
        until=now + ANSWER_KEPT,
        answers=outgoing.message_id,
    )
    return Plan(effects=(partial(_arrive, arrival=arrival),))


def _counted(value: Any, case: Case) -> Iterator[Effect]:
    """What is noted of a consistency check's result: its counts (R-081)."""
    if isinstance(value, ConsistencyCheckResult):
        part = ResultPart(
            check_id=value.check_id,
            server=str(case.opened.header.sender),
            part=value.part,
            parts=value.parts,
            compared=value.compared,
            equal=value.equal,
            differences=len(value.differences),
            at=case.now,
        )
        yield partial(Transaction.note_result, part=part)


def _arrive(tx: Transaction, arrival: Arrival) -> None:
    """No receipt for what is not kept: ids are the senders', and two may be alike."""
    if not tx.arrive(arrival):
        raise Conflict("SK-M09")


def _is_about(key: Any, answer: Any) -> bool:
    """Whether an answer repeats the question and names only whom it fits."""
    one = getattr(answer, "person", None)
    people = getattr(answer, "persons", () if one is None else (one,))
    return answer.key == key and all(fits(key, person) for person in people)


def _inside(kind: str, value: Any, case: Case) -> tuple[str, bytes]:
    """The type and payload under which our own system knows it."""
    if kind != "family_register_supplement_information":
        return kind, case.opened.payload
    told_by = case.opened.header.sender.organisation
    same = {each.name: getattr(value, each.name) for each in fields(value)}
    update = FamilyRegisterSupplementUpdate(municipality_code=told_by, **same)
    return "family_register_supplement_update", write_payload(update)


def _until(value: Any, now: datetime) -> datetime:
    planned = getattr(value, "planned_move_out_date", None)
    return now + KEPT if planned is None else last_moment(planned)


def tag_of(value: Any, station: Station) -> str:
    """The tag of whom a message speaks of; empty where of nobody, or of many."""
    code = getattr(value, "resident_record_code", None)
    return station.store.person_tag(code) if code else ""
