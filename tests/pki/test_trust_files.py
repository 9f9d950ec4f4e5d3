# SPDX-License-Identifier: Apache-2.0
"""What trust is loaded from: the chain, the list, and every way they can be wrong."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from pki.authority import Authority
from pki.issuance import Issuer, Revocation, Terms, make_crl, make_issuing
from pki.keystore import KeyFileError, load_certificate, load_p256_key
from pki.layout import Layout
from pki.plan import Network
from pki.profiles import key_usage
from pki.serials import RevocationReason
from pki.trust import Purpose, Reason, TrustFileError, TrustStore
from tests.pki.drafts import (
    KEY_ID,
    LIST_ENDS,
    LIST_OVER,
    OTHER_KEY,
    P256,
    SIGNS,
    certificate,
    pem,
    reason,
)
from tests.pki.network import CITY, NOON, PREFECTURE, issuer


@pytest.mark.parametrize("mask", [0x01, 0x20, 0x80, 0xFF])
def test_a_changed_octet_in_a_list_is_never_believed(
    own_network: Layout, mask: int
) -> None:
    store = TrustStore.load(own_network.chain, own_network.crl)
    made = Authority.open(own_network.directory).revoke(
        certificate(own_network, CITY, Purpose.TLS).serial_number,
        RevocationReason.SUPERSEDED,
        NOON,
    )
    der = made.public_bytes(Encoding.DER)
    for place in range(len(der)):
        changed = bytearray(der)
        changed[place] ^= mask
        own_network.crl.write_bytes(pem("X509 CRL", changed))
        try:
            store.reload()
        except TrustFileError:
            continue
        read = x509.load_der_x509_crl(bytes(changed))
        assert read.tbs_certlist_bytes == made.tbs_certlist_bytes


def test_a_missing_list_is_no_trust_at_all(own_network: Layout) -> None:
    own_network.crl.unlink()
    with pytest.raises(KeyFileError):
        TrustStore.load(own_network.chain, own_network.crl)


def test_a_list_that_is_lost_later_leaves_the_last_one_in_use(
    own_network: Layout,
) -> None:
    store = TrustStore.load(own_network.chain, own_network.crl)
    shown = certificate(own_network, CITY, Purpose.TLS)
    own_network.crl.unlink()
    with pytest.raises(KeyFileError):
        store.reload()
    assert store.check(shown, Purpose.TLS, NOON)
    assert reason(store, shown, Purpose.TLS, LIST_OVER) is Reason.STALE_REVOCATION


def test_an_older_list_does_not_bring_a_revoked_certificate_back(
    own_network: Layout,
) -> None:
    old = own_network.crl.read_bytes()
    shown = certificate(own_network, CITY, Purpose.TLS)
    Authority.open(own_network.directory).revoke(
        shown.serial_number, RevocationReason.SUPERSEDED, NOON
    )
    store = TrustStore.load(own_network.chain, own_network.crl)
    own_network.crl.write_bytes(old)
    with pytest.raises(TrustFileError, match="older"):
        store.reload()
    assert reason(store, shown, Purpose.TLS) is Reason.REVOKED


def test_the_same_list_read_again_is_no_fault(store: TrustStore) -> None:
    ends = store.list_ends
    store.reload()
    assert store.list_ends == ends == LIST_ENDS


def scoped(by: Issuer) -> x509.CertificateRevocationList:
    """A list that says of itself that it is about a part only."""
    part = x509.IssuingDistributionPoint(
        full_name=None,
        relative_name=None,
        only_contains_user_certs=True,
        only_contains_ca_certs=False,
        only_some_reasons=None,
        indirect_crl=False,
        only_contains_attribute_certs=False,
    )
    return unfinished(by).add_extension(part, True).sign(by.key, hashes.SHA256())


def delta(by: Issuer) -> x509.CertificateRevocationList:
    base = x509.DeltaCRLIndicator(1)
    return unfinished(by).add_extension(base, True).sign(by.key, hashes.SHA256())


def unnumbered(by: Issuer) -> x509.CertificateRevocationList:
    return (
        x509.CertificateRevocationListBuilder()
        .issuer_name(by.certificate.subject)
        .last_update(NOON)
        .next_update(NOON + timedelta(1))
        .sign(by.key, hashes.SHA256())
    )


def unfinished(
    by: Issuer, name: x509.Name | None = None
) -> x509.CertificateRevocationListBuilder:
    return (
        x509.CertificateRevocationListBuilder()
        .issuer_name(name or by.certificate.subject)
        .last_update(NOON)
        .next_update(NOON + timedelta(1))
        .add_extension(x509.CRLNumber(9), False)
    )


def forged(by: Issuer) -> x509.CertificateRevocationList:
    return unfinished(by).sign(OTHER_KEY, hashes.SHA256())


def otherwise_signed(by: Issuer) -> x509.CertificateRevocationList:
    return unfinished(by).sign(by.key, hashes.SHA384())


def of_another_name(by: Issuer) -> x509.CertificateRevocationList:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "y")])
    return unfinished(by, name).sign(by.key, hashes.SHA256())


MakeList = Callable[[Issuer], x509.CertificateRevocationList]


@pytest.mark.parametrize(
    "make",
    [scoped, delta, unnumbered, forged, otherwise_signed, of_another_name],
    ids=lambda f: f.__name__,
)
def test_a_list_that_is_not_whole_or_not_ours_is_refused(
    own_network: Layout, make: MakeList
) -> None:
    store = TrustStore.load(own_network.chain, own_network.crl)
    made = make(issuer(own_network)).public_bytes(Encoding.PEM)
    own_network.crl.write_bytes(made)
    with pytest.raises(TrustFileError):
        store.reload()
    with pytest.raises(TrustFileError):
        TrustStore.load(own_network.chain, own_network.crl)


def test_another_networks_list_is_refused(
    city_network: Layout, other_network: Layout
) -> None:
    with pytest.raises(TrustFileError):
        TrustStore.load(city_network.chain, other_network.crl)


@pytest.mark.parametrize("cut", [0, 30, 200, -40])
def test_a_damaged_list_is_refused(own_network: Layout, cut: int) -> None:
    own_network.crl.write_bytes(own_network.crl.read_bytes()[:cut])
    with pytest.raises(TrustFileError, match="damaged"):
        TrustStore.load(own_network.chain, own_network.crl)


def test_a_long_list_costs_no_more_to_ask(own_network: Layout) -> None:
    by = issuer(own_network)
    shown = certificate(own_network, CITY, Purpose.TLS)
    serials = [*range(1, 2000), shown.serial_number]
    reason_flag = x509.ReasonFlags.superseded
    made = make_crl(by, [Revocation(s, NOON, reason_flag) for s in serials], 2, 7, NOON)
    own_network.crl.write_bytes(made.public_bytes(Encoding.PEM))
    store = TrustStore.load(own_network.chain, own_network.crl)
    assert reason(store, shown, Purpose.TLS) is Reason.REVOKED
    other = certificate(own_network, PREFECTURE, Purpose.TLS)
    assert store.check(other, Purpose.TLS, NOON)


def test_a_chain_is_one_root_and_one_issuing_authority_in_any_order(
    own_network: Layout, other_network: Layout
) -> None:
    root = own_network.root_certificate.read_bytes()
    issuing = own_network.issuing_certificate.read_bytes()
    own_network.chain.write_bytes(root + issuing)
    assert TrustStore.load(own_network.chain, own_network.crl)
    leaf = own_network.certificate(CITY, Purpose.TLS).read_bytes()
    others_root = other_network.root_certificate.read_bytes()
    for bad in (
        root,
        issuing,
        root + root,
        root + issuing + leaf,
        root + leaf,
        others_root + issuing,
        root + issuing + others_root,
    ):
        own_network.chain.write_bytes(bad)
        with pytest.raises(TrustFileError):
            TrustStore.load(own_network.chain, own_network.crl)


@dataclass(frozen=True)
class Authorities:
    """A chain as it should be; a test replaces one thing."""

    ca: bool = True
    usage: x509.KeyUsage = field(default_factory=lambda: key_usage(issues=True))
    key: ec.EllipticCurvePrivateKey = P256
    digest: hashes.SHA256 | hashes.SHA384 = field(default_factory=hashes.SHA256)
    signer: ec.EllipticCurvePrivateKey | None = None
    key_id: x509.SubjectKeyIdentifier | None = KEY_ID

    def written(self, layout: Layout) -> None:
        """Write the chain, and a list that its issuing authority signed."""
        root_name, name = (
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
            for text in ("root", "issuing")
        )
        root = (
            x509.CertificateBuilder(
                root_name,
                root_name,
                OTHER_KEY.public_key(),
                1,
                NOON,
                NOON + timedelta(9),
            )
            .add_extension(x509.BasicConstraints(True, 1), True)
            .add_extension(key_usage(issues=True), True)
            .sign(OTHER_KEY, hashes.SHA256())
        )
        builder = (
            x509.CertificateBuilder(
                root_name, name, self.key.public_key(), 2, NOON, NOON + timedelta(9)
            )
            .add_extension(x509.BasicConstraints(self.ca, None), True)
            .add_extension(self.usage, True)
        )
        if self.key_id is not None:
            builder = builder.add_extension(self.key_id, False)
        issuing = builder.sign(self.signer or OTHER_KEY, self.digest)
        layout.chain.write_bytes(
            issuing.public_bytes(Encoding.PEM) + root.public_bytes(Encoding.PEM)
        )
        listed = unfinished(Issuer(self.key, issuing)).sign(self.key, hashes.SHA256())
        layout.crl.write_bytes(listed.public_bytes(Encoding.PEM))


def test_a_chain_without_a_fault_is_taken_and_is_no_test_network(
    own_network: Layout,
) -> None:
    Authorities().written(own_network)
    assert not TrustStore.load(own_network.chain, own_network.crl).is_test


@pytest.mark.parametrize(
    "faulty",
    [
        Authorities(ca=False),
        Authorities(usage=SIGNS),
        Authorities(key=ec.generate_private_key(ec.SECP384R1())),
        Authorities(digest=hashes.SHA384()),
        Authorities(signer=P256),
        Authorities(key_id=None),
    ],
    ids=["no authority", "usage", "curve", "digest", "signature", "no key id"],
)
def test_a_chain_whose_issuing_authority_has_one_fault_is_refused(
    own_network: Layout, faulty: Authorities
) -> None:
    faulty.written(own_network)
    with pytest.raises(TrustFileError, match="chain"):
        TrustStore.load(own_network.chain, own_network.crl)


def test_the_same_keys_under_another_name_are_another_authority(
    own_network: Layout,
) -> None:
    store = TrustStore.load(own_network.chain, own_network.crl)
    before = store.authorities
    anchor = load_certificate(own_network.root_certificate)
    renamed = make_issuing(
        Issuer(load_p256_key(own_network.root_key), anchor),
        Network(name="Another", test=True),
        load_p256_key(own_network.issuing_key),
        Terms(NOON, 3650, os.urandom),
    )
    assert renamed.subject != before[0].subject
    both = [each.public_bytes(Encoding.PEM) for each in (renamed, anchor)]
    own_network.chain.write_bytes(b"".join(both))
    with pytest.raises(TrustFileError, match="another authority"):
        store.renew(own_network.chain)
    assert store.authorities == before
