# SPDX-License-Identifier: Apache-2.0
"""The authority: what it makes, what it refuses, and that a crash loses nothing."""

import itertools
import os
import stat
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from pki import authority, keystore, plan
from pki.authority import Authority
from pki.issuance import BACKDATE, draw_serial
from pki.keystore import KeyFileError, load_certificate
from pki.layout import Layout
from pki.names import StationName
from pki.passphrase import Passphrases
from pki.plan import Plan, PlanError, PlannedStation
from pki.profiles import PROFILES, Purpose
from pki.serials import (
    AuthorityError,
    Index,
    RevocationReason,
    exclusive,
    serial_text,
)
from tests.pki.network import BUSINESS, CITY, CORE, NOON, PLAN

LATER = NOON + timedelta(days=30)
TOO_LATE = NOON + timedelta(days=PLAN.validity.issuing_days, seconds=1)
NEWCOMER = StationName("131016", "municipal_cs")


def files(layout: Layout) -> dict[str, bytes]:
    """Every file below, by its name there."""
    return {
        str(path.relative_to(layout.directory)): path.read_bytes()
        for path in layout.directory.rglob("*")
        if path.is_file()
    }


def counted() -> Callable[[int], bytes]:
    """Bytes that repeat from run to run, but never within one."""
    numbers = itertools.count(1)
    return lambda length: sha256(bytes([next(numbers)])).digest()[:length]


def extension(
    certificate: x509.Certificate, kind: type[x509.ExtensionType]
) -> x509.Extension[x509.ExtensionType]:
    return certificate.extensions.get_extension_for_class(kind)


def test_every_station_gets_what_the_plan_says_and_no_more(
    city_network: Layout,
) -> None:
    for planned in PLAN.stations:
        found = {path.name for path in city_network.station(planned.station).iterdir()}
        expected = {
            f"{purpose.value}.{kind}"
            for purpose in planned.needed
            for kind in ("key", "crt")
        }
        if planned.station != BUSINESS:
            expected.add("store.key")
        assert found == expected
    assert city_network.key(CORE, Purpose.PERMIT).exists()


def test_every_secret_is_its_owners_alone(city_network: Layout) -> None:
    secrets = list(city_network.directory.rglob("*.key"))
    assert len(secrets) == 2 + (4 + 1) + (4 + 1) + (5 + 1) + 1
    for path in secrets:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for path in city_network.directory.rglob("*"):
        if path.is_file() and path not in secrets:
            assert b"PRIVATE" not in path.read_bytes()


@pytest.mark.parametrize("purpose", Purpose)
def test_a_certificate_is_of_its_purposes_profile(
    city_network: Layout, purpose: Purpose
) -> None:
    profile = PROFILES[purpose]
    key, certificate = keystore.load_pair(
        city_network.key(CORE, purpose), city_network.certificate(CORE, purpose)
    )
    kind = {
        "P-256": ec.EllipticCurvePrivateKey,
        "Ed25519": ed25519.Ed25519PrivateKey,
    }[profile.key.value]
    assert isinstance(key, kind)
    usages = extension(certificate, x509.ExtendedKeyUsage).value
    assert isinstance(usages, x509.ExtendedKeyUsage)
    assert {usage.dotted_string for usage in usages} == profile.usages
    usage = extension(certificate, x509.KeyUsage)
    assert isinstance(usage.value, x509.KeyUsage)
    assert usage.critical
    assert usage.value.key_agreement is (purpose is Purpose.SEALING)
    assert usage.value.digital_signature is (purpose is not Purpose.SEALING)
    assert not usage.value.key_cert_sign
    constraints = extension(certificate, x509.BasicConstraints)
    assert constraints.critical
    assert constraints.value == x509.BasicConstraints(False, None)
    assert StationName.of_certificate(certificate) == CORE


