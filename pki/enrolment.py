# SPDX-License-Identifier: Apache-2.0
"""One station's keys and certificates: made as a value, written as files.

Making and writing are two steps, because the authority's index must be on the disk
between them. The key leaves this module only into its file.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pki import keystore
from pki.issuance import Issuer, Terms, TokenBytes, make_certificate
from pki.layout import Layout
from pki.plan import Plan, PlannedStation
from pki.profiles import PROFILES, Purpose, make_key
from pki.serials import Entry

STORE_KEY_BYTES = 32
"""AES-256, the cipher of the store at rest."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A new private key, its certificate, and the certificate's line of the index."""

    key: bytes = field(repr=False)
    """PKCS#8 PEM, locked if a passphrase was given."""
    certificate: x509.Certificate
    entry: Entry


def make_pair(
    issuing: Issuer,
    plan: Plan,
    planned: PlannedStation,
    purpose: Purpose,
    terms: Terms,
    passphrase: bytes | None = None,
) -> Pair:
    """A new key of the purpose's kind, certified for the planned station."""
    key = make_key(PROFILES[purpose].key)
    certificate = make_certificate(
        issuing, plan.network, planned, purpose, key.public_key(), terms
    )
    entry = Entry.of(planned.station, purpose, certificate)
    return Pair(keystore.private_pem(key, passphrase), certificate, entry)


def terms_of(
    plan: Plan, purpose: Purpose, at: datetime, token_bytes: TokenBytes
) -> Terms:
    """The plan's validity for this purpose, from ``at`` on."""
    return Terms(at, plan.validity.days(purpose), token_bytes)


def write_station(
    layout: Layout,
    planned: PlannedStation,
    pairs: Iterable[Pair],
    token_bytes: TokenBytes,
) -> None:
    """Write pairs into the station's directory; refuses any name that is taken.

    A station that keeps a record keeps a store, so it gets the store's key too, once.
    """
    station = planned.station
    layout.station(station).mkdir(parents=True, exist_ok=True)
    for pair in pairs:
        purpose = pair.entry.purpose
        keystore.write_private(layout.key(station, purpose), pair.key)
        keystore.write_public(
            layout.certificate(station, purpose), pem(pair.certificate)
        )
    store_key = layout.store_key(station)
    if Purpose.RECORD in planned.needed and not store_key.exists():
        keystore.write_private(store_key, token_bytes(STORE_KEY_BYTES))


def pem(value: x509.Certificate | x509.CertificateRevocationList) -> bytes:
    """The one form in which certificates and lists are written."""
    return value.public_bytes(Encoding.PEM)
