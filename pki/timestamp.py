# SPDX-License-Identifier: Apache-2.0
"""Time-stamps of RFC 3161: the query, and whether an answer is to be believed.

`query` says what is to be stamped; `read_answer` takes the token out of what came back;
`verify` says when it was, or why not. Believed is a token only if all of this holds:

1. It is DER of the shapes of RFC 3161, with one signer, over this very digest, under
   the wanted policy, with our nonce, and says how exact it is, not too loosely.
2. The certificate that its signed attribute names (ESSCertIDv2, RFC 5816) lies in it,
   is the one that the signer names, and is the one whose key made the signature. The
   old attribute, over SHA-1, is not enough.
3. That certificate is for time-stamps, critically and for nothing else, and leads to
   a root that we were given, all of it in time at the moment of the stamp
   (`pki.timestamp_path`).

Another authority's token fails at the third. Whether the authority's certificate was
revoked is not asked: a stamp is to be renewed long before it matters.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from pki import der, oids
from pki.der import OID, TLV
from pki.errors import DerError
from pki.names import MALFORMED
from pki.timestamp_path import StampRefused, check_path, must
from pki.timestamp_shapes import (
    Accuracy,
    MessageImprint,
    TimeStampRejection,
    TimeStampReq,
    TimeStampResp,
    Token,
    TstInfo,
)
from pki.timestamp_signature import SHA256, signed_by, whole

__all__ = ["StampRefused", "Stamped", "Wanted", "query", "read_answer", "verify"]

QUERY_TYPE: Final = "application/timestamp-query"
ANSWER_TYPE: Final = "application/timestamp-reply"
MAX_TOKEN: Final = 64 * 1024
MAX_ACCURACY: Final = timedelta(seconds=10)
"""How loosely an authority may tell the time; those of Japan are within a second."""
NONCE_SIZE: Final = 16
_GRANTED: Final = 0
_VERSION: Final = 1
_GENERALIZED_TIME: Final = 0x18


@dataclass(frozen=True, slots=True)
class Stamped:
    """What a believed token says."""

    at: datetime
    accuracy: timedelta
    policy: str
    serial: int
    certificate: x509.Certificate
    """Whose key signed it."""

    @property
    def until(self) -> datetime:
        """The end of the authority's certificate."""
        return self.certificate.not_valid_after_utc


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a token must say."""

    digest: bytes
    """SHA-256 of what is stamped."""
    roots: tuple[x509.Certificate, ...]
    """What its certificate may lead to; several while one follows another."""
    policy: str = ""
    """Dotted; any if empty."""
    nonce: int | None = None
    """Of our query; None where the token is looked at again later."""


def query(digest: bytes, nonce: int, policy: str = "") -> bytes:
    """What an authority is asked: a stamp over a SHA-256, with its certificates."""
    asked = TimeStampReq(
        version=_VERSION,
        imprint=MessageImprint(algorithm=SHA256, digest=digest),
        policy=OID(policy) if policy else None,
        nonce=nonce,
        certificates=True,
    )
    return der.encode(asked)


def read_answer(data: bytes) -> bytes:
    """The token of an answer; raises `StampRefused` where it grants none."""
    try:
        _bounded(data)
        answer = der.decode(TimeStampResp, data)
    except DerError as error:
        raise StampRefused(_rejection(data) or f"this is no answer: {error}") from None
    if answer.status.status != _GRANTED:
        raise StampRefused(f"the authority answered status {answer.status.status}")
    return whole(answer.token)


def _rejection(data: bytes) -> str:
    """That the authority granted nothing, in words; empty where it says not even so."""
    try:
        status = der.decode(TimeStampRejection, data).status.status
    except DerError:
        return ""
    return f"the authority answered status {status}"


def verify(token: bytes, wanted: Wanted) -> Stamped:
    """What the token says; raises `StampRefused` unless everything holds."""
    try:
        _bounded(token)
        return _verified(token, wanted)
    except DerError as error:
        raise StampRefused(f"the token is not as it must be: {error}") from None
    except (UnsupportedAlgorithm, x509.ExtensionNotFound, *MALFORMED):
        raise StampRefused("a certificate of the token cannot be read") from None


def _verified(token: bytes, wanted: Wanted) -> Stamped:
    outer = der.decode(Token, token)
    must(outer.content_type == OID(oids.ID_SIGNED_DATA), "it is not signed data")
    inner = outer.content.content_info
    must(inner.content_type == OID(oids.ID_CT_TST_INFO), "it signs no time-stamp")
    leaf, certificates = signed_by(outer.content)
    info = der.decode(TstInfo, inner.content)
    at = _moment(info.time)
    _says_what_is_wanted(info, wanted)
    check_path(leaf, certificates, wanted.roots, at)
    accuracy = _accuracy(info.accuracy)
    must(accuracy <= MAX_ACCURACY, "it tells the time too loosely")
    return Stamped(at, accuracy, info.policy.dotted_string, info.serial, leaf)


def _says_what_is_wanted(info: TstInfo, wanted: Wanted) -> None:
    must(info.version == _VERSION, "it is of another version")
    algorithm = info.imprint.algorithm.algorithm.dotted_string
    must(algorithm == oids.ID_SHA256, "it is over another kind of digest")
    same = hmac.compare_digest(info.imprint.digest, wanted.digest)
    must(same, "it is over something else")
    policy = info.policy.dotted_string
    must(wanted.policy in ("", policy), "it is given under another policy")
    must(wanted.nonce in (None, info.nonce), "it answers another query")


def _moment(element: TLV) -> datetime:
    if element.tag_bytes != bytes((_GENERALIZED_TIME,)):
        raise StampRefused("it does not say when")
    return der.part(element, der.GeneralizedTime).as_datetime()


def _accuracy(told: Accuracy | None) -> timedelta:
    if told is None:
        raise StampRefused("it does not say how exact its time is")
    parts = (told.seconds or 0, told.millis or 0, told.micros or 0)
    must(min(parts) >= 0 and max(parts) <= 1_000_000, "its accuracy is no time")
    return timedelta(seconds=parts[0], milliseconds=parts[1], microseconds=parts[2])


def _bounded(data: bytes) -> None:
    must(len(data) <= MAX_TOKEN, "it is longer than any time-stamp")
