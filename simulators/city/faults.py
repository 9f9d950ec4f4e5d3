# SPDX-License-Identifier: Apache-2.0
"""Faults on demand: what the real systems never show when somebody is looking.

A fault is set for a number of times and then gone. Who receives from a faulty system
has to find it out; the faulty system itself notes that it was made to fail.
"""

from collections import Counter
from enum import Enum


class Fault(Enum):
    """How a system can be made to fail."""

    DOWN = "down"
    """It does nothing and gives no answer."""
    ANSWER_LOST = "answer lost"
    """It does what it is asked; its answer does not arrive."""
    FORGETS = "forgets"
    """It says that it has taken over, and keeps nothing."""
    ANOTHERS_ANSWER = "another's answer"
    """It answers with what it answered the time before, whoever that was about."""
    SENDS_TWICE = "sends twice"
    """It hands a message out again after it was delivered."""
    NEWEST_FIRST = "newest first"
    """It hands out what it owes in the wrong order."""


class Faults:
    """The faults that wait to happen."""

    def __init__(self) -> None:
        self._left: Counter[Fault] = Counter()

    def set(self, fault: Fault, times: int = 1) -> None:
        """Let it happen the next so many times; 0 takes it back."""
        self._left[fault] = times

    def waiting(self) -> dict[str, int]:
        """What will happen, and how often."""
        return {fault.value: times for fault, times in self._left.items() if times}

    def happens(self, fault: Fault) -> bool:
        """Whether it happens now; then it is one time less."""
        if self._left[fault] < 1:
            return False
        self._left[fault] -= 1
        return True
