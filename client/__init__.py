# SPDX-License-Identifier: Apache-2.0
"""Ways in for existing systems: a library, a file drop, a batch inquiry.

They stand on the pillars alone and speak to a station's inside listener as any system
would: plain XML over mutual TLS, no cryptography of their own (docs/inside.md).
"""

from client.errors import (
    BadParameter,
    InsideError,
    NotAdmitted,
    NotBelieved,
    NotInTime,
    NotReached,
    NotUnderstood,
    Refused,
    SettingsRefused,
    TooLarge,
    Unavailable,
    Unknown,
)
from client.inside import Inside
from client.settings import Station, station_of
from client.values import Arrival, Ended, HandedIn

__all__ = [
    "Arrival",
    "BadParameter",
    "Ended",
    "HandedIn",
    "Inside",
    "InsideError",
    "NotAdmitted",
    "NotBelieved",
    "NotInTime",
    "NotReached",
    "NotUnderstood",
    "Refused",
    "SettingsRefused",
    "Station",
    "TooLarge",
    "Unavailable",
    "Unknown",
    "station_of",
]
