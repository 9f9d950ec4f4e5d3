# SPDX-License-Identifier: Apache-2.0
"""The route: the core's word where a requester is, read anew for time and trust."""

from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from pki.oids import ID_CT_ROUTE
from pki.profiles import Purpose
from protocols import limits, route
from protocols.directory import Directory
from protocols.errors import Refused
from protocols.route import MAX_HOST, Route, RouteReader
from tests.pki import forge, mangle
from tests.pki.forge import Change
from tests.protocols import network
from tests.protocols.network import (
    CORE,
    HOUR,
    NOON,
    World,
    route_of,
    signed_route,
)
from tests.protocols.values import crypto, routes

SECOND = timedelta(seconds=1)


def read(data: bytes) -> Route | str:
    """The route, or the code under which the bytes are refused."""
    try:
        return Route.decode(data)
    except Refused as no:
        return no.code


def refused(reader: RouteReader, data: bytes, after: timedelta = timedelta(0)) -> str:
    """The code under which a signed route is refused."""
    with pytest.raises(Refused) as no:
        reader.read(data, NOON + after)
    return no.value.code


@pytest.fixture
def reader(world: World) -> RouteReader:
    return RouteReader(world.directory)


class Counting(Directory):
    """A directory that counts how often a signature is verified."""

    asked = 0

    def signer(self, *asked):  # type: ignore[no-untyped-def]
        self.asked += 1
        return super().signer(*asked)


# --- whole ----------------------------------------------------------------------------


@given(routes)
def test_a_route_is_read_back_as_it_was_written(drawn: Route) -> None:
    assert Route.decode(drawn.encode()) == drawn


@crypto
@given(routes)
def test_a_route_of_the_core_is_read_in_its_time_and_at_no_other(
    world: World, drawn: Route
) -> None:
    data = route.issue(drawn, world.core.signer, NOON)
    reader = RouteReader(world.directory)
    if drawn.not_before <= NOON <= drawn.not_after:
        assert reader.read(data, NOON) == drawn
    else:
        assert refused(reader, data) == "SK-C13"


def test_a_route_is_named_by_the_digest_of_its_signed_bytes(world: World) -> None:
    data = signed_route(world)
    assert route.digest(data) == sha256(data).digest()
    assert route.digest(signed_route(world)) != route.digest(data)


EARLY = -limits.MAX_SKEW - SECOND
"""Before a route begins, by more than two clocks may differ."""


@pytest.mark.parametrize("after", [-limits.MAX_SKEW, 24 * HOUR], ids=["first", "last"])
def test_a_route_holds_in_its_first_and_last_second(
    world: World, reader: RouteReader, after: timedelta
) -> None:
    assert reader.read(signed_route(world), NOON + after) == route_of(world)


@pytest.mark.parametrize("after", [EARLY, 24 * HOUR + SECOND], ids=["early", "late"])
def test_a_route_is_refused_outside_its_time_also_when_it_is_known(
    world: World, reader: RouteReader, after: timedelta
) -> None:
    data = signed_route(world)
    assert refused(reader, data, after) == "SK-C13"
    assert reader.read(data, NOON) == route_of(world)
    assert refused(reader, data, after) == "SK-C13"


# --- broken ---------------------------------------------------------------------------


def test_every_cut_is_refused(world: World, reader: RouteReader) -> None:
    for data in (route_of(world).encode(), signed_route(world)):
        assert {read(cut) for cut in mangle.cuts(data)} == {"SK-C13"}
        assert {refused(reader, cut) for cut in mangle.cuts(data)} == {"SK-C13"}


def test_a_doubled_route_or_bytes_around_it_are_refused(
    world: World, reader: RouteReader
) -> None:
    for more in mangle.lengthened(route_of(world).encode()):
        assert read(more) == "SK-C13"
    for more in mangle.lengthened(signed_route(world)):
        assert refused(reader, more) == "SK-C13"


def test_ber_is_refused_at_every_element(world: World) -> None:
    for tree in forge.in_ber(route_of(world).encode()):
        assert read(tree.write()) == "SK-C13"


def test_a_flipped_bit_anywhere_in_a_known_route_is_refused(
    world: World, reader: RouteReader
) -> None:
    data = signed_route(world)
    reader.read(data, NOON)
    assert {refused(reader, flipped) for flipped in mangle.flips(data)} == {"SK-C13"}


def test_a_flipped_bit_is_refused_or_makes_another_route_with_one_spelling(
    world: World,
) -> None:
    good = route_of(world)
    for flipped in mangle.flips(good.encode()):
        other = read(flipped)
        assert other != good
        assert other == "SK-C13" or other.encode() == flipped


@crypto
@given(st.binary(max_size=400))
def test_any_bytes_are_refused_even_if_the_core_signs_them(
    world: World, data: bytes
) -> None:
    reader = RouteReader(world.directory)
    assert read(data) == "SK-C13"
    assert refused(reader, data) == "SK-C13"
    signed = world.core.signer.sign(data, ID_CT_ROUTE, NOON)
    assert refused(reader, signed) == "SK-C13"


