# SPDX-License-Identifier: Apache-2.0
"""Under which certificates a master may be verified when the anchor was not given.

A station is given the core's certificate by its operator. Whoever inspects a master may
lack it; then the certificates that the master names for its core are tried: they prove
nothing by themselves, but the chain does, and that is said beside the verdict.
"""

import base64
from collections.abc import Iterable
from typing import Any, Final

import msgspec
from cryptography import x509

from pki.certified_key import CertifiedKey
from pki.cms import parse_signed
from pki.errors import CmsError, UnusableCertificate
from pki.names import MALFORMED
from protocols.master import CORE_ROLE

MAX_CLAIMED: Final = 8
"""Signing certificates of a core that are tried."""


def usable(
    given: Iterable[x509.Certificate], data: bytes
) -> tuple[x509.Certificate, ...]:
    """Those given, then those claimed; only such as can have signed anything."""
    return tuple(filter(_can_sign, (*given, *claimed(data))))


def claimed(data: bytes) -> tuple[x509.Certificate, ...]:
    """The core's signing certificates by the master's own word; unverified."""
    try:
        content: Any = msgspec.json.decode(parse_signed(data).content)
        texts = [
            text
            for station in content["stations"]
            if str(station["station"]).endswith(f"/{CORE_ROLE}")
            for text in station["signing"]
        ]
        return tuple(
            x509.load_der_x509_certificate(base64.b64decode(text))
            for text in texts[:MAX_CLAIMED]
        )
    except (CmsError, msgspec.DecodeError, KeyError, TypeError, *MALFORMED):
        return ()


def _can_sign(certificate: x509.Certificate) -> bool:
    try:
        CertifiedKey.of(certificate)
    except UnusableCertificate:
        return False
    return True
