# SPDX-License-Identifier: Apache-2.0
"""What can go wrong at a simulated peer, as its user reads it."""

from protocols.refusals import REFUSALS


class PeersError(Exception):
    """Something of a simulated peer does not work; the text says what to mend."""


class StoreFault(PeersError):
    """A peer's file cannot be used.

    It is another program's, others than its owner may read it, or another process has
    held it for too long. Look at its owner and mode (0600), or start in a new folder.
    """


class WrongRealm(PeersError):
    """The master of this network is not a simulation's.

    A simulated peer invents numbers and keeps what it is sent in the open. It works
    with the simulation's numbers only: take a network made with ``test = true``.
    """


class BadRequest(PeersError):
    """What was asked of the management API is not understood; nothing was done."""


class NotTaken(Exception):
    """A message breaks a rule of its system: it is refused with ``code``.

    Raised before anything of it is kept. The code is one of the protocol's table.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code, REFUSALS[code].en)
        self.code = code
