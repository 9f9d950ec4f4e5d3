# SPDX-License-Identifier: Apache-2.0
"""The network's authority: a directory of keys, certificates and lists, and its acts.

`build` makes it once, whole or not at all: everything is written beside, then moved
into place. The root key is used there and never again, so it can go offline at once;
`Authority` opens the issuing key only. A real network's two keys are always locked with
passphrases; stations' keys and a TEST network's only where one was given.

Order of every act, so that a crash leaves no certificate that the index does not know:
(1) hold the authority alone, (2) the index on the disk, (3) the files of the station,
or the list made from the index. No name that is taken is written over; a renewal keeps
the old pair beside the new one, because what was sealed for it may still arrive.
"""

import glob
import os
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    generate_private_key,
)

from pki import keystore
from pki.enrolment import Pair, make_pair, pem, terms_of, write_station
from pki.issuance import Issuer, Terms, TokenBytes, make_crl, make_issuing, make_root
from pki.layout import Layout
from pki.names import StationName
from pki.passphrase import OPEN, Passphrases
from pki.plan import Plan, PlannedStation
from pki.plan import load as load_plan
from pki.plan import write as write_plan
from pki.profiles import Purpose
from pki.serials import (
    AuthorityError,
    Entry,
    Index,
    RevocationReason,
    exclusive,
    serial_text,
)


@dataclass(frozen=True, slots=True)
class Authority:
    """An opened authority; every act reads the index anew and leaves it on the disk."""

    layout: Layout
    plan: Plan
    issuing: Issuer

    @classmethod
    def open(cls, directory: Path, passphrase: bytes | None = None) -> Self:
        """Open what `build` made; the root key is not needed and not looked for."""
        layout = Layout(directory)
        if not layout.index.is_file():
            raise AuthorityError(f"{directory} is no authority; make one with init")
        key = keystore.load_p256_key(layout.issuing_key, passphrase)
        certificate = keystore.load_certificate(layout.issuing_certificate)
        if certificate.public_key() != key.public_key():
            raise AuthorityError("the issuing key and certificate are not one pair")
        return cls(layout, load_plan(layout.plan), Issuer(key, certificate))

    def missing(self, station: StationName) -> tuple[Purpose, ...]:
        """The planned purposes for which the station has no certificate yet."""
        return tuple(
            purpose
            for purpose in self.plan.find(station).needed
            if not self.layout.certificate(station, purpose).exists()
        )

    def issue(
        self,
        station: StationName,
        purpose: Purpose,
        at: datetime,
        token_bytes: TokenBytes = os.urandom,
        passphrase: bytes | None = None,
    ) -> x509.Certificate:
        """A first key and certificate; refuses what exists, or is not planned."""
        planned = self._planned(station, purpose)
        with exclusive(self.layout.issuing):
            key, certificate = self._paths(station, purpose)
            if certificate.exists():
                raise keystore.KeyFileError(certificate, "exists already; use renew")
            if key.exists():
                raise keystore.KeyFileError(
                    key,
                    "exists already without its certificate, from an issue that was "
                    "cut short; move it away",
                )
            pair = self._signed(planned, purpose, at, token_bytes, passphrase)
            write_station(self.layout, planned, (pair,), token_bytes)
        return pair.certificate

    def renew(
        self,
        station: StationName,
        purpose: Purpose,
        at: datetime,
        token_bytes: TokenBytes = os.urandom,
        passphrase: bytes | None = None,
    ) -> x509.Certificate:
        """A new key and certificate in the old one's place; the old pair stays beside.

        The old certificate is not revoked: let both run until every peer has the new
        one, or revoke it yourself. Both keys are locked with ``passphrase``, the old as
        the new, or neither is. A reader in the moment between the two files sees a key
        without its certificate, which `pki.keystore.load_pair` refuses.
        """
        planned = self._planned(station, purpose)
        with exclusive(self.layout.issuing):
            paths = key, certificate = self._paths(station, purpose)
            old = keystore.load_pair(key, certificate, passphrase)[1]
            pair = self._signed(planned, purpose, at, token_bytes, passphrase)
            for path in paths:
                keystore.keep_beside(path, serial_text(old.serial_number))
            keystore.replace(key, pair.key, private=True)
            keystore.replace(certificate, pem(pair.certificate))
        return pair.certificate

    def revoke(
        self, serial: int, reason: RevocationReason, at: datetime
    ) -> x509.CertificateRevocationList:
        """Take a certificate back for ever, and publish the list that says so."""
        with exclusive(self.layout.issuing):
            index = Index.load(self.layout.index)
            return self._publish(index.revoked(serial, reason, _second(at)), at)

    def serial_of(self, certificate: x509.Certificate) -> int:
        """The serial of a certificate of ours; refuses another authority's."""
        entry = Index.load(self.layout.index).find(certificate.serial_number)
        if entry.fingerprint != certificate.fingerprint(hashes.SHA256()).hex():
            raise AuthorityError("another authority issued this certificate")
        return certificate.serial_number

    def publish_crl(self, at: datetime) -> x509.CertificateRevocationList:
        """A fresh revocation list with the next number; to be done before it is due."""
        with exclusive(self.layout.issuing):
            return self._publish(Index.load(self.layout.index), at)

    def _planned(self, station: StationName, purpose: Purpose) -> PlannedStation:
        planned = self.plan.find(station)
        if purpose not in planned.needed:
            raise AuthorityError(f"the plan gives {station} no {purpose.value} key")
        return planned

    def _paths(self, station: StationName, purpose: Purpose) -> tuple[Path, Path]:
        layout = self.layout
        return layout.key(station, purpose), layout.certificate(station, purpose)

    def _signed(
        self,
        planned: PlannedStation,
        purpose: Purpose,
        at: datetime,
        token_bytes: TokenBytes,
        passphrase: bytes | None,
    ) -> Pair:
        """A pair whose serial is in the index already."""
        own, at = self.issuing.certificate, _second(at)
        if not own.not_valid_before_utc <= at < own.not_valid_after_utc:
            raise AuthorityError("the issuing authority's certificate is out of time")
        terms = terms_of(self.plan, purpose, at, token_bytes)
        pair = make_pair(self.issuing, self.plan, planned, purpose, terms, passphrase)
        Index.load(self.layout.index).issued(pair.entry).save(self.layout.index)
        return pair

    def _publish(self, index: Index, at: datetime) -> x509.CertificateRevocationList:
        index = index.numbered()
        index.save(self.layout.index)
        crl = _crl(self.issuing, self.plan, index, _second(at))
        keystore.replace(self.layout.crl, pem(crl))
        return crl


