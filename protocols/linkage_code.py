# SPDX-License-Identifier: Apache-2.0
"""The subject's linkage code (符号): one person, another code at every organisation.

Law: 番号法第21条の2. Only the core system makes and translates codes, under a key that
never leaves it. A code is one AES block:

    code = AES(key, person id (8 bytes) || SHA-256("sekisho code" || organisation)[:8])

so the core turns one organisation's code into another's without a table, while two
organisations that lay their codes side by side cannot tell whom they share. The way of
the real network is not public; this one is ours, after published descriptions of it
(an id and the organisation's code, enciphered together).

The person id is the resident record code as a number: no two people share one, the core
keeps no list of people, and the same person gets the same code whoever asks, and when.
Whoever holds the key can read it back; with a code of ten free digits that would be so
with any way of making ids. Whose resident record code changes is to the core somebody
new: every organisation gets a code anew.

An invented code passes as some person's with a chance of 1 in 2**64 for each try; the
person it then names need not exist. Single-block ECB is right here and nowhere else:
every block is distinct, and equal input must give an equal code.
"""

import hashlib
import hmac
import re
from functools import lru_cache
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from protocols.errors import Refused

_KEY_SIZES: Final = (16, 32)
_HALF: Final = 8
"""Bytes of the person id, and of the organisation's mark."""
_LABEL: Final = b"sekisho code"
_CODE: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)


class UnknownCode(Refused):
    """A linkage code is not one that this core made for that organisation.

    The requester may hold a code of another organisation, of another core or of an
    older key, or may be guessing. Nothing was looked up. The requester acquires the
    code anew for this person; many such refusals from one station deserve a look.
    """

    def __init__(self) -> None:
        super().__init__("SK-K01")


class CodeMaker:
    """Makes and translates codes under one key of 16 or 32 bytes."""

    __slots__ = ("_decrypt", "_encrypt")

    def __init__(self, key: bytes) -> None:
        """Raises ValueError where the key has another length."""
        if len(key) not in _KEY_SIZES:
            raise ValueError("a linkage code key has 16 or 32 bytes")
        cipher = Cipher(algorithms.AES(key), modes.ECB())
        # A code is one block: these contexts keep nothing from one to the next.
        self._encrypt = cipher.encryptor().update
        self._decrypt = cipher.decryptor().update

    def code(self, person_id: int, organisation: str) -> str:
        """The code of ``person_id`` at ``organisation``, 32 small hexadecimal digits.

        Raises ValueError where the id does not fit into 64 bits. Whether such a
        person or organisation exists is not asked.
        """
        if not 0 <= person_id < 1 << (8 * _HALF):
            raise ValueError("a person id is a whole number of 64 bits")
        return self._code(person_id.to_bytes(_HALF, "big"), organisation)

    def issue(self, resident_record_code: str, organisation: str) -> str:
        """The code at ``organisation`` of the person with that resident record code.

        Whether its check digit is right, and whether anybody has it, is not asked.
        Raises ValueError where it is no number.
        """
        return self.code(person_id(resident_record_code), organisation)

    def translate(self, code: str, from_organisation: str, to_organisation: str) -> str:
        """The same person's code at another organisation; raises `UnknownCode`.

        The comparison takes the same time wherever it fails.
        """
        if _CODE.fullmatch(code) is None:
            raise UnknownCode
        block = self._decrypt(bytes.fromhex(code))
        if not hmac.compare_digest(block[_HALF:], _mark(from_organisation)):
            raise UnknownCode
        return self._code(block[:_HALF], to_organisation)

    def _code(self, person: bytes, organisation: str) -> str:
        return self._encrypt(person + _mark(organisation)).hex()


def person_id(resident_record_code: str) -> int:
    """What the core calls the person; it leaves the core enciphered alone."""
    return int(resident_record_code)


@lru_cache(maxsize=4096)
def _mark(organisation: str) -> bytes:
    return hashlib.sha256(_LABEL + organisation.encode()).digest()[:_HALF]
