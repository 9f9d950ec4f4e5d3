# SPDX-License-Identifier: Apache-2.0
"""Trust: a table with every reason for which a certificate is not believed."""

import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from pki import trust
from pki.authority import Authority
from pki.keystore import KeyFileError, load_certificate
from pki.layout import Layout
from pki.serials import RevocationReason
from pki.trust import Purpose, Reason, TrustStore, Untrusted
from tests.pki.drafts import (
    BEFORE,
    FAULTS,
    FIRST,
    GOOD,
    LIST_ENDS,
    LIST_OVER,
    STRANGE,
    TLS_ENDS,
    TLS_OVER,
    Draft,
    certificate,
    pem,
    reason,
)
from tests.pki.network import CITY, CORE, NOON, PREFECTURE, issuer


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
            assert len(store._met) <= 2


def test_a_certificate_that_is_met_again_as_another_object_is_the_same_identity(
    store: TrustStore, city_network: Layout
) -> None:
    first, again = (certificate(city_network, CITY, Purpose.TLS) for _ in range(2))
    assert first is not again
    identity = store.check(first, Purpose.TLS, NOON)
    assert store.check(again, Purpose.TLS, NOON) is identity
    held = [id(met) for met, _ in store._met.values()]
    assert held == list(store._met) == [id(first), id(again)]


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
