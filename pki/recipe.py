# SPDX-License-Identifier: Apache-2.0
"""How a bad certificate differs from a good one; read from ``pki/plans/bad.toml``.

Everything that a recipe does not name is as it must be.
"""

from typing import Annotated, Literal

import msgspec

from pki.profiles import Purpose

ExtensionName = Literal[
    "basic_constraints",
    "key_usage",
    "extended_key_usage",
    "alternative_name",
    "key_id",
    "authority_key_id",
]
Hex = Annotated[str, msgspec.Meta(pattern=r"\A-?([0-9a-f]{2})*\Z")]


class Extra(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An extension that our profiles do not have."""

    oid: str
    critical: bool
    value: Hex
    """DER."""


class Recipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One certificate's faults."""

    purpose: Purpose = Purpose.TLS
    begins: float = -1
    """Days from the moment."""
    ends: float = 30
    key: Literal["right", "p384", "rsa1024", "rsa2048", "ed25519"] = "right"
    signer: Literal["issuing", "root", "other", "stranger", "itself", "below"] = (
        "issuing"
    )
    """This network's authorities; one of another network of the same names; a stranger
    in our name; the key itself; an authority that the issuing one may not make."""
    digest: Literal["sha1", "sha256", "sha384"] = "sha256"
    inner: Literal["same", "sha384"] = "same"
    """The algorithm that is told inside, under the signature."""
    broken: bool = False
    """One bit of the signature is turned."""
    authority: bool = False
    usage: tuple[str, ...] | None = None
    """Key usages by the library's names; None for the purpose's."""
    extended: tuple[str, ...] | None = None
    """Extended key usages by OID; None for the purpose's."""
    uris: tuple[str, ...] | None = None
    """None for the station's own."""
    without: tuple[ExtensionName, ...] = ()
    critical: tuple[ExtensionName, ...] = ()
    """Marked critical, where they are not."""
    twice: ExtensionName | None = None
    extra: Extra | None = None
    key_id: Hex = ""
    """Another subject key identifier than that of the key."""
    serial: Hex = ""
    version: Literal["v1", "v3"] = "v3"
    revoked: bool = False
    crl: Literal["good", "stale", "future", "other", "part", "none"] = "good"
    """What stands beside it as the revocation list."""
