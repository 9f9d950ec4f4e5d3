# SPDX-License-Identifier: Apache-2.0
"""Every bound of the HTTP carrier, with its reason.

HTTP is only the carrier here: no header and no path has any meaning for security, so
nothing of it needs to be long. What a bound cuts off is refused, never shortened.
"""

from typing import Final

MAX_HEAD: Final = 16 * 1024
"""Bytes of one request or status line with its headers: what common servers allow."""

MAX_HEADERS: Final = 32
"""Headers of one message. curl sends six, a load balancer adds a few."""

MAX_TARGET: Final = 256
"""Bytes of a request target. The longest of ours names one message: under 100."""

MAX_BODY: Final = 2 * 1024 * 1024
"""Bytes of one body: an envelope of the largest payload, nearly twice over."""

MAX_PIPELINED: Final = 16
"""Requests sent ahead of their answers on one connection; each may hold a body."""

MAX_INTERIM: Final = 4
"""Interim (1xx) answers before one answer. A peer needs one; none goes on for ever."""

MAX_REMEMBERED: Final = 128
"""Heads that were read and are kept: a peer's next differs in its length at most."""

METHODS: Final = frozenset({"GET", "POST"})
"""Messages are posted, arrivals and states are got. Nothing else is carried."""
