# SPDX-License-Identifier: Apache-2.0
"""A time-stamp is believed as its authority gave it, and not otherwise."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from pki import timestamp, timestamp_authority
from pki.errors import PkiError
from pki.keystore import load_certificate, load_p256_key
from pki.oids import ID_POLICY_TEST_TIME
from pki.timestamp import MAX_TOKEN, StampRefused, Wanted
from pki.timestamp_authority import TimeFiles
from pki.timestamping import TimeStamper

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
DIGEST = hashlib.sha256(b"a head").digest()
NONCE = 2**127 + 1


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tsa") / "a"
    return timestamp_authority.build(folder, "A", NOON - timedelta(days=1))


@pytest.fixture(scope="session")
def another(tmp_path_factory):
    """Another authority, of the same name."""
    folder = tmp_path_factory.mktemp("tsa") / "b"
    return timestamp_authority.build(folder, "A", NOON - timedelta(days=1))


@pytest.fixture(scope="session")
def stamper(authority):
    return timestamp_authority.load(authority.directory)


@pytest.fixture(scope="session")
def wanted(authority):
    root = load_certificate(authority.root)
    return Wanted(DIGEST, (root,), ID_POLICY_TEST_TIME, NONCE)


@pytest.fixture(scope="session")
def token(stamper):
    return stamped(stamper)


def stamped(stamper, at=NOON, digest=DIGEST, nonce=NONCE):
    asked = timestamp.query(digest, nonce, ID_POLICY_TEST_TIME)
    return timestamp.read_answer(stamper.answer(asked, at, 77))


def refused(token, wanted):
    with pytest.raises(StampRefused) as caught:
        timestamp.verify(token, wanted)
    return str(caught.value)


def test_a_stamp_says_when_and_by_whom(token, wanted, stamper):
    found = timestamp.verify(token, wanted)
    assert (found.at, found.accuracy) == (NOON, timedelta(seconds=1))
    assert (found.policy, found.serial) == (ID_POLICY_TEST_TIME, 77)
    assert found.certificate == stamper.certificate
    assert found.until == stamper.certificate.not_valid_after_utc


def test_later_it_is_believed_without_its_nonce_under_any_policy(token, wanted):
    later = replace(wanted, nonce=None, policy="")
    assert timestamp.verify(token, later).at == NOON


# -- what does not fit ---------------------------------------------------------------


def test_another_authoritys_stamp_is_refused(another, wanted):
    foreign = stamped(timestamp_authority.load(another.directory))
    assert "another authority's" in refused(foreign, wanted)


def test_another_authoritys_stamp_with_our_certificate_in_it_is_refused(
    another, stamper, wanted
):
    """The known fault: a certificate of ours beside, and a signature of theirs."""
    theirs = timestamp_authority.load(another.directory)
    mixed = TimeStamper(theirs.key, stamper.certificate)
    assert refused(stamped(mixed), wanted) == "its signature is wrong"


def test_both_are_believed_while_both_roots_are_configured(another, wanted):
    roots = (*wanted.roots, load_certificate(another.root))
    foreign = stamped(timestamp_authority.load(another.directory))
    assert timestamp.verify(foreign, replace(wanted, roots=roots)).at == NOON


def test_a_stamp_over_something_else_is_refused(token, wanted):
    other = replace(wanted, digest=hashlib.sha256(b"another head").digest())
    assert refused(token, other) == "it is over something else"


def test_the_answer_to_another_query_is_refused(token, wanted):
    assert "another query" in refused(token, replace(wanted, nonce=NONCE + 1))


def test_another_policy_is_refused(token, wanted):
    assert "another policy" in refused(token, replace(wanted, policy="1.2.3"))


def test_a_loose_time_is_refused(stamper, wanted):
    loose = replace(stamper, accuracy=timedelta(seconds=11))
    assert "too loosely" in refused(stamped(loose), wanted)


@pytest.mark.parametrize("days", [-2, 6 * 365])
def test_a_moment_outside_of_its_certificate_is_refused(stamper, wanted, days):
    token = stamped(stamper, NOON + timedelta(days=days))
    assert "out of time" in refused(token, wanted)


@given(at=st.integers(0, 990), bit=st.integers(0, 7))
def test_no_flipped_bit_is_believed(token, wanted, at, bit):
    changed = bytearray(token)
    changed[at % len(token)] ^= 1 << bit
    with pytest.raises(StampRefused):
        timestamp.verify(bytes(changed), wanted)


@given(st.binary(max_size=300))
def test_nothing_but_our_error_comes_out(wanted, data):
    for read in (lambda: timestamp.verify(data, wanted), lambda: _answer(data)):
        with pytest.raises(PkiError):
            read()


def test_bytes_behind_it_or_missing_are_refused(token, wanted):
    for changed in (token + b"\0", token[:-1], b"", bytes(MAX_TOKEN + 1)):
        refused(changed, wanted)


def _answer(data):
    return timestamp.read_answer(data)


# -- whose certificate ---------------------------------------------------------------


def forged(authority, *, usages, critical=True, ca=False):
    """A certificate of the real root that is not as a time-stamp's must be."""
    root = load_certificate(authority.root)
    key = ec.generate_private_key(ec.SECP256R1())
    builder = (
        x509.CertificateBuilder()
        .subject_name(root.subject)
        .issuer_name(root.subject)
        .public_key(key.public_key())
        .serial_number(99)
        .not_valid_before(NOON - timedelta(days=1))
        .not_valid_after(NOON + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if usages:
        told = x509.ExtendedKeyUsage(usages)
        builder = builder.add_extension(told, critical=critical)
    made = builder.sign(load_p256_key(authority.root_key), hashes.SHA256())
    return TimeStamper(key, made)


STAMPS = ExtendedKeyUsageOID.TIME_STAMPING


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ({"usages": []}, "is not for time-stamps"),
        ({"usages": [ExtendedKeyUsageOID.CLIENT_AUTH]}, "for time-stamps alone"),
        ({"usages": [STAMPS, ExtendedKeyUsageOID.CLIENT_AUTH]}, "time-stamps alone"),
        ({"usages": [STAMPS], "critical": False}, "for time-stamps alone"),
        ({"usages": [STAMPS], "ca": True}, "not that of a time-stamp authority"),
    ],
)
def test_only_a_time_stamps_own_certificate_is_believed(authority, wanted, how, why):
    assert why in refused(stamped(forged(authority, **how)), wanted)


