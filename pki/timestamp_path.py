# SPDX-License-Identifier: Apache-2.0
"""Does a time-stamp authority's certificate lead to the root that we were given?

Strict and small: the certificate is for time-stamps, critically and for nothing else
(RFC 3161, section 2.3); between it and the root lie at most a few authorities; each
signed the one below, may do so, and was in time at the moment of the stamp. The root is
believed because a person configured it, but it has to be in time as well.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID

from pki.errors import PkiError

MAX_BETWEEN: Final = 3
"""Authorities between a time-stamp's certificate and the root."""
_STRONG: Final = (hashes.SHA256, hashes.SHA384, hashes.SHA512)
_UNDERSTOOD: Final = frozenset(
    kind.oid for kind in (x509.BasicConstraints, x509.KeyUsage, x509.ExtendedKeyUsage)
)
"""What may be marked critical."""


class StampRefused(PkiError):
    """A time-stamp is not believed, or the authority gave none.

    The text says which of its parts does not fit. If another authority answers at the
    address, or ours changed its root, compare the root with what the authority
    publishes, by another way; then a person configures the new one.
    """


def must(holds: object, otherwise: str) -> None:
    """Raises `StampRefused` with those words unless it holds."""
    if not holds:
        raise StampRefused(otherwise)


def check_path(
    leaf: x509.Certificate,
    others: Iterable[x509.Certificate],
    roots: Sequence[x509.Certificate],
    at: datetime,
) -> None:
    """Raises `StampRefused` unless the leaf was a time-stamp certificate at ``at``."""
    _check_leaf(leaf)
    known = [one for one in others if one != leaf and one not in roots]
    path = [leaf]
    while not (above := [one for one in roots if _issued(one, path[-1])]):
        above = [one for one in known if one not in path and _issued(one, path[-1])]
        if not above or len(path) > MAX_BETWEEN:
            raise StampRefused("it is another authority's than the configured one")
        path.append(above[0])
    path.append(above[0])
    for below, one in enumerate(path[1:]):
        _check_authority(one, below)
    for one in path:
        if not one.not_valid_before_utc <= at <= one.not_valid_after_utc:
            raise StampRefused("a certificate of it was out of time at that moment")


def _issued(authority: x509.Certificate, below: x509.Certificate) -> bool:
    if not isinstance(below.signature_hash_algorithm, _STRONG):
        return False
    try:
        below.verify_directly_issued_by(authority)
    except (InvalidSignature, TypeError, ValueError):
        return False
    return True


def _check_leaf(leaf: x509.Certificate) -> None:
    try:
        usages = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound:
        raise StampRefused("its certificate is not for time-stamps") from None
    if not usages.critical or list(usages.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        raise StampRefused("its certificate is not for time-stamps alone")
    usage = _usage(leaf)
    if usage is not None and not (usage.digital_signature or usage.content_commitment):
        raise StampRefused("its certificate's key may not sign")
    if _is_authority(leaf) or _strange(leaf):
        raise StampRefused("its certificate is not that of a time-stamp authority")


def _check_authority(one: x509.Certificate, below: int) -> None:
    """``below``: how many authorities lie between it and the leaf."""
    usage = _usage(one)
    if not _is_authority(one) or _strange(one):
        raise StampRefused("a certificate between it and the root is no authority's")
    if usage is not None and not usage.key_cert_sign:
        raise StampRefused("an authority of it may not sign certificates")
    constraints = one.extensions.get_extension_for_class(x509.BasicConstraints).value
    if constraints.path_length is not None and constraints.path_length < below:
        raise StampRefused("an authority of it may not have so many below it")


def _is_authority(one: x509.Certificate) -> bool:
    try:
        kind = x509.BasicConstraints
        return one.extensions.get_extension_for_class(kind).value.ca
    except x509.ExtensionNotFound:
        return False


def _usage(one: x509.Certificate) -> x509.KeyUsage | None:
    try:
        return one.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return None


def _strange(one: x509.Certificate) -> bool:
    return any(each.critical and each.oid not in _UNDERSTOOD for each in one.extensions)