def build(
    plan: Plan,
    out: Path,
    at: datetime,
    token_bytes: TokenBytes = os.urandom,
    passphrases: Passphrases = OPEN,
) -> None:
    """Make a whole authority in ``out``, which must not exist or be empty.

    Root, issuing authority, the first revocation list, and a key and certificate for
    every station and purpose of the plan. Fails without leaving anything behind.
    """
    if not plan.network.test and None in (passphrases.root, passphrases.issuing):
        raise AuthorityError("a real network's root and issuing key need passphrases")
    at, out = _second(at), out.resolve()
    partial = out.parent / f".{out.name}.{token_bytes(4).hex()}"
    try:
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise AuthorityError(f"{out} exists already and is not overwritten")
        partial.mkdir(parents=True)
        _fill(Layout(partial), plan, at, token_bytes, passphrases)
        keystore.settle(partial)
        partial.rename(out)
        keystore.settle(out.parent, deep=False)
    except OSError as error:
        raise AuthorityError(f"{out} cannot be made: {error.strerror}") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def cut_short(out: Path) -> list[Path]:
    """What attempts to `build` ``out`` left beside it when the machine stopped them."""
    out = out.resolve()
    return sorted(out.parent.glob(f".{glob.escape(out.name)}.{'[0-9a-f]' * 8}"))


def _fill(
    layout: Layout,
    plan: Plan,
    at: datetime,
    token_bytes: TokenBytes,
    passphrases: Passphrases,
) -> None:
    for folder in (layout.root_key.parent, layout.issuing, layout.stations):
        folder.mkdir()
    issuing = _make_authorities(layout, plan, at, token_bytes, passphrases)
    entries: list[Entry] = []
    for planned in plan.stations:
        pairs = [
            make_pair(
                issuing,
                plan,
                planned,
                purpose,
                terms_of(plan, purpose, at, token_bytes),
                passphrases.stations,
            )
            for purpose in planned.needed
        ]
        write_station(layout, planned, pairs, token_bytes)
        entries += (pair.entry for pair in pairs)
    index = Index().issued(*entries).numbered()
    index.save(layout.index)
    keystore.write_public(layout.crl, pem(_crl(issuing, plan, index, at)))
    keystore.write_public(layout.plan, write_plan(plan).encode())


def _make_authorities(
    layout: Layout,
    plan: Plan,
    at: datetime,
    token_bytes: TokenBytes,
    passphrases: Passphrases,
) -> Issuer:
    network, days = plan.network, plan.validity
    root_key, key = (generate_private_key(SECP256R1()) for _ in range(2))
    anchor = make_root(network, root_key, Terms(at, days.root_days, token_bytes))
    certificate = make_issuing(
        Issuer(root_key, anchor),
        network,
        key,
        Terms(at, days.issuing_days, token_bytes),
    )
    for path, new, lock in (
        (layout.root_key, root_key, passphrases.root),
        (layout.issuing_key, key, passphrases.issuing),
    ):
        keystore.write_private(path, keystore.private_pem(new, lock))
    keystore.write_public(layout.root_certificate, pem(anchor))
    keystore.write_public(layout.issuing_certificate, pem(certificate))
    keystore.write_public(layout.chain, pem(certificate) + pem(anchor))
    return Issuer(key, certificate)


def _crl(
    issuing: Issuer, plan: Plan, index: Index, at: datetime
) -> x509.CertificateRevocationList:
    return make_crl(
        issuing, index.revocations(), index.crl_number, plan.validity.crl_days, at
    )


def _second(at: datetime) -> datetime:
    """The moment as certificates can say it."""
    if at.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return at.replace(microsecond=0)
