# SPDX-License-Identifier: Apache-2.0
"""Is the record vouched for, so that messages may pass? Asked for each, kept as a word.

Whoever looks at witnesses, time-stamps and the clock (`gateway.services.freshness`)
writes here why nothing may pass; rules and senders read it. Empty, as where neither
witness nor authority is configured, means that they may.
"""


class Vouched:
    """One station's."""

    __slots__ = ("problem",)

    def __init__(self) -> None:
        self.problem = ""
        """Why nothing is sent or taken now, in words for the operator."""

    def __bool__(self) -> bool:
        return not self.problem
