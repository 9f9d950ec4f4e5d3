# SPDX-License-Identifier: Apache-2.0
"""Trust: a table with every reason for which a certificate is not believed.

Each row is a certificate with one fault, signed by the real issuing key where the
fault is not the signature itself, so that nothing but the fault can be the cause.
"""

import base64
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pki import oids, trust
from pki.authority import Authority
from pki.issuance import Issuer, Revocation, make_crl
from pki.keystore import KeyFileError, load_certificate
from pki.layout import Layout
from pki.names import StationName
from pki.profiles import key_usage
from pki.serials import RevocationReason
from pki.trust import Purpose, Reason, TrustFileError, TrustStore, Untrusted
from tests.pki.network import CITY, CORE, NOON, PREFECTURE, issuer

BEFORE = datetime(2030, 1, 1, 11, 54, 59, tzinfo=UTC)
FIRST = datetime(2030, 1, 1, 11, 55, tzinfo=UTC)
LIST_ENDS = datetime(2030, 1, 8, 12, tzinfo=UTC)
LIST_OVER = datetime(2030, 1, 8, 12, 0, 1, tzinfo=UTC)
TLS_ENDS = datetime(2030, 4, 11, 12, tzinfo=UTC)
TLS_OVER = datetime(2030, 4, 11, 12, 0, 1, tzinfo=UTC)

P256 = ec.generate_private_key(ec.SECP256R1())
SIGNS = key_usage(signs=True)
AGREES = key_usage(agrees=True)
NO_AUTHORITY = x509.BasicConstraints(False, None)
KEY_ID = x509.SubjectKeyIdentifier(b"k" * 20)


def usages(*dotted: str) -> x509.ExtendedKeyUsage:
    return x509.ExtendedKeyUsage([x509.ObjectIdentifier(each) for each in dotted])


def names(*uris: str) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName(
        [x509.UniformResourceIdentifier(uri) for uri in uris]
    )


FOR_SIGNING = usages(oids.ID_KP_SIGNING)
NAMES_CITY = names(CITY.uri)

Key = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey


@dataclass(frozen=True)
class Draft:
    """A signing certificate as it should be; a test replaces one thing."""

    key: Key = field(default_factory=P256.public_key)
    issuer: x509.Name | None = None
    authority_key: ec.EllipticCurvePublicKey | None = None
    """Whose key identifier it names; None for the issuer's."""
    signer: ec.EllipticCurvePrivateKey | None = None
    digest: hashes.SHA256 | hashes.SHA384 = field(default_factory=hashes.SHA256)
    constraints: x509.BasicConstraints | None = NO_AUTHORITY
    usage: x509.KeyUsage | None = SIGNS
    usages: x509.ExtendedKeyUsage | None = FOR_SIGNING
    names: x509.SubjectAlternativeName | None = NAMES_CITY
    key_id: x509.SubjectKeyIdentifier | None = KEY_ID
    names_authority: bool = True
    strange: x509.UnrecognizedExtension | None = None
    strange_is_critical: bool = True
    begins: datetime = FIRST
    days: int = 100

    def signed(self, by: Issuer) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")]))
            .issuer_name(self.issuer or by.certificate.subject)
            .public_key(self.key)
            .serial_number(4711)
            .not_valid_before(self.begins)
            .not_valid_after(NOON + timedelta(self.days))
        )
        authority_key = self.authority_key or by.key.public_key()
        extensions: list[tuple[x509.ExtensionType | None, bool]] = [
            (self.constraints, True),
            (self.usage, True),
            (self.usages, False),
            (self.names, False),
            (self.key_id, False),
            (self.strange, self.strange_is_critical),
        ]
        if self.names_authority:
            extensions.append(
                (
                    x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key),
                    False,
                )
            )
        for extension, critical in extensions:
            if extension is not None:
                builder = builder.add_extension(extension, critical)
        return builder.sign(self.signer or by.key, self.digest)


GOOD = Draft()
OTHER_KEY = ec.generate_private_key(ec.SECP256R1())
STRANGE = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
BROKEN = x509.UnrecognizedExtension(x509.SubjectAlternativeName.oid, b"\x30\x05")

