# SPDX-License-Identifier: Apache-2.0
"""Random bytes from the operating system, fetched a page at a time.

A message needs some ten small random values, and each call into the kernel costs more
than the value. What was handed out is forgotten; a child process makes a pool of its
own, because a fork would otherwise copy what is still to be handed out.
"""

import os

PAGE = 4096
"""Bytes of one fetch."""


_forks = 0
"""How often this process came out of a fork."""


def _forked() -> None:
    global _forks
    _forks += 1


os.register_at_fork(after_in_child=_forked)


class Entropy:
    """`os.urandom` with fewer calls. For one thread of one process."""

    __slots__ = ("_forks", "_page", "_used")

    def __init__(self) -> None:
        self._page = b""
        self._used = 0
        self._forks = _forks

    def __call__(self, size: int) -> bytes:
        """``size`` fresh random bytes."""
        end = self._used + size
        if end > len(self._page) or self._forks != _forks:
            if size > PAGE:
                return os.urandom(size)
            self._page, self._used, end = os.urandom(PAGE), 0, size
            self._forks = _forks
        found = self._page[self._used : end]
        self._used = end
        return found
