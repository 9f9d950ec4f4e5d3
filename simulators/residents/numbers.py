# SPDX-License-Identifier: Apache-2.0
"""The numbers of a fictional person, from the seed and the person's serial.

Each kind of number is a keyed shuffle of the serials: two serials never share a
number, nothing has to be remembered to keep it so, and person 300,000 is made without
the 299,999 before. The way from a resident record code to an individual number is not
public in reality; here the two are independent shuffles.

All carry the simulation's check digits (`protocols.identifiers.Realm`). The shuffles
keep a laptop's town tidy; they are no cipher.
"""

import hashlib
from typing import Final

from protocols.identifiers import (
    Realm,
    make_individual_number,
    make_resident_record_code,
)

_ROUNDS: Final = 4
"""Rounds of the shuffle: enough that neighbours share no visible pattern."""

SERIALS: Final = 10**10
"""Serials are below this: a resident record code has ten digits to shuffle."""


class Shuffle:
    """A permutation of the whole numbers below ``left * right``.

    A Feistel network whose halves are digits of two bases: each round adds to one
    half a keyed hash of the other, so each can be undone and no two inputs meet.
    """

    __slots__ = ("_keyed", "_left", "_right")

    def __init__(self, key: str, left: int, right: int) -> None:
        digest = hashlib.sha256(key.encode()).digest()
        self._keyed = hashlib.blake2b(key=digest, digest_size=8)
        self._left = left
        self._right = right

    def __call__(self, number: int) -> int:
        left, right = divmod(number, self._right)
        for turn in range(0, _ROUNDS, 2):
            left = (left + self._hash(turn, right)) % self._left
            right = (right + self._hash(turn + 1, left)) % self._right
        return left * self._right + right

    def _hash(self, turn: int, half: int) -> int:
        keyed = self._keyed.copy()
        keyed.update(b"%d:%d" % (turn, half))
        return int.from_bytes(keyed.digest(), "big")


class Numbers:
    """All numbers of one seed. A serial outside the range is our own fault."""

    __slots__ = ("_addressee", "_individual", "_record_code")

    def __init__(self, seed: str) -> None:
        self._individual = Shuffle(f"{seed}:individual number", 10**5, 10**6)
        self._record_code = Shuffle(f"{seed}:record code", 10**5, 10**5)
        self._addressee = Shuffle(f"{seed}:addressee", 10**7, 10**8)

    def individual_number(self, serial: int) -> str:
        """個人番号, twelve digits."""
        body = f"{self._individual(serial):011d}"
        return make_individual_number(body, Realm.SIMULATION)

    def resident_record_code(self, serial: int) -> str:
        """住民票コード, eleven digits."""
        body = f"{self._record_code(serial):010d}"
        return make_resident_record_code(body, Realm.SIMULATION)

    def addressee_number(self, serial: int) -> str:
        """団体内統合宛名番号, fifteen digits."""
        return f"{self._addressee(serial):015d}"