FAULTS: dict[str, tuple[Reason, Draft]] = {
    "another issuer's name": (
        Reason.UNKNOWN_AUTHORITY,
        replace(GOOD, issuer=x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "y")])),
    ),
    "the same name and another key": (
        Reason.UNKNOWN_AUTHORITY,
        replace(GOOD, signer=OTHER_KEY, authority_key=OTHER_KEY.public_key()),
    ),
    "forged: our names, another's signature": (
        Reason.BAD_SIGNATURE,
        replace(GOOD, signer=OTHER_KEY),
    ),
    "a digest that is not allowed": (
        Reason.WEAK_ALGORITHM,
        replace(GOOD, digest=hashes.SHA384()),
    ),
    "an RSA key": (
        Reason.WEAK_ALGORITHM,
        replace(
            GOOD,
            key=rsa.generate_private_key(
                public_exponent=65537, key_size=2048
            ).public_key(),
        ),
    ),
    "a key on another curve": (
        Reason.WEAK_ALGORITHM,
        replace(GOOD, key=ec.generate_private_key(ec.SECP384R1()).public_key()),
    ),
    "a record's kind of key for signing": (
        Reason.WEAK_ALGORITHM,
        replace(GOOD, key=ed25519.Ed25519PrivateKey.generate().public_key()),
    ),
    "an authority below the authority": (
        Reason.BAD_PROFILE,
        replace(GOOD, constraints=x509.BasicConstraints(True, 0)),
    ),
    "no basic constraints": (Reason.BAD_PROFILE, replace(GOOD, constraints=None)),
    "a critical extension nobody knows": (
        Reason.BAD_PROFILE,
        replace(GOOD, strange=STRANGE),
    ),
    "an extension that cannot be read": (
        Reason.BAD_PROFILE,
        replace(GOOD, names=None, strange=BROKEN, strange_is_critical=False),
    ),
    "no name of its authority's key": (
        Reason.BAD_PROFILE,
        replace(GOOD, names_authority=False),
    ),
    "no key identifier": (Reason.BAD_PROFILE, replace(GOOD, key_id=None)),
    "a short key identifier": (
        Reason.BAD_PROFILE,
        replace(GOOD, key_id=x509.SubjectKeyIdentifier(b"k" * 19)),
    ),
    "no usages": (Reason.WRONG_PURPOSE, replace(GOOD, usages=None)),
    "no key usage": (Reason.WRONG_PURPOSE, replace(GOOD, usage=None)),
    "the key usage of another purpose": (
        Reason.WRONG_PURPOSE,
        replace(GOOD, usage=AGREES),
    ),
    "two key usages": (
        Reason.WRONG_PURPOSE,
        replace(GOOD, usage=key_usage(signs=True, agrees=True)),
    ),
    "two purposes": (
        Reason.WRONG_PURPOSE,
        replace(GOOD, usages=usages(oids.ID_KP_SIGNING, oids.ID_KP_PERMIT)),
    ),
    "any purpose": (
        Reason.WRONG_PURPOSE,
        replace(
            GOOD,
            usages=usages(ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE.dotted_string),
        ),
    ),
    "a server that may not call": (
        Reason.WRONG_PURPOSE,
        replace(GOOD, usages=usages(ExtendedKeyUsageOID.SERVER_AUTH.dotted_string)),
    ),
    "another purpose": (
        Reason.WRONG_PURPOSE,
        replace(GOOD, usages=usages(oids.ID_KP_PERMIT)),
    ),
    "no names": (Reason.NO_STATION_NAME, replace(GOOD, names=None)),
    "no station's name": (
        Reason.NO_STATION_NAME,
        replace(GOOD, names=names("https://example")),
    ),
    "two stations' names": (
        Reason.NO_STATION_NAME,
        replace(GOOD, names=names(CITY.uri, CORE.uri)),
    ),
}


def pem(label: str, der: bytes | bytearray) -> bytes:
    body = base64.encodebytes(der).decode()
    return f"-----BEGIN {label}-----\n{body}-----END {label}-----\n".encode()


@pytest.fixture
def store(city_network: Layout) -> TrustStore:
    return TrustStore.load(city_network.chain, city_network.crl)


def certificate(
    layout: Layout, station: StationName, purpose: Purpose
) -> x509.Certificate:
    return load_certificate(layout.certificate(station, purpose))


def reason(
    store: TrustStore,
    shown: x509.Certificate,
    purpose: Purpose = Purpose.SIGNING,
    at: datetime = NOON,
) -> Reason:
    with pytest.raises(Untrusted) as caught:
        store.check(shown, purpose, at)
    return caught.value.reason


@pytest.mark.parametrize("purpose", Purpose)
def test_an_issued_certificate_is_believed_for_its_purpose(
    store: TrustStore, city_network: Layout, purpose: Purpose
) -> None:
    shown = certificate(city_network, CORE, purpose)
    identity = store.check(shown, purpose, NOON)
    assert identity.station == CORE
    assert identity.purpose is purpose
    assert identity.certificate == shown
    assert identity.fingerprint == shown.fingerprint(hashes.SHA256())
    assert identity.public_key == shown.public_key()
    assert identity.serial == shown.serial_number
    key_id = shown.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    assert identity.key_id == key_id.value.digest


