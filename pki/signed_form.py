# SPDX-License-Identifier: Apache-2.0
"""The usual form of a signed message: written from a template, and known again by it.

The profile leaves a message little freedom: once its content type and its lengths are
known, all of its bytes are but six fields. So a message is written by joining fixed
bytes and fields, and a reader takes the six fields from where they must lie, writes
the message anew, and compares. Equal bytes are the strictest reading that there is:
nothing can be in them that a writer of ours would not have put there. What is not
equal is not therefore wrong; it goes the long way, through the declared structures
(`pki.cms`), which also say what is wrong.
"""

import re
from functools import lru_cache
from hashlib import sha256
from typing import Final, NamedTuple

from pki import der, oids
from pki.algorithms import DIGEST_BYTES, KEY_ID_BYTES
from pki.der import OCTET_STRING, SEQUENCE, SET, frame, tlv

UTC_TIME_BYTES: Final = 15
"""A UTCTime to the second: tag, length, 13 characters."""

_VERSION_3: Final = der.encode(3)
_SHA256: Final = tlv(SEQUENCE, der.oid(oids.ID_SHA256))
_ECDSA: Final = tlv(SEQUENCE, der.oid(oids.ID_ECDSA_WITH_SHA256)) + b"\x04"
_SIGNED_DATA: Final = der.oid(oids.ID_SIGNED_DATA)
_BEFORE_CONTENT: Final = _VERSION_3 + tlv(SET, _SHA256)
_BEFORE_KEY_ID: Final = _VERSION_3 + bytes((0x80, KEY_ID_BYTES))
_EXPLICIT_0: Final = 0xA0
_LONGEST_END: Final = len(_ECDSA) + 1 + 72
"""Signature algorithm, and two numbers below the order of the curve."""

_LENGTH: Final = rb"(?:[\x00-\x7f]|\x81.|\x82..|\x83...)"


class Usual(NamedTuple):
    """The fields of a message that has the usual form. Nothing is verified."""

    content_type: str
    content: bytes
    key_id: bytes
    time: bytes
    """DER of the signing time."""
    certificate_digest: bytes
    attributes: bytes
    """The signed attributes as the signature covers them."""
    signature: bytes


class SignedForm:
    """The form of one content type, for signing times of one length."""

    __slots__ = (
        "_pieces",
        "_type",
        "certificate_at",
        "content_type",
        "size",
        "time_at",
    )

    def __init__(self, content_type: str, time_bytes: int = UTC_TIME_BYTES) -> None:
        self.content_type = content_type
        self._type = der.oid(content_type)
        time, digest = b"\xf1" * time_bytes, b"\xf2" * DIGEST_BYTES
        certificate = b"\xf3" * DIGEST_BYTES
        whole = _attributes(self._type, time, digest, certificate)
        self.size = len(whole)
        self.time_at = whole.index(time)
        digest_at = whole.index(digest)
        self.certificate_at = whole.index(certificate)
        self._pieces = (
            whole[: self.time_at],
            whole[self.time_at + time_bytes : digest_at],
            whole[digest_at + DIGEST_BYTES : self.certificate_at],
            whole[self.certificate_at + DIGEST_BYTES :],
        )

    def attributes(
        self, time: bytes, digest: bytes, certificate_digest: bytes
    ) -> bytes:
        """The signed attributes as a SET: what the signature covers."""
        first, second, third, last = self._pieces
        return b"".join((first, time, second, digest, third, certificate_digest, last))

    def signer_infos(self, key_id: bytes, attributes: bytes, signature: bytes) -> bytes:
        """All that stands behind the content; ``attributes`` as `attributes` has it."""
        before, after = _signer_frame(len(attributes), len(signature))
        size = bytes((len(signature),))
        parts = (before, key_id, after, attributes[1:], _ECDSA, size, signature)
        return b"".join(parts)

    def before_content(self, content: int, signer_infos: int) -> bytes:
        """All that stands before a content of that length."""
        return _content_frame(self._type, content, signer_infos)


@lru_cache(maxsize=64)
def form_of(content_type: str, time_bytes: int = UTC_TIME_BYTES) -> SignedForm:
    """The form of one content type, made once."""
    return SignedForm(content_type, time_bytes)


