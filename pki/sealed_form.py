# SPDX-License-Identifier: Apache-2.0
"""The usual form of a sealed message: written from a template, and known by it.

As `pki.signed_form` for signing: between the sender's point, the wrapped key, the
nonce, the content and its tag, every byte is fixed once the length is known. A reader
that finds just those bytes has read the message as strictly as it can be read; a
message that differs anywhere goes the long way, through the declared structures
(`pki.sealing`).
"""

from functools import lru_cache
from typing import Final, NamedTuple

from pki import der, oids
from pki.algorithms import (
    KEY_ID_BYTES,
    NONCE_BYTES,
    POINT_BYTES,
    TAG_BYTES,
    WRAPPED_KEY_BYTES,
)
from pki.der import OCTET_STRING, SEQUENCE, SET, frame, tlv

AES256_WRAP: Final = tlv(SEQUENCE, der.oid(oids.ID_AES256_WRAP))

_AGREEMENT: Final = tlv(SEQUENCE, der.oid(oids.ID_STD_DH_SHA256_KDF), AES256_WRAP)
_EC_KEY: Final = tlv(SEQUENCE, der.oid(oids.ID_EC_PUBLIC_KEY))
_BIT_STRING: Final = 0x03
_GCM: Final = der.oid(oids.ID_AES256_GCM)
_DATA: Final = der.oid(oids.ID_DATA)
_TAG_LENGTH: Final = der.encode(TAG_BYTES)
_VERSION_0: Final = der.encode(0)
_VERSION_3: Final = der.encode(3)
_AUTH_ENVELOPED_DATA: Final = der.oid(oids.ID_CT_AUTH_ENVELOPED_DATA)
_MAC: Final = bytes((OCTET_STRING, TAG_BYTES))
_UNCOMPRESSED: Final = 0x04
_POINT, _KEY_ID = b"\xf1" * POINT_BYTES, b"\xf2" * KEY_ID_BYTES
_WRAPPED: Final = b"\xf3" * WRAPPED_KEY_BYTES
_RECIPIENT: Final = tlv(
    0xA1,
    _VERSION_3,
    tlv(0xA0, tlv(0xA1, _EC_KEY, tlv(_BIT_STRING, b"\0", _POINT))),
    _AGREEMENT,
    tlv(
        SEQUENCE,
        tlv(
            SEQUENCE,
            tlv(0xA0, tlv(OCTET_STRING, _KEY_ID)),
            tlv(OCTET_STRING, _WRAPPED),
        ),
    ),
)
"""The one receiver, with marks where its fields stand."""
_BEFORE_KEY_ID: Final = _RECIPIENT[
    _RECIPIENT.index(_POINT) + POINT_BYTES : _RECIPIENT.index(_KEY_ID)
]
_BEFORE_WRAPPED: Final = _RECIPIENT[
    _RECIPIENT.index(_KEY_ID) + KEY_ID_BYTES : _RECIPIENT.index(_WRAPPED)
]


class Usual(NamedTuple):
    """The fields of a message that has the usual form. Nothing is decrypted."""

    point: bytes
    """The sender's ephemeral key, uncompressed."""
    key_id: bytes
    wrapped: bytes
    nonce: bytes
    sealed: bytes
    """The encrypted content and its tag."""


class SealedForm(NamedTuple):
    """The fixed bytes of a message whose content has one certain length."""

    size: int
    """Of the whole message."""
    before_point: bytes
    before_nonce: bytes
    before_content: bytes

    def written(
        self, point: bytes, key_id: bytes, wrapped: bytes, nonce: bytes, sealed: bytes
    ) -> bytes:
        """The whole message; ``sealed`` is the encrypted content and its tag."""
        content = memoryview(sealed)[:-TAG_BYTES]
        return b"".join(
            (
                *(self.before_point, point, _BEFORE_KEY_ID, key_id),
                *(_BEFORE_WRAPPED, wrapped, self.before_nonce, nonce),
                *(self.before_content, content, _MAC, sealed[-TAG_BYTES:]),
            )
        )

    def fields(self, data: bytes) -> Usual | None:
        """The fields of ``data``, which is `size` long; None if it differs."""
        point_at = len(self.before_point)
        key_at = point_at + POINT_BYTES + len(_BEFORE_KEY_ID)
        wrapped_at = key_at + KEY_ID_BYTES + len(_BEFORE_WRAPPED)
        fixed_at = wrapped_at + WRAPPED_KEY_BYTES
        nonce_at = fixed_at + len(self.before_nonce)
        content_at = nonce_at + NONCE_BYTES + len(self.before_content)
        mac_at = self.size - TAG_BYTES
        point = data[point_at : point_at + POINT_BYTES]
        if not (
            data.startswith(self.before_point)
            and point[0] == _UNCOMPRESSED
            and data.startswith(_BEFORE_KEY_ID, point_at + POINT_BYTES)
            and data.startswith(_BEFORE_WRAPPED, key_at + KEY_ID_BYTES)
            and data.startswith(self.before_nonce, fixed_at)
            and data.startswith(self.before_content, nonce_at + NONCE_BYTES)
            and data.startswith(_MAC, mac_at - len(_MAC))
        ):
            return None
        view = memoryview(data)
        return Usual(
            point,
            data[key_at : key_at + KEY_ID_BYTES],
            data[wrapped_at:fixed_at],
            data[nonce_at : nonce_at + NONCE_BYTES],
            b"".join((view[content_at : mac_at - len(_MAC)], view[mac_at:])),
        )


@lru_cache(maxsize=1024)
def form_for(content: int) -> SealedForm:
    """The form of a message whose content is ``content`` bytes long."""
    return _form(content)


def recognised(data: bytes) -> Usual | None:
    """The fields of ``data`` if it has the usual form; None if not."""
    form = _form_of_size(len(data))
    return None if form is None else form.fields(data)


@lru_cache(maxsize=1024)
def _form_of_size(size: int) -> SealedForm | None:
    """The form of a message that is ``size`` bytes long, if one can be."""
    most = _form(size).size - size  # bytes around a content, if it were all of it
    for content in range(max(size - most, 0), size):
        form = _form(content)
        if form.size >= size:
            return form if form.size == size else None
    return None


def _form(content: int) -> SealedForm:
    parameters = tlv(SEQUENCE, tlv(OCTET_STRING, bytes(NONCE_BYTES)), _TAG_LENGTH)
    kind = _DATA + tlv(SEQUENCE, _GCM, parameters)
    head, tail = frame(
        content,
        (0x80, b"", b""),
        (SEQUENCE, kind, b""),
        (SEQUENCE, _VERSION_0 + tlv(SET, _RECIPIENT), _MAC + bytes(TAG_BYTES)),
        (0xA0, b"", b""),
        (SEQUENCE, _AUTH_ENVELOPED_DATA, b""),
    )
    point_at = head.index(_POINT)
    fixed_at = head.index(_WRAPPED) + WRAPPED_KEY_BYTES
    nonce_at = head.index(_GCM) + len(_GCM) + 4
    return SealedForm(
        size=len(head) + content + len(tail),
        before_point=head[:point_at],
        before_nonce=head[fixed_at:nonce_at],
        before_content=head[nonce_at + NONCE_BYTES :],
    )
