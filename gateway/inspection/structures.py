# SPDX-License-Identifier: Apache-2.0
"""A second reader of our structures: asn1crypto, which the daemon does not use.

It takes BER, unknown attributes and every form of CMS, so it can still say what stands
in bytes that the daemon refused. Nothing that it reads is a verdict.
"""

from collections.abc import Callable
from typing import Any, ClassVar, Final, TypeVar

from asn1crypto import cms, core, tsp

from gateway.inspection import tlv

T = TypeVar("T")

ESS_CERTIFICATE: Final = tsp.SigningCertificateV2
"""Importing its module teaches ``cms`` to read the attribute."""

BAFFLED: Final = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    OverflowError,
    RecursionError,
)
"""What asn1crypto raises at bytes that it cannot read either."""


class AnyContent(core.Sequence):  # type: ignore[misc]
    """ContentInfo of RFC 5652, whatever is in it."""

    _fields: ClassVar = [
        ("content_type", core.ObjectIdentifier),
        ("content", core.Any, {"explicit": 0}),
    ]


class AuthEnvelopedData(core.Sequence):  # type: ignore[misc]
    """RFC 5083, which asn1crypto lacks."""

    _fields: ClassVar = [
        ("version", cms.CMSVersion),
        ("originator_info", cms.OriginatorInfo, {"implicit": 0, "optional": True}),
        ("recipient_infos", cms.RecipientInfos),
        ("content_info", cms.EncryptedContentInfo),
        ("auth_attrs", cms.CMSAttributes, {"implicit": 1, "optional": True}),
        ("mac", core.OctetString),
        ("unauth_attrs", cms.CMSAttributes, {"implicit": 2, "optional": True}),
    ]


def attempt(reading: Callable[[], T], otherwise: T) -> T:
    """What a reading gives, or ``otherwise`` where the bytes allow none."""
    try:
        return reading()
    except BAFFLED:
        return otherwise


def signed_content_type(data: bytes) -> str:
    """The type of what is signed; empty where it cannot be read."""

    def reading() -> str:
        inner = signed_data(data)["encap_content_info"]
        return str(inner["content_type"].dotted)

    return attempt(reading, "") if tlv.is_simple(data) else ""


def recipient_key_ids(data: bytes) -> tuple[str, ...]:
    """The key identifiers (hex) for which something is sealed, as far as they read."""

    def reading() -> tuple[str, ...]:
        found = []
        for info in enveloped_data(data)["recipient_infos"]:
            for key in info.chosen["recipient_encrypted_keys"]:
                found.append(key["rid"].chosen["subject_key_identifier"].native.hex())
        return tuple(found)

    return attempt(reading, ()) if tlv.is_simple(data) else ()


def signed_data(data: bytes) -> Any:
    """SignedData as asn1crypto has it; raises one of `BAFFLED`."""
    return AnyContent.load(data)["content"].parse(cms.SignedData)


def enveloped_data(data: bytes) -> Any:
    """AuthEnvelopedData as asn1crypto has it; raises one of `BAFFLED`."""
    return AnyContent.load(data)["content"].parse(AuthEnvelopedData)
