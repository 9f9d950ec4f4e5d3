# SPDX-License-Identifier: Apache-2.0
"""Tells whoever started the daemon that it is ready, in systemd's own way.

`sd_notify(3)`: a datagram to the socket named by NOTIFY_SOCKET. Where nobody listens,
nothing is told.
"""

import os
import socket
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Notifier:
    """Sends states to one notification socket, or to none."""

    address: str | None

    @classmethod
    def from_environment(cls) -> "Notifier":
        """The socket that the service manager named."""
        return cls(os.environ.get("NOTIFY_SOCKET"))

    def tell(self, state: str) -> None:
        """Send ``state`` (such as ``READY=1``); a listener that is gone is no fault."""
        if not self.address:
            return
        name = self.address
        if name.startswith("@"):
            name = "\0" + name[1:]
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
                sock.sendto(state.encode(), name)
        except OSError:
            return
