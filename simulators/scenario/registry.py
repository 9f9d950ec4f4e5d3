# SPDX-License-Identifier: Apache-2.0
"""What a scenario may name: systems, what each can do, and what can be seen at each.

Closed on purpose: a scenario that names anything else is refused when it is read, so
that `sekisho scenario list` promises nothing that cannot run. A new system is one
module with one `System` in it, and one line in `systems`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from types import MappingProxyType
from typing import Annotated, Any, ClassVar

import msgspec

from pki.names import StationName
from simulators.scenario.world import World

DELIVERED = "delivered"
REFUSED = "refused"
"""Followed by a code in an ending: ``refused SK-C03``."""
NOT_DELIVERED = "not delivered"
"""Followed by a code as well: the sender's own finding, such as ``SK-T02``."""

Word = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Count = Annotated[int, msgspec.Meta(ge=0, le=10_000)]


class Need(Enum):
    """What an action does to a network that is not for a guest to do."""

    PROCESSES = "it stops and starts processes"
    CLOCK = "it moves the clock"
    LINE = "it breaks a line"
    KEYS = "it takes certificates back, or issues a master"


class Params(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True
):
    """What an action or a look is told. Each has its own closed set of fields."""

    names: ClassVar[tuple[str, ...]] = ()
    """Fields that repeat the `as` of an earlier step."""
    parties: ClassVar[tuple[str, ...]] = ()
    """Fields that repeat a name of `[parties]`."""

    def fault(self) -> tuple[str, str, str] | None:
        """Field, what is wrong, how to mend it; for what no type can say."""
        return None


class Nothing(Params, frozen=True):
    """An action that needs to be told nothing."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What later steps and checks must know of a step to speak of what it began."""

    processing_number: str = ""
    message_id: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict, repr=False)
    many: tuple[str, ...] = ()
    """The processing numbers of a step that began several transactions."""

    def is_in(self, event: Mapping[str, Any]) -> bool:
        """Whether an event is of the transaction or message that was begun."""
        number, message = event["processing_number"], event["message_id"]
        return (bool(number) and number in (self.processing_number, *self.many)) or (
            bool(message) and message == self.message_id
        )


@dataclass(frozen=True, slots=True)
class Happened:
    """What came of an action: its ending, and what is kept under the step's name."""

    ending: str
    kept: Kept | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What was to be seen, and what was."""

    expected: str
    happened: str

    @property
    def right(self) -> bool:
        return self.expected == self.happened


@dataclass(frozen=True, slots=True)
class Action:
    """Something that a system (or an operator at it) can do."""

    name: str
    params: type[Params]
    run: Callable[[World, StationName, Any], Happened] = field(repr=False)
    endings: tuple[str, ...]
    """Every way it can end. `REFUSED` and `NOT_DELIVERED` are completed by a code."""
    tells: str
    """One sentence for whoever writes a scenario."""
    needs: frozenset[Need] = frozenset()


@dataclass(frozen=True, slots=True)
class Look:
    """Something that can be seen at a system."""

    name: str
    params: type[Params]
    see: Callable[[World, StationName, Any], Seen] = field(repr=False)
    tells: str


@dataclass(frozen=True, slots=True)
class System:
    """One system of `schemas.systems` (or the network itself), as far as it is built.

    ``witness`` gives what a system that is no gateway station has in its own history,
    in the shape of a station's event (`world.event`).
    """

    role: str
    actions: Mapping[str, Action]
    looks: Mapping[str, Look]
    witness: Callable[[World, StationName, datetime], list[dict[str, Any]]] | None = (
        field(default=None, repr=False)
    )


def widened(
    known: System, actions: tuple[Action, ...] = (), looks: tuple[Look, ...] = ()
) -> System:
    """A system that can do and show more, such as for a rehearsal."""
    return system(
        known.role,
        (*known.actions.values(), *actions),
        (*known.looks.values(), *looks),
        known.witness,
    )


def system(
    role: str,
    actions: tuple[Action, ...] = (),
    looks: tuple[Look, ...] = (),
    witness: Callable[[World, StationName, datetime], list[dict[str, Any]]]
    | None = None,
) -> System:
    """A system with its actions and looks by name."""
    return System(
        role,
        MappingProxyType({one.name: one for one in actions}),
        MappingProxyType({one.name: one for one in looks}),
        witness,
    )
