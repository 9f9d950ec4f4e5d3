# SPDX-License-Identifier: Apache-2.0
"""Why a peer gave no answer: a small closed hierarchy, written for the operator.

Each carries ``reason``, one stable word for records. None holds anything of a message.
After any of them the message is still owed: it is offered again, the same bytes.
"""

from typing import ClassVar


class PeerError(Exception):
    """A peer gave no answer to a request. Its heirs say how far it came."""

    code: ClassVar[str] = "SK-T01"
    """The inner code that the record keeps."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        """What was found, in one stable word."""


class PeerUnreachable(PeerError):
    """No link to the peer could be made, or it ended before a byte of the answer.

    The peer may be down, the network or a firewall between may be broken, or the master
    may name an old address. Whether the peer took the request is not known. Check the
    address, then the peer's operator; the outbox tries again by itself.
    """


class PeerUntrusted(PeerError):
    """Whoever answers at the peer's address is not the peer, or may not be trusted.

    Nothing was sent. ``reason`` says what is wrong with its certificate: another
    station, one that the route does not name, expired, revoked, of another authority.
    The peer may have renewed its certificate before the master said so, an address may
    be wrong, or somebody may stand between. Ask the peer's operator by telephone.
    """

    code = "SK-T02"


class PeerRefusesUs(PeerError):
    """The peer ended the TLS link with an alert: it does not accept this station.

    Our certificate may be expired or revoked, or the peer does not know our authority.
    Look at it with ``sekisho pki show``; the peer's operator has the cause on record.
    """

    code = "SK-T05"


class PeerSilent(PeerError):
    """The peer took the request and gave no whole answer in time.

    It may be overloaded, or have failed at this message. Whether it took the message
    over is not known; the same bytes get the same answer later.
    """


class PeerTalksNonsense(PeerError):
    """The peer's address answers, but not with an HTTP answer that is accepted here.

    Another service may stand at that address, or something between rewrites HTTP.
    ``reason`` names the rule of ``protocols/http_events.py`` that it breaks.
    """


class PeerBusy(PeerError):
    """Too many requests wait for this peer already; this one was not sent.

    The peer is slower than the messages for it. Nothing to do unless it stays so.
    """


class PeerClosed(PeerError):
    """This station is stopping; the request was not sent, or its answer not awaited."""


class PeerUnsendable(PeerError):
    """A request of ours cannot be written as HTTP; nothing was sent.

    Its body is above the bound, or the peer's address in the master holds signs that no
    address has. The message or the master must be corrected: trying again is useless.
    """
