# SPDX-License-Identifier: Apache-2.0
"""What comes out of an HTTP connection: messages, two signs, or one refusal.

Bodies are hidden from ``repr``: inside an organisation they are plain payloads.
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from protocols.errors import ProtocolError


@dataclass(frozen=True, slots=True)
class Request:
    """One whole request."""

    method: str
    target: str
    content_type: str
    """As sent, outer spaces taken off; empty where the sender gave none."""
    body: bytes = field(repr=False)
    keep_alive: bool
    """Whether the sender may send another request on this connection."""


@dataclass(frozen=True, slots=True)
class Response:
    """One whole answer."""

    status: int
    content_type: str
    body: bytes = field(repr=False)
    keep_alive: bool
    """Whether another request may be sent on this connection."""


@dataclass(frozen=True, slots=True)
class ContinueExpected:
    """The sender of the next request waits for `CONTINUE` before it sends the body.

    To be written in the order of events: after the answers to earlier requests.
    """


@dataclass(frozen=True, slots=True)
class Closed:
    """The other end closed between two messages, as it may at any time."""


ServerEvent = Request | ContinueExpected | Closed
ClientEvent = Response | Closed


class HttpFault(Enum):
    """What is wrong with an HTTP message: status for the sender, reason for the record.

    The reasons are stable: records and counters hold them.
    """

    status: int
    reason: str

    BAD_LENGTH = (400, "bad_length")
    BAD_TARGET = (400, "bad_target")
    BARE_NEWLINE = (400, "bare_newline")
    BYTES_AFTER_CLOSE = (400, "bytes_after_close")
    CUT_SHORT = (400, "cut_short")
    FOLDED_HEADER = (400, "folded_header")
    FORBIDDEN_BYTE = (400, "forbidden_byte")
    HOST_NOT_ONE = (400, "host_not_one")
    MALFORMED = (400, "malformed")
    REPEATED_HEADER = (400, "repeated_header")
    TOO_MANY_WAITING = (400, "too_many_waiting")
    UNEXPECTED_BODY = (400, "unexpected_body")
    UPGRADE = (400, "upgrade")
    NO_LENGTH = (411, "no_length")
    BODY_TOO_LARGE = (413, "body_too_large")
    TARGET_TOO_LONG = (414, "target_too_long")
    EXPECTATION = (417, "expectation")
    HEAD_TOO_LARGE = (431, "head_too_large")
    TOO_MANY_HEADERS = (431, "too_many_headers")
    UNSENDABLE = (500, "unsendable")
    METHOD = (501, "method")
    TRANSFER_ENCODING = (501, "transfer_encoding")
    BAD_STATUS = (502, "bad_status")
    TOO_MANY_INTERIM = (502, "too_many_interim")
    UNASKED_ANSWER = (502, "unasked_answer")
    VERSION = (505, "version")

    def __init__(self, status: int, reason: str) -> None:
        self.status = status
        self.reason = reason


class HttpRefused(ProtocolError):
    """The other end of a connection spoke HTTP that is not accepted here.

    Its software may be too free with HTTP, something between may have rewritten the
    message, or somebody may be trying. The connection is dead; nothing of the message
    was used. ``reason`` names the rule: send one plain HTTP/1.1 message with one
    Content-Length, within the bounds of ``protocols/http_limits.py``.
    """

    def __init__(self, fault: HttpFault, before: tuple[Any, ...] = ()) -> None:
        super().__init__("SK-L09")
        self.fault = fault
        self.before = before
        """Events that were whole before the fault, in the same bytes: they stand."""

    def __str__(self) -> str:
        return f"{self.status} {self.reason}"

    @property
    def status(self) -> int:
        """What a sender may be told."""
        return self.fault.status

    @property
    def reason(self) -> str:
        """One stable word for records and counters."""
        return self.fault.reason
