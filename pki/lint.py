# SPDX-License-Identifier: Apache-2.0
"""Is this certificate or list built as it must be? Every finding, the grave ones first.

Two sets of rules. RFC 5280, as the linter pkilint has it (`pki.lint_rules`), because
others must be able to read what we issue. And this network's own profiles, by the
tables that issue and believe, because a station takes nothing else. Pure: bytes in,
findings out; signatures are not checked and no clock is read, both are `pki.trust`'s.

The authority signs nothing in which `must_pass` finds anything of warning or above.
"""

import warnings
from collections.abc import Iterable
from enum import IntEnum
from typing import Any

import msgspec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding

from pki.algorithms import KEY_ID_BYTES
from pki.errors import PkiError
from pki.identity import Reason
from pki.names import MALFORMED, BadStationName, StationName
from pki.oids import ID_ECDSA_WITH_SHA256
from pki.profiles import (
    PERMIT_ROLE,
    PROFILES,
    KeyKind,
    Purpose,
    key_usage,
    kind_of,
    purpose_of,
)

_UNDERSTOOD = frozenset(
    kind.oid
    for kind in (
        x509.BasicConstraints,
        x509.KeyUsage,
        x509.ExtendedKeyUsage,
        x509.SubjectAlternativeName,
    )
)
"""What a certificate of ours may mark critical."""

_UNREADABLE = (*MALFORMED, UnsupportedAlgorithm, x509.ExtensionNotFound)


class Severity(IntEnum):
    """How grave a finding is; the names and the order are pkilint's."""

    FATAL = 0
    """Cannot be read, so the rest of it was not looked at."""
    ERROR = 1
    """A MUST was not met."""
    WARNING = 2
    """A SHOULD was not met."""
    NOTICE = 3
    INFO = 4


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a rule has to say of a certificate or a list."""

    severity: str
    """A name of `Severity`."""
    code: str
    """The rule: pkilint's name for it, or ``sekisho.`` and one of ours."""
    place: str
    """Where: a path of ASN.1 names, or empty for the whole."""
    text: str

    @property
    def grave(self) -> bool:
        """Whether it keeps the authority from signing."""
        return Severity[self.severity] <= Severity.WARNING

    def __str__(self) -> str:
        place = f" at {self.place}" if self.place else ""
        return f"{self.severity} {self.code}{place}: {self.text}"


class LintRefused(PkiError):
    """The authority was about to sign what is not built as RFC 5280 or we want it.

    Nothing was signed or written. Something in the plan (a name, a host) cannot stand
    in a certificate, or this program has a fault: the finding says which rule and
    where. Correct the plan; if nothing there fits the finding, report it.
    """

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("; ".join(map(str, self.findings)))


def certificate(der: bytes) -> list[Finding]:
    """All findings about a certificate, by RFC 5280 and by our profiles."""
    from pki import lint_rules

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # such as of a serial: a finding tells it
            found = _told(lint_rules.certificate_results(der))
            found += _profile(x509.load_der_x509_certificate(der))
    except MALFORMED as error:
        return [_unreadable("certificate", error)]
    return _sorted(found)


def revocation_list(der: bytes) -> list[Finding]:
    """All findings about a revocation list."""
    from pki import lint_rules

    try:
        found = _told(lint_rules.list_results(der))
        found += _list_profile(x509.load_der_x509_crl(der))
    except MALFORMED as error:
        return [_unreadable("revocation list", error)]
    return _sorted(found)


def must_meet_rfc5280(made: x509.Certificate) -> None:
    """The same by RFC 5280 alone, for what is no certificate of this network."""
    from pki import lint_rules

    found = _told(lint_rules.certificate_results(made.public_bytes(Encoding.DER)))
    grave = [each for each in found if each.grave]
    if grave:
        raise LintRefused(grave)


def must_pass(made: x509.Certificate | x509.CertificateRevocationList) -> None:
    """Raises `LintRefused` with every finding of warning or above."""
    lint = certificate if isinstance(made, x509.Certificate) else revocation_list
    grave = [each for each in lint(made.public_bytes(Encoding.DER)) if each.grave]
    if grave:
        raise LintRefused(grave)


