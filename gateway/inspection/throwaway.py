# SPDX-License-Identifier: Apache-2.0
"""A key of the moment, so that the daemon's own readers can judge without our keys.

`Opener.open` looks at the whole shape of a seal before it asks for whom it is: with a
key that nothing was sealed for, it says whether the shape is right. `Recipient` seals a
content that somebody else opened (with openssl, say), so that the reader of contents
can be asked. The key is made anew each time and kept nowhere.
"""

from datetime import UTC, datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pki.algorithms import CURVE, KEY_ID_BYTES
from pki.sealing import Opener, Recipient

_NAME: Final = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "nobody")])
_BEGINS: Final = datetime(2000, 1, 1, tzinfo=UTC)
_ENDS: Final = datetime(2099, 1, 1, tzinfo=UTC)
"""Nobody asks for its time: the certificate only carries a key."""


def pair() -> tuple[Opener, Recipient]:
    """Both ends of a seal that leads to nobody."""
    key = ec.generate_private_key(CURVE)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(_NAME)
        .issuer_name(_NAME)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_BEGINS)
        .not_valid_after(_ENDS)
        .add_extension(x509.SubjectKeyIdentifier(bytes(KEY_ID_BYTES)), False)
        .sign(key, hashes.SHA256())
    )
    return Opener(key, certificate), Recipient(certificate)
