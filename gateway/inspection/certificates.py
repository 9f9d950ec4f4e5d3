# SPDX-License-Identifier: Apache-2.0
"""Certificates and revocation lists: what they say, and whether they are believed.

A station's certificate is put to `TrustStore.check` for the purpose that it is built
for; an authority's is believed only as a part of the chain that a station was given. A
list is put to `RevocationList.read`.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.inspection.known import Known
from gateway.inspection.report import (
    Fact,
    Finding,
    Layer,
    ok,
    protocol,
    refused,
    unchecked,
)
from gateway.inspection.words import HIDDEN, moment
from pki.errors import PkiError
from pki.identity import IssuingAuthority
from pki.names import MALFORMED, BadStationName, StationName
from pki.profiles import Purpose, kind_of, purpose_of
from pki.revocation import RevocationList
from pki.serials import serial_text
from pki.trust import Reason, Untrusted

_RULE: Final = f"RFC 5280 6, R-159, {protocol('2.4')}"
_NEED: Final = "give --trust and --crl, or --config"
_LINK_CODES: Final[Mapping[Reason, str]] = {
    Reason.UNKNOWN_AUTHORITY: "SK-L02",
    Reason.BAD_SIGNATURE: "SK-L02",
    Reason.NOT_YET_VALID: "SK-L03",
    Reason.EXPIRED: "SK-L03",
    Reason.REVOKED: "SK-L04",
    Reason.WRONG_PURPOSE: "SK-L05",
    Reason.STALE_REVOCATION: "SK-L08",
    Reason.WEAK_ALGORITHM: "SK-L10",
    Reason.BAD_PROFILE: "SK-L10",
    Reason.NO_STATION_NAME: "SK-L10",
}
"""What the listener records of a TLS certificate that it does not believe."""
_CODES: Final[Mapping[Purpose, str]] = {
    Purpose.SIGNING: "SK-U05",
    Purpose.PERMIT: "SK-C02",
}
"""What is recorded where a signer's certificate is not believed."""


def certificate(data: bytes, known: Known) -> tuple[Layer, ...]:
    """The layer of one certificate, DER."""
    try:
        found = x509.load_der_x509_certificate(data)
        facts = _facts(found, known.personal)
        purpose = purpose_of(found.extensions)
        authority = _is_authority(found)
    except (UnsupportedAlgorithm, *MALFORMED):
        why = "its extensions or its key cannot be read, or it is none at all"
        no = refused("it is an X.509 certificate", "RFC 5280 4", "SK-L10", why)
        return (Layer("certificate", (no,)),)
    if authority:
        return (Layer("authority's certificate", (_anchor(found, known),), facts),)
    name = "certificate" if purpose is None else f"{purpose.value} certificate"
    judged = _believed(found, purpose, known)
    return (Layer(name, (judged,), facts),)


def _believed(
    found: x509.Certificate, purpose: Purpose | None, known: Known
) -> Finding:
    what = "it is believed for its purpose at --at"
    if purpose is None:
        why = "it is for none of the five purposes, or for more than one"
        return refused("it is for one purpose", protocol("2.3"), "SK-L05", why)
    if known.trust is None:
        return unchecked(what, _RULE, _NEED)
    try:
        known.trust.check(found, purpose, known.at)
    except Untrusted as error:
        code = _CODES.get(purpose, "")
        if purpose is Purpose.TLS:
            code = _LINK_CODES[error.reason]
        return refused(what, _RULE, code, error.reason.value)
    return ok(what, _RULE)


def _anchor(found: x509.Certificate, known: Known) -> Finding:
    what = "it is of the chain that this network's stations believe"
    if known.trust is None:
        return unchecked(what, _RULE, _NEED)
    if found in known.chain:
        return ok(what, _RULE)
    return refused(what, _RULE, "SK-L02", "it is not in the file given with --trust")


def _facts(found: x509.Certificate, personal: bool) -> tuple[Fact, ...]:
    """What it says; raises one of `MALFORMED` or `UnsupportedAlgorithm`."""
    kind, station = kind_of(found.public_key()), _station(found)
    # A stranger's may be a person's, such as the one on a card (個人番号カード).
    told = personal or station is not None or _is_authority(found)
    return (
        ("subject", found.subject.rfc4514_string() if told else HIDDEN),
        ("issuer", found.issuer.rfc4514_string()),
        ("station", station or "none"),
        ("serial", serial_text(found.serial_number)),
        ("key", "another kind" if kind is None else kind.value),
        ("key identifier", _key_id(found)),
        ("begins", moment(found.not_valid_before_utc)),
        ("ends", moment(found.not_valid_after_utc)),
        ("SHA-256", found.fingerprint(hashes.SHA256()).hex()),
    )


def _station(found: x509.Certificate) -> str | None:
    try:
        return str(StationName.of_certificate(found))
    except BadStationName:
        return None


def _key_id(found: x509.Certificate) -> str:
    try:
        return found.extensions.get_extension_for_class(
            x509.SubjectKeyIdentifier
        ).value.digest.hex()
    except x509.ExtensionNotFound:
        return "none"


def _is_authority(found: x509.Certificate) -> bool:
    try:
        limits = found.extensions.get_extension_for_class(x509.BasicConstraints)
    except x509.ExtensionNotFound:
        return False
    return limits.value.ca


def revocation_list(data: bytes, known: Known) -> tuple[Layer, ...]:
    """The layer of one revocation list, DER."""
    try:
        found = x509.load_der_x509_crl(data)
        facts = _list_facts(found)
        pem = found.public_bytes(Encoding.PEM)
    except (UnsupportedAlgorithm, *MALFORMED):
        no = refused("it is an X.509 revocation list", "RFC 5280 5", "SK-L08")
        return (Layer("revocation list", (no,)),)
    return (Layer("revocation list", _list_believed(pem, known), facts),)


def _list_facts(found: x509.CertificateRevocationList) -> tuple[Fact, ...]:
    ends = found.next_update_utc
    try:
        number = found.extensions.get_extension_for_class(x509.CRLNumber).value
        told = str(number.crl_number)
    except x509.ExtensionNotFound:
        told = "none"
    return (
        ("issuer", found.issuer.rfc4514_string()),
        ("number", told),
        ("begins", moment(found.last_update_utc)),
        ("ends", "never" if ends is None else moment(ends)),
        ("revoked certificates", str(len(found))),
    )


def _list_believed(pem: bytes, known: Known) -> tuple[Finding, ...]:
    what, rule = "it is the authority's, and whole", f"RFC 5280 5, {protocol('2.4')}"
    authority = _issuing(known.chain)
    if authority is None:
        return (unchecked(what, rule, _NEED),)
    try:
        found = RevocationList.read(pem, authority)
    except PkiError as error:
        return (refused(what, rule, "SK-L08", str(error)),)
    in_time = "it can be asked at --at"
    if found.holds(known.at):
        return (ok(what, rule), ok(in_time, f"R-136, {rule}"))
    times = f"it holds from {moment(found.this_update)} to {moment(found.next_update)}"
    return (ok(what, rule), refused(in_time, rule, "SK-L08", times))


def _issuing(chain: Sequence[x509.Certificate]) -> IssuingAuthority | None:
    """The authority of the chain that issues; the chain itself was proved before."""
    for one in chain:
        if one.issuer != one.subject:
            return IssuingAuthority.of(one)
    return None
