# SPDX-License-Identifier: Apache-2.0
"""The limit of a path: its bare cryptography, one operation after the other.

A recipe lists every operation that the protocol requires of the station, with its real
size; here each is timed alone, as the library gives it, and the recipe summed. What
nobody can leave out is the limit; what the gateway needs beyond it is its own doing.

Left out, so that the limit is rather too high: TLS records, the encryption at rest,
and everything that a station may remember (chains, the signature of a route).
Processor time is measured and not the clock on the wall, because other programs may
want the same core meanwhile.
"""

import hashlib
import os
import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap, aes_key_wrap

ATTRIBUTES: Final = 178
"""Bytes of the signed attributes that a signature covers."""
HEADER: Final = 236
"""Bytes of a message's header, whose digest the signed attributes carry."""
SIGNED_HEADER: Final = 620
"""Bytes of a signed header, as receipts and permits refer to it."""
BATCH_SECONDS: Final = 0.02
BATCHES: Final = 9


class Operation(StrEnum):
    """One bare operation."""

    SIGN = "ECDSA P-256 sign"
    VERIFY = "ECDSA P-256 verify"
    AGREE = "ECDH P-256"
    MAKE_KEY = "P-256 key generation"
    DERIVE = "X9.63 derivation"
    WRAP = "AES-256 key wrap"
    UNWRAP = "AES-256 key unwrap"
    ENCRYPT = "AES-256-GCM encrypt"
    DECRYPT = "AES-256-GCM decrypt"
    DIGEST = "SHA-256"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a recipe."""

    times: float
    operation: Operation
    size: int
    """Bytes that it works on; 0 where that is fixed."""
    why: str


Recipe = tuple[Line, ...]


def opening(size: int, what: str, times: float = 1) -> Recipe:
    """To open and believe a message whose sealed content has ``size`` bytes."""
    return (
        Line(times, Operation.AGREE, 0, f"open {what}"),
        Line(times, Operation.DERIVE, 0, f"open {what}"),
        Line(times, Operation.UNWRAP, 0, f"open {what}"),
        Line(times, Operation.DECRYPT, size, f"open {what}"),
        Line(times, Operation.DIGEST, size - SIGNED_HEADER, f"content of {what}"),
        Line(times, Operation.DIGEST, SIGNED_HEADER, f"signed header of {what}"),
        *verifying(f"signature of {what}", HEADER, times),
    )


def sealing(size: int, what: str, times: float = 1) -> Recipe:
    """To sign and seal a message whose sealed content has ``size`` bytes."""
    return (
        Line(times, Operation.DIGEST, size - SIGNED_HEADER, f"content of {what}"),
        *signing(f"signature of {what}", HEADER, times),
        Line(times, Operation.DIGEST, SIGNED_HEADER, f"signed header of {what}"),
        Line(times, Operation.MAKE_KEY, 0, f"seal {what}"),
        Line(times, Operation.AGREE, 0, f"seal {what}"),
        Line(times, Operation.DERIVE, 0, f"seal {what}"),
        Line(times, Operation.WRAP, 0, f"seal {what}"),
        Line(times, Operation.ENCRYPT, size, f"seal {what}"),
    )


def signing(what: str, size: int, times: float = 1) -> Recipe:
    """To sign ``size`` bytes."""
    return (
        Line(times, Operation.DIGEST, size, what),
        Line(times, Operation.SIGN, ATTRIBUTES, what),
    )


def verifying(what: str, size: int, times: float = 1) -> Recipe:
    """To verify the signature of ``size`` bytes."""
    return (
        Line(times, Operation.DIGEST, size, what),
        Line(times, Operation.VERIFY, ATTRIBUTES, what),
    )


def _sign(size: int) -> Callable[[], object]:
    key, data = ec.generate_private_key(ec.SECP256R1()), os.urandom(size)
    algorithm = ec.ECDSA(hashes.SHA256())
    return lambda: key.sign(data, algorithm)


def _verify(size: int) -> Callable[[], object]:
    key, data = ec.generate_private_key(ec.SECP256R1()), os.urandom(size)
    algorithm = ec.ECDSA(hashes.SHA256())
    signature, public = key.sign(data, algorithm), key.public_key()
    return lambda: public.verify(signature, data, algorithm)


def _agree(_: int) -> Callable[[], object]:
    key, agreement = ec.generate_private_key(ec.SECP256R1()), ec.ECDH()
    other = ec.generate_private_key(ec.SECP256R1()).public_key()
    return lambda: key.exchange(agreement, other)


def _make_key(_: int) -> Callable[[], object]:
    curve = ec.SECP256R1()
    return lambda: ec.generate_private_key(curve)


def _derive(_: int) -> Callable[[], object]:
    agreed, info, algorithm = os.urandom(32), os.urandom(40), hashes.SHA256()
    return lambda: X963KDF(algorithm, 32, info).derive(agreed)


def _wrap(_: int) -> Callable[[], object]:
    key, wrapped = os.urandom(32), os.urandom(32)
    return lambda: aes_key_wrap(key, wrapped)


def _unwrap(_: int) -> Callable[[], object]:
    key = os.urandom(32)
    wrapped = aes_key_wrap(key, os.urandom(32))
    return lambda: aes_key_unwrap(key, wrapped)


def _encrypt(size: int) -> Callable[[], object]:
    key, nonce, plain = os.urandom(32), os.urandom(12), os.urandom(size)
    return lambda: AESGCM(key).encrypt(nonce, plain, None)


def _decrypt(size: int) -> Callable[[], object]:
    key, nonce = os.urandom(32), os.urandom(12)
    sealed = AESGCM(key).encrypt(nonce, os.urandom(size), None)
    return lambda: AESGCM(key).decrypt(nonce, sealed, None)


def _digest(size: int) -> Callable[[], object]:
    data = os.urandom(size)
    return lambda: hashlib.sha256(data).digest()


MEASURED: Final[Mapping[Operation, Callable[[int], Callable[[], object]]]] = {
    Operation.SIGN: _sign,
    Operation.VERIFY: _verify,
    Operation.AGREE: _agree,
    Operation.MAKE_KEY: _make_key,
    Operation.DERIVE: _derive,
    Operation.WRAP: _wrap,
    Operation.UNWRAP: _unwrap,
    Operation.ENCRYPT: _encrypt,
    Operation.DECRYPT: _decrypt,
    Operation.DIGEST: _digest,
}
"""How each operation is made ready for its size, and then done."""


class Limits:
    """Costs of operations on this machine, each measured when first asked for."""

    def __init__(
        self, batches: int = BATCHES, batch_seconds: float = BATCH_SECONDS
    ) -> None:
        self._batches = batches
        self._batch_seconds = batch_seconds
        self._costs: dict[tuple[Operation, int], float] = {}

    def cost(self, operation: Operation, size: int = 0) -> float:
        """Microseconds of processor time for one operation."""
        found = self._costs.get((operation, size))
        if found is None:
            found = self._measure(MEASURED[operation](size))
            self._costs[operation, size] = found
        return found

    def of(self, recipe: Iterable[Line]) -> float:
        """Microseconds for a whole recipe."""
        return sum(line.times * self.cost(line.operation, line.size) for line in recipe)

    def _measure(self, once: Callable[[], object]) -> float:
        times = max(1, int(self._batch_seconds / max(_timed(once, 3), 1e-7)))
        return (
            statistics.median(_timed(once, times) for _ in range(self._batches)) * 1e6
        )


def _timed(once: Callable[[], object], times: int) -> float:
    """Seconds of processor time for one of ``times``."""
    begun = time.thread_time_ns()
    for _ in range(times):
        once()
    return (time.thread_time_ns() - begun) / 1e9 / times
