# SPDX-License-Identifier: Apache-2.0
"""The daemon's own checks, run where no daemon is.

`rules.message.MESSAGE_CHECKS` and `rules.pipelines.PIPELINES` are walked one check
after the other, as `gateway.intake` does. What only a running station knows (who stands
at the other end of the link, what was seen, asked or used before) raises `Untold`: that
check is told as not checked, and the way goes on.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final, NoReturn

from gateway.inspection.known import Known, Untold
from gateway.inspection.report import Finding, Layer, ok, protocol, refused, unchecked
from gateway.outcome import Case
from gateway.records.acquisitions import Acquisition
from gateway.records.copies import Copy
from gateway.records.rows import CoreTransaction, Inquiry, Seen
from gateway.rules.check import Check
from gateway.rules.message import MESSAGE_CHECKS
from gateway.rules.permit import ORDER_CHECKS
from gateway.rules.pipelines import PIPELINES
from gateway.view import Facts
from pki.sealing import Recipient
from protocols import answers
from protocols.answers import Offered
from protocols.envelope import Opened
from protocols.errors import AnswerInvalid
from protocols.header import Header
from protocols.identifiers import Realm
from protocols.permit import Permit
from protocols.route import RouteReader
from schemas.catalogue import REPLIES
from schemas.messages import MESSAGES, Payload, read_payload
from schemas.xml import XmlRefused

_LINK: Final = "only the station knows who stood at the other end of the link"
_STORE: Final = "only the station's store knows"
_STOPPED: Final = "the daemon stops at the first check that refuses"
_NOBODY: Final = "its signer is not proved (see the layers above)"
_ORDER: Final = "needs the order that brings the permit"


class Missing:
    """In the place of something that only a running station has."""

    def __init__(self, why: str) -> None:
        self._why = why

    def __getattr__(self, name: str) -> NoReturn:
        raise Untold(self._why)


class Desk:
    """A station as rules see it, without a store, and perhaps without keys."""

    def __init__(self, known: Known) -> None:
        self._facts: Any = _facts(known)

    @property
    def facts(self) -> Facts:
        found: Facts = self._facts
        return found

    def seen(self, sender: str, message_id: bytes) -> Seen | None:
        raise Untold(_STORE)

    def permit_used(self, permit_id: bytes) -> bool:
        raise Untold(_STORE)

    def copy(self, code: str) -> Copy | None:
        raise Untold(_STORE)

    def acquisition(self, known_by: bytes) -> Acquisition | None:
        raise Untold(_STORE)

    def inquiry(self, processing_number: bytes) -> Inquiry | None:
        raise Untold(_STORE)

    def transaction(self, processing_number: bytes) -> CoreTransaction | None:
        raise Untold(_STORE)

    def translate(self, code: str, source: str, target: str) -> str | None:
        raise Untold(_STORE)


def message(
    envelope: bytes, header: Header, opened: Opened | None, known: Known
) -> tuple[Layer, ...]:
    """The layer of the checks of every message, or of every reply."""
    if header.in_reply_to is not None and header.message_type in REPLIES:
        return (_reply(envelope, header, known),)
    rule = protocol("6.2")
    if opened is None:
        found = [
            unchecked(each.name, f"{each.rule}, {rule}", _NOBODY)
            for each in MESSAGE_CHECKS
        ]
    else:
        found = list(_walk(_case(opened, known), MESSAGE_CHECKS, rule))
    return (Layer("message", tuple(found)),)


def of_its_type(
    header: Header, opened: Opened | None, known: Known
) -> tuple[Layer, ...]:
    """The layer of the checks of a message's type; none where others say it all."""
    kind = header.message_type
    if opened is None or kind not in MESSAGES or header.in_reply_to is not None:
        return ()
    pipeline = PIPELINES.get(kind)
    if pipeline is None:
        need = f"no {header.receiver.role} is built here that has checks for it"
        open_ = unchecked("its receiver takes this type", protocol("6.4"), need)
        return (Layer("checks of its type", (open_,)),)
    try:
        value = read_payload(kind, opened.payload)
    except XmlRefused:
        return ()
    case = _case(opened, known, value)
    found = tuple(_walk(case, pipeline, protocol("10.4")))
    return (Layer("checks of its type", found),)


def permit(data: bytes, found: Permit, known: Known) -> Layer:
    """What a provider would say of a bare permit, as far as it alone tells."""
    missing: Any = Missing(_ORDER)
    case = Case(
        opened=missing,
        identity=missing,
        now=known.at,
        station=Desk(known),
        value=missing,
        permit=found,
        permit_bytes=data,
    )
    checks = ORDER_CHECKS[1:]  # the first reads it, as the layers above have
    return Layer("provider's checks", tuple(_walk(case, checks, protocol("10.4.2"))))


def _walk(case: Case, checks: Iterable[Check], rule: str) -> Iterator[Finding]:
    """Every check once, as `gateway.rules.check.walk` puts them."""
    left = list(checks)
    while left:
        check = left.pop(0)
        rules = f"{check.rule}, {rule}"
        try:
            found = check.step(case)
        except Untold as error:
            yield unchecked(check.name, rules, str(error))
            continue
        if isinstance(found, str):
            yield refused(check.name, rules, found)
            break
        case = found
        yield ok(check.name, rules)
    if left:
        yield unchecked(f"{len(left)} checks that come after it", rule, _STOPPED)


def _case(opened: Opened, known: Known, value: Payload | None = None) -> Case:
    link: Any = Missing(_LINK)
    desk = Desk(known)
    return Case(opened=opened, identity=link, now=known.at, station=desk, value=value)


def _facts(known: Known) -> Any:
    """What the station is, as far as its keys and the master tell."""
    name = known.own_name
    if known.directory is None or name is None:
        return _PartlyKnown(known)
    own = known.openers[0]
    return Facts(
        name=name,
        directory=known.directory,
        routes=RouteReader(known.directory),
        opener=own,
        sealing_digest=Recipient(own.certificate).digest,
        realm=known.realm or Realm.SIMULATION,  # no check of a pipeline asks
    )


class _PartlyKnown:
    """A station of which not even its name is known, but perhaps its network."""

    def __init__(self, known: Known) -> None:
        self._directory = known.directory

    def __getattr__(self, name: str) -> Any:
        if self._directory is not None and name == "directory":
            return self._directory
        if self._directory is not None and name == "routes":
            return RouteReader(self._directory)
        raise Untold("needs the station's keys: --keys or --config")


def _reply(envelope: bytes, header: Header, known: Known) -> Layer:
    """A reply judged as its receiver does, against the request that it names itself."""
    what = "it answers the request that it names, in time, from whom that was sent to"
    rule = f"R-135, {protocol('7.4')}"
    reply = header.in_reply_to
    if known.directory is None or known.own_name is None or reply is None:
        need = "needs the receiver's keys, --trust and --crl, or --config"
        return Layer("answer", (unchecked(what, rule, need),))
    offered = Offered(bytes(32), reply.message_id, reply.header_digest, header.sender)
    own, directory = known.openers[0], known.directory
    try:
        answers.read(envelope, offered, own, directory, known.at)
    except AnswerInvalid as error:
        why = "see the layers above, its times, its receiver and its certificate"
        return Layer("answer", (refused(what, rule, error.code, why),))
    return Layer("answer", (ok(what, rule),))