def test_hosts_stand_in_the_tls_certificate_only(city_network: Layout) -> None:
    def names(purpose: Purpose) -> list[str]:
        certificate = load_certificate(city_network.certificate(CITY, purpose))
        value = extension(certificate, x509.SubjectAlternativeName).value
        assert isinstance(value, x509.SubjectAlternativeName)
        return [str(name.value) for name in value]

    hosts = ["cs.example", "192.0.2.1", "2001:db8::1"]
    assert names(Purpose.TLS) == [CITY.uri, *hosts]
    assert names(Purpose.SIGNING) == [CITY.uri]


def test_a_test_network_says_so_in_every_certificate(city_network: Layout) -> None:
    for path in city_network.directory.rglob("*.crt"):
        assert "TEST" in load_certificate(path).subject.rfc4514_string()


def test_a_real_network_says_it_nowhere(tmp_path: Path) -> None:
    real = msgspec.structs.replace(
        PLAN, network=plan.Network(name="Example", test=False)
    )
    locks = Passphrases(root=b"the root's, offline", issuing=b"the issuing key's")
    authority.build(real, tmp_path / "real", NOON, passphrases=locks)
    for path in (tmp_path / "real").rglob("*.crt"):
        assert "TEST" not in load_certificate(path).subject.rfc4514_string()


def test_certificates_hold_a_little_before_they_were_made(
    city_network: Layout,
) -> None:
    made = load_certificate(city_network.certificate(CITY, Purpose.TLS))
    assert made.not_valid_before_utc == NOON - BACKDATE
    assert made.not_valid_after_utc == NOON + timedelta(PLAN.validity.tls_days)


def test_nothing_outlives_the_authority_that_vouches_for_it(
    own_network: Layout,
) -> None:
    at = NOON + timedelta(days=PLAN.validity.issuing_days - 1)
    made = Authority.open(own_network.directory).renew(CITY, Purpose.TLS, at)
    own = load_certificate(own_network.issuing_certificate)
    assert made.not_valid_after_utc == own.not_valid_after_utc


@given(st.binary(min_size=20, max_size=20))
def test_a_serial_is_positive_and_always_of_one_length(drawn: bytes) -> None:
    serial = draw_serial(lambda length: drawn[:length])
    assert serial.bit_length() == 159
    assert len(serial_text(serial)) == 40


def test_serials_come_from_the_given_source(tmp_path: Path) -> None:
    for name in ("a", "b"):
        authority.build(PLAN, tmp_path / name, NOON, counted())
    serials = [
        [entry.serial for entry in Index.load(Layout(tmp_path / n).index).certificates]
        for n in ("a", "b")
    ]
    assert serials[0] == serials[1]


def test_a_source_that_repeats_itself_is_noticed(tmp_path: Path) -> None:
    with pytest.raises(AuthorityError, match="twice"):
        authority.build(PLAN, tmp_path / "a", NOON, bytes)
    assert list(tmp_path.iterdir()) == []


def test_every_certificate_stands_in_the_index(city_network: Layout) -> None:
    index = Index.load(city_network.index)
    certificates = {
        serial_text(load_certificate(path).serial_number)
        for path in city_network.stations.rglob("*.crt")
    }
    assert {entry.serial for entry in index.certificates} == certificates


