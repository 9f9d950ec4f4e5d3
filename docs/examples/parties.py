# SPDX-License-Identifier: Apache-2.0
"""The three stations of the examples: core, requester and provider, with TEST keys.

Their certificates hold from 2025 to 2124, so that a reader can open and verify the
examples at any time. The keys are public: nothing that they sign proves anything.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from fixed import RepeatableKey, drawn

from pki.cms import Signer
from pki.issuance import (
    BACKDATE,
    Issuer,
    Terms,
    make_certificate,
    make_crl,
    make_issuing,
    make_root,
)
from pki.keystore import private_pem
from pki.names import StationName
from pki.plan import Network, PlannedStation
from pki.profiles import Purpose
from protocols.master import Endpoint, Master, StationEntry
from protocols.master import write as write_master
from schemas.matching_list import ITEMS, shipped

NETWORK = Network(name="Sekisho examples", test=True)
BEGIN = datetime(2025, 1, 1, tzinfo=UTC) + BACKDATE
DAYS = 36_500
ITEM = ITEMS[106]

CORE = StationName("C00001", "information_provision_network_system")
REQUESTER = StationName("Q00001", "intermediate_server")
PROVIDER = StationName("102024", "intermediate_server")
LABELS = {
    CORE: ("core", "情報提供ネットワークシステム", 8440),
    REQUESTER: ("requester", "情報照会者", 8441),
    PROVIDER: ("provider", "高崎市", 8442),
}


@dataclass(frozen=True, slots=True)
class Pair:
    """A key made from a label, and its certificate."""

    key: RepeatableKey
    certificate: x509.Certificate

    @property
    def signer(self) -> Signer:
        return Signer(self.key, self.certificate)


@dataclass(frozen=True, slots=True)
class Authority:
    """Root and issuing authority of the examples."""

    root: Pair
    issuing: Pair

    @property
    def chain(self) -> bytes:
        return pem(self.issuing.certificate) + pem(self.root.certificate)

    @property
    def crl(self) -> bytes:
        crl = make_crl(_issuer(self.issuing), (), 1, DAYS, BEGIN)
        return crl.public_bytes(Encoding.PEM)


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


def authority() -> Authority:
    """The same authority each time."""
    key = RepeatableKey("root")
    root = Pair(key, make_root(NETWORK, key, _terms("root")))
    below = RepeatableKey("issuing")
    issuing = make_issuing(_issuer(root), NETWORK, below, _terms("issuing"))
    return Authority(root, Pair(below, issuing))


def stations(by: Authority) -> dict[tuple[StationName, Purpose], Pair]:
    """A pair for each station and each purpose that a message needs."""
    return {
        (name, purpose): _pair(by, name, purpose)
        for name in LABELS
        for purpose in (Purpose.SIGNING, Purpose.SEALING, Purpose.PERMIT)
        if purpose is not Purpose.PERMIT or name == CORE
    }


def files(
    by: Authority, pairs: dict[tuple[StationName, Purpose], Pair]
) -> Iterator[tuple[str, bytes]]:
    """Name and content of every file of keys and certificates."""
    yield "pki/chain.pem", by.chain
    yield "pki/crl.pem", by.crl
    for (name, purpose), pair in pairs.items():
        stem = f"keys/{LABELS[name][0]}-{purpose.value}"
        yield f"{stem}.key", private_pem(pair.key.real)
        yield f"{stem}.crt", pem(pair.certificate)


def master(pairs: dict[tuple[StationName, Purpose], Pair], issued: datetime) -> bytes:
    """The signed bytes of the master of the examples."""
    made = Master(
        version=1,
        network="TEST Sekisho examples",
        issued=issued,
        realm="simulation",
        stations=tuple(_entry(name, pairs) for name in LABELS),
        lists=(shipped(issued),),
    )
    return write_master(made, pairs[CORE, Purpose.SIGNING].signer, issued)


def _entry(
    name: StationName, pairs: dict[tuple[StationName, Purpose], Pair]
) -> StationEntry:
    _, label, port = LABELS[name]
    permit = pairs.get((name, Purpose.PERMIT))
    asks = {ITEM.requester_kind} if name == REQUESTER else set()
    return StationEntry(
        name=name,
        label=label,
        requester_kinds=frozenset(asks),
        endpoint=Endpoint("127.0.0.1", port),
        signing=(pairs[name, Purpose.SIGNING].certificate,),
        sealing=(pairs[name, Purpose.SEALING].certificate,),
        permit=() if permit is None else (permit.certificate,),
    )


def _pair(by: Authority, name: StationName, purpose: Purpose) -> Pair:
    label = f"{name} {purpose.value}"
    key = RepeatableKey(label)
    planned = PlannedStation(
        organisation=name.organisation, role=name.role, name=LABELS[name][1]
    )
    certificate = make_certificate(
        _issuer(by.issuing), NETWORK, planned, purpose, key.public_key(), _terms(label)
    )
    return Pair(key, certificate)


def _issuer(pair: Pair) -> Issuer:
    return Issuer(pair.key, pair.certificate)


def _terms(label: str) -> Terms:
    return Terms(BEGIN, DAYS, drawn(f"serial {label}"))