def recognised(data: bytes) -> Usual | None:
    """The fields of ``data`` if it has the usual form; None if not."""
    front = _FRONT.match(data)
    end = data.rfind(_ECDSA, -_LONGEST_END)
    if front is None or end < 0:
        return None
    form = _KNOWN[front[1]]
    signature = data[end + len(_ECDSA) + 1 :]
    start = end - form.size
    time_at, certificate_at = start + form.time_at, start + form.certificate_at
    time = data[time_at : time_at + UTC_TIME_BYTES]
    certificate_digest = data[certificate_at : certificate_at + DIGEST_BYTES]
    before, after = _signer_frame(form.size, len(signature))
    key_at = start + 1 - len(after) - KEY_ID_BYTES
    key_id = data[key_at : key_at + KEY_ID_BYTES]
    content = data[front.end() : key_at - len(before)]
    covered = form.attributes(time, sha256(content).digest(), certificate_digest)
    tail = form.signer_infos(key_id, covered, signature)
    head = form.before_content(len(content), len(tail))
    if front.end() != len(head) or len(data) != len(head) + len(content) + len(tail):
        return None
    if not (data.startswith(head) and data.endswith(tail)):
        return None
    return Usual(
        form.content_type, content, key_id, time, certificate_digest, covered, signature
    )


def _attributes(
    content_type: bytes, time: bytes, digest: bytes, certificate_digest: bytes
) -> bytes:
    """The four attributes in the order of DER, which their values never decide."""
    named = tlv(SEQUENCE, tlv(OCTET_STRING, certificate_digest))
    values = {
        oids.ID_CONTENT_TYPE: content_type,
        oids.ID_MESSAGE_DIGEST: tlv(OCTET_STRING, digest),
        oids.ID_SIGNING_TIME: time,
        oids.ID_SIGNING_CERTIFICATE_V2: tlv(SEQUENCE, tlv(SEQUENCE, named)),
    }
    return tlv(
        SET,
        *sorted(
            tlv(SEQUENCE, der.oid(dotted), tlv(SET, value))
            for dotted, value in values.items()
        ),
    )


@lru_cache(maxsize=256)
def _signer_frame(attributes: int, signature: int) -> tuple[bytes, bytes]:
    """What stands before and behind the key identifier, by the lengths around it."""
    after = _SHA256 + b"\xa0"
    inner = len(_BEFORE_KEY_ID) + KEY_ID_BYTES + len(after)
    inner += attributes - 1 + len(_ECDSA) + 1 + signature
    info = der.header(SEQUENCE, inner)
    return der.header(SET, len(info) + inner) + info + _BEFORE_KEY_ID, after


@lru_cache(maxsize=4096)
def _content_frame(content_type: bytes, content: int, behind: int) -> bytes:
    """What stands before the content, by the lengths of it and of what is behind it."""
    head, _ = frame(
        content,
        (OCTET_STRING, b"", b""),
        (_EXPLICIT_0, b"", b""),
        (SEQUENCE, content_type, b""),
        (SEQUENCE, _BEFORE_CONTENT, bytes(behind)),
        (_EXPLICIT_0, b"", b""),
        (SEQUENCE, _SIGNED_DATA, b""),
    )
    return head


_KNOWN: Final = {
    der.oid(dotted): form_of(dotted)
    for dotted in (
        oids.ID_CT_HEADER,
        oids.ID_CT_PERMIT,
        oids.ID_CT_ROUTE,
        oids.ID_CT_RECEIPT,
        oids.ID_CT_REFUSAL,
        oids.ID_CT_MASTER,
    )
}
"""The content types that are worth knowing again, by their encoding."""
_FRONT: Final = re.compile(
    b"".join(
        (
            b"\x30" + _LENGTH + re.escape(_SIGNED_DATA),
            b"\xa0" + _LENGTH + b"\x30" + _LENGTH + re.escape(_BEFORE_CONTENT),
            b"\x30" + _LENGTH + b"(" + b"|".join(map(re.escape, _KNOWN)) + b")",
            b"\xa0" + _LENGTH + b"\x04" + _LENGTH,
        )
    ),
    re.DOTALL,
)
