# SPDX-License-Identifier: Apache-2.0
"""The key of one month: seals what records of it say, and makes tags of persons.

Two keys are derived from it. One seals content and evidence (AES-256-GCM with a random
nonce, bound to the record's id), one makes tags (HMAC).
"""

import hmac
import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gateway.records.errors import StoreDamaged
from gateway.records.months import Month

KEY_SIZE: Final = 32
NONCE_SIZE: Final = 12
TAG_SIZE: Final = 16
CONTENT: Final = b"content"
EVIDENCE: Final = b"evidence"
"""The two parts of a record that are sealed."""
LABEL: Final = b"sekisho month v1 "
_VERSION: Final = b"\x01"
"""First byte of a sealed value: how it was sealed."""


class MonthKey:
    """The key of one month. Shows nothing of it."""

    __slots__ = ("_seal", "_tag", "begins", "ends")

    def __init__(self, month: Month, key: bytes) -> None:
        self.begins, self.ends = month.span()
        """Of the month, as columns."""
        self._seal = AESGCM(_derive(key, b"seal"))
        self._tag = hmac.new(_derive(key, b"person tag"), digestmod="sha256")
        """Copied for each tag: the key is not taken in anew."""

    def __repr__(self) -> str:
        return "MonthKey(<hidden>)"

    def __eq__(self, other: object) -> bool:
        """Whether it is the same key."""
        return isinstance(other, MonthKey) and hmac.compare_digest(
            self._tag.digest(), other._tag.digest()
        )

    def __hash__(self) -> int:
        return hash(self.begins)

    def seal(self, record_id: bytes, what: bytes, plain: bytes) -> bytes:
        """``plain``, readable only with this key, as that part of that record."""
        nonce = os.urandom(NONCE_SIZE)
        bound = LABEL + what + record_id
        return _VERSION + nonce + self._seal.encrypt(nonce, plain, bound)

    def open(self, record_id: bytes, what: bytes, sealed: bytes) -> bytes:
        """What was sealed there; raises `StoreDamaged`."""
        if not isinstance(sealed, bytes) or sealed[:1] != _VERSION:
            raise StoreDamaged("the sealed part of a record")
        nonce, rest = sealed[1 : 1 + NONCE_SIZE], sealed[1 + NONCE_SIZE :]
        try:
            return self._seal.decrypt(nonce, rest, LABEL + what + record_id)
        except (InvalidTag, ValueError):
            raise StoreDamaged("the sealed part of a record") from None

    def tag(self, store_tag: str) -> str:
        """What a record of this month calls the person whom the store calls so."""
        made = self._tag.copy()
        made.update(bytes.fromhex(store_tag))
        return made.hexdigest()[: 2 * TAG_SIZE]


def _derive(key: bytes, label: bytes) -> bytes:
    info = LABEL + label
    return HKDF(algorithm=SHA256(), length=KEY_SIZE, salt=None, info=info).derive(key)
