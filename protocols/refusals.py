# SPDX-License-Identifier: Apache-2.0
"""The closed list of refusals: what the record says, what the peer is told.

Three classes (docs/protocol.md, section 8). *Link*: the TLS alert is all that the
peer sees. *Unreadable*: every cause has the one wire code ``SK-U00``. *Readable*:
the inner code is the wire code. What is *local* never leaves the station's own
organisation. The rows stand in ``refusals.toml``, read once when this module is
imported; a new one is a change of the protocol.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from importlib.resources import files
from typing import Any, Final

UNREADABLE_WIRE: Final = "SK-U00"
"""The one code for whatever cannot be opened, verified or parsed."""


class RefusalClass(Enum):
    """How much of a refusal its cause may know."""

    LINK = "link"
    UNREADABLE = "unreadable"
    READABLE = "readable"
    LOCAL = "local"
    """Never on the wire: why a station did not send, or gave up."""


ON_THE_WIRE: Final = frozenset({RefusalClass.UNREADABLE, RefusalClass.READABLE})
"""The classes of which a peer is told a code."""


class Cause(Enum):
    """Who may bring about a refusal, as seen from the station that records it."""

    STRANGER = "stranger"
    PEER = "peer"
    REQUESTER = "requester"
    PROVIDER = "provider"
    CORE = "core"
    OWN_SYSTEM = "own_system"
    THIS_STATION = "this_station"
    OPERATOR = "operator"
    LINE = "line"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One row: a code with its rules, its words and what to do about it."""

    code: str
    kind: RefusalClass
    rules: tuple[str, ...]
    """The rules of the source document that it keeps (`R-…`), or the RFC. The first
    is the one that a peer is told."""
    retry: bool
    """Whether the same bytes may be offered again with a hope of success."""
    causes: tuple[Cause, ...]
    en: str
    ja: str
    mend: str
    """What the sender can do, in one sentence."""
    mend_ja: str
    operator: str
    """What the operator of the station that has it on record can do."""
    operator_ja: str

    @property
    def rule(self) -> str:
        """The rule that a peer is told."""
        return self.rules[0]

    @property
    def wire(self) -> str:
        """The code that a peer is told."""
        if self.kind is RefusalClass.UNREADABLE:
            return UNREADABLE_WIRE
        return self.code


def read_row(code: str, texts: dict[str, Any]) -> Refusal:
    return Refusal(
        code=code,
        kind=RefusalClass(texts.pop("kind")),
        rules=tuple(texts.pop("rules")),
        causes=tuple(Cause(one) for one in texts.pop("causes")),
        **texts,
    )


def _table() -> dict[str, Refusal]:
    text = files("protocols").joinpath("refusals.toml").read_text("utf-8")
    return {code: read_row(code, row) for code, row in tomllib.loads(text).items()}


REFUSALS: Final[Mapping[str, Refusal]] = _table()
"""All refusals by inner code, in the order of the table."""


def refusal(code: str) -> Refusal:
    """The row of ``code``, also of the wire code that a peer may have told.

    A code that is not in the table is our own fault.
    """
    return REFUSALS[code]
