# SPDX-License-Identifier: Apache-2.0
"""Tells whoever started the daemon how it stands, in systemd's own way.

`sd_notify(3)`: a datagram to the socket named by NOTIFY_SOCKET, a path or an abstract
name. Where nobody listens, nothing is told. READY when every listener is open,
RELOADING while certificates are read again, STOPPING when the end begins, and between
them WATCHDOG in half the time that the service manager allows, as long as the reactor
turns: what hangs is so ended and started anew.
"""

import os
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass

SOCKET = "NOTIFY_SOCKET"
PATIENCE = 1.0
"""Seconds that a busy service manager may let us wait."""


@dataclass(frozen=True, slots=True)
class Notifier:
    """Sends states to one notification socket, or to none."""

    address: str | None
    watchdog_seconds: float = 0.0
    """How often WATCHDOG is told; 0: nobody waits for it."""

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str] = os.environ
    ) -> "Notifier":
        """The socket that the service manager named, and how patient it is."""
        return cls(environment.get(SOCKET), _watchdog(environment))

    def ready(self, status: str) -> None:
        """Every station is at work."""
        self.tell("READY=1", f"STATUS={status}")

    def reloading(self) -> None:
        """Files are being read again; `ready` follows."""
        micros = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self.tell("RELOADING=1", f"MONOTONIC_USEC={micros}")

    def stopping(self) -> None:
        """Nothing new is taken any more."""
        self.tell("STOPPING=1", "STATUS=finishing what is in flight")

    def watchdog(self) -> None:
        """The reactor turns."""
        self.tell("WATCHDOG=1")

    def tell(self, *states: str) -> None:
        """Send states (such as ``READY=1``); a listener that is gone is no fault."""
        if not self.address:
            return
        name = self.address
        if name.startswith("@"):
            name = "\0" + name[1:]
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
                sock.settimeout(PATIENCE)
                sock.sendto("\n".join(states).encode(), name)
        except OSError:
            return


def _watchdog(environment: Mapping[str, str]) -> float:
    """Half of what `sd_watchdog_enabled(3)` gives; 0 if it is not for this process."""
    pid = environment.get("WATCHDOG_PID", str(os.getpid()))
    micros = environment.get("WATCHDOG_USEC", "")
    if pid != str(os.getpid()) or not (micros.isascii() and micros.isdigit()):
        return 0.0
    return int(micros) / 2_000_000
