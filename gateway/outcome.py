# SPDX-License-Identifier: Apache-2.0
"""What becomes of a message that was offered: four situations, four types.

Each carries the verdict of every check that was made, in order, so that the record
can tell the whole path later.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gateway.records.copies import Copy
from gateway.view import StationView
from pki.trust import Identity
from protocols.envelope import Opened
from protocols.permit import Permit
from protocols.route import Route


@dataclass(frozen=True, slots=True)
class Verdict:
    """One check: the rule it keeps, its name, and whether it passed."""

    rule: str
    check: str
    passed: bool

    row: tuple[str, str, str] = field(init=False, compare=False, repr=False)
    """The verdict as the record keeps it."""

    def __post_init__(self) -> None:
        outcome = "passed" if self.passed else "refused"
        object.__setattr__(self, "row", (self.rule, self.check, outcome))


@dataclass(slots=True)
class Case:
    """A readable message on its way through the checks, and what they found out.

    The one value here that changes: it belongs to one walk, and each check that reads
    something writes it down for those after it.
    """

    opened: Opened
    identity: Identity
    """Who stands at the other end of the TLS link."""
    now: datetime
    station: StationView = field(repr=False)
    value: Any = field(default=None, repr=False)
    """The payload, read into the message's own frozen type."""
    permit: Permit | None = None
    permit_bytes: bytes = field(default=b"", repr=False)
    route: Route | None = None
    route_bytes: bytes = field(default=b"", repr=False)
    copy: Copy | None = field(default=None, repr=False)
    """Provider: what is held of the subject, read once for this message."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """Every check passed: the role may act on it."""

    case: Case
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """Every check passed, but a person must look before anything leaves."""

    case: Case
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class Repeated:
    """The same bytes as before: they get the same answer, and nothing else happens."""

    opened: Opened
    answer: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """A check said no, or the message could not be read at all."""

    code: str
    verdicts: tuple[Verdict, ...]
    opened: Opened | None = None
    """None where the message was unreadable."""
    case: Case | None = None


Outcome = Admitted | Held | Repeated | Refused
