# SPDX-License-Identifier: Apache-2.0
"""Where every refusal is brought about: stations at work, and what one was told.

A way (`ways_*.py`) brings a station of the small network into one refusal by the code
that the daemon runs, and gives back what the other end got. What that must look like
is `test_every_code.py`'s to say, the same for every code of a class.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.records.rows import Outgoing
from gateway.services.inside import SUBMIT
from gateway.services.listener import Answer, Request
from pki.names import StationName
from protocols.envelope import Packed
from tests.gateway.works import Works, inside_of
from tests.gateway.world import World


@dataclass(frozen=True)
class Told:
    """A peer posted something and got an answer."""

    works: Works
    packed: Packed
    answer: Answer


@dataclass(frozen=True)
class ToldInside:
    """A system of the organisation posted something and got an answer."""

    works: Works
    answer: Answer


@dataclass(frozen=True)
class PassedOn:
    """The core told the requester, in a message, what became of its inquiry."""

    works: Works
    status: bytes
    """What the requester's own system is told when it asks."""


@dataclass(frozen=True)
class CutOff:
    """Somebody tried to get a link, or to say something over it."""

    works: Works
    got: bytes


@dataclass(frozen=True)
class KeptHere:
    """Nobody was told; what the station says or said to others meanwhile."""

    works: Works
    said: list[Outgoing] = field(default_factory=list)


Reached = Told | ToldInside | PassedOn | CutOff | KeptHere


@dataclass(frozen=True)
class Scene:
    """What a way has at hand."""

    world: World
    works_at: Callable[..., Works]
    folder: Path

    async def tell(self, works: Works, packed: Packed, by: Any = None) -> Told:
        """Post a message to a station, over the link of its sender or of another."""
        return Told(works, packed, await works.post(packed, by))

    async def submit(
        self, works: Works, by: StationName, body: bytes, said: str = ""
    ) -> ToldInside:
        """Post a payload to a station's inside listener."""
        inside = inside_of(works)
        request = Request("POST", SUBMIT + said, "application/xml", body, True)
        answer = await inside.handle(request, self.world.identity(by))
        return ToldInside(works, answer)


Way = Callable[[Scene], Awaitable[Reached]]