@pytest.mark.parametrize("shown_as", Purpose)
@pytest.mark.parametrize("asked_for", Purpose)
def test_no_certificate_serves_two_purposes(
    store: TrustStore, city_network: Layout, shown_as: Purpose, asked_for: Purpose
) -> None:
    shown = certificate(city_network, CORE, shown_as)
    if shown_as is asked_for:
        assert store.check(shown, asked_for, NOON)
    else:
        assert reason(store, shown, asked_for) is Reason.WRONG_PURPOSE


def test_the_draft_without_a_fault_is_believed(
    store: TrustStore, city_network: Layout
) -> None:
    shown = GOOD.signed(issuer(city_network))
    assert store.check(shown, Purpose.SIGNING, NOON).station == CITY
    harmless = replace(GOOD, strange=STRANGE, strange_is_critical=False)
    assert store.check(harmless.signed(issuer(city_network)), Purpose.SIGNING, NOON)


@pytest.mark.parametrize(("expected", "draft"), FAULTS.values(), ids=FAULTS.keys())
def test_a_certificate_with_one_fault_is_refused_for_it(
    store: TrustStore, city_network: Layout, expected: Reason, draft: Draft
) -> None:
    shown = draft.signed(issuer(city_network))
    assert reason(store, shown) is expected
    assert reason(store, shown) is expected, "a second time, too"


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (BEFORE, Reason.NOT_YET_VALID),
        (FIRST, None),
        (NOON, None),
        (LIST_ENDS, None),
        (LIST_OVER, Reason.STALE_REVOCATION),
        (TLS_ENDS, Reason.STALE_REVOCATION),
        (TLS_OVER, Reason.EXPIRED),
    ],
)
def test_time_is_looked_at_each_time(
    store: TrustStore, city_network: Layout, at: datetime, expected: Reason | None
) -> None:
    shown = certificate(city_network, CITY, Purpose.TLS)
    assert store.check(shown, Purpose.TLS, NOON)
    if expected is None:
        assert store.check(shown, Purpose.TLS, at)
    else:
        assert reason(store, shown, Purpose.TLS, at) is expected


def test_a_fresh_list_lets_in_again_until_the_certificate_ends(
    own_network: Layout,
) -> None:
    store = TrustStore.load(own_network.chain, own_network.crl)
    shown = certificate(own_network, CITY, Purpose.TLS)
    assert reason(store, shown, Purpose.TLS, TLS_ENDS) is Reason.STALE_REVOCATION
    Authority.open(own_network.directory).publish_crl(TLS_ENDS)
    store.reload()
    assert store.check(shown, Purpose.TLS, TLS_ENDS)
    assert reason(store, shown, Purpose.TLS, TLS_OVER) is Reason.EXPIRED


def test_a_list_from_the_future_says_nothing_about_now(own_network: Layout) -> None:
    Authority.open(own_network.directory).publish_crl(NOON + timedelta(days=1))
    store = TrustStore.load(own_network.chain, own_network.crl)
    shown = certificate(own_network, CITY, Purpose.TLS)
    assert reason(store, shown, Purpose.TLS) is Reason.STALE_REVOCATION


def test_the_time_of_the_authorities_bounds_that_of_what_they_signed(
    city_network: Layout,
) -> None:
    by = issuer(city_network)
    long = replace(GOOD, begins=NOON - timedelta(1), days=20_000)
    shown = long.signed(by)
    store = TrustStore.load(city_network.chain, city_network.crl)
    ends = by.certificate.not_valid_after_utc
    assert reason(store, shown, at=ends) is Reason.STALE_REVOCATION
    assert reason(store, shown, at=ends + timedelta(seconds=1)) is Reason.EXPIRED
    assert reason(store, shown, at=BEFORE) is Reason.NOT_YET_VALID
    assert store.check(shown, Purpose.SIGNING, FIRST)