def test_a_certificate_just_as_it_must_be_is_believed(authority, wanted):
    assert timestamp.verify(stamped(forged(authority, usages=[STAMPS])), wanted)


# -- the authority's answers ---------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        b"",
        b"not a query",
        bytes(5000),
        timestamp.query(DIGEST, NONCE, "1.2.3"),
        timestamp.query(DIGEST[:-1], NONCE),
    ],
    ids=["empty", "noise", "long", "policy", "digest"],
)
def test_what_cannot_be_stamped_is_rejected_in_an_answer(stamper, query):
    with pytest.raises(StampRefused, match="status 2"):
        timestamp.read_answer(stamper.answer(query, NOON, 1))


# -- its files -----------------------------------------------------------------------


def test_a_renewed_key_stamps_under_the_same_root(tmp_path, wanted):
    files = timestamp_authority.build(tmp_path / "c", "C", NOON)
    old = timestamp_authority.load(files.directory)
    timestamp_authority.renew(files.directory, NOON + timedelta(days=900))
    new = timestamp_authority.load(files.directory)
    assert new.certificate != old.certificate
    own = replace(wanted, roots=(load_certificate(files.root),))
    assert timestamp.verify(stamped(old), own).at == NOON
    later = NOON + timedelta(days=901)
    assert timestamp.verify(stamped(new, later), own).at == later
    assert len(list(files.directory.glob("*.key"))) == 3


def test_its_keys_are_for_its_owner_alone(authority):
    for key in (authority.root_key, authority.key):
        assert key.stat().st_mode & 0o777 == 0o600


def test_what_exists_is_not_overwritten(authority):
    with pytest.raises(PkiError, match="not overwritten"):
        timestamp_authority.build(authority.directory, "A", NOON)


def test_another_pairs_key_does_not_stamp(authority, another, tmp_path):
    files = TimeFiles(tmp_path)
    files.key.write_bytes(another.key.read_bytes())
    files.key.chmod(0o600)
    files.certificate.write_bytes(authority.certificate.read_bytes())
    with pytest.raises(PkiError, match="not one pair"):
        timestamp_authority.load(tmp_path)
