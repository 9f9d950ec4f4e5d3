# SPDX-License-Identifier: Apache-2.0
"""Key files: private from the first moment, never written over, read with care."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pki import keystore
from pki.keystore import KeyFileError
from pki.layout import Layout
from pki.profiles import Purpose
from tests.pki.network import CITY, PREFECTURE

P256 = ec.generate_private_key(ec.SECP256R1())
ED25519 = ed25519.Ed25519PrivateKey.generate()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def encrypted(passphrase: bytes) -> bytes:
    return P256.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase),
    )


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_a_private_file_is_readable_by_its_owner_alone(
    tmp_path: Path, umask: int
) -> None:
    before = os.umask(umask)
    try:
        keystore.write_private(tmp_path / "a.key", b"secret")
    finally:
        os.umask(before)
    assert mode(tmp_path / "a.key") == 0o600


@pytest.mark.parametrize("write", [keystore.write_private, keystore.write_public])
def test_nothing_is_written_over(
    tmp_path: Path, write: Callable[[Path, bytes], None]
) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"first")
    with pytest.raises(KeyFileError, match="not overwritten"):
        write(path, b"second")
    assert path.read_bytes() == b"first"


def test_a_link_that_leads_nowhere_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a.key").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(KeyFileError):
        keystore.write_private(tmp_path / "a.key", b"secret")
    assert not (tmp_path / "elsewhere").exists()


def test_a_missing_directory_is_a_key_file_error(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError):
        keystore.write_private(tmp_path / "none" / "a.key", b"secret")


@pytest.mark.parametrize("key", [P256, ED25519], ids=["P-256", "Ed25519"])
def test_a_written_key_is_read_back(tmp_path: Path, key: keystore.StationKey) -> None:
    keystore.write_private(tmp_path / "a.key", keystore.private_pem(key))
    read = keystore.load_private_key(tmp_path / "a.key")
    assert keystore.private_pem(read) == keystore.private_pem(key)


@pytest.mark.parametrize("permissions", [0o640, 0o604, 0o620, 0o602, 0o601, 0o644])
def test_a_key_that_others_may_touch_is_refused(
    tmp_path: Path, permissions: int
) -> None:
    keystore.write_private(tmp_path / "a.key", keystore.private_pem(P256))
    (tmp_path / "a.key").chmod(permissions)
    with pytest.raises(KeyFileError, match="other users"):
        keystore.load_private_key(tmp_path / "a.key")


def test_a_key_of_another_user_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keystore.write_private(tmp_path / "a.key", keystore.private_pem(P256))
    if os.geteuid() == 0:
        os.chown(tmp_path / "a.key", 65534, -1)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 65534)
    with pytest.raises(KeyFileError, match="another user"):
        keystore.load_private_key(tmp_path / "a.key")


def test_a_directory_or_a_pipe_in_a_keys_place_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(KeyFileError, match="not a regular file"):
        keystore.load_private_key(tmp_path / "pipe")
    with pytest.raises(KeyFileError):
        keystore.load_private_key(tmp_path)


def test_a_full_disk_leaves_no_half_of_a_key_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(KeyFileError, match="No space"):
        keystore.write_private(tmp_path / "a.key", b"secret")
    assert list(tmp_path.iterdir()) == []


def test_a_passphrase_opens_the_key_it_belongs_to(tmp_path: Path) -> None:
    keystore.write_private(tmp_path / "a.key", encrypted(b"open sesame"))
    read = keystore.load_private_key(tmp_path / "a.key", b"open sesame")
    assert keystore.private_pem(read) == keystore.private_pem(P256)


@pytest.mark.parametrize("passphrase", [None, b"open barley"])
def test_a_missing_or_wrong_passphrase_is_refused(
    tmp_path: Path, passphrase: bytes | None
) -> None:
    keystore.write_private(tmp_path / "a.key", encrypted(b"open sesame"))
    with pytest.raises(KeyFileError, match="passphrase"):
        keystore.load_private_key(tmp_path / "a.key", passphrase)


def test_a_passphrase_for_an_open_key_is_refused(tmp_path: Path) -> None:
    keystore.write_private(tmp_path / "a.key", keystore.private_pem(P256))
    with pytest.raises(KeyFileError, match="is not encrypted"):
        keystore.load_private_key(tmp_path / "a.key", b"open sesame")


@pytest.mark.parametrize(
    "key",
    [
        rsa.generate_private_key(public_exponent=65537, key_size=2048),
        ec.generate_private_key(ec.SECP384R1()),
    ],
    ids=["RSA", "P-384"],
)
def test_a_key_of_another_kind_is_refused(
    tmp_path: Path, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
) -> None:
    data = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    keystore.write_private(tmp_path / "a.key", data)
    with pytest.raises(KeyFileError, match="neither"):
        keystore.load_private_key(tmp_path / "a.key")


def test_each_kind_is_refused_where_the_other_is_needed(tmp_path: Path) -> None:
    keystore.write_private(tmp_path / "p.key", keystore.private_pem(P256))
    keystore.write_private(tmp_path / "e.key", keystore.private_pem(ED25519))
    assert keystore.load_p256_key(tmp_path / "p.key")
    assert keystore.load_ed25519_key(tmp_path / "e.key")
    with pytest.raises(KeyFileError):
        keystore.load_p256_key(tmp_path / "e.key")
    with pytest.raises(KeyFileError):
        keystore.load_ed25519_key(tmp_path / "p.key")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(data=st.binary(max_size=300), cut=st.integers(0, 200))
def test_damaged_files_give_the_rooms_own_error(
    tmp_path: Path, data: bytes, cut: int
) -> None:
    path = tmp_path / "a.key"
    for content in (data, keystore.private_pem(P256)[:cut]):
        path.unlink(missing_ok=True)
        keystore.write_private(path, content)
        for load in (keystore.load_private_key, keystore.load_certificates):
            with pytest.raises(KeyFileError):
                load(path)


def test_no_error_shows_what_the_file_holds(tmp_path: Path) -> None:
    pem = keystore.private_pem(P256).replace(b"PRIVATE", b"PUBLIC")
    keystore.write_private(tmp_path / "a.key", pem)
    with pytest.raises(KeyFileError) as caught:
        keystore.load_private_key(tmp_path / "a.key")
    assert pem.split()[4].decode() not in str(caught.value)
    assert caught.value.path == tmp_path / "a.key"


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_secret_of_another_length_is_refused(tmp_path: Path, length: int) -> None:
    keystore.write_private(tmp_path / "store.key", b"s" * length)
    with pytest.raises(KeyFileError, match=str(length)):
        keystore.load_secret(tmp_path / "store.key")


def test_a_secret_is_read_back(tmp_path: Path) -> None:
    keystore.write_private(tmp_path / "store.key", bytes(range(32)))
    assert keystore.load_secret(tmp_path / "store.key") == bytes(range(32))


def test_a_pair_belongs_together(city_network: Layout) -> None:
    key = city_network.key(CITY, Purpose.TLS)
    keystore.load_pair(key, city_network.certificate(CITY, Purpose.TLS))
    for other in (
        city_network.certificate(PREFECTURE, Purpose.TLS),
        city_network.certificate(CITY, Purpose.RECORD),
    ):
        with pytest.raises(KeyFileError, match="is not the key"):
            keystore.load_pair(key, other)


def test_a_file_with_two_certificates_is_not_one(city_network: Layout) -> None:
    assert len(keystore.load_certificates(city_network.chain)) == 2
    with pytest.raises(KeyFileError, match="2 certificates"):
        keystore.load_certificate(city_network.chain)


def test_a_file_too_large_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keystore, "MAX_FILE", 10)
    (tmp_path / "a").write_bytes(b"x" * 11)
    with pytest.raises(KeyFileError, match="larger"):
        keystore.read_public(tmp_path / "a")


@pytest.mark.parametrize("private", [True, False])
def test_a_replaced_file_is_whole_and_leaves_nothing_beside(
    tmp_path: Path, private: bool
) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    keystore.replace(path, b"new", private=private)
    assert path.read_bytes() == b"new"
    assert mode(path) & 0o077 == (0 if private else 0o044)
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_kept_beside_is_the_same_file_twice_but_never_another(
    tmp_path: Path,
) -> None:
    path = tmp_path / "tls.key"
    path.write_bytes(b"old")
    kept = keystore.keep_beside(path, "01ab")
    assert kept == tmp_path / "tls.01ab.key"
    assert keystore.keep_beside(path, "01ab") == kept
    keystore.replace(path, b"new")
    with pytest.raises(KeyFileError, match="another file"):
        keystore.keep_beside(path, "01ab")
    assert kept.read_bytes() == b"old"
