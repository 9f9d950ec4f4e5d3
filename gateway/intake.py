# SPDX-License-Identifier: Apache-2.0
"""The way in, from bytes to a decision. Read this first.

1. Open the envelope and verify the signature. What fails here is *unreadable*: the
   peer learns one code, the record the exact one.
2. Check the message itself (`rules.message`): whose, for whom, which type, when.
3. A station that was restored from a backup takes nothing until it knows again what it
   did before. Then look whether this sender used this message id before: the same
   signed header gets the same answer, another one is refused. It stands here and not
   earlier, because only now is it certain who the sender is.
4. Nothing is taken while nobody vouches for the station's own record or its master is
   too old, and what asks a closed station to begin something is told when it opens.
   Then read the payload against its schema.
5. Put it through its type's checks (`rules.pipelines`).
6. Ask whether a person must look first.

`take` is pure: it reads the station and changes nothing. What is to be done with the
outcome is the role's business (`gateway.roles`), and it becomes true only when it is
recorded (`gateway.services.runtime`).
"""

from datetime import datetime

from gateway.outcome import Admitted, Case, Held, Outcome, Refused, Repeated, Verdict
from gateway.rules.check import walk
from gateway.rules.hours import ASKING
from gateway.rules.message import MESSAGE_CHECKS
from gateway.rules.permit import is_suppressed, with_copy
from gateway.rules.pipelines import PIPELINES
from gateway.view import StationView
from pki.trust import Identity
from protocols import envelope
from protocols.errors import Unreadable
from schemas.messages import read_payload
from schemas.xml import XmlRefused

OPENED = Verdict("R-135", "sealed for us, signed, unchanged", True)
"""The first verdict of whatever could be read."""


def take(
    offered: bytes, identity: Identity, now: datetime, station: StationView
) -> Outcome:
    """Decide on one envelope that ``identity`` posted at ``now``."""
    try:
        opened = envelope.unpack(
            offered, station.facts.opener, station.facts.directory, now
        )
    except Unreadable as error:
        return Refused(error.code, (Verdict("R-135", "it can be read", False),))
    case = Case(opened, identity, now, station)
    first = walk(case, MESSAGE_CHECKS)
    verdicts = (OPENED, *first.verdicts)
    if first.code:
        return Refused(first.code, verdicts, opened)
    if station.facts.restored.closed:
        open_ = Verdict("R-144", "this station knows again what it did", False)
        return Refused("SK-M15", (*verdicts, open_), opened)
    return _seen_before(case, verdicts) or _judge(case, verdicts)


def _seen_before(case: Case, verdicts: tuple[Verdict, ...]) -> Outcome | None:
    header = case.opened.header
    before = case.station.seen(str(header.sender), header.message_id)
    if before is None:
        return None
    if before.header_digest == case.opened.header_digest:
        if not before.answer:
            lost = Verdict("R-135", "the answer that it got is here", False)
            return Refused("SK-M16", (*verdicts, lost), case.opened)
        return Repeated(case.opened, before.answer)
    new = Verdict("R-135", "its message id is new", False)
    return Refused("SK-M09", (*verdicts, new), case.opened)


def _judge(case: Case, verdicts: tuple[Verdict, ...]) -> Outcome:
    kind = case.opened.header.message_type
    pipeline = PIPELINES.get(kind)
    if pipeline is None:
        unknown = Verdict("R-025", "this station takes its type", False)
        return Refused("SK-M04", (*verdicts, unknown), case.opened)
    if not case.station.facts.vouched:
        unproven = Verdict("R-144", "this station's record is vouched for", False)
        return Refused("SK-M13", (*verdicts, unproven), case.opened)
    if case.station.facts.is_frozen(case.now):
        old = Verdict("R-137", "this station's master is not too old", False)
        return Refused("SK-M14", (*verdicts, old), case.opened)
    if kind in ASKING and not case.station.facts.hours.is_open(case.now):
        closed = Verdict("RFC 9110", "this station is open", False)
        return Refused("SK-M12", (*verdicts, closed), case.opened)
    try:
        value = read_payload(kind, case.opened.payload)
    except XmlRefused as error:
        code = payload_code(error)
        fits = Verdict("R-025", "its payload matches its schema", False)
        return Refused(code, (*verdicts, fits), case.opened)
    fits = Verdict("R-025", "its payload matches its schema", True)
    case.value = value
    way = walk(case, pipeline)
    verdicts = (*verdicts, fits, *way.verdicts)
    if way.code:
        return Refused(way.code, verdicts, case.opened, way.case)
    if kind != "provision_order":
        return Admitted(way.case, verdicts)
    found = with_copy(way.case)
    if is_suppressed(found):
        flagged = Verdict("R-130", "a person looks before it is answered", True)
        return Held(found, (*verdicts, flagged))
    return Admitted(found, verdicts)


def payload_code(error: XmlRefused) -> str:
    """The inner code for a payload that cannot be read."""
    return "SK-X02" if error.is_schema_fault else "SK-X01"
