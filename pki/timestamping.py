# SPDX-License-Identifier: Apache-2.0
"""A time-stamp authority at work: queries of RFC 3161 in, signed answers out.

For tests and for networks on one machine; a real network uses an accredited authority.
Says what it is asked to say of the digest, and the moment that it is given: who keeps
the clock, and which serials were used, is the caller's business. Whatever cannot be
stamped is answered with a rejection, as the RFC wants it, not with silence.

The token is the usual form: SignedData of version 3, one signer named by issuer and
serial, ECDSA P-256 with SHA-256, and ESSCertIDv2 as the signing certificate.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from pki import der, oids
from pki.algorithms import ECDSA_SHA256
from pki.der import SEQUENCE, SET, tlv
from pki.errors import DerError
from pki.timestamp_shapes import TimeStampReq

MAX_QUERY: Final = 4096
_DIGESTS: Final = {oids.ID_SHA256: 32, oids.ID_SHA384: 48, oids.ID_SHA512: 64}
_GENERALIZED_TIME: Final = 0x18
_EXPLICIT_0: Final = 0xA0
_REJECTED: Final = 2
_BAD_ALGORITHM: Final = 0
_BAD_REQUEST: Final = 2
_BAD_DATA: Final = 5
_BAD_POLICY: Final = 15
"""Bits of PKIFailureInfo (RFC 3161, section 2.4.2)."""


@dataclass(frozen=True, slots=True)
class TimeStamper:
    """An authority's key and certificate, and what it promises."""

    key: ec.EllipticCurvePrivateKey = field(repr=False)
    certificate: x509.Certificate
    policy: str = oids.ID_POLICY_TEST_TIME
    accuracy: timedelta = timedelta(seconds=1)

    def answer(self, query: bytes, at: datetime, serial: int) -> bytes:
        """The answer to a query at the moment ``at``; always a TimeStampResp."""
        try:
            if len(query) > MAX_QUERY:
                return _rejected(_BAD_DATA)
            asked = der.decode(TimeStampReq, query)
        except DerError:
            return _rejected(_BAD_DATA)
        if asked.version != 1:
            return _rejected(_BAD_REQUEST)
        if asked.policy not in (None, der.OID(self.policy)):
            return _rejected(_BAD_POLICY)
        digest = asked.imprint.digest
        name = asked.imprint.algorithm.algorithm.dotted_string
        if _DIGESTS.get(name) != len(digest):
            return _rejected(_BAD_ALGORITHM)
        status = tlv(SEQUENCE, der.encode(0))
        return tlv(SEQUENCE, status, self._token(asked, at, serial))

    def _token(self, asked: TimeStampReq, at: datetime, serial: int) -> bytes:
        info = self._info(asked, at, serial)
        certificate = self.certificate.public_bytes(Encoding.DER)
        certificates = tlv(0xA0, certificate) if asked.certificates else b""
        content = tlv(
            SEQUENCE,
            der.encode(3),
            tlv(SET, _SHA256),
            tlv(
                SEQUENCE,
                der.oid(oids.ID_CT_TST_INFO),
                tlv(_EXPLICIT_0, _octets(info)),
            ),
            certificates,
            tlv(SET, self._signer(info, at)),
        )
        signed = der.oid(oids.ID_SIGNED_DATA)
        return tlv(SEQUENCE, signed, tlv(_EXPLICIT_0, content))

    def _info(self, asked: TimeStampReq, at: datetime, serial: int) -> bytes:
        micros = self.accuracy // timedelta(microseconds=1)
        seconds, below = divmod(micros, 1_000_000)
        exact = [der.encode(seconds)] if seconds else []
        if below >= 1000:
            exact.append(tlv(0x80, der.encode(below // 1000)[2:]))
        return tlv(
            SEQUENCE,
            der.encode(1),
            der.oid(self.policy),
            der.encode(asked.imprint),
            der.encode(serial),
            tlv(_GENERALIZED_TIME, f"{at.astimezone(UTC):%Y%m%d%H%M%SZ}".encode()),
            tlv(SEQUENCE, *exact),
            b"" if asked.nonce is None else der.encode(asked.nonce),
        )

    def _signer(self, info: bytes, at: datetime) -> bytes:
        certificate = self.certificate.public_bytes(Encoding.DER)
        named = tlv(SEQUENCE, tlv(SEQUENCE, _octets(sha256(certificate).digest())))
        attributes = sorted(
            _attribute(kind, value)
            for kind, value in (
                (oids.ID_CONTENT_TYPE, der.oid(oids.ID_CT_TST_INFO)),
                (oids.ID_MESSAGE_DIGEST, _octets(sha256(info).digest())),
                (oids.ID_SIGNING_TIME, der.time(at)),
                (oids.ID_SIGNING_CERTIFICATE_V2, tlv(SEQUENCE, named)),
            )
        )
        signature = self.key.sign(tlv(SET, *attributes), ECDSA_SHA256)
        issuer = self.certificate.issuer.public_bytes()
        return tlv(
            SEQUENCE,
            der.encode(1),
            tlv(SEQUENCE, issuer, der.encode(self.certificate.serial_number)),
            _SHA256,
            tlv(0xA0, *attributes),
            tlv(SEQUENCE, der.oid(oids.ID_ECDSA_WITH_SHA256)),
            _octets(signature),
        )


def _attribute(kind: str, value: bytes) -> bytes:
    return tlv(SEQUENCE, der.oid(kind), tlv(SET, value))


def _octets(value: bytes) -> bytes:
    return tlv(der.OCTET_STRING, value)


def _rejected(bit: int) -> bytes:
    bits = (1 << (7 - bit % 8)).to_bytes(bit // 8 + 1)
    failure = der.encode(der.BitString(bits, 7 - bit % 8))
    return tlv(SEQUENCE, tlv(SEQUENCE, der.encode(_REJECTED), failure))


_SHA256: Final = tlv(SEQUENCE, der.oid(oids.ID_SHA256))
