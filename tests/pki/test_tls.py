# SPDX-License-Identifier: Apache-2.0
"""TLS: two ends in memory, and every peer that must not get through."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from OpenSSL import SSL

from pki import keystore, tls
from pki.authority import Authority
from pki.keystore import KeyFileError, load_certificate
from pki.layout import Layout
from pki.names import StationName
from pki.profiles import Purpose
from pki.serials import RevocationReason
from pki.tls import Check, client_context, server_context
from pki.trust import TrustStore, Untrusted
from tests.pki.network import CITY, NOON, PREFECTURE, copied


class Refused(Exception):
    """The handshake failed; what each end saw."""

    def __init__(self, client: str, server: str) -> None:
        super().__init__(f"client saw {client!r}, server saw {server!r}")
        self.client = client
        self.server = server


def anybody(certificate: x509.Certificate) -> bool:
    return True


def files(
    layout: Layout, station: StationName, purpose: Purpose = Purpose.TLS
) -> tuple[Path, Path, Path]:
    return (
        layout.key(station, purpose),
        layout.certificate(station, purpose),
        layout.chain,
    )


def ends(
    client: SSL.Context, server: SSL.Context
) -> tuple[SSL.Connection, SSL.Connection]:
    calling, called = SSL.Connection(client, None), SSL.Connection(server, None)
    calling.set_connect_state()
    called.set_accept_state()
    return calling, called


def step(connection: SSL.Connection, act: Callable[[], object]) -> str:
    """Run one act; the error's words if it failed, empty if it went on or waits."""
    try:
        act()
    except SSL.WantReadError:
        return ""
    except SSL.Error as error:
        return str(error.args)
    return ""


def carry(source: SSL.Connection, target: SSL.Connection) -> None:
    try:
        while True:
            target.bio_write(source.bio_read(65536))
    except SSL.WantReadError:
        return


def shake(calling: SSL.Connection, called: SSL.Connection) -> None:
    """The whole handshake; raises `Refused` if either end saw it fail."""
    told = {calling: "", called: ""}
    for _ in range(4):
        for one, other in ((calling, called), (called, calling)):
            told[one] = told[one] or step(one, one.do_handshake)
            carry(one, other)
    for one, other in ((calling, called), (called, calling)):
        if not told[one]:
            told[one] = step(one, lambda one=one: one.send(b"ping"))  # type: ignore[misc]
            carry(one, other)
    for one in (calling, called):
        if not told[one]:
            told[one] = step(one, lambda one=one: one.recv(9))  # type: ignore[misc]
    if any(told.values()):
        raise Refused(told[calling], told[called])


def believing(store: TrustStore, expected: StationName) -> Check:
    """What a gateway's check does: the trust store, and the peer that is meant."""

    def check(certificate: x509.Certificate) -> bool:
        try:
            return store.check(certificate, Purpose.TLS, NOON).station == expected
        except Untrusted:
            return False

    return check


def test_two_stations_prove_themselves_and_speak_tls_1_3(
    city_network: Layout, store: TrustStore
) -> None:
    calling, called = ends(
        client_context(*files(city_network, CITY), believing(store, PREFECTURE)),
        server_context(*files(city_network, PREFECTURE), believing(store, CITY)),
    )
    shake(calling, called)
    assert calling.get_protocol_version_name() == "TLSv1.3"
    for connection, peer in ((calling, PREFECTURE), (called, CITY)):
        shown = connection.get_peer_certificate(as_cryptography=True)
        assert shown is not None
        assert StationName.of_certificate(shown) == peer
    called.send(b"a message")
    carry(called, calling)
    assert calling.recv(100) == b"a message"


def test_the_check_is_asked_once_for_the_peers_own_certificate(
    city_network: Layout,
) -> None:
    asked: list[StationName] = []

    def check(certificate: x509.Certificate) -> bool:
        asked.append(StationName.of_certificate(certificate))
        return True

    shake(
        *ends(
            client_context(*files(city_network, CITY), check),
            server_context(*files(city_network, PREFECTURE), check),
        )
    )
    assert sorted(asked) == sorted((PREFECTURE, CITY))


@pytest.mark.parametrize("refusing", ["client", "server"])
def test_a_check_that_says_no_ends_the_handshake_with_an_alert(
    city_network: Layout, refusing: str
) -> None:
    def nobody(certificate: x509.Certificate) -> bool:
        return False

    checks = {"client": anybody, "server": anybody, refusing: nobody}
    with pytest.raises(Refused) as caught:
        shake(
            *ends(
                client_context(*files(city_network, CITY), checks["client"]),
                server_context(*files(city_network, PREFECTURE), checks["server"]),
            )
        )
    own, other = caught.value.client, caught.value.server
    if refusing == "server":
        own, other = other, own
    assert "certificate verify failed" in own
    assert "alert" in other


