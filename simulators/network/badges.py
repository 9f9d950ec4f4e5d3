# SPDX-License-Identifier: Apache-2.0
"""Certificates under which nobody may come in, of a network's own authority.

They are true but for their one fault: over, taken back, of another time. Only a TEST
network can have them, because its authority's key lies open beside it.
"""

import os
import ssl
from dataclasses import dataclass
from pathlib import Path

from pki import keystore
from pki.authority import Authority
from pki.enrolment import make_pair, pem, terms_of
from pki.forgery import Forger
from pki.issuance import Issuer
from pki.names import StationName
from pki.profiles import Purpose
from pki.recipe import Recipe
from pki.serials import Index, RevocationReason, exclusive
from simulators.clock import Belief, clock_of
from simulators.network.files import Files
from simulators.web import client_context


@dataclass(frozen=True, slots=True)
class Badge:
    """A certificate and its key, in files."""

    certificate: Path
    key: Path
    chain: Path
    serial: int

    def context(self, belief: Belief | None) -> ssl.SSLContext:
        """Our end of TLS under it."""
        return client_context(self.chain, self.certificate, self.key, belief=belief)


def forged(files: Files, station: StationName, name: str, recipe: Recipe) -> Badge:
    """A certificate of ``station`` with the faults that ``recipe`` names."""
    authority = Authority.open(files.pki.directory)
    issuing = authority.issuing
    strange = files.other_pki
    other = Issuer(
        keystore.load_p256_key(strange.issuing_key),
        keystore.load_certificate(strange.issuing_certificate),
    )
    planned = authority.plan.find(station)
    forger = Forger(issuing, issuing, other, planned, clock_of(files.pki)())
    made = forger.make(recipe)
    certificate = ssl.DER_cert_to_PEM_cert(made.der).encode()
    return _written(files, name, certificate, made.key, made.serial)


def second(files: Files, station: StationName) -> Badge:
    """Another TLS certificate of a station, as good as the one it has."""
    authority = Authority.open(files.pki.directory)
    plan, now = authority.plan, clock_of(files.pki)().replace(microsecond=0)
    terms = terms_of(plan, Purpose.TLS, now, os.urandom)
    pair = make_pair(authority.issuing, plan, plan.find(station), Purpose.TLS, terms)
    with exclusive(files.pki.issuing):
        Index.load(files.pki.index).issued(pair.entry).save(files.pki.index)
    serial = pair.certificate.serial_number
    return _written(
        files, f"second-{serial:x}", pem(pair.certificate), pair.key, serial
    )


def revoke(files: Files, badge: Badge) -> None:
    """Take a certificate back; stations read the list within a second or two."""
    Authority.open(files.pki.directory).revoke(
        badge.serial, RevocationReason.KEY_COMPROMISE, clock_of(files.pki)()
    )


def _written(
    files: Files, name: str, certificate: bytes, key: bytes, serial: int
) -> Badge:
    folder = files.root / "badges"
    folder.mkdir(exist_ok=True)
    badge = Badge(
        folder / f"{name}.crt", folder / f"{name}.key", files.pki.chain, serial
    )
    for path in (badge.certificate, badge.key):
        path.unlink(missing_ok=True)  # of an earlier story in this folder
    keystore.write_public(badge.certificate, certificate)
    keystore.write_private(badge.key, key)
    return badge
