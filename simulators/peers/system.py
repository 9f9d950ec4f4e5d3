# SPDX-License-Identifier: Apache-2.0
"""What a system is to its station: the types that it takes, and its own work."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeAlias

from pki.names import StationName
from schemas.messages import Payload


@dataclass(frozen=True, slots=True)
class Told:
    """A message that was judged, as its system is handed it."""

    value: Any = field(repr=False)
    payload: bytes = field(repr=False)
    sender: StationName
    created: datetime
    """When the sender wrote it, by the sender's clock."""
    at: datetime
    """Now."""


@dataclass(frozen=True, slots=True)
class Owed:
    """Something that a system is to tell another; the outbox sees to it."""

    receiver: StationName
    payload: Payload = field(repr=False)
    processing_number: bytes | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """What a system did about a message."""

    effect: str = ""
    """In fixed words, for the history: nothing of a person stands there."""
    reply: Payload | None = field(default=None, repr=False)
    """Exactly where the catalogue says that the type is answered at once."""
    owed: tuple[Owed, ...] = ()


Take: TypeAlias = Callable[[Told], Taken]
"""Done in the transaction of the message; raises `NotTaken` to have it refused."""
Looked: TypeAlias = Callable[[Mapping[str, Any]], Any]
"""An answer of the management API, as JSON, from what it is asked with."""


class System(Protocol):
    """One system behind a station."""

    @property
    def takes(self) -> Mapping[str, Take]:
        """What is done about each message type."""

    @property
    def looks(self) -> Mapping[str, Looked]:
        """What may be asked of its store; raises `BadRequest`."""

    def count(self) -> Mapping[str, int]:
        """How much it keeps of what."""

    def load(self, lines: list[Mapping[str, Any]]) -> int:
        """Take people in that nobody notified; raises `BadRequest`."""

    def someone_else(self, reply: Payload) -> Payload:
        """The same answer with another person in it: a fault, on demand."""

    def work(self, now: datetime) -> list[Owed] | None:
        """A little of what is to be done between messages; None where nothing is.

        In a transaction, with what it gives: it goes on where a crash cut it off.
        """
