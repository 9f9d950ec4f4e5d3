# SPDX-License-Identifier: Apache-2.0
"""A private key under a passphrase: PKCS#8, PBES2, scrypt and AES-256 (RFC 8018, 7914).

Written here because the library locks keys by PBKDF2 with 2048 rounds and takes no
other: a stolen file's passphrase would be guessed three hundred times faster than
OWASP's floor allows. Reading is the library's (`pki.keystore`), and openssl's.

The bytes of a passphrase are taken as they are: no trimming, no normalising. Each
locking draws its own salt and start, so two files of one key do not look alike.
"""

import os
from collections.abc import Callable

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.padding import PKCS7

from pki import der
from pki.errors import PkiError

SCRYPT_COST, SCRYPT_BLOCK, SCRYPT_LANES = 2**14, 8, 5
"""OWASP's floor for scrypt in the one form whose memory (16 MiB) openssl still takes;
0.2 seconds for whoever knows the passphrase."""

SALT_BYTES = 16
MIN_BYTES = 15
"""NIST SP 800-63B: the least for a secret that nothing else stands beside."""
MAX_BYTES = 512
"""More is some other file, taken for that of a passphrase."""

_ID_PBES2 = "1.2.840.113549.1.5.13"
_ID_SCRYPT = "1.3.6.1.4.1.11591.4.11"
_ID_AES256_CBC = "2.16.840.1.101.3.4.1.42"
_AES_BYTES = 32
_BLOCK_BYTES = 16


class PassphraseError(PkiError):
    """A passphrase cannot be had, or is none that a key may be locked with.

    Empty, too short, too long, not the same when typed a second time, or its source is
    missing or nobody is at the terminal to be asked. No key was locked or opened. Give
    it by a file of mode 0600, by a descriptor, or at the terminal; never as a word of
    the command or in the environment, where others of this machine can read it.
    """


def locked(
    pkcs8: bytes, passphrase: bytes, token_bytes: Callable[[int], bytes] = os.urandom
) -> bytes:
    """The DER of an EncryptedPrivateKeyInfo; raises `PassphraseError`."""
    if len(passphrase) < MIN_BYTES:
        raise PassphraseError(f"a passphrase has at least {MIN_BYTES} bytes")
    check_length(passphrase)
    salt, start = token_bytes(SALT_BYTES), token_bytes(_BLOCK_BYTES)
    key = Scrypt(
        salt, length=_AES_BYTES, n=SCRYPT_COST, r=SCRYPT_BLOCK, p=SCRYPT_LANES
    ).derive(passphrase)
    padder, cipher = PKCS7(8 * _BLOCK_BYTES).padder(), Cipher(AES256(key), CBC(start))
    encryptor = cipher.encryptor()
    padded = padder.update(pkcs8) + padder.finalize()
    content = encryptor.update(padded) + encryptor.finalize()
    return der.tlv(
        der.SEQUENCE, _algorithm(salt, start), der.tlv(der.OCTET_STRING, content)
    )


def check_length(passphrase: bytes | bytearray) -> None:
    """Raises `PassphraseError` for what can be no passphrase at all."""
    if not 1 <= len(passphrase) <= MAX_BYTES:
        raise PassphraseError(f"a passphrase has 1 to {MAX_BYTES} bytes")


def _algorithm(salt: bytes, start: bytes) -> bytes:
    derivation = _identified(
        _ID_SCRYPT,
        der.tlv(
            der.SEQUENCE,
            der.tlv(der.OCTET_STRING, salt),
            *map(der.encode, (SCRYPT_COST, SCRYPT_BLOCK, SCRYPT_LANES)),
        ),
    )
    encryption = _identified(_ID_AES256_CBC, der.tlv(der.OCTET_STRING, start))
    return _identified(_ID_PBES2, der.tlv(der.SEQUENCE, derivation, encryption))


def _identified(dotted: str, parameters: bytes) -> bytes:
    return der.tlv(der.SEQUENCE, der.oid(dotted), parameters)
