# SPDX-License-Identifier: Apache-2.0
"""What a listener's links share: settings, the handler, and who is to be told."""

from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography import x509
from twisted.internet.defer import Deferred

from gateway.services.deadlines import Deadlines
from gateway.services.tls_link import Identify, untrusted_word
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
"""Told the source and the reason of each link or request that is cut off."""


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


@dataclass(frozen=True, slots=True)
class LinkHost:
    """What the links of one listener share, and whom they tell."""

    settings: ListenerSettings
    identify: Identify
    handler: Handler
    refused: LinkRefused
    deadlines: Deadlines

    def objection(self, certificate: x509.Certificate) -> str | None:
        """Why this certificate is not let in, in one word; None: it is."""
        try:
            self.identify(certificate)
        except Untrusted as error:
            return untrusted_word(error)
        return None
