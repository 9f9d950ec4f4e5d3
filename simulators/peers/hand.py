# SPDX-License-Identifier: Apache-2.0
"""The other side of `manage`: a test or a scenario holds a peer in its hand."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from itertools import islice
from typing import Any, Final, Self

import msgspec

from schemas.resident_messages import EightItems
from simulators.peer import Peer
from simulators.peers.errors import BadRequest
from simulators.peers.faults import Setting
from simulators.peers.manage import JSON, LINES, PREFIX
from simulators.web import Reply

BATCH: Final = 2_000
"""Persons in one request: well below what a body may hold."""


class Hand:
    """One peer, managed under its own keys. Raises `BadRequest`, `LinkFailed`."""

    def __init__(self, peer: Peer) -> None:
        self._client = peer.client(peer.name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._client.close()

    def history(self, after: int = 0) -> Iterator[dict[str, Any]]:
        """All lines beyond one number."""
        while True:
            reply = _good(self._client.get(f"{PREFIX}history?after={after}"))
            lines = [msgspec.json.decode(one) for one in reply.body.splitlines()]
            yield from lines
            if not lines:
                return
            after = lines[-1]["seq"]

    def count(self) -> dict[str, int]:
        """How much it keeps of what, and how much it still owes."""
        found: dict[str, int] = self._get("count")
        return found

    def faults(self) -> Setting:
        """How its faults are set."""
        return msgspec.convert(self._get("faults"), Setting)

    def fault(self, **faults: Any) -> None:
        """Set them: what is not named is none."""
        self._post("faults", msgspec.json.encode(faults))

    def well(self) -> None:
        """No fault any more."""
        self.fault()

    def load(
        self,
        people: Iterable[tuple[EightItems, str]],
        told: Callable[[int], object] = lambda _: None,
    ) -> int:
        """Have it keep these persons, each of a municipality; how many.

        ``told`` hears after each batch how many are kept.
        """
        waiting, count = iter(people), 0
        while batch := list(islice(waiting, BATCH)):
            lines = [{**asdict(one), "municipality": city} for one, city in batch]
            body = b"\n".join(map(msgspec.json.encode, lines))
            count += self._post("people", body, LINES)["loaded"]
            told(count)
        return count

    def learned(self, lines: Iterable[Mapping[str, str]]) -> int:
        """Have it learn this by itself, of persons of whom it was told."""
        body = b"\n".join(map(msgspec.json.encode, lines))
        count: int = self._post("people", body, LINES)["loaded"]
        return count

    def isolate(self, organisation: str, isolated: bool = True) -> None:
        """Have it take nothing from one organisation, or again."""
        wanted = {"organisation": organisation, "isolated": isolated}
        self._post("isolate", msgspec.json.encode(wanted))

    def look(self, name: str, asked: Mapping[str, Any] | None = None) -> Any:
        """What its system shows."""
        return self._post(f"look/{name}", msgspec.json.encode(asked or {}))

    def _get(self, path: str) -> Any:
        return msgspec.json.decode(_good(self._client.get(PREFIX + path)).body)

    def _post(self, path: str, body: bytes, kind: str = JSON) -> Any:
        reply = _good(self._client.post(PREFIX + path, kind, body))
        return msgspec.json.decode(reply.body)


def _good(reply: Reply) -> Reply:
    if reply.status != 200:
        words = reply.body.decode() or f"it answered {reply.status}"
        raise BadRequest(words)
    return reply
