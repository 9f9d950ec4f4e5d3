# SPDX-License-Identifier: Apache-2.0
"""What a listener's links share: settings, the handler, and who is to be told."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from cryptography import x509
from twisted.internet.defer import Deferred

from gateway.services.deadlines import Deadlines
from gateway.services.tls_link import Identify, untrusted_word
from pki.names import StationName
from pki.trust import Identity, Untrusted
from protocols.http import Request


@dataclass(frozen=True, slots=True)
class Answer:
    """What a handler gives back for one request."""

    status: int
    content_type: str
    body: bytes = field(repr=False)


Handler = Callable[[Request, Identity], Deferred[Answer]]

LinkRefused = Callable[[str, str], None]
"""Told who was behind each link or request that is cut off, and the reason."""

Proved = Callable[[Any, StationName], bool]
"""Told that a link is a station's; whether the station may have one more."""

Holds = Callable[[Any, int], None]
"""Told how many bytes of a request that is not whole yet a link holds."""


class NoMessage(StrEnum):
    """Why a proven peer's whole request is not looked at: the word for the record."""

    TARGET = "http_other_target"
    CONTENT_TYPE = "http_other_content_type"
    RECONCILING = "http_no_reconciling"


@dataclass(frozen=True, slots=True)
class ListenerSettings:
    """How many links at once, and how long each step of a link may take."""

    max_connections: int
    idle_seconds: float
    """Between two requests."""
    request_seconds: float
    """From a request's first byte to its last; and for the peer to take an answer."""
    handshake_seconds: float
    """From the TCP connection to a proven peer."""
    max_unproven: int = 256
    """Links at once whose callers have not shown who they are."""
    max_per_station: int = 32
    """Links at once of one station."""
    max_unfinished: int = 128 * 1024 * 1024
    """Bytes of requests that are not whole yet, all links together."""


@dataclass(frozen=True, slots=True)
class LinkHost:
    """What the links of one listener share, and whom they tell."""

    settings: ListenerSettings
    identify: Identify
    handler: Handler
    refused: LinkRefused
    deadlines: Deadlines
    proved: Proved
    holds: Holds

    def objection(self, certificate: x509.Certificate) -> str | None:
        """Why this certificate is not let in, in one word; None: it is."""
        try:
            self.identify(certificate)
        except Untrusted as error:
            return untrusted_word(error)
        return None
