# SPDX-License-Identifier: Apache-2.0
"""What can go wrong in reading what a peer sent. Nothing else leaves this room."""


class ProtocolError(Exception):
    """A peer sent what the protocol forbids. The code says which rule it broke."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
        """The inner code, a key of `protocols.refusals.REFUSALS`."""


class Unreadable(ProtocolError):
    """A message could not be opened, verified or parsed.

    The peer learns one coarse code whatever the cause; the record holds this one.
    """


class Refused(ProtocolError):
    """A readable message breaks a rule; its sender may know which."""


class AnswerInvalid(ProtocolError):
    """An answer is unsigned, signed by another, or answers something else.

    It has no effect: the message counts as unanswered and is offered again.
    """
