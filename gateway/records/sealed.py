# SPDX-License-Identifier: Apache-2.0
"""Keys of a store: sealing what tells about a person, and tags to find it again.

Every purpose has its own key, derived from the store's key file with HKDF-SHA256 and
a label. A sealed value is AES-256-GCM with a random nonce; table and row are
authenticated with it, so that a value moved to another row does not open. A tag is an
HMAC: equal inputs are found, nothing is read from it.
"""

import hashlib
import hmac
import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gateway.records.errors import StoreDamaged
from gateway.records.month_keys import MonthKeys

KEY_SIZE: Final = 32
NONCE_SIZE: Final = 12
_VERSION: Final = b"\x01"
"""First byte of a sealed value: how it was sealed."""
_LABEL: Final = b"sekisho store v1 "

SEALED_TABLES: Final = (
    "outbox",
    "holds",
    "inquiries",
    "copies",
    "arrivals",
    "identities",
    "identity_history",
    "destinations",
    "loads",
    "submissions",
    "acquisitions",
)
"""The tables that hold sealed values; each has a key of its own."""


class StoreKeys:
    """The keys of one store. Shows none of them."""

    __slots__ = ("_check", "_lookup", "_manifest", "_person", "_seals", "months")

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_SIZE:
            raise ValueError(f"a store key is {KEY_SIZE} bytes")
        self._seals = {
            table: AESGCM(_derive(key, f"seal {table}")) for table in SEALED_TABLES
        }
        self._person = _derive(key, "person tag")
        self._lookup = _derive(key, "copy look-up")
        self._check = _derive(key, "key check")
        self._manifest = _derive(key, "manifest of a backup")
        self.months = MonthKeys(_derive(key, "keys of months"))
        """What records are sealed with; `store_folders` tells where they lie."""

    def __repr__(self) -> str:
        return "StoreKeys(<hidden>)"

    def seal(self, table: str, row: bytes, plain: bytes) -> bytes:
        """``plain``, readable only with this key, in this table and row."""
        nonce = os.urandom(NONCE_SIZE)
        return (
            _VERSION
            + nonce
            + self._seals[table].encrypt(nonce, plain, _bound(table, row))
        )

    def open(self, table: str, row: bytes, sealed: bytes) -> bytes:
        """What was sealed there; raises `StoreDamaged`."""
        start = len(_VERSION) + NONCE_SIZE
        if sealed[:1] != _VERSION or len(sealed) < start:
            raise StoreDamaged(f"a sealed value of {table}")
        try:
            return self._seals[table].decrypt(
                sealed[1:start], sealed[start:], _bound(table, row)
            )
        except InvalidTag:
            raise StoreDamaged(f"a sealed value of {table}") from None

    def person_tag(self, code: str) -> str:
        """The tag under which the record speaks of the subject with this code."""
        return hmac.digest(self._person, code.encode(), "sha256")[:16].hex()

    def lookup_tag(self, kind: str, value: str) -> bytes:
        """The tag under which a copy is found by its code or addressee number."""
        text = f"{kind} {value}".encode()
        return hmac.digest(self._lookup, text, "sha256")

    def manifest_seal(self, plain: bytes) -> str:
        """What nobody without this key can write under a backup's manifest."""
        return hmac.digest(self._manifest, plain, "sha256").hex()

    def check_value(self) -> bytes:
        """Tells whether a store was made with this key, and nothing else."""
        return hashlib.sha256(self._check).digest()


def _derive(key: bytes, label: str) -> bytes:
    info = _LABEL + label.encode()
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(key)


def _bound(table: str, row: bytes) -> bytes:
    return _LABEL + table.encode() + b"\x00" + row
