# SPDX-License-Identifier: Apache-2.0
"""How far a stream of residents is, in words: for a city that takes minutes."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeAlias

from simulators.residents import Resident

Say: TypeAlias = Callable[[str], object]
MANY: Final = 20_000
"""Of fewer nothing is said."""
PARTS: Final = 10


def shown(
    residents: Iterable[Resident], of: int, what: str, say: Say
) -> Iterator[Resident]:
    """The same stream; a line for each tenth of it, as it passes."""
    told = tenths(of, what, say)
    for number, one in enumerate(residents, 1):
        yield one
        told(number)


def tenths(of: int, what: str, say: Say) -> Callable[[int], None]:
    """To be told how many are done: it says a line for each tenth."""
    said = 0

    def told(done: int) -> None:
        nonlocal said
        if of >= MANY and done * PARTS // of > said:
            said = done * PARTS // of
            say(f"  {what}: {done:,} of {of:,}")

    return told
