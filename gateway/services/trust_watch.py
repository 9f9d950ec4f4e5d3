# SPDX-License-Identifier: Apache-2.0
"""Looks again at whom this station believes, and cuts the links of all others.

Comes in rounds, `timing.trust_every` apart. Each reads the revocation list if its file
has changed, then has every link that stands looked at again, ours to peers and theirs
to us: a peer whose certificate was revoked or has ended since the handshake is cut off
within that time, whatever its link is doing. Where the list itself is out of time
nobody is believed, and every link goes. A message on its way over such a link is still
owed, and its answer never left: the same bytes again, later, are the same message.
"""

from collections.abc import Callable, Iterable
from typing import Protocol

from gateway.services.revocation import Revocation


class Standing(Protocol):
    """Whoever has links."""

    def look_again(self) -> None:
        """Cut those whose other end is believed no more."""


class TrustWatch:
    """One station's."""

    def __init__(
        self, revocation: Revocation, standing: Callable[[], Iterable[Standing]]
    ) -> None:
        self._revocation = revocation
        self._standing = standing

    async def look(self) -> None:
        """One round."""
        await self._revocation.look()
        for one in tuple(self._standing()):
            one.look_again()
