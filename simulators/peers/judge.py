# SPDX-License-Identifier: Apache-2.0
"""May a peer take this message? The rules that hold for every type, in their order.

Each gives the inner code of `protocols.refusals`; an empty text is a pass. What a type
demands beyond that is its system's. Pure: the moment is an argument.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from pki.names import StationName
from pki.trust import Reason
from protocols import limits
from protocols.envelope import Opened
from protocols.header import Header
from protocols.identifiers import (
    Realm,
    individual_number_is_valid,
    resident_record_code_is_valid,
)
from schemas.catalogue import ROWS, Answer
from schemas.messages import Payload, read_payload
from schemas.xml import XmlRefused
from simulators.peers.errors import NotTaken

LINK_CODES: Final[Mapping[Reason, str]] = {
    Reason.UNKNOWN_AUTHORITY: "SK-L02",
    Reason.NOT_YET_VALID: "SK-L03",
    Reason.EXPIRED: "SK-L03",
    Reason.REVOKED: "SK-L04",
    Reason.WRONG_PURPOSE: "SK-L05",
    Reason.STALE_REVOCATION: "SK-L08",
}
"""How the record names what is wrong with a link; all others are `BUILT_OTHERWISE`."""
BUILT_OTHERWISE: Final = "SK-L10"

_NUMBERS: Final[Mapping[str, Callable[[str, Realm], bool]]] = {
    "resident_record_code": resident_record_code_is_valid,
    "individual_number": individual_number_is_valid,
}


@dataclass(frozen=True, slots=True)
class Judge:
    """What a station must know of itself to judge."""

    name: StationName
    sealing_certificate: bytes
    """SHA-256 of its own."""
    realm: Realm

    def fault(self, opened: Opened, link: StationName, now: datetime) -> str:
        """The first rule that a message breaks, before anybody reads its payload."""
        header = opened.header
        if opened.signer.station != header.sender:
            return "SK-M01"
        if link != header.sender:
            return "SK-M02"
        if header.receiver != self.name:
            return "SK-M03"
        if header.sealing_certificate != self.sealing_certificate:
            return "SK-M10"
        return _way_fault(header) or _time_fault(header, now) or _permit_fault(header)

    def read(self, opened: Opened) -> Payload:
        """The payload's value, its numbers checked; raises `NotTaken`."""
        try:
            value = read_payload(opened.header.message_type, opened.payload)
        except XmlRefused as error:
            raise NotTaken("SK-X02" if error.is_schema_fault else "SK-X01") from None
        check_numbers(value, self.realm)
        return value


def check_numbers(value: Any, realm: Realm = Realm.SIMULATION) -> None:
    """Every number in it carries the realm's check digit; raises `NotTaken`."""
    for valid, text in _numbers(value):
        if not valid(text, realm):
            other = next(one for one in Realm if one is not realm)
            raise NotTaken("SK-X04" if valid(text, other) else "SK-X03")


def _way_fault(header: Header) -> str:
    row = ROWS.get(header.message_type)
    if row is None:
        return "SK-M04"
    way = (header.sender.role, header.receiver.role)
    asks = header.in_reply_to is None and row.answer is not Answer.NONE
    return "" if way in row.outside and asks else "SK-M05"


def _time_fault(header: Header, now: datetime) -> str:
    if now > header.expires + limits.MAX_SKEW:
        return "SK-M06"
    if header.created > now + limits.MAX_SKEW:
        return "SK-M07"
    if not timedelta(0) < header.expires - header.created <= limits.MAX_LIFETIME:
        return "SK-M08"
    return ""


def _permit_fault(header: Header) -> str:
    """No type that these systems take is sent under a permit."""
    return "" if header.permit_digest is None else "SK-M11"


def _numbers(value: Any) -> Iterator[tuple[Callable[[str, Realm], bool], str]]:
    """Every number in a message with its check, wherever it stands."""
    if isinstance(value, tuple):
        for one in value:
            yield from _numbers(one)
    elif is_dataclass(value) and not isinstance(value, type):
        for each in fields(value):
            inner = getattr(value, each.name)
            valid = _NUMBERS.get(each.name)
            if valid is None:
                yield from _numbers(inner)
            elif inner is not None:
                yield valid, inner
