# SPDX-License-Identifier: Apache-2.0
"""May this certificate be believed, for this purpose, now? Yes, or why not.

Law: one root, one issuing authority, one revocation list; nothing that a peer sends
adds to them. A certificate is believed if `pki.identity` proves who it is, it is for
the purpose asked, its time and that of both authorities holds, and a list that is
itself in time does not name it. No list, no belief: *cannot say* is not *good*.

What cannot change is proved once per certificate and remembered, a bounded number of
them; what can change (time, revocation) is looked at on each call. A store is used by
one thread.
"""

from datetime import datetime
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from pki.identity import Identity, IssuingAuthority, Reason, Untrusted, identify
from pki.keystore import load_certificates, read_public
from pki.names import MALFORMED
from pki.oids import ID_ECDSA_WITH_SHA256
from pki.profiles import TEST_MARK, KeyKind, Purpose, key_usage, kind_of
from pki.revocation import RevocationList, TrustFileError

__all__ = [
    "Identity",
    "Purpose",
    "Reason",
    "TrustFileError",
    "TrustStore",
    "Untrusted",
]

MAX_REMEMBERED = 8192
"""Proved certificates kept at hand: every municipality of the country has four or
five, and one station meets a part of them. About 3 KB each."""


class TrustStore:
    """The anchors and the revocation list that one station believes by."""

    __slots__ = (
        "_authority",
        "_crl_path",
        "_list",
        "_met",
        "_not_after",
        "_not_before",
        "_proved",
        "_root",
        "is_test",
    )

    is_test: bool
    """The root says TEST: nothing of this network may touch a real one."""

    def __init__(
        self, issuing: x509.Certificate, root: x509.Certificate, crl_path: Path
    ) -> None:
        """Prefer `load`; here the two certificates are taken as proved."""
        self._take(issuing, root)
        self._crl_path = crl_path
        self._list = RevocationList.read(read_public(crl_path), self._authority)
        self._proved: dict[x509.Certificate, Identity] = {}
        self._met: dict[int, tuple[x509.Certificate, Identity]] = {}
        self.is_test = TEST_MARK in root.subject.rfc4514_string().split()

    @classmethod
    def load(cls, chain: Path, crl: Path) -> Self:
        """Read ``chain.pem`` and ``crl.pem`` of the authority.

        Raises `TrustFileError` if they are not one authority's, `KeyFileError` if a
        file is missing. Whether the list is in time is asked by `check`, each time.
        """
        issuing, root = _authorities(load_certificates(chain))
        return cls(issuing, root, crl)

    @property
    def list_ends(self) -> datetime:
        """When the revocation list in use goes out of time."""
        return self._list.next_update

    def reload(self) -> None:
        """Take the file's revocation list now; what was in use stays if it fails.

        An older list than the one in use is refused: it would forget revocations.
        """
        fresh = RevocationList.read(read_public(self._crl_path), self._authority)
        if fresh.number < self._list.number:
            raise TrustFileError(
                f"list {fresh.number} is older than list {self._list.number} in use"
            )
        self._list = fresh

    def renew(self, chain: Path) -> None:
        """Take the file's authorities now; what was in use stays if it fails.

        They must be the same authorities with longer lives, by name and key: whoever
        could change a file here could else choose whom this station believes.
        """
        issuing, root = _authorities(load_certificates(chain))
        for fresh, known in (
            (issuing, self._authority.certificate),
            (root, self._root),
        ):
            if (fresh.subject, fresh.public_key()) != (
                known.subject,
                known.public_key(),
            ):
                raise TrustFileError(
                    "the chain is another authority's than the one in use; "
                    "if that is meant, restart the station"
                )
        self._take(issuing, root)

    @property
    def authorities(self) -> tuple[x509.Certificate, x509.Certificate]:
        """The issuing authority's certificate in use, and the root's."""
        return self._authority.certificate, self._root

    def check(
        self, certificate: x509.Certificate, purpose: Purpose, at: datetime
    ) -> Identity:
        """Who holds this certificate; raises `Untrusted` with the first reason found.

        What is wrong for ever comes before what is wrong at the moment.
        """
        met = self._met.get(id(certificate))
        if met is not None and met[0] is certificate:
            identity = met[1]
        else:
            identity = self._proved.get(certificate) or self._prove(certificate)
            self._meet(certificate, identity)
        if identity.purpose is not purpose:
            raise Untrusted(Reason.WRONG_PURPOSE, certificate)
        return self.still(identity, at)

    def still(self, identity: Identity, at: datetime) -> Identity:
        """The same for an identity that `check` gave before: only what can change.

        Cheaper, because the certificate itself need not be looked up again.
        """
        certificate = identity.certificate
        if at < identity.not_before or at < self._not_before:
            raise Untrusted(Reason.NOT_YET_VALID, certificate)
        if at > identity.not_after or at > self._not_after:
            raise Untrusted(Reason.EXPIRED, certificate)
        if identity.serial in self._list.serials:  # an old list is no less sure of it
            raise Untrusted(Reason.REVOKED, certificate)
        if not self._list.holds(at):
            raise Untrusted(Reason.STALE_REVOCATION, certificate)
        return identity

    def _meet(self, certificate: x509.Certificate, identity: Identity) -> None:
        """Know this very object again: to look it up by its bytes costs ten times."""
        if len(self._met) >= MAX_REMEMBERED:
            del self._met[next(iter(self._met))]
        self._met[id(certificate)] = (certificate, identity)

    def _take(self, issuing: x509.Certificate, root: x509.Certificate) -> None:
        self._authority = IssuingAuthority.of(issuing)
        self._root = root
        self._not_before = max(root.not_valid_before_utc, issuing.not_valid_before_utc)
        self._not_after = min(root.not_valid_after_utc, issuing.not_valid_after_utc)

    def _prove(self, certificate: x509.Certificate) -> Identity:
        identity = identify(certificate, self._authority)
        if len(self._proved) >= MAX_REMEMBERED:
            del self._proved[next(iter(self._proved))]  # the one met longest ago
        self._proved[certificate] = identity
        return identity


def _authorities(
    chain: list[x509.Certificate],
) -> tuple[x509.Certificate, x509.Certificate]:
    """The issuing authority and the root of a chain file, proved to belong together."""
    try:
        roots = [one for one in chain if one.issuer == one.subject]
        others = [one for one in chain if one.issuer != one.subject]
        if (len(roots), len(others)) != (1, 1):
            raise TrustFileError("the chain is not one root and one issuing authority")
        for one in chain:
            _check_authority(one)
            one.verify_directly_issued_by(roots[0])
        IssuingAuthority.of(others[0])
    except (
        InvalidSignature,
        TypeError,
        UnsupportedAlgorithm,
        x509.ExtensionNotFound,
        *MALFORMED,
    ):
        raise TrustFileError("the chain's certificates do not hold") from None
    return others[0], roots[0]


def _check_authority(certificate: x509.Certificate) -> None:
    extensions = certificate.extensions
    usage = extensions.get_extension_for_class(x509.KeyUsage).value
    if (
        not extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        or usage != key_usage(issues=True)
        or kind_of(certificate.public_key()) is not KeyKind.P256
        or certificate.signature_algorithm_oid.dotted_string != ID_ECDSA_WITH_SHA256
    ):
        raise TrustFileError("a certificate of the chain is not an authority's")
