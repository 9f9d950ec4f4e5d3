# SPDX-License-Identifier: Apache-2.0
"""What one look at a station's health gives: a name, a state, a sentence."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """What became of a check."""

    OK = "ok"
    WARNING = "warning"
    FAILING = "failing"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    state: State
    said: str
    """What was found and, where it is not well, what to do."""