def test_the_directory_is_made_in_a_place_that_is_free(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    authority.build(PLAN, tmp_path / "empty", NOON)
    authority.build(PLAN, tmp_path / "new" / "below", NOON)
    assert Layout(tmp_path / "empty").crl.exists()
    assert Layout(tmp_path / "new" / "below").crl.exists()


def test_a_place_that_is_taken_stays_as_it_was(own_network: Layout) -> None:
    before = files(own_network)
    with pytest.raises(AuthorityError, match="not overwritten"):
        authority.build(PLAN, own_network.directory, LATER)
    with pytest.raises(AuthorityError, match="not overwritten"):
        authority.build(PLAN, own_network.chain, LATER)
    assert files(own_network) == before


def test_a_failure_half_way_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(keystore, "settle", full)
    with pytest.raises(AuthorityError, match="No space"):
        authority.build(PLAN, tmp_path / "a", NOON)
    assert list(tmp_path.iterdir()) == []


def test_a_moment_without_a_zone_is_our_own_mistake(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="time zone"):
        authority.build(PLAN, tmp_path / "a", datetime(2030, 1, 1))


def test_a_whole_prefecture_is_made_quickly(tmp_path: Path) -> None:
    stations = tuple(
        PlannedStation(organisation=f"{number}", role="municipal_cs", name="市")
        for number in range(100_000, 100_040)
    )
    many = Plan(network=PLAN.network, stations=stations)
    began = time.process_time()
    authority.build(many, tmp_path / "many", NOON)
    assert time.process_time() - began < 3


def test_no_act_but_the_first_needs_the_root_key(own_network: Layout) -> None:
    own_network.root_key.unlink()
    opened = Authority.open(own_network.directory)
    renewed = opened.renew(CITY, Purpose.SIGNING, LATER)
    opened.revoke(renewed.serial_number, RevocationReason.SUPERSEDED, LATER)
    opened.publish_crl(LATER)


def with_newcomer(layout: Layout) -> Authority:
    with layout.plan.open("a", encoding="utf-8") as file:
        file.write(
            f'\n[[station]]\norganisation = "{NEWCOMER.organisation}"\n'
            f'role = "{NEWCOMER.role}"\nname = "千代田区"\n'
        )
    return Authority.open(layout.directory)


def test_a_station_added_to_the_plan_is_issued_its_certificates(
    own_network: Layout,
) -> None:
    opened = with_newcomer(own_network)
    wanted = opened.missing(NEWCOMER)
    assert wanted == (Purpose.TLS, Purpose.SIGNING, Purpose.SEALING, Purpose.RECORD)
    for purpose in wanted:
        made = opened.issue(NEWCOMER, purpose, LATER)
        paths = (
            own_network.key(NEWCOMER, purpose),
            own_network.certificate(NEWCOMER, purpose),
        )
        assert keystore.load_pair(*paths)[1] == made
        assert Index.load(own_network.index).find(made.serial_number)
    assert opened.missing(NEWCOMER) == ()
    assert len(keystore.load_secret(own_network.store_key(NEWCOMER))) == 32


def test_issue_refuses_what_exists_and_what_is_not_planned(
    own_network: Layout,
) -> None:
    before = files(own_network)
    opened = Authority.open(own_network.directory)
    with pytest.raises(KeyFileError, match="use renew"):
        opened.issue(CITY, Purpose.TLS, LATER)
    with pytest.raises(AuthorityError, match="no permit key"):
        opened.issue(CITY, Purpose.PERMIT, LATER)
    with pytest.raises(PlanError, match="no station"):
        opened.issue(NEWCOMER, Purpose.TLS, LATER)
    assert files(own_network) == before


def test_issue_refuses_to_pair_a_certificate_with_a_key_left_behind(
    own_network: Layout,
) -> None:
    own_network.certificate(CITY, Purpose.TLS).unlink()
    with pytest.raises(KeyFileError, match="cut short; move it away"):
        Authority.open(own_network.directory).issue(CITY, Purpose.TLS, LATER)


def test_a_renewal_makes_a_new_key_and_keeps_the_old_pair(
    own_network: Layout,
) -> None:
    before = files(own_network)
    key, path = (
        own_network.key(CITY, Purpose.SEALING),
        own_network.certificate(CITY, Purpose.SEALING),
    )
    old = load_certificate(path)
    made = Authority.open(own_network.directory).renew(CITY, Purpose.SEALING, LATER)
    assert keystore.load_pair(key, path)[1] == made
    assert made.public_key() != old.public_key()
    mark = serial_text(old.serial_number)
    kept = keystore.load_pair(
        key.with_name(f"sealing.{mark}.key"), path.with_name(f"sealing.{mark}.crt")
    )
    assert kept[1] == old
    after = files(own_network)
    changed = {name for name in before if after[name] != before[name]}
    folder = "stations/102024-municipal_cs"
    assert changed == {
        "issuing/index.json",
        f"{folder}/sealing.key",
        f"{folder}/sealing.crt",
    }


def test_each_of_two_renewals_keeps_its_own_old_pair(own_network: Layout) -> None:
    opened = Authority.open(own_network.directory)
    opened.renew(CITY, Purpose.TLS, LATER)
    opened.renew(CITY, Purpose.TLS, LATER)
    assert len(list(own_network.station(CITY).glob("tls.*.key"))) == 2


def test_a_renewal_cut_between_its_two_files_is_seen_and_loses_no_key(
    own_network: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Authority.open(own_network.directory)
    key, path = (
        own_network.key(CITY, Purpose.TLS),
        own_network.certificate(CITY, Purpose.TLS),
    )
    old_key, whole = key.read_bytes(), keystore.replace

    def cut(target: Path, data: bytes, *, private: bool = False) -> None:
        if target == path:
            raise KeyboardInterrupt
        whole(target, data, private=private)

    monkeypatch.setattr(keystore, "replace", cut)
    with pytest.raises(KeyboardInterrupt):
        opened.renew(CITY, Purpose.TLS, LATER)
    monkeypatch.undo()
    with pytest.raises(KeyFileError, match="is not the key"):
        opened.renew(CITY, Purpose.TLS, LATER)
    (kept,) = own_network.station(CITY).glob("tls.*.key")
    assert kept.read_bytes() == old_key
    keystore.replace(key, old_key, private=True)
    assert opened.renew(CITY, Purpose.TLS, LATER)


def test_a_revoked_certificate_stands_in_the_next_list(own_network: Layout) -> None:
    opened = Authority.open(own_network.directory)
    serial = load_certificate(own_network.certificate(CITY, Purpose.TLS)).serial_number
    made = opened.revoke(serial, RevocationReason.KEY_COMPROMISE, LATER)
    written = x509.load_pem_x509_crl(own_network.crl.read_bytes())
    assert made.public_bytes(Encoding.DER) == written.public_bytes(Encoding.DER)
    line = written.get_revoked_certificate_by_serial_number(serial)
    assert line is not None
    assert line.revocation_date_utc == LATER
    reason = line.extensions.get_extension_for_class(x509.CRLReason).value
    assert reason.reason is x509.ReasonFlags.key_compromise
    assert len(written) == 1


@pytest.mark.parametrize("reason", RevocationReason)
def test_every_reason_can_be_written(
    own_network: Layout, reason: RevocationReason
) -> None:
    opened = Authority.open(own_network.directory)
    serial = load_certificate(
        own_network.certificate(CORE, Purpose.PERMIT)
    ).serial_number
    line = opened.revoke(
        serial, reason, LATER
    ).get_revoked_certificate_by_serial_number(serial)
    assert line is not None
    assert len(line.extensions) == (reason is not RevocationReason.UNSPECIFIED)


def test_lists_are_numbered_without_a_gap_or_a_repeat(own_network: Layout) -> None:
    def number(crl: x509.CertificateRevocationList) -> int:
        return crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number

    first = number(x509.load_pem_x509_crl(own_network.crl.read_bytes()))
    opened = Authority.open(own_network.directory)
    numbers = [number(opened.publish_crl(LATER)) for _ in range(3)]
    assert [first, *numbers] == [1, 2, 3, 4]


def test_a_list_holds_from_a_little_before_until_the_planned_days(
    own_network: Layout,
) -> None:
    made = Authority.open(own_network.directory).publish_crl(LATER)
    assert made.last_update_utc == LATER - BACKDATE
    assert made.next_update_utc == LATER + timedelta(PLAN.validity.crl_days)


def test_revocations_are_never_forgotten(own_network: Layout) -> None:
    opened = Authority.open(own_network.directory)
    serial = load_certificate(own_network.certificate(CITY, Purpose.TLS)).serial_number
    opened.revoke(serial, RevocationReason.SUPERSEDED, LATER)
    much_later = LATER + timedelta(days=3000)
    made = opened.publish_crl(much_later)
    assert made.get_revoked_certificate_by_serial_number(serial) is not None


def test_revoke_refuses_the_unknown_and_the_revoked(own_network: Layout) -> None:
    opened = Authority.open(own_network.directory)
    serial = load_certificate(own_network.certificate(CITY, Purpose.TLS)).serial_number
    opened.revoke(serial, RevocationReason.SUPERSEDED, LATER)
    before = files(own_network)
    with pytest.raises(AuthorityError, match="revoked already"):
        opened.revoke(serial, RevocationReason.KEY_COMPROMISE, LATER)
    for unknown in (1, -1, serial + 1):
        with pytest.raises(AuthorityError, match="not issued here"):
            opened.revoke(unknown, RevocationReason.KEY_COMPROMISE, LATER)
    assert files(own_network) == before


def test_another_authoritys_certificate_is_not_taken_for_ours(
    own_network: Layout, other_network: Layout
) -> None:
    opened = Authority.open(own_network.directory)
    ours = load_certificate(own_network.certificate(CITY, Purpose.TLS))
    assert opened.serial_of(ours) == ours.serial_number
    with pytest.raises(AuthorityError, match="not issued here"):
        opened.serial_of(load_certificate(other_network.certificate(CITY, Purpose.TLS)))


def test_one_serial_of_two_authorities_is_told_apart(tmp_path: Path) -> None:
    for name in ("a", "b"):
        authority.build(PLAN, tmp_path / name, NOON, counted())
    theirs = load_certificate(Layout(tmp_path / "b").certificate(CITY, Purpose.TLS))
    with pytest.raises(AuthorityError, match="another authority"):
        Authority.open(tmp_path / "a").serial_of(theirs)


def test_nothing_is_signed_after_the_authoritys_own_time(own_network: Layout) -> None:
    opened = Authority.open(own_network.directory)
    for at in (TOO_LATE, NOON - timedelta(hours=1)):
        with pytest.raises(AuthorityError, match="out of time"):
            opened.renew(CITY, Purpose.TLS, at)


def test_two_commands_do_not_change_one_authority_at_once(
    own_network: Layout,
) -> None:
    opened = Authority.open(own_network.directory)
    with (
        exclusive(own_network.issuing),
        pytest.raises(AuthorityError, match="another command"),
    ):
        opened.publish_crl(LATER)
    opened.publish_crl(LATER)


def test_a_serial_is_on_the_disk_before_its_certificate(
    own_network: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = with_newcomer(own_network)
    known = len(Index.load(own_network.index).certificates)

    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(keystore, "write_private", cut)
    with pytest.raises(KeyboardInterrupt):
        opened.issue(NEWCOMER, Purpose.TLS, LATER)
    assert len(Index.load(own_network.index).certificates) == known + 1
    assert not own_network.certificate(NEWCOMER, Purpose.TLS).exists()


def test_what_is_no_authority_is_not_opened(tmp_path: Path) -> None:
    with pytest.raises(AuthorityError, match="no authority"):
        Authority.open(tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"{}x", b'{"crl_number": "1"}', b'{"unknown": 1}']
)
def test_a_damaged_index_stops_every_act(own_network: Layout, content: bytes) -> None:
    own_network.index.write_bytes(content)
    before = files(own_network)
    opened = Authority.open(own_network.directory)
    for act in (
        lambda: opened.publish_crl(LATER),
        lambda: opened.renew(CITY, Purpose.TLS, LATER),
        lambda: opened.revoke(1, RevocationReason.SUPERSEDED, LATER),
    ):
        with pytest.raises(AuthorityError, match="index"):
            act()
    assert files(own_network) == before


def test_an_issuing_key_of_another_authority_is_refused(
    own_network: Layout, other_network: Layout
) -> None:
    own_network.issuing_key.unlink()
    os.link(other_network.issuing_key, own_network.issuing_key)
    with pytest.raises(AuthorityError, match="one pair"):
        Authority.open(own_network.directory)


def test_no_key_shows_itself(own_network: Layout) -> None:
    opened = Authority.open(own_network.directory)
    assert "PRIVATE" not in repr(opened)
