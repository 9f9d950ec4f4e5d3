# SPDX-License-Identifier: Apache-2.0
"""What requests that are not whole yet may take of memory, all links together.

Each link has a bound of its own; a few stations gone bad, each with as many links as it
may have, would still fill a machine's memory with bodies whose last byte never comes.
When all of it is more than the bound, the link whose request began first is cut off:
who sends to be heard is done within moments, so the oldest is whoever only holds on.
"""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Link = TypeVar("Link", bound=Hashable)


class Unfinished(Generic[Link]):
    """The unfinished requests of one listener."""

    def __init__(self, most: int, cut: Callable[[Link], None]) -> None:
        self._most = most
        self._cut = cut
        self._held: dict[Link, int] = {}
        """Bytes by link, the request that began first before the others."""
        self.bytes = 0

    def holds(self, link: Link, size: int) -> None:
        """A link holds so many bytes now; perhaps another is cut off, or this one."""
        if size == 0:
            if link in self._held:
                self.left(link)
            return
        self.bytes += size - self._held.get(link, 0)
        self._held[link] = size
        while self.bytes > self._most:
            oldest = next(iter(self._held))
            self.left(oldest)
            self._cut(oldest)

    def left(self, link: Link) -> None:
        """A link has ended, or its request is whole."""
        self.bytes -= self._held.pop(link, 0)
