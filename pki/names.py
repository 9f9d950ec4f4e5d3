# SPDX-License-Identifier: Apache-2.0
"""Who a station is: one organisation in one role, and nothing else.

A certificate carries the name as exactly one SAN URI; configuration, logs and
explanations write it as ``102024/intermediate_server``. Both spellings are read
letter by letter: no case folding, no trimming, no percent decoding, so that one
station has one name and no two names look the same to one reader and different to
another. Whether such an organisation or role exists is not asked here; the master
and the catalogue know that.
"""

import re
from typing import Self

import msgspec
from cryptography import x509

from pki.errors import PkiError

URI_PREFIX = "urn:x-sekisho:station:"
"""What every station URI begins with; ``x-`` because the name is not registered."""

MALFORMED = (
    ValueError,
    TypeError,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
"""What ``cryptography`` raises for what is not as RFC 5280 writes it; `TypeError` for
a name whose value is a string of another kind than its attribute has."""

_ORGANISATION = re.compile(r"[0-9A-Z]{6}", re.ASCII)
_ROLE = re.compile(r"[a-z_]{1,64}", re.ASCII)


class BadStationName(PkiError):
    """A text or certificate does not say which station it means.

    Either a configuration file holds a typing error (an organisation is six characters
    0-9 A-Z, a role is a system id in small letters), or a certificate was issued
    without exactly one station URI. Correct the text; have the certificate issued anew.
    """


class StationName(msgspec.Struct, frozen=True, order=True):
    """One organisation in one role; always valid once it exists.

    Names are the keys of every table of peers: as a `Struct` they are hashed and
    compared in C.
    """

    organisation: str
    """Six ASCII characters: a local government code, or the code of a national body."""
    role: str
    """The system's id as the reference list of systems spells it."""

    def __post_init__(self) -> None:
        if _ORGANISATION.fullmatch(self.organisation) is None:
            raise BadStationName("an organisation is six characters 0-9 A-Z")
        if _ROLE.fullmatch(self.role) is None:
            raise BadStationName("a role is 1 to 64 characters a-z and _")

    def __str__(self) -> str:
        return f"{self.organisation}/{self.role}"

    @property
    def uri(self) -> str:
        """The name as certificates carry it."""
        return f"{URI_PREFIX}{self.organisation}:{self.role}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``102024/intermediate_server``; raises `BadStationName`."""
        return cls(*_two_parts(text, "/"))

    @classmethod
    def parse_uri(cls, text: str) -> Self:
        """Read a station URI; raises `BadStationName`."""
        if not text.startswith(URI_PREFIX):
            raise BadStationName(f"a station URI begins with {URI_PREFIX}")
        return cls(*_two_parts(text[len(URI_PREFIX) :], ":"))

    @classmethod
    def of_certificate(cls, certificate: x509.Certificate) -> Self:
        """The one station a certificate names; raises `BadStationName`.

        A second URI of any kind is refused: two readers could choose differently.
        Whether the certificate can be believed is not looked at; `pki.trust` does that.
        """
        try:
            names = certificate.extensions.get_extension_for_class(
                x509.SubjectAlternativeName
            ).value
        except x509.ExtensionNotFound:
            raise BadStationName("the certificate has no alternative name") from None
        except MALFORMED:
            raise BadStationName("the certificate's extensions are malformed") from None
        uris = names.get_values_for_type(x509.UniformResourceIdentifier)
        if len(uris) != 1:
            raise BadStationName(
                f"the certificate names {len(uris)} URIs where one station is needed"
            )
        return cls.parse_uri(uris[0])


def _two_parts(text: str, separator: str) -> tuple[str, str]:
    parts = text.split(separator)
    if len(parts) != 2:
        raise BadStationName(f"a station name has two parts around one {separator!r}")
    return parts[0], parts[1]
