# SPDX-License-Identifier: Apache-2.0
"""A tap at every receiver, and the spellings in which a number might hide.

What crosses a link is encrypted twice; so each receiver tells what it was given and
what it answered, as plain bytes after TLS and seal. Stores tell what they sealed.
"""

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from gateway.records.sealed import StoreKeys
from gateway.services.cs_inside import CsInside
from gateway.services.inside import Inside
from gateway.services.listener import Answer, Request
from gateway.services.runtime import Runtime
from pki.names import StationName
from pki.trust import Identity
from protocols.envelope import unpack
from simulators.peers.station import PeerStation

CHANCE = 5
"""Bytes that do not stand somewhere by chance: one in a million runs."""


@dataclass(frozen=True)
class Crossed:
    """Plain bytes that came over one link, and what went back over it."""

    sender: str
    receiver: str
    asked: bytes
    answered: bytes

    @property
    def ends(self) -> frozenset[str]:
        return frozenset((self.sender, self.receiver))

    @property
    def content(self) -> bytes:
        return self.asked + b"\0" + self.answered


@dataclass
class Tap:
    """Everything that crossed, in order, and everything that was sealed in a store."""

    crossed: list[Crossed] = field(default_factory=list)
    sealed: dict[int, list[bytes]] = field(default_factory=dict)
    """By the identity of the store's keys."""

    def note(self, sender: StationName, receiver: StationName, *plain: bytes) -> None:
        self.crossed.append(Crossed(str(sender), str(receiver), *plain))

    def with_any(self, spelled: frozenset[bytes]) -> list[Crossed]:
        """What had one of these bytes in it, in either direction."""
        return [one for one in self.crossed if holds(one.content, spelled)]

    def of(self, station: StationName) -> list[Crossed]:
        """What came to or left from a station."""
        return [one for one in self.crossed if str(station) in one.ends]

    def lay(self, patch: pytest.MonkeyPatch) -> None:
        """From now on, see everything."""
        self._at_stations(patch)
        self._at_doors(patch)
        self._at_peers(patch)
        self._at_stores(patch)

    def _at_stations(self, patch: pytest.MonkeyPatch) -> None:
        post = Runtime.post

        async def tapped(it: Runtime, request: Request, by: Identity) -> Answer:
            answer = await post(it, request, by)
            facts, now = it.station.facts, it.clock()
            opened = unpack(request.body, facts.opener, facts.directory, now)
            plain = request.body + opened.signed_header + opened.payload
            self.note(by.station, facts.name, plain, answer.body)
            return answer

        patch.setattr(Runtime, "post", tapped)

    def _at_doors(self, patch: pytest.MonkeyPatch) -> None:
        def tapping(handle: Callable[..., Any]) -> Callable[..., Any]:
            async def tapped(it: Any, request: Request, by: Identity) -> Answer:
                answer: Answer = await handle(it, request, by)
                asked = request.target.encode() + b"\0" + request.body
                self.note(by.station, it._station.name, asked, answer.body)
                return answer

            return tapped

        for door in (Inside, CsInside):
            patch.setattr(door, "handle", tapping(door.handle))

    def _at_peers(self, patch: pytest.MonkeyPatch) -> None:
        handle = PeerStation.handle

        def tapped(
            it: PeerStation, method: str, path: str, body: bytes, by: Any
        ) -> Any:
            reply = handle(it, method, path, body, by)
            peer = it.peer
            opened = unpack(body, peer.opener, peer.directory, peer.clock())
            plain = path.encode() + body + opened.signed_header + opened.payload
            answered = b"" if reply is None else reply.body
            self.note(StationName.of_certificate(by), peer.name, plain, answered)
            return reply

        patch.setattr(PeerStation, "handle", tapped)

    def _at_stores(self, patch: pytest.MonkeyPatch) -> None:
        seal = StoreKeys.seal

        def tapped(it: StoreKeys, table: str, row: bytes, plain: bytes) -> bytes:
            self.sealed.setdefault(id(it), []).append(table.encode() + b"\0" + plain)
            return seal(it, table, row, plain)

        patch.setattr(StoreKeys, "seal", tapped)


def holds(data: bytes, spelled: frozenset[bytes]) -> bool:
    """Whether one of these stands in it."""
    return any(one in data for one in spelled)


def files_with_any(folder: Path, spelled: frozenset[bytes]) -> list[Path]:
    """Every file below a folder that has one of these bytes in it."""
    files = [one for one in folder.rglob("*") if one.is_file()]
    assert files
    return [one for one in files if holds(one.read_bytes(), spelled)]


def number_spelled(digits: str) -> frozenset[bytes]:
    """A number of digits, as text, as an integer, packed, and in transfer codings."""
    wide = "".join(chr(ord(one) + 0xFEE0) for one in digits)
    whole = int(digits).to_bytes(8, "big").lstrip(b"\0")
    whole = whole.rjust(CHANCE, b"\0")
    even = digits if len(digits) % 2 == 0 else f"0{digits}"
    return frozenset(
        {
            *_as_text(digits),
            *_as_text(wide),
            *(_grouped(digits, sign) for sign in (b" ", b"-")),
            whole,
            whole[::-1],
            bytes.fromhex(even),
        }
    )


def bytes_spelled(raw: bytes) -> frozenset[bytes]:
    """A code or id of raw bytes, as such and in every usual way to write them."""
    return frozenset(
        {
            raw,
            raw[::-1],
            base64.b64encode(raw).rstrip(b"="),
            base64.urlsafe_b64encode(raw).rstrip(b"="),
            base64.b32encode(raw).rstrip(b"="),
            *_as_text(raw.hex()),
            *_as_text(raw.hex().upper()),
        }
    )


def _as_text(text: str) -> Iterator[bytes]:
    for coding in ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le"):
        yield text.encode(coding)
    plain = text.encode()
    yield plain.hex().encode()
    for before in range(3):  # base64 of it, wherever it begins in a longer text
        coded = base64.b64encode(b"\0" * before + plain)
        yield coded[(before * 8 + 5) // 6 : (before + len(plain)) * 8 // 6]


def _grouped(digits: str, sign: bytes) -> bytes:
    fours = [digits[at : at + 4].encode() for at in range(0, len(digits), 4)]
    return sign.join(fours)
