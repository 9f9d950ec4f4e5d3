# SPDX-License-Identifier: Apache-2.0
"""Is the station closed because it was restored? Asked for each message.

A station that came back from a backup takes and sends nothing until its peers have told
what it forgot (`gateway.services.reconciling`, which writes here). Where a person
decided to open without the core's word, permits of the time before stay refused: any of
them may have been used here.
"""

from datetime import datetime


class Restored:
    """One station's."""

    __slots__ = ("closed", "forgotten_until")

    def __init__(
        self, *, closed: bool = False, forgotten_until: datetime | None = None
    ) -> None:
        self.closed = closed
        self.forgotten_until = forgotten_until
        """Permits issued until then may have been used here; None: all are known."""

    def may_be_used(self, issued: datetime) -> bool:
        """Whether a permit of that moment may have been used, and this is forgotten."""
        return self.forgotten_until is not None and issued <= self.forgotten_until