def test_a_check_that_fails_lets_nobody_in(city_network: Layout) -> None:
    def broken(certificate: x509.Certificate) -> bool:
        raise RuntimeError("our own mistake")

    calling, called = ends(
        client_context(*files(city_network, CITY), anybody),
        server_context(*files(city_network, PREFECTURE), broken),
    )
    with pytest.raises(RuntimeError, match="our own mistake"):
        shake(calling, called)
    with pytest.raises(SSL.Error):
        called.send(b"never")


def test_a_caller_without_a_certificate_is_refused(city_network: Layout) -> None:
    bare = SSL.Context(SSL.TLS_CLIENT_METHOD)
    asked: list[x509.Certificate] = []

    def check(certificate: x509.Certificate) -> bool:
        asked.append(certificate)
        return True

    with pytest.raises(Refused, match="peer did not return a certificate"):
        shake(*ends(bare, server_context(*files(city_network, PREFECTURE), check)))
    assert asked == []


@pytest.mark.parametrize("stranger", ["client", "server"])
def test_another_networks_station_is_refused_before_the_check(
    city_network: Layout, other_network: Layout, stranger: str, tmp_path: Path
) -> None:
    theirs = copied(other_network, tmp_path / "theirs")
    theirs.chain.write_bytes(city_network.chain.read_bytes())  # it believes in us
    asked: list[x509.Certificate] = []

    def check(certificate: x509.Certificate) -> bool:
        asked.append(certificate)
        return True

    checks = {"client": check, "server": check, stranger: anybody}
    networks = {"client": city_network, "server": city_network, stranger: theirs}
    with pytest.raises(Refused, match="certificate verify failed"):
        shake(
            *ends(
                client_context(*files(networks["client"], CITY), checks["client"]),
                server_context(
                    *files(networks["server"], PREFECTURE), checks["server"]
                ),
            )
        )
    assert asked == []


def test_a_certificate_for_signing_opens_no_link(city_network: Layout) -> None:
    with pytest.raises(Refused, match="certificate verify failed"):
        shake(
            *ends(
                client_context(*files(city_network, CITY, Purpose.SIGNING), anybody),
                server_context(*files(city_network, PREFECTURE), anybody),
            )
        )


def test_another_station_than_the_one_meant_is_refused(
    city_network: Layout, store: TrustStore
) -> None:
    with pytest.raises(Refused):
        shake(
            *ends(
                client_context(*files(city_network, CITY), believing(store, CITY)),
                server_context(*files(city_network, PREFECTURE), anybody),
            )
        )


def test_a_revoked_station_is_refused_from_the_next_connection_on(
    own_network: Layout,
) -> None:
    store = TrustStore.load(own_network.chain, own_network.crl)
    client = client_context(*files(own_network, CITY), anybody)
    server = server_context(*files(own_network, PREFECTURE), believing(store, CITY))
    shake(*ends(client, server))
    serial = load_certificate(own_network.certificate(CITY, Purpose.TLS)).serial_number
    Authority.open(own_network.directory).revoke(
        serial, RevocationReason.KEY_COMPROMISE, NOON
    )
    store.reload()
    with pytest.raises(Refused):
        shake(*ends(client, server))


@pytest.mark.parametrize("days", [-1, 101])
def test_the_moment_comes_from_the_check_alone(
    city_network: Layout, store: TrustStore, days: int
) -> None:
    def check(certificate: x509.Certificate) -> bool:
        try:
            store.check(certificate, Purpose.TLS, NOON + timedelta(days=days))
        except Untrusted:
            return False
        return True

    with pytest.raises(Refused):
        shake(
            *ends(
                client_context(*files(city_network, CITY), anybody),
                server_context(*files(city_network, PREFECTURE), check),
            )
        )


@pytest.mark.parametrize("old", [SSL.TLS1_2_VERSION, SSL.TLS1_1_VERSION])
@pytest.mark.parametrize("old_end", ["client", "server"])
def test_an_end_that_speaks_only_older_tls_is_refused(
    city_network: Layout, old: int, old_end: str
) -> None:
    client = client_context(*files(city_network, CITY), anybody, minimum=tls.TLS1_2)
    server = server_context(*files(city_network, PREFECTURE), anybody)
    if old_end == "server":
        client = client_context(*files(city_network, CITY), anybody)
        server = server_context(
            *files(city_network, PREFECTURE), anybody, minimum=tls.TLS1_2
        )
    aged = client if old_end == "client" else server
    aged.set_min_proto_version(old)
    aged.set_max_proto_version(old)
    with pytest.raises(Refused):
        shake(*ends(client, server))