# --- forbidden ------------------------------------------------------------------------

HOST, PORT = 3, 4


def _octets(place: int, octets: bytes) -> Change:
    return forge.to(lambda tree: tree[place], octets)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(_octets(0, b"\0"), id="version 0"),
        pytest.param(_octets(0, b"\2"), id="version 2"),
        pytest.param(_octets(1, bytes(15)), id="a short id"),
        pytest.param(_octets(2, b"intermediate_server"), id="a role for a requester"),
        pytest.param(_octets(HOST, b""), id="no host"),
        pytest.param(_octets(HOST, b"h" * (MAX_HOST + 1)), id="a long host"),
        pytest.param(_octets(HOST, b"\xff"), id="a host that is not UTF-8"),
        pytest.param(_octets(PORT, b"\0"), id="port 0"),
        pytest.param(_octets(PORT, b"\xff"), id="port -1"),
        pytest.param(_octets(PORT, b"\x01\0\0"), id="port 65536"),
        pytest.param(_octets(5, bytes(31)), id="a short certificate digest"),
        pytest.param(_octets(6, b"20300101120000.5Z"), id="half a second"),
        pytest.param(_octets(7, b"99991231235959Z"), id="for ever"),
        pytest.param(forge.drop(lambda tree: tree, 7), id="no end"),
        pytest.param(forge.put(lambda tree: tree, 8, forge.NULL), id="a field more"),
    ],
)
def test_a_route_of_another_form_is_refused_even_if_the_core_signs_it(
    world: World, reader: RouteReader, change: Change
) -> None:
    tree = forge.read(route_of(world).encode())
    change(tree)
    assert read(tree.write()) == "SK-C13"
    signed = world.core.signer.sign(tree.write(), ID_CT_ROUTE, NOON)
    assert refused(reader, signed) == "SK-C13"


def test_the_longest_host_and_the_highest_port_are_within_the_form(
    world: World,
) -> None:
    most = route_of(world, host="h" * MAX_HOST, port=65_535)
    assert Route.decode(most.encode()) == most


# --- whose ----------------------------------------------------------------------------


def test_a_route_of_another_station_is_refused(
    world: World, reader: RouteReader
) -> None:
    data = route.issue(route_of(world), world.requester.signer, NOON)
    assert refused(reader, data) == "SK-C13"


def test_a_route_of_the_cores_permit_key_is_refused(
    world: World, reader: RouteReader
) -> None:
    data = route.issue(route_of(world), world.permit_signer, NOON)
    assert refused(reader, data) == "SK-C13"


def test_a_route_of_another_networks_core_is_refused(
    reader: RouteReader, stranger: World
) -> None:
    assert refused(reader, signed_route(stranger)) == "SK-C13"


def test_a_second_signing_key_of_the_core_is_as_good_as_the_first(
    world: World,
) -> None:
    signer = network.certified(world, CORE, Purpose.SIGNING)
    data = route.issue(route_of(world), signer, NOON)
    reader = RouteReader(network.knowing(world, signer))
    assert reader.read(data, NOON) == route_of(world)


def test_a_known_route_is_refused_once_its_signer_is_revoked(
    own_world: World, revoke: Callable[[x509.Certificate], None]
) -> None:
    reader, data = RouteReader(own_world.directory), signed_route(own_world)
    assert reader.read(data, NOON) == route_of(own_world)
    revoke(own_world.core.signer.certificate)
    assert refused(reader, data) == "SK-C13"
    assert refused(RouteReader(own_world.directory), data) == "SK-C13"


def test_a_known_route_is_refused_when_the_revocation_list_is_old(
    world: World, reader: RouteReader
) -> None:
    data = signed_route(world, not_after=NOON + timedelta(days=30))
    assert reader.read(data, NOON + timedelta(days=7)) == Route.decode(
        route_of(world, not_after=NOON + timedelta(days=30)).encode()
    )
    assert refused(reader, data, timedelta(days=8)) == "SK-C13"


# --- what is remembered ---------------------------------------------------------------


def test_a_signature_is_verified_once_and_then_remembered(world: World) -> None:
    directory = Counting(world.master, world.trust)
    reader, data = RouteReader(directory), signed_route(world)
    assert reader.read(data, NOON) == reader.read(data, NOON + HOUR)
    assert directory.asked == 1


def test_no_more_routes_are_remembered_than_the_limit(world: World) -> None:
    directory = Counting(world.master, world.trust)
    reader = RouteReader(directory, remembered=2)
    first, second, third = (
        signed_route(world, port=port) for port in (10_001, 10_002, 10_003)
    )
    for data in (first, second, third, second, third):
        reader.read(data, NOON)
    assert directory.asked == 3
    reader.read(first, NOON)
    assert directory.asked == 4


def test_what_was_refused_is_not_remembered(world: World) -> None:
    directory = Counting(world.master, world.trust)
    reader = RouteReader(directory)
    data = route.issue(route_of(world), world.requester.signer, NOON)
    for _ in range(2):
        assert refused(reader, data) == "SK-C13"
    assert directory.asked == 2
