# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 as the carrier of messages, without a socket: the door to its modules.

Law: one plain POST or GET, its length said once, its answer likewise; everything that
two readers of HTTP have ever read differently is refused. Bytes in pieces, whole or
many messages at once give the same events. Nothing that HTTP says (path, header,
status) is believed by any check of a message: what counts is signed.
"""

from protocols.http_client import ClientConnection
from protocols.http_events import (
    ClientEvent,
    Closed,
    ContinueExpected,
    HttpFault,
    HttpRefused,
    Request,
    Response,
    ServerEvent,
)
from protocols.http_server import CONTINUE, ServerConnection

__all__ = [
    "CONTINUE",
    "ClientConnection",
    "ClientEvent",
    "Closed",
    "ContinueExpected",
    "HttpFault",
    "HttpRefused",
    "Request",
    "Response",
    "ServerConnection",
    "ServerEvent",
]
