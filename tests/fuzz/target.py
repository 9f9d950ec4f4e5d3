# SPDX-License-Identifier: Apache-2.0
"""What a target is: bytes in, a value or the room's own error out, nothing else.

`Target.take` returns in silence where the parser kept its promise. It raises `Broken`
where the promise was not kept: another error, an error that quotes at length, too much
time, or a value that is not what its bytes say. A foreign error comes out as it is.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from time import thread_time
from typing import Any, Final

SECONDS: Final = 1.0
"""Of processor time for one input, under instrumentation and on a slow machine."""
LONGEST_TEXT: Final = 2000
"""Characters of an error: it goes into a log line."""


class Broken(AssertionError):
    """A parser did not keep its promise."""


def nothing(data: bytes, value: Any) -> None:
    """No more is promised of the value."""


@dataclass(frozen=True, slots=True)
class Target:
    """One parser."""

    name: str
    read: Callable[[bytes], Any]
    refuses: tuple[type[Exception], ...]
    """The errors that the room documents for these bytes; exactly these classes."""
    seeds: Callable[[], Iterable[bytes]] = field(repr=False)
    holds: Callable[[bytes, Any], None] = nothing
    """What is true of every value that comes out."""
    longest: int = 4096
    der: bool = False
    """Whether the bytes are DER, so that changes keep their lengths right."""
    words: tuple[bytes, ...] = ()
    """Words of the format that a fuzzer would be long in finding."""

    def take(self, data: bytes) -> bool:
        """Whether the bytes were accepted."""
        begun = thread_time()
        try:
            value = self.read(data)
        except self.refuses as refused:
            self._look_at(refused)
            accepted = False
        else:
            self.holds(data, value)
            accepted = True
        spent = thread_time() - begun
        if spent > SECONDS:
            raise Broken(f"{self.name}: {len(data)} bytes took {spent:.1f} s")
        return accepted

    def _look_at(self, refused: Exception) -> None:
        if type(refused) not in self.refuses:
            raise Broken(f"{self.name}: {type(refused).__name__} is another's error")
        if len(str(refused)) > LONGEST_TEXT:
            raise Broken(f"{self.name}: an error of {len(str(refused))} characters")


def same(name: str, one: object, other: object) -> None:
    """Raises `Broken` unless the two are equal; says nothing of what they are."""
    if one != other:
        raise Broken(f"{name}: read and written again it is another")
