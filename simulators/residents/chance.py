# SPDX-License-Identifier: Apache-2.0
"""Chance that is the same on every machine and in every year.

Only ``random()`` of a generator seeded with text is used: Python promises that this
sequence stays from version to version, and promises it of no other method.
"""

import random
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import accumulate
from typing import Generic, TypeVar

T = TypeVar("T")


class Weighted(Generic[T]):
    """Options of which some are likelier: whole weights, so that sums are exact."""

    __slots__ = ("options", "sums")

    def __init__(self, pairs: Iterable[tuple[T, int]]) -> None:
        fixed = tuple(pairs)
        self.options: tuple[T, ...] = tuple(option for option, _ in fixed)
        self.sums: tuple[int, ...] = tuple(accumulate(weight for _, weight in fixed))


class Dice:
    """Draws that follow from a text."""

    __slots__ = ("_random",)

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed).random

    def chance(self, probability: float) -> bool:
        """True in this share of the draws."""
        return self._random() < probability

    def between(self, least: int, most: int) -> int:
        """A whole number; both ends can come out."""
        return least + int(self._random() * (most - least + 1))

    def day(self, first: date, last: date) -> date:
        """A day; both ends can come out."""
        return first + timedelta(days=self.between(0, (last - first).days))

    def pick(self, options: Sequence[T]) -> T:
        """One of the options, all equally likely."""
        return options[self.between(0, len(options) - 1)]

    def weighted(self, choice: Weighted[T]) -> T:
        """One of the options, by weight."""
        drawn = self.between(0, choice.sums[-1] - 1)
        return choice.options[bisect_right(choice.sums, drawn)]
