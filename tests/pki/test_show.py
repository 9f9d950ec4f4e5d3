# SPDX-License-Identifier: Apache-2.0
"""What `show` says of files at a given moment; it believes nothing, it reads."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pki import show
from pki.authority import Authority
from pki.keystore import KeyFileError, load_certificate
from pki.layout import Layout
from pki.profiles import Purpose
from pki.serials import RevocationReason, serial_text
from tests.pki.network import CITY, NOON, copied

TLS = "stations/102024-municipal_cs/tls.crt"
SIGNING = "stations/102024-municipal_cs/signing.crt"
CRL = "issuing/crl.pem"


def states(directory: Path, at: datetime) -> dict[str, str]:
    return {row.file: row.state for row in show.rows(directory, at)}


@pytest.mark.parametrize(
    ("at", "tls", "signing", "crl"),
    [
        (datetime(2030, 1, 1, 11, 54, tzinfo=UTC), "not yet valid", None, "stale"),
        (datetime(2030, 1, 1, 12, tzinfo=UTC), "valid", "valid", "valid"),
        (datetime(2030, 1, 9, tzinfo=UTC), "valid", "valid", "stale"),
        (datetime(2030, 4, 12, tzinfo=UTC), "expired", "valid", "stale"),
        (datetime(2032, 4, 12, tzinfo=UTC), "expired", "expired", "stale"),
    ],
)
def test_a_state_is_that_of_the_moment(
    city_network: Layout, at: datetime, tls: str, signing: str | None, crl: str
) -> None:
    found = states(city_network.directory, at)
    assert found[TLS] == tls
    assert found[SIGNING] == (signing or tls)
    assert found[CRL] == crl


def test_revoked_comes_before_every_other_state(own_network: Layout) -> None:
    certificate = load_certificate(own_network.certificate(CITY, Purpose.TLS))
    serial = certificate.serial_number
    Authority.open(own_network.directory).revoke(
        serial, RevocationReason.SUPERSEDED, NOON
    )
    for at in (NOON, datetime(2035, 1, 1, tzinfo=UTC)):
        found = states(own_network.directory, at)
        assert found[TLS] == "revoked"
        assert found[SIGNING] != "revoked"
    assert serial_text(serial) in show.table(show.rows(own_network.crl, NOON))


def test_two_networks_under_one_directory_keep_their_lists_apart(
    city_network: Layout, other_network: Layout, tmp_path: Path
) -> None:
    ours = copied(city_network, tmp_path / "ours")
    copied(other_network, tmp_path / "theirs")
    certificate = load_certificate(ours.certificate(CITY, Purpose.TLS))
    Authority.open(ours.directory).revoke(
        certificate.serial_number, RevocationReason.SUPERSEDED, NOON
    )
    found = states(tmp_path, NOON)
    assert found[f"ours/{TLS}"] == "revoked"
    assert found[f"theirs/{TLS}"] == "valid"


def test_an_authority_is_shown_under_its_own_name(city_network: Layout) -> None:
    (root,) = show.rows(city_network.root_certificate, NOON)
    assert (root.holds, root.name) == ("authority", "CN=Example TEST Root")


@pytest.mark.parametrize("content", [b"", b"-----BEGIN X509 CRL-----\n", b"\x00"])
def test_a_file_that_holds_neither_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(KeyFileError):
        show.rows(tmp_path / "file", NOON)