def test_tls_1_2_is_spoken_where_both_ends_allow_it(city_network: Layout) -> None:
    client = client_context(*files(city_network, CITY), anybody, minimum=tls.TLS1_2)
    client.set_max_proto_version(tls.TLS1_2)
    server = server_context(
        *files(city_network, PREFECTURE), anybody, minimum=tls.TLS1_2
    )
    calling, called = ends(client, server)
    shake(calling, called)
    assert calling.get_protocol_version_name() == "TLSv1.2"
    assert calling.get_cipher_name() == "ECDHE-ECDSA-AES256-GCM-SHA384"


def test_nothing_below_tls_1_2_can_be_asked_for(city_network: Layout) -> None:
    with pytest.raises(ValueError, match="minimum"):
        server_context(*files(city_network, CITY), anybody, minimum=SSL.TLS1_1_VERSION)


@pytest.mark.parametrize("version", [tls.TLS1_2, tls.TLS1_3])
def test_no_session_is_resumed(city_network: Layout, version: int) -> None:
    asked: list[x509.Certificate] = []

    def check(certificate: x509.Certificate) -> bool:
        asked.append(certificate)
        return True

    client = client_context(*files(city_network, CITY), anybody, minimum=tls.TLS1_2)
    client.set_max_proto_version(version)
    server = server_context(*files(city_network, PREFECTURE), check, minimum=tls.TLS1_2)
    first = ends(client, server)
    shake(*first)
    session = first[0].get_session()
    assert session is not None
    calling, called = ends(client, server)
    calling.set_session(session)
    shake(calling, called)
    assert len(asked) == 2


def test_the_server_says_which_authority_it_believes(city_network: Layout) -> None:
    calling, called = ends(
        client_context(*files(city_network, CITY), anybody),
        server_context(*files(city_network, PREFECTURE), anybody),
    )
    shake(calling, called)
    named = {name.CN for name in calling.get_client_ca_list()}
    assert named == {"Example TEST Root", "Example TEST Issuing"}


def test_a_peer_that_knows_the_root_alone_is_sent_the_rest_of_the_path(
    city_network: Layout,
) -> None:
    rooted = SSL.Context(SSL.TLS_CLIENT_METHOD)
    rooted.load_verify_locations(str(city_network.root_certificate).encode())
    store = rooted.get_cert_store()
    assert store is not None
    store.set_time(NOON.replace(tzinfo=None))
    rooted.set_verify(SSL.VERIFY_PEER, None)
    rooted.use_privatekey_file(str(city_network.key(CITY, Purpose.TLS)))
    rooted.use_certificate_file(str(city_network.certificate(CITY, Purpose.TLS)))
    calling, called = ends(
        rooted, server_context(*files(city_network, PREFECTURE), anybody)
    )
    shake(calling, called)
    assert calling.get_peer_cert_chain(as_cryptography=True) == [
        load_certificate(city_network.certificate(PREFECTURE, Purpose.TLS)),
        load_certificate(city_network.issuing_certificate),
    ]


def test_a_key_that_others_may_read_makes_no_context(own_network: Layout) -> None:
    own_network.key(CITY, Purpose.TLS).chmod(0o644)
    with pytest.raises(KeyFileError, match="other users"):
        server_context(*files(own_network, CITY), anybody)


def test_a_key_of_another_certificate_makes_no_context(city_network: Layout) -> None:
    with pytest.raises(KeyFileError, match="not the key"):
        client_context(
            city_network.key(PREFECTURE, Purpose.TLS),
            city_network.certificate(CITY, Purpose.TLS),
            city_network.chain,
            anybody,
        )


def test_a_locked_key_fails_instead_of_asking_at_the_terminal(
    own_network: Layout,
) -> None:
    path = own_network.key(CITY, Purpose.TLS)
    locked = keystore.load_private_key(path).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"open sesame"),
    )
    keystore.replace(path, locked, private=True)
    with pytest.raises(KeyFileError, match="needs its passphrase"):
        server_context(*files(own_network, CITY), anybody)


@pytest.mark.parametrize("which", [1, 2])
def test_a_missing_certificate_or_chain_makes_no_context(
    city_network: Layout, tmp_path: Path, which: int
) -> None:
    paths = list(files(city_network, CITY))
    paths[which] = tmp_path / "none"
    with pytest.raises(KeyFileError):
        server_context(paths[0], paths[1], paths[2], anybody)
