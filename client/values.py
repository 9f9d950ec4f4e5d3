# SPDX-License-Identifier: Apache-2.0
"""What a station tells one of its organisation's systems, as values."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class HandedIn:
    """Something that the station took."""

    submission: bytes
    """The id that this system chose for it."""
    message_id: bytes | None = None
    """By which the station knows the message; None where none leaves."""
    processing_number: bytes | None = None
    """Of the linkage transaction (処理通番); None where it is none."""
    answer: bytes | None = field(default=None, repr=False)
    """What was answered at once, a payload."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of something that was handed in."""

    state: str
    """`answered` (at once), `accepted` (nothing follows), or as the station says:
    `delivered`, `refused`, `expired`, `withdrawn`, `given_up`; of inquiries `provided`,
    `refused`, `lapsed`."""
    code: str
    """Why it was refused, where that is so."""
    answer: bytes | None = field(default=None, repr=False)
    """The payload that came back; None if none did."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Something that waits at the station for this system."""

    message_id: bytes
    message_type: str
    sender: str
    """organisation/role"""
