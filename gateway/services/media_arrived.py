# SPDX-License-Identifier: Apache-2.0
"""Is what came on a medium what its content has to be? Part by part, then as a whole.

A part alone is a valid payload of its type; here it is held against the manifest and
against the parts before it. Nothing is kept but counts and digests.
"""

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, Final, Protocol

from gateway.rules.media import MediaRefused
from gateway.rules.resident import numbers_fault
from gateway.services.media_content import extract_value
from protocols.identifiers import Realm
from protocols.media import Manifest
from protocols.refusals import refusal


class NotTakenIn(MediaRefused):
    """A medium was not taken in, and that is on record.

    The sentence says why, the code is that of a message with the same fault. Nothing of
    it was used. Ask the sender for another, or tell it what came.
    """

    def __init__(self, code: str, said: str = "") -> None:
        super().__init__(f"{code}: {said or refusal(code).en}")
        self.code = code


class Arrived(Protocol):
    """The parts of one content."""

    def take(self, kind: str, value: Any, payload: bytes) -> None:
        """The next part; raises `NotTakenIn`."""

    def must_be_whole(self) -> None:
        """Raises `NotTakenIn` unless nothing is missing."""


class _Check:
    """Batches by their number under one check id, and behind them their manifest."""

    def __init__(self, of: Manifest, realm: Realm) -> None:
        self._of = of
        self._realm = realm
        self._batches = 0
        self._persons = 0
        self._digests = sha256()
        self._whole = False

    def take(self, kind: str, value: Any, payload: bytes) -> None:
        if self._whole or value.check_id != self._of.output_id:
            raise NotTakenIn("SK-X02", "a part is of another check")
        if kind == "consistency_check_manifest":
            self._end(value)
            return
        self._batches += 1
        if value.batch != self._batches:
            raise NotTakenIn("SK-X02", "the batches are not in their order")
        code = numbers_fault(value.persons, self._realm)
        if code:
            raise NotTakenIn(code)
        self._persons += len(value.persons)
        self._digests.update(sha256(payload).digest())

    def _end(self, value: Any) -> None:
        told = (value.municipality_code, value.batches, value.records, value.digest)
        organisation = self._of.sender.organisation
        if told != (organisation, self._batches, self._persons, self._digests.digest()):
            raise NotTakenIn("SK-X02", "the check's manifest tells of other batches")
        self._whole = True

    def must_be_whole(self) -> None:
        if not self._whole or self._persons != self._of.persons:
            raise NotTakenIn("SK-X02", "the check is not whole")


class _Destinations:
    """One notice, and in it the extract of the sender's register."""

    def __init__(self, of: Manifest, realm: Realm) -> None:
        self._of = of
        self._realm = realm
        self._persons = -1

    def take(self, kind: str, value: Any, payload: bytes) -> None:
        if self._persons >= 0:
            raise NotTakenIn("SK-X02", "it holds more than one notice")
        organisation = self._of.sender.organisation
        try:
            extract = extract_value(value.extract, organisation, self._realm)
        except MediaRefused as no:
            raise NotTakenIn("SK-X02", str(no)) from None
        if extract.batch_id != value.batch_id:
            raise NotTakenIn("SK-X02", "notice and extract are of two batches")
        self._persons = len(extract.destinations)

    def must_be_whole(self) -> None:
        if self._persons != self._of.persons:
            raise NotTakenIn("SK-X02", "it is not as many persons as it says")


ARRIVED: Final[
    Mapping[str, tuple[frozenset[str], Callable[[Manifest, Realm], Arrived]]]
] = {
    "consistency_check": (
        frozenset({"consistency_check_information", "consistency_check_manifest"}),
        _Check,
    ),
    "sending_destination": (frozenset({"sending_destination_notice"}), _Destinations),
}
"""By content: the message types of its parts, and what holds them together."""