def test_a_revocation_counts_from_the_reload_on_for_what_was_believed_before(
    own_network: Layout,
) -> None:
    store = TrustStore.load(own_network.chain, own_network.crl)
    shown = certificate(own_network, CITY, Purpose.TLS)
    assert store.check(shown, Purpose.TLS, NOON)
    Authority.open(own_network.directory).revoke(
        shown.serial_number, RevocationReason.KEY_COMPROMISE, NOON
    )
    store.reload()
    assert reason(store, shown, Purpose.TLS) is Reason.REVOKED
    assert reason(store, shown, Purpose.TLS, LIST_OVER) is Reason.REVOKED
    other = certificate(own_network, PREFECTURE, Purpose.TLS)
    assert store.check(other, Purpose.TLS, NOON)
    anew = TrustStore.load(own_network.chain, own_network.crl)
    assert reason(anew, shown, Purpose.TLS) is Reason.REVOKED


def test_another_network_of_the_same_names_is_a_stranger(
    store: TrustStore, other_network: Layout
) -> None:
    for purpose in Purpose:
        shown = certificate(other_network, CORE, purpose)
        assert reason(store, shown, purpose) is Reason.UNKNOWN_AUTHORITY


def test_the_authorities_themselves_are_no_stations(
    store: TrustStore, city_network: Layout
) -> None:
    root = load_certificate(city_network.root_certificate)
    issuing = load_certificate(city_network.issuing_certificate)
    for purpose in Purpose:
        assert reason(store, root, purpose) is Reason.UNKNOWN_AUTHORITY
        assert reason(store, issuing, purpose) is Reason.UNKNOWN_AUTHORITY


@pytest.mark.filterwarnings("ignore:Parsed a serial number which wasn't positive")
@pytest.mark.parametrize("mask", [0x01, 0x20, 0x80, 0xFF])
def test_a_changed_octet_in_a_certificate_is_never_believed(
    store: TrustStore, city_network: Layout, tmp_path: Path, mask: int
) -> None:
    # In what is signed, that is: an ECDSA signature can be written in several ways
    # (and its BIT STRING, by this library's leave, too), so trust goes by serials.
    whole = certificate(city_network, CITY, Purpose.SIGNING)
    der = whole.public_bytes(Encoding.DER)
    seen = set()
    for place in range(len(der)):
        changed = bytearray(der)
        changed[place] ^= mask
        (tmp_path / "changed.crt").write_bytes(pem("CERTIFICATE", changed))
        try:
            shown = load_certificate(tmp_path / "changed.crt")
        except KeyFileError:
            continue
        if shown.tbs_certificate_bytes != whole.tbs_certificate_bytes:
            seen.add(reason(store, shown))
    assert Reason.BAD_SIGNATURE in seen
    assert seen <= {
        Reason.BAD_SIGNATURE,
        Reason.BAD_PROFILE,
        Reason.UNKNOWN_AUTHORITY,
        Reason.WEAK_ALGORITHM,
    }


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


def test_only_stale_lists_leave_the_question_open() -> None:
    assert [each for each in Reason if each.cannot_say] == [Reason.STALE_REVOCATION]


def test_every_reason_that_a_store_gives_has_a_test_above() -> None:
    in_table = {expected for expected, _ in FAULTS.values()}
    in_time = {
        Reason.NOT_YET_VALID,
        Reason.EXPIRED,
        Reason.REVOKED,
        Reason.STALE_REVOCATION,
    }
    assert in_table | in_time == set(Reason) - {Reason.NOT_ADMITTED}


def test_a_refusal_says_which_certificate_and_why(
    store: TrustStore, city_network: Layout
) -> None:
    shown = certificate(city_network, CITY, Purpose.TLS)
    with pytest.raises(Untrusted) as caught:
        store.check(shown, Purpose.SIGNING, NOON)
    assert caught.value.serial == shown.serial_number
    assert str(caught.value).startswith(Reason.WRONG_PURPOSE.value)


def test_a_store_knows_a_test_network(city_network: Layout) -> None:
    assert TrustStore.load(city_network.chain, city_network.crl).is_test


def test_what_is_remembered_is_bounded(
    store: TrustStore, city_network: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trust, "MAX_REMEMBERED", 2)
    for _ in range(2):
        for purpose in Purpose:
            shown = certificate(city_network, CORE, purpose)
            assert store.check(shown, purpose, NOON).purpose is purpose
            assert len(store._proved) <= 2


def test_a_known_certificate_is_checked_in_microseconds(
    store: TrustStore, city_network: Layout
) -> None:
    pem = city_network.certificate(CITY, Purpose.TLS).read_bytes()
    shown = [x509.load_pem_x509_certificate(pem) for _ in range(2000)]
    store.check(shown[0], Purpose.TLS, NOON)
    began = time.process_time()
    for each in shown:
        store.check(each, Purpose.TLS, NOON)
    assert (time.process_time() - began) / len(shown) < 50e-6


# What the store is loaded from.


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
