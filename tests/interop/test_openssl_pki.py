# SPDX-License-Identifier: Apache-2.0
"""An authority's files, read and judged by ``openssl``, which we did not write."""

import subprocess
from pathlib import Path

import pytest

from pki import authority, plan
from pki.authority import Authority
from pki.keystore import (
    load_certificate,
    load_private_key,
    private_pem,
    write_private,
)
from pki.layout import Layout
from pki.names import StationName
from pki.profiles import Purpose
from pki.serials import RevocationReason, serial_text
from tests.pki.network import CITY, NOON, PLAN, PREFECTURE, copied
from tests.tools import need

AT = ["-attime", str(int(NOON.timestamp()))]
KNOWN_TO_OPENSSL = {Purpose.TLS: ("sslserver", "sslclient")}
"""The purposes openssl has a name for; ours it can only be told not to ask about."""


def openssl(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [need("openssl"), *map(str, words)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def verify(
    layout: Layout, certificate: Path, *more: object
) -> subprocess.CompletedProcess[str]:
    """``openssl verify`` against the root alone, with the issuing one beside."""
    return openssl(
        "verify",
        "-x509_strict",
        *AT,
        "-CAfile",
        layout.root_certificate,
        "-untrusted",
        layout.issuing_certificate,
        *more,
        certificate,
    )


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """The network of the example plan."""
    directory = tmp_path_factory.mktemp("openssl") / "example"
    authority.build(plan.example(), directory, NOON)
    return Layout(directory)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """A network to be copied and changed."""
    directory = tmp_path_factory.mktemp("openssl") / "small"
    authority.build(PLAN, directory, NOON)
    return Layout(directory)


def test_every_certificate_of_the_example_is_verified(example: Layout) -> None:
    count = 0
    for planned in plan.example().stations:
        for purpose in planned.needed:
            path = example.certificate(planned.station, purpose)
            for name in KNOWN_TO_OPENSSL.get(purpose, ("any",)):
                result = verify(example, path, "-purpose", name)
                assert result.returncode == 0, result.stderr
                count += 1
    assert count == 10 * 2 + 6 * 3 + 1


@pytest.mark.parametrize("purpose", [p for p in Purpose if p is not Purpose.TLS])
@pytest.mark.parametrize("asked", ["sslserver", "sslclient", "smimesign"])
def test_no_other_key_serves_a_purpose_that_openssl_knows(
    example: Layout, purpose: Purpose, asked: str
) -> None:
    core = StationName("NWS000", "information_provision_network_system")
    result = verify(example, example.certificate(core, purpose), "-purpose", asked)
    assert result.returncode != 0


def test_the_hosts_of_the_plan_are_those_of_the_certificate(small: Layout) -> None:
    path = small.certificate(CITY, Purpose.TLS)
    for more in (
        ("-verify_hostname", "cs.example"),
        ("-verify_ip", "192.0.2.1"),
        ("-verify_ip", "2001:db8::1"),
    ):
        assert verify(small, path, *more).returncode == 0
    assert verify(small, path, "-verify_hostname", "localhost").returncode != 0


def test_every_private_key_is_read_and_found_sound(small: Layout) -> None:
    for path in small.directory.rglob("*.key"):
        if path.name != "store.key":
            result = openssl("pkey", "-in", path, "-noout", "-check")
            assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("name", ["signing.key", "record.key"])
def test_a_locked_key_is_opened_by_its_passphrase_and_by_no_other(
    small: Layout, tmp_path: Path, name: str
) -> None:
    key = load_private_key(small.station(CITY) / name)
    write_private(tmp_path / "a.key", private_pem(key, b"the station's own"))
    for words, opens in (("the station's own", True), ("somebody else's", False)):
        passphrase = tmp_path / "words"
        passphrase.write_text(words)
        asked = ("-in", tmp_path / "a.key", "-passin", f"file:{passphrase}", "-check")
        result = openssl("pkey", *asked, "-noout")
        assert (result.returncode == 0) is opens, result.stderr
    shown = openssl("asn1parse", "-in", tmp_path / "a.key").stdout
    assert "PBES2" in shown
    assert "scrypt" in shown
    assert "aes-256-cbc" in shown


@pytest.mark.parametrize("kind", ["-scrypt", "-v2"])
def test_a_key_that_openssl_locked_is_opened(
    small: Layout, tmp_path: Path, kind: str
) -> None:
    own = small.key(CITY, Purpose.SIGNING)
    (tmp_path / "words").write_text("the station's own")
    made = openssl(
        *("pkcs8", "-topk8", "-in", own, "-out", tmp_path / "a.key", kind),
        *(("aes-256-cbc",) if kind == "-v2" else ()),
        *("-passout", f"file:{tmp_path / 'words'}"),
    )
    assert made.returncode == 0, made.stderr
    (tmp_path / "a.key").chmod(0o600)
    read = load_private_key(tmp_path / "a.key", b"the station's own")
    assert private_pem(read) == private_pem(load_private_key(own))


def test_the_list_is_read_and_its_signature_holds(small: Layout) -> None:
    result = openssl(
        "crl", "-in", small.crl, "-noout", "-crlnumber", "-CAfile", small.chain
    )
    assert result.returncode == 0, result.stderr
    assert "verify OK" in result.stderr
    assert "crlNumber=0x01" in result.stdout


def test_the_list_lets_the_good_pass_and_refuses_the_revoked(
    small: Layout, tmp_path: Path
) -> None:
    own = copied(small, tmp_path / "network")
    path = own.certificate(CITY, Purpose.TLS)
    asked = ("-crl_check", "-CRLfile", own.crl)
    assert verify(own, path, *asked).returncode == 0
    serial = load_certificate(path).serial_number
    Authority.open(own.directory).revoke(serial, RevocationReason.KEY_COMPROMISE, NOON)
    refused = verify(own, path, *asked)
    assert refused.returncode != 0
    assert "certificate revoked" in refused.stderr
    other = own.certificate(PREFECTURE, Purpose.TLS)
    assert verify(own, other, *asked).returncode == 0
    text = openssl("crl", "-in", own.crl, "-noout", "-text").stdout
    assert serial_text(serial).upper() in text
    assert "Key Compromise" in text


def test_a_list_past_its_time_is_refused(small: Layout) -> None:
    late = str(int(NOON.timestamp()) + 8 * 86_400)
    asked = ("-crl_check", "-CRLfile", small.crl, "-attime", late)
    result = verify(small, small.certificate(CITY, Purpose.TLS), *asked)
    assert result.returncode != 0
    assert "CRL has expired" in result.stderr
