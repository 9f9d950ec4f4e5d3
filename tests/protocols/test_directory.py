# SPDX-License-Identifier: Apache-2.0
"""The directory: a signer is known, signed this, and is to be believed now."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519

from pki.cms import Signer, parse_signed
from pki.errors import UnusableCertificate
from pki.keystore import load_p256_key
from pki.names import StationName
from pki.oids import ID_CT_HEADER
from pki.profiles import Purpose
from protocols.directory import Directory
from protocols.errors import Unreadable
from protocols.master import Endpoint
from tests.pki import keys
from tests.protocols import network
from tests.protocols.network import CORE, NOON, PROVIDER, REQUESTER, World
from tests.values import replace


def who(
    directory: Directory,
    signer: Signer,
    purpose: Purpose = Purpose.SIGNING,
    at: datetime = NOON,
) -> StationName:
    signed = parse_signed(signer.sign(b"content", ID_CT_HEADER, NOON))
    identity = directory.signer(signed, purpose, at)
    assert identity.purpose is purpose
    assert identity.certificate == signer.certificate
    return identity.station


# --- who is known ---------------------------------------------------------------------


def test_every_station_of_the_master_is_a_peer_by_its_name(world: World) -> None:
    assert set(world.directory.peers) == {CORE, PROVIDER, REQUESTER}
    for name, peer in world.directory.peers.items():
        assert peer.name == name
        assert world.directory.peer(name) is peer


def test_a_station_that_the_master_does_not_name_is_no_peer(world: World) -> None:
    assert world.directory.peer(StationName("102024", "municipal_cs")) is None


def test_a_peer_is_reached_and_sealed_for_as_the_master_says(world: World) -> None:
    peer = world.directory.peer(PROVIDER)
    assert peer is not None
    assert peer.endpoint == Endpoint("localhost", 10_002)
    assert peer.recipient is not None
    assert peer.recipient.digest == world.provider.recipient.digest


def test_what_is_sealed_for_a_peer_is_opened_by_it_alone(world: World) -> None:
    peer = world.directory.peer(PROVIDER)
    assert peer is not None
    assert peer.recipient is not None
    sealed = peer.recipient.seal(b"plain")
    assert world.provider.opener.open(sealed) == b"plain"


def test_a_station_without_keys_or_endpoint_is_a_peer_all_the_same(
    world: World,
) -> None:
    bare = replace(
        world.master.stations[1], endpoint=None, signing=(), sealing=(), permit=()
    )
    directory = Directory(replace(world.master, stations=(bare,)), world.trust)
    peer = directory.peer(PROVIDER)
    assert peer is not None
    assert peer.recipient is None
    assert peer.endpoint is None


def test_of_two_sealing_certificates_the_first_is_sealed_for(world: World) -> None:
    entry = world.master.stations[1]
    older = world.requester.recipient.certificate
    both = replace(entry, sealing=(*entry.sealing, older))
    directory = Directory(replace(world.master, stations=(both,)), world.trust)
    peer = directory.peer(PROVIDER)
    assert peer is not None
    assert peer.recipient is not None
    assert peer.recipient.digest == world.provider.recipient.digest


def test_a_certificate_that_cannot_sign_is_refused_at_the_start(world: World) -> None:
    other = ed25519.Ed25519PrivateKey.generate()
    entry = replace(world.master.stations[1], signing=(keys.leaf(other),))
    with pytest.raises(UnusableCertificate):
        Directory(replace(world.master, stations=(entry,)), world.trust)


# --- who is to be believed ------------------------------------------------------------

MESSAGES = (Purpose.SIGNING, Purpose.SEALING)


def trusted(directory: Directory, name: StationName, at: datetime) -> set[Purpose]:
    return {each for each in Purpose if directory.trusted(name, each, at)}


def test_a_station_is_trusted_for_what_the_master_has_certificates_for(
    world: World,
) -> None:
    assert trusted(world.directory, CORE, NOON) == {*MESSAGES, Purpose.PERMIT}
    assert trusted(world.directory, PROVIDER, NOON) == {*MESSAGES}
    unknown = StationName("102024", "municipal_cs")
    assert trusted(world.directory, unknown, NOON) == set()


def test_nobody_is_trusted_out_of_time(world: World) -> None:
    for at in (
        NOON - timedelta(minutes=6),
        NOON + timedelta(days=8),
        NOON + timedelta(days=731),
    ):
        for name in world.directory.peers:
            assert trusted(world.directory, name, at) == set()


def test_a_station_is_trusted_for_all_but_what_was_revoked(
    own_world: World, revoke: Callable[[x509.Certificate], None]
) -> None:
    directory = own_world.directory
    revoke(own_world.provider.recipient.certificate)
    assert trusted(directory, PROVIDER, NOON) == {Purpose.SIGNING}
    revoke(own_world.permit_signer.certificate)
    assert trusted(directory, CORE, NOON) == {*MESSAGES}
    assert trusted(directory, REQUESTER, NOON) == {*MESSAGES}


def test_a_second_sealing_certificate_does_not_stand_in_for_the_first(
    own_world: World, revoke: Callable[[x509.Certificate], None]
) -> None:
    entry = own_world.master.stations[1]
    other = network.certified(own_world, PROVIDER, Purpose.SEALING).certificate
    both = replace(entry, sealing=(*entry.sealing, other))
    directory = Directory(replace(own_world.master, stations=(both,)), own_world.trust)
    assert directory.trusted(PROVIDER, Purpose.SEALING, NOON)
    revoke(own_world.provider.recipient.certificate)
    assert not directory.trusted(PROVIDER, Purpose.SEALING, NOON)


def test_a_certificate_of_another_station_is_not_its_own(world: World) -> None:
    """Even where the master, which the core signs, says that it is."""
    borrowed = replace(
        world.master.stations[1], sealing=(world.requester.recipient.certificate,)
    )
    directory = Directory(replace(world.master, stations=(borrowed,)), world.trust)
    assert directory.trusted(PROVIDER, Purpose.SIGNING, NOON)
    assert not directory.trusted(PROVIDER, Purpose.SEALING, NOON)


# --- who signed -----------------------------------------------------------------------


def test_the_signer_is_the_station_that_its_certificate_names(world: World) -> None:
    for station in (world.core, world.provider, world.requester):
        assert who(world.directory, station.signer) == station.name
    assert who(world.directory, world.permit_signer, Purpose.PERMIT) == CORE


def test_a_signer_is_named_by_its_certificate_and_not_by_the_entry_it_stands_in(
    world: World,
) -> None:
    borrowed = replace(
        world.master.stations[1], signing=(world.requester.signer.certificate,)
    )
    directory = Directory(replace(world.master, stations=(borrowed,)), world.trust)
    assert who(directory, world.requester.signer) == REQUESTER


def refused(code: str, *asked: object, **more: object) -> None:
    with pytest.raises(Unreadable) as no:
        who(*asked, **more)  # type: ignore[arg-type]
    assert no.value.code == code


def test_a_signer_outside_the_master_is_refused(world: World, stranger: World) -> None:
    refused("SK-U04", world.directory, stranger.provider.signer)
    good_but_unlisted = network.certified(world, PROVIDER, Purpose.SIGNING)
    refused("SK-U04", world.directory, good_but_unlisted)
    assert who(network.knowing(world, good_but_unlisted), good_but_unlisted) == PROVIDER


def test_another_certificate_of_a_known_key_is_refused(world: World) -> None:
    key = load_p256_key(world.layout.key(PROVIDER, Purpose.SIGNING))
    renewed = network.certified(world, PROVIDER, Purpose.SIGNING, key)
    refused("SK-U03", world.directory, renewed)


def test_a_signature_of_another_key_under_a_known_name_is_refused(
    world: World, stranger: World
) -> None:
    data = world.provider.signer.sign(b"content", ID_CT_HEADER, NOON)
    signed = parse_signed(data)
    theirs = parse_signed(stranger.provider.signer.sign(b"content", ID_CT_HEADER, NOON))
    with pytest.raises(Unreadable) as no:
        world.directory.signer(
            replace(signed, signature=theirs.signature), Purpose.SIGNING, NOON
        )
    assert no.value.code == "SK-U03"


@pytest.mark.parametrize(
    "at",
    [
        pytest.param(NOON - timedelta(minutes=6), id="before it begins"),
        pytest.param(NOON + timedelta(days=731), id="after it ended"),
        pytest.param(NOON + timedelta(days=8), id="with an old revocation list"),
    ],
)
def test_a_signer_out_of_time_is_refused(world: World, at: datetime) -> None:
    refused("SK-U05", world.directory, world.provider.signer, at=at)


def test_a_key_for_one_purpose_is_refused_for_the_other(world: World) -> None:
    refused("SK-U05", world.directory, world.permit_signer)
    refused("SK-U05", world.directory, world.core.signer, Purpose.PERMIT)
    tls = network.signer(world.layout, PROVIDER, Purpose.TLS)
    refused("SK-U05", network.knowing(world, tls), tls)


def test_a_master_cannot_vouch_for_a_certificate_of_another_authority(
    world: World, stranger: World
) -> None:
    theirs = stranger.provider.signer
    refused("SK-U05", network.knowing(world, theirs), theirs)


def test_a_revoked_signer_is_refused_though_the_directory_stays_as_it_is(
    own_world: World, revoke: Callable[[x509.Certificate], None]
) -> None:
    directory, signer = own_world.directory, own_world.provider.signer
    assert who(directory, signer) == PROVIDER
    revoke(signer.certificate)
    refused("SK-U05", directory, signer)
    assert who(directory, own_world.requester.signer) == REQUESTER


def test_a_wrong_signature_is_seen_before_the_certificates_time(
    world: World, stranger: World
) -> None:
    key = load_p256_key(world.layout.key(PROVIDER, Purpose.SIGNING))
    renewed = network.certified(world, PROVIDER, Purpose.SIGNING, key)
    refused("SK-U03", world.directory, renewed, at=NOON + timedelta(days=731))
