# SPDX-License-Identifier: Apache-2.0
"""The issuing authority's index: every certificate it signed, and what became of it.

Law: a serial stands in the index before its certificate is given out, and a line is
never taken away. So the authority can revoke all that it signed, whatever happened to
the files, and a revocation list names what was revoked for as long as old signatures
are looked at. Values only change into new values; `exclusive` keeps two commands from
changing one index at the same time.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Self

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from pki.errors import PkiError
from pki.issuance import Revocation
from pki.keystore import KeyFileError, read_public, replace
from pki.names import StationName
from pki.profiles import Purpose


class AuthorityError(PkiError):
    """The authority cannot do what was asked; nothing was issued or revoked.

    The request does not fit the plan or the index (an unknown serial, a certificate of
    another authority, one already revoked, a directory in use), or the authority's own
    files are damaged or out of time. The text says which. Look with
    ``sekisho pki show``; restore damaged files from the backup.
    """


class RevocationReason(Enum):
    """Why a certificate is revoked; RFC 5280's reasons that make sense for a station.

    Hold is not among them: what was held and let go again would make the evidence of
    that time unclear. Issue a new certificate instead.
    """

    UNSPECIFIED = "unspecified"
    KEY_COMPROMISE = "key_compromise"
    AFFILIATION_CHANGED = "affiliation_changed"
    SUPERSEDED = "superseded"
    CESSATION_OF_OPERATION = "cessation_of_operation"
    PRIVILEGE_WITHDRAWN = "privilege_withdrawn"


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One certificate; its serial and digest are lower-case hex."""

    serial: str
    station: str
    purpose: Purpose
    not_before: datetime
    not_after: datetime
    fingerprint: str
    revoked_at: datetime | None = None
    reason: RevocationReason | None = None

    @classmethod
    def of(
        cls, station: StationName, purpose: Purpose, certificate: x509.Certificate
    ) -> Self:
        """The line for a certificate just made."""
        return cls(
            serial=serial_text(certificate.serial_number),
            station=str(station),
            purpose=purpose,
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
            fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
        )


class Index(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole index at one moment."""

    crl_number: int = 0
    """The number of the last list; given out once, even if writing the list failed."""
    certificates: tuple[Entry, ...] = ()

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read an index file; raises `AuthorityError` if it is damaged."""
        try:
            return msgspec.json.decode(read_public(path), type=cls)
        except (msgspec.DecodeError, UnicodeDecodeError, KeyFileError) as error:
            raise AuthorityError(f"the index cannot be read: {error}") from None

    def save(self, path: Path) -> None:
        """Replace the file in one durable step."""
        replace(path, msgspec.json.format(msgspec.json.encode(self)) + b"\n")

    def issued(self, *entries: Entry) -> "Index":
        """The index with new certificates; refuses a serial that was used before."""
        serials = {entry.serial for entry in self.certificates}
        for entry in entries:
            if entry.serial in serials:
                raise AuthorityError("a serial came up twice: bad source of randomness")
            serials.add(entry.serial)
        return msgspec.structs.replace(self, certificates=self.certificates + entries)

    def find(self, serial: int) -> Entry:
        """The line of a serial; raises `AuthorityError` if it was never given out."""
        text = serial_text(serial)
        for entry in self.certificates:
            if entry.serial == text:
                return entry
        raise AuthorityError(f"serial {text} was not issued here")

    def revoked(self, serial: int, reason: RevocationReason, at: datetime) -> "Index":
        """The index with one certificate revoked; refuses to do it twice."""
        found = self.find(serial)
        if found.revoked_at is not None:
            raise AuthorityError(
                f"serial {found.serial} is revoked already; crl writes the list"
            )
        changed = msgspec.structs.replace(found, revoked_at=at, reason=reason)
        return msgspec.structs.replace(
            self,
            certificates=tuple(
                changed if entry is found else entry for entry in self.certificates
            ),
        )

    def numbered(self) -> "Index":
        """The index with the next list's number."""
        return msgspec.structs.replace(self, crl_number=self.crl_number + 1)

    def revocations(self) -> list[Revocation]:
        """What a revocation list made now has to name."""
        return [
            Revocation(
                int(entry.serial, 16),
                entry.revoked_at,
                x509.ReasonFlags[(entry.reason or RevocationReason.UNSPECIFIED).value],
            )
            for entry in self.certificates
            if entry.revoked_at is not None
        ]


def serial_text(serial: int) -> str:
    """A serial as people and files write it: 40 lower-case hex digits."""
    return f"{serial:040x}"


@contextmanager
def exclusive(directory: Path) -> Iterator[None]:
    """Hold an authority alone; raises `AuthorityError` if another command does.

    The directory is locked, not the index: that file is another one after each change.
    """
    try:
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise AuthorityError(f"no authority here: {error.strerror}") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise AuthorityError("another command is changing this authority") from None
    else:
        yield
    finally:
        os.close(descriptor)