def _told(results: Iterable[Any]) -> list[Finding]:
    """pkilint's results as findings; it tells one thing of two places once each."""
    return [
        Finding(
            severity=told.finding.severity.name,
            code=told.finding.code,
            place=result.node.path,
            text=told.message or told.finding.code.partition(".")[2].replace("_", " "),
        )
        for result in results
        for told in result.finding_descriptions
    ]


def _profile(shown: x509.Certificate) -> list[Finding]:
    if shown.signature_algorithm_oid.dotted_string != ID_ECDSA_WITH_SHA256:
        found = [_ours(Reason.WEAK_ALGORITHM, "certificate.signatureAlgorithm")]
    else:
        found = []
    try:
        extensions = shown.extensions
        if any(each.critical and each.oid not in _UNDERSTOOD for each in extensions):
            found.append(_ours(Reason.BAD_PROFILE, "a critical extension is not ours"))
        if extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return found + _authority(shown, extensions)
        return found + _station(shown, extensions)
    except _UNREADABLE:
        return [*found, _ours(Reason.BAD_PROFILE, "an extension is missing or broken")]


def _authority(shown: x509.Certificate, extensions: x509.Extensions) -> list[Finding]:
    usage = extensions.get_extension_for_class(x509.KeyUsage).value
    found = []
    if usage != key_usage(issues=True):
        found.append(_ours(Reason.WRONG_PURPOSE, "an authority signs, and only signs"))
    if _kind(shown) is not KeyKind.P256:
        found.append(_ours(Reason.WEAK_ALGORITHM, "an authority's key is P-256"))
    return found


def _station(shown: x509.Certificate, extensions: x509.Extensions) -> list[Finding]:
    found = []
    purpose = purpose_of(extensions)
    if purpose is None:
        found.append(_ours(Reason.WRONG_PURPOSE, "usages of no purpose of ours"))
    elif _kind(shown) is not PROFILES[purpose].key:
        found.append(_ours(Reason.WEAK_ALGORITHM, "not the kind of key of its purpose"))
    key_id = extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    if len(key_id.digest) != KEY_ID_BYTES:
        found.append(_ours(Reason.BAD_PROFILE, f"no key id of {KEY_ID_BYTES} bytes"))
    try:
        role = StationName.of_certificate(shown).role
    except BadStationName as error:
        found.append(_ours(Reason.NO_STATION_NAME, str(error)))
    else:
        if purpose is Purpose.PERMIT and role != PERMIT_ROLE:
            found.append(_ours(Reason.WRONG_PURPOSE, f"permits are {PERMIT_ROLE}'s"))
    return found


def _list_profile(shown: x509.CertificateRevocationList) -> list[Finding]:
    found = []
    if shown.signature_algorithm_oid.dotted_string != ID_ECDSA_WITH_SHA256:
        found.append(_ours(Reason.WEAK_ALGORITHM, "signed by another algorithm"))
    if any(extension.critical for extension in shown.extensions):
        found.append(_ours(Reason.BAD_PROFILE, "not a whole list"))
    return found


def _kind(shown: x509.Certificate) -> KeyKind | None:
    try:
        return kind_of(shown.public_key())
    except (ValueError, UnsupportedAlgorithm):
        return None


def _ours(reason: Reason, text: str) -> Finding:
    return Finding(
        severity=Severity.ERROR.name,
        code=f"sekisho.{reason.name.lower()}",
        place="",
        text=f"{reason.value}: {text}",
    )


def _unreadable(what: str, error: Exception) -> Finding:
    return Finding(
        severity=Severity.FATAL.name,
        code="sekisho.unreadable",
        place="",
        text=f"no {what}, or a damaged one: {type(error).__name__}",
    )


def _sorted(found: Iterable[Finding]) -> list[Finding]:
    return sorted(set(found), key=lambda each: (Severity[each.severity], each.code))
