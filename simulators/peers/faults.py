# SPDX-License-Identifier: Apache-2.0
"""What goes wrong at a peer on demand, and how often.

A fault is set with how many times it is to happen; `down` stays until it is set to
nothing. Faults are kept in memory: a peer that is started again is well.
"""

import time
from collections.abc import Callable
from threading import Lock
from typing import Annotated, Final

import msgspec

from protocols.answers import WIRE_CODES
from simulators.peers.errors import BadRequest

Times = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=60)]

DEFAULT_CODE: Final = "SK-M10"
"""A refusal after which the sender tries again."""


class Setting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All faults of a peer, as they are set."""

    refuse: Times = 0
    """The next so many messages are refused with `code`, unread."""
    code: str = DEFAULT_CODE
    late: Times = 0
    """So many answers are held back for `seconds`."""
    seconds: Seconds = 1.0
    other_key: Times = 0
    """So many answers are signed with a key that nobody knows."""
    lose: Times = 0
    """So many answers never arrive, though the message was taken."""
    another_person: Times = 0
    """So many answers about a person hold somebody else."""
    down: bool = False
    """Nothing is answered at all, but for management."""


class Faults:
    """The faults of one station."""

    def __init__(self, wait: Callable[[float], None] = time.sleep) -> None:
        self._wait = wait
        self._lock = Lock()
        self._set = Setting()

    @property
    def now(self) -> Setting:
        """How they are set, after what has happened of them."""
        return self._set

    def become(self, setting: Setting) -> None:
        """Set all of them anew; raises `BadRequest` for a code that no peer gives."""
        if setting.code not in WIRE_CODES:
            raise BadRequest("no answer can have this code")
        with self._lock:
            self._set = setting

    def take(self, name: str) -> bool:
        """Whether this fault happens now; it is then one time less."""
        with self._lock:
            left: int = getattr(self._set, name)
            if left:
                self._set = msgspec.structs.replace(self._set, **{name: left - 1})
            return bool(left)

    def hold_back(self) -> None:
        """Wait, if answers are to be late."""
        seconds = self._set.seconds
        if self.take("late"):
            self._wait(seconds)
