# SPDX-License-Identifier: Apache-2.0
"""What certificates and revocation lists say, as rows for people and for programs.

Reads files, believes nothing: a row tells what a file claims and how it stands to the
moment, not whether its signature holds; `pki.trust` decides that. Keys are not read.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

import msgspec
from cryptography import x509

from pki.keystore import KeyFileError, load_certificates, read_public
from pki.names import MALFORMED, BadStationName, StationName
from pki.profiles import purpose_of
from pki.serials import serial_text


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One certificate or one revocation list; field names are those of the JSON."""

    file: str
    holds: str
    """What it is: a purpose, ``authority``, ``other``, or ``revocation list``."""
    name: str
    """The station, or the subject's or issuer's name where there is none."""
    serial: str
    """Of a list: its number."""
    begins: datetime
    ends: datetime | None
    state: str
    """``valid``, ``not yet valid``, ``expired``, ``revoked``; ``stale`` for a list."""
    revoked: tuple[str, ...] = ()
    """The serials that a list names."""


class _List(msgspec.Struct, frozen=True, kw_only=True):
    """A list as found, with what is needed to mark its certificates."""

    row: Row
    issuer: x509.Name
    serials: frozenset[int]


def rows(path: Path, at: datetime) -> list[Row]:
    """A row for every certificate and list in a file, or below a directory."""
    if not path.is_dir():
        data = read_public(path)
        if b"-----BEGIN X509 CRL-----" in data:
            return [_list(path, path.name, at).row]
        return _certificates(path, path.name, at, [])
    lists = [
        _list(file, str(file.relative_to(path)), at)
        for file in sorted(path.rglob("*crl.pem"))
        if file.is_file()
    ]
    found = [
        row
        for file in sorted(path.rglob("*.crt"))
        if file.is_file()
        for row in _certificates(file, str(file.relative_to(path)), at, lists)
    ]
    if not found and not lists:
        raise KeyFileError(path, "no certificate (*.crt) and no list (crl.pem) below")
    return found + [each.row for each in lists]


def table(shown: Iterable[Row]) -> str:
    """Rows in columns, one line each; a list's serials on lines of their own."""
    lines = [("FILE", "HOLDS", "NAME", "SERIAL", "ENDS", "STATE")]
    for row in shown:
        ends = f"{row.ends:%Y-%m-%d %H:%MZ}" if row.ends else "-"
        lines.append((row.file, row.holds, row.name, row.serial, ends, row.state))
        lines += (("", "revokes", "", serial, "", "") for serial in row.revoked)
    return _columns(lines)


def _columns(lines: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) for cell, width in zip(line, widths, strict=True)
        ).rstrip()
        for line in lines
    )


def _certificates(
    path: Path, file: str, at: datetime, lists: Sequence[_List]
) -> list[Row]:
    try:
        return [_certificate(each, file, at, lists) for each in load_certificates(path)]
    except MALFORMED:
        raise KeyFileError(path, "a certificate in it is damaged") from None


def _certificate(
    certificate: x509.Certificate, file: str, at: datetime, lists: Sequence[_List]
) -> Row:
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if any(
        certificate.serial_number in each.serials and certificate.issuer == each.issuer
        for each in lists
    ):
        state = "revoked"
    elif at < begins:
        state = "not yet valid"
    else:
        state = "expired" if at > ends else "valid"
    return Row(
        file=file,
        holds=_kind(certificate.extensions),
        name=_name(certificate),
        serial=serial_text(certificate.serial_number),
        begins=begins,
        ends=ends,
        state=state,
    )


def _kind(extensions: x509.Extensions) -> str:
    purpose = purpose_of(extensions)
    if purpose is not None:
        return purpose.value
    try:
        limits = extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return "other"
    return "authority" if limits.ca else "other"


def _name(certificate: x509.Certificate) -> str:
    try:
        return str(StationName.of_certificate(certificate))
    except BadStationName:
        return certificate.subject.rfc4514_string()


def _list(path: Path, file: str, at: datetime) -> _List:
    try:
        crl = x509.load_pem_x509_crl(read_public(path))
        number = crl.extensions.get_extension_for_class(x509.CRLNumber).value
        serials = frozenset(revoked.serial_number for revoked in crl)
    except (*MALFORMED, x509.ExtensionNotFound):
        raise KeyFileError(path, "no revocation list, or a damaged one") from None
    begins, ends = crl.last_update_utc, crl.next_update_utc
    in_time = ends is not None and begins <= at <= ends
    row = Row(
        file=file,
        holds="revocation list",
        name=crl.issuer.rfc4514_string(),
        serial=str(number.crl_number),
        begins=begins,
        ends=ends,
        state="valid" if in_time else "stale",
        revoked=tuple(sorted(map(serial_text, serials))),
    )
    return _List(row=row, issuer=crl.issuer, serials=serials)
