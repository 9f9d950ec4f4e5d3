# SPDX-License-Identifier: Apache-2.0
"""Names in a drop folder, and the little that they say.

    in/NAME.xml, in/NAME.to-102016.xml      what a system hands in, and for whom
    work/ID~NAME.xml, done/…, refused/…     the same under its submission id
    wait/ID~m…~NAME.xml, wait/ID~p…~…       a message (a transaction) without an end
    out/NAME.xml.ack.json, .result.json, .answer.xml
    out/arrival-ID.TYPE.from-102016.xml

A name is kept as the system gave it, so that it can find its answer. It is taken only
if it cannot be a person's: Latin letters, digits, point, line and hyphen, and nowhere
eleven digits on end, because numbers of persons look so. An id begins with its time.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Self

from client.values import Arrival, HandedIn

ACK: Final = ".ack.json"
RESULT: Final = ".result.json"
ANSWER: Final = ".answer.xml"
READY: Final = ".ready"
PAYLOAD: Final = ".xml"
_GIVEN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}\.xml", re.ASCII)
_DIGITS: Final = re.compile(r"[0-9]{11}")
_TO: Final = re.compile(r"\.to-([0-9A-Z]{6})\.xml", re.ASCII)
_ITEM: Final = re.compile(r"([0-9a-f]{32})~([A-Za-z0-9._-]+)", re.ASCII)
_WAIT: Final = re.compile(
    r"([0-9a-f]{32})~([mp])([0-9a-f]{32})~([A-Za-z0-9._-]+)", re.ASCII
)
_ARRIVAL: Final = re.compile(r"arrival-([0-9a-f]{32})\.[a-z0-9_]+\.from-.*\.xml")


def is_payload(name: str) -> bool:
    """Whether a name in the folder says that something is whole and to be taken."""
    return name.lower().endswith(PAYLOAD) and not name.startswith(".")


def is_good(name: str) -> bool:
    """Whether a payload's name may be kept, and cannot be taken for an answer's."""
    marked = ".to-" in name
    return bool(
        _GIVEN.fullmatch(name)
        and not name.endswith(ANSWER)
        and not _DIGITS.search(name)
        and (not marked or (_TO.search(name) and name.count(".to-") == 1))
    )


def receiver(name: str) -> str:
    """The municipality that a name says; empty where it says none."""
    found = _TO.search(name)
    return found[1] if found else ""


@dataclass(frozen=True, slots=True)
class Item:
    """One file that was taken, or what is made of it."""

    submission: bytes
    name: str
    """As the system gave it; for what belongs to it, with the suffix behind."""

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read ``ID~NAME``; None for another file."""
        found = _ITEM.fullmatch(text)
        return cls(bytes.fromhex(found[1]), found[2]) if found else None

    def __str__(self) -> str:
        return f"{self.submission.hex()}~{self.name}"

    @property
    def taken(self) -> datetime:
        """When its id was made."""
        return datetime.fromtimestamp(int.from_bytes(self.submission[:6]) / 1000, UTC)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that was accepted and has no end yet."""

    item: Item
    handed: HandedIn

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read a name in ``wait``; None for another file."""
        found = _WAIT.fullmatch(text)
        if found is None:
            return None
        item, known = Item(bytes.fromhex(found[1]), found[4]), bytes.fromhex(found[3])
        if found[2] == "m":
            return cls(item, HandedIn(item.submission, message_id=known))
        return cls(item, HandedIn(item.submission, processing_number=known))

    def __str__(self) -> str:
        number, message_id = self.handed.processing_number, self.handed.message_id
        known = (
            f"m{(message_id or b'').hex()}" if number is None else f"p{number.hex()}"
        )
        return f"{self.item.submission.hex()}~{known}~{self.item.name}"


def arrival_name(arrival: Arrival) -> str:
    """The name under which an arrival is laid out."""
    organisation = arrival.sender.partition("/")[0]
    kind = arrival.message_type
    return f"arrival-{arrival.message_id.hex()}.{kind}.from-{organisation}{PAYLOAD}"


def arrival_of(name: str) -> bytes | None:
    """The id in such a name; None for another file."""
    found = _ARRIVAL.fullmatch(name)
    return bytes.fromhex(found[1]) if found else None
