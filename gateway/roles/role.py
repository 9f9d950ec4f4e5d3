# SPDX-License-Identifier: Apache-2.0
"""What every role can do: act on a message, on an answer, on a failure.

The runtime and the sender know roles only by this; `gateway.daemon` chooses.
"""

from datetime import datetime
from typing import Protocol

from gateway.outcome import Admitted, Case, Held
from gateway.records.rows import Outgoing
from gateway.roles.plan import Plan
from protocols.envelope import Opened


class Role(Protocol):
    """One role's decisions. Pure: they read the station and change nothing."""

    def admit(self, outcome: Admitted | Held, body: bytes) -> Plan:
        """A peer's message passed its checks; ``body`` is its envelope."""

    def person_tag(self, case: Case) -> str:
        """The tag of whom a message speaks of, also of one that is refused.

        Empty where it speaks of nobody, of many, or of whom cannot be told yet.
        """

    def receipted(self, outgoing: Outgoing, now: datetime) -> Plan:
        """A peer took over a message of ours."""

    def replied(self, outgoing: Outgoing, reply: Opened, now: datetime) -> Plan:
        """A peer answered a message of ours at once.

        Raises `XmlRefused` where the reply's payload is not what its type says.
        """

    def failed(self, outgoing: Outgoing, code: str, now: datetime) -> Plan:
        """A message of ours was refused for good, or its time ran out."""

    def before_sending(self, outgoing: Outgoing, now: datetime) -> Plan | None:
        """Looked at before every delivery attempt: None lets it go.

        A plan takes it back instead: the outbox row is withdrawn with it.
        """
