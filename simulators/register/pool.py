# SPDX-License-Identifier: Apache-2.0
"""住民票コード that J-LIS gave this municipality and nobody has yet.

The list comes by way of the CS; a code is taken once and never comes back. Which one is
drawn at random, from the bytes that the register was given.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from simulators.register.errors import EntryRefused, Fault, Rule
from simulators.register.format_checks import code_is_valid
from simulators.register.store import Store
from simulators.store import instant


class Pool:
    """Unused resident record codes."""

    def __init__(
        self,
        store: Store,
        clock: Callable[[], datetime],
        token_bytes: Callable[[int], bytes],
    ) -> None:
        self._store = store
        self._clock = clock
        self._token_bytes = token_bytes

    def receive(self, codes: Iterable[str]) -> int:
        """Take a list of codes; gives how many are left unused.

        Raises `EntryRefused` where one is no code of the simulation, or is known.
        """
        with self._store.transaction():
            for code in codes:
                if not code_is_valid(code):
                    raise EntryRefused(Fault("code", Rule.NUMBER))
                known = self._store.value(
                    "SELECT 1 FROM codes WHERE code = ?1"
                    " UNION SELECT 1 FROM records WHERE code = ?1",
                    code,
                )
                if known:
                    raise EntryRefused(Fault("code", Rule.HELD_BY_ANOTHER))
                self._store.run("INSERT INTO codes (code) VALUES (?)", code)
        return self.left()

    def left(self) -> int:
        """How many are unused."""
        sql = "SELECT count(*) FROM codes WHERE used_at IS NULL"
        found: int = self._store.value(sql)
        return found

    def take(self) -> str:
        """A code that nobody had; raises `EntryRefused` where none is left."""
        left = self.left()
        if not left:
            raise EntryRefused(Fault("resident_record_code", Rule.NO_CODES_LEFT))
        place = int.from_bytes(self._token_bytes(8), "big") % left
        code: str = self._store.value(
            "SELECT code FROM codes WHERE used_at IS NULL ORDER BY code"
            " LIMIT 1 OFFSET ?",
            place,
        )
        self._store.run(
            "UPDATE codes SET used_at = ? WHERE code = ?", instant(self._clock()), code
        )
        return code
