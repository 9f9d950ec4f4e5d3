# SPDX-License-Identifier: Apache-2.0
"""Files and directories, linted: one report for each certificate or list found.

Reads PEM (any number of blocks, as in a chain) and DER. Below a directory it looks at
``*.crt``, ``*.pem``, ``*.crl`` and ``*.der``, and passes over what holds neither a
certificate nor a list. A certificate beside which an authority of its issuer's name
stands must be signed by one such; whether that one is believed is not asked.
"""

import base64
import binascii
import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from pki import lint
from pki.keystore import KeyFileError, read_public
from pki.lint import Finding
from pki.names import MALFORMED

_BLOCK = re.compile(
    rb"-----BEGIN (CERTIFICATE|X509 CRL)-----(.*?)-----END \1-----", re.DOTALL
)
_SUFFIXES = (".crt", ".pem", ".crl", ".der")
CERTIFICATE, LIST = "certificate", "revocation list"


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All that is to be said of one certificate or list; the JSON's fields."""

    file: str
    place: int
    """The how manieth of its file, from 1."""
    holds: str
    name: str
    """The subject; of a list, who issued it; empty if that cannot be read."""
    findings: tuple[Finding, ...]

    @property
    def grave(self) -> int:
        """How many findings are of warning or above."""
        return sum(each.grave for each in self.findings)


@dataclass(frozen=True, slots=True)
class _Block:
    file: str
    place: int
    holds: str
    der: bytes


def reports(paths: Iterable[Path]) -> list[Report]:
    """A report for each certificate and list of the files and below the directories.

    Raises `KeyFileError` for a file that cannot be read or holds neither.
    """
    blocks = [block for path in paths for block in _found(path)]
    authorities = [
        shown
        for block in blocks
        if block.holds == CERTIFICATE and (shown := _certificate(block.der))
    ]
    return [_report(block, authorities) for block in blocks]


def _found(path: Path) -> list[_Block]:
    if not path.is_dir():
        found = list(_blocks(path, str(path)))
    else:
        found = [
            block
            for file in sorted(path.rglob("*"))
            if file.suffix in _SUFFIXES and file.is_file()
            for block in _blocks(file, str(file))
        ]
    if not found:
        raise KeyFileError(path, "no certificate and no revocation list in it")
    return found


def _blocks(path: Path, file: str) -> Iterator[_Block]:
    data = read_public(path)
    if data.startswith(b"\x30"):
        yield _Block(file, 1, CERTIFICATE if _certificate(data) else LIST, data)
        return
    for place, (label, body) in enumerate(_BLOCK.findall(data), 1):
        holds = CERTIFICATE if label == b"CERTIFICATE" else LIST
        try:
            der = base64.b64decode(body)
        except binascii.Error:
            der = b""  # which every rule finds unreadable
        yield _Block(file, place, holds, der)


def _report(block: _Block, authorities: Iterable[x509.Certificate]) -> Report:
    if block.holds == CERTIFICATE:
        findings = lint.certificate(block.der)
        name, pair = _of_certificate(block.der, authorities)
        findings += pair
    else:
        findings = lint.revocation_list(block.der)
        name = _list_name(block.der)
    return Report(
        file=block.file,
        place=block.place,
        holds=block.holds,
        name=name,
        findings=tuple(findings),
    )


def _of_certificate(
    der: bytes, authorities: Iterable[x509.Certificate]
) -> tuple[str, list[Finding]]:
    shown = _certificate(der)
    if shown is None:
        return "", []
    issuers = [one for one in authorities if one.subject == shown.issuer]
    if not issuers or any(_issued(shown, one) for one in issuers):
        return shown.subject.rfc4514_string(), []
    text = "an authority of its issuer's name is here, and did not sign it"
    return shown.subject.rfc4514_string(), [
        Finding(
            severity=lint.Severity.ERROR.name,
            code="sekisho.not_its_issuers",
            place="",
            text=text,
        )
    ]


def _issued(shown: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        shown.verify_directly_issued_by(authority)
    except (InvalidSignature, UnsupportedAlgorithm, TypeError, *MALFORMED):
        return False
    return True


def _certificate(der: bytes) -> x509.Certificate | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the linter tells what is wrong
            shown = x509.load_der_x509_certificate(der)
            _ = shown.subject, shown.issuer
    except MALFORMED:
        return None
    return shown


def _list_name(der: bytes) -> str:
    try:
        return x509.load_der_x509_crl(der).issuer.rfc4514_string()
    except MALFORMED:
        return ""
