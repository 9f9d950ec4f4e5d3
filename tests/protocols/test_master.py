# SPDX-License-Identifier: Apache-2.0
"""The master: the core's own list for this network, whole and unchanged, or none."""

import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from pki.cms import Signer, parse_signed
from pki.oids import ID_CT_HEADER, ID_CT_MASTER
from pki.profiles import Purpose
from protocols import master
from protocols.master import (
    CORE_ROLE,
    FIRST_LAYOUT,
    Endpoint,
    LayoutVersion,
    Master,
    MasterRefused,
)
from schemas.matching_list import REQUESTER_KINDS
from tests.pki import forge, keys, mangle
from tests.protocols import network
from tests.protocols.network import CORE, NOON, PROVIDER, World
from tests.protocols.values import crypto, moments, stations


def read(
    world: World,
    data: bytes,
    *anchors: x509.Certificate,
    at: datetime = NOON,
) -> Master:
    anchors = anchors or (world.core.signer.certificate,)
    return master.read(data, anchors, world.trust, at)


def refused(world: World, data: bytes, *anchors: x509.Certificate, **how: Any) -> str:
    """The words with which a master is refused."""
    with pytest.raises(MasterRefused) as no:
        read(world, data, *anchors, **how)
    return str(no.value)


def signed(world: World, content: object) -> bytes:
    """Any content as the core's master."""
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return world.core.signer.sign(data, ID_CT_MASTER, NOON)


@pytest.fixture(scope="module")
def written(world: World) -> bytes:
    return master.write(world.master, world.core.signer, NOON)


@pytest.fixture
def raw(world: World, written: bytes) -> dict[str, Any]:
    """The master's JSON, to be spoilt."""
    found = json.loads(forge.read(written).at(1, 0, 2, 1, 0).octets)
    assert read(world, signed(world, found)) == world.master
    return dict(found)


# --- whole ----------------------------------------------------------------------------


def test_a_master_is_read_back_as_it_was_written(world: World, written: bytes) -> None:
    assert read(world, written) == world.master
    assert world.master == network.planned_master(world.layout)


@crypto
@given(
    version=st.integers(-(2**63), 2**63 - 1),
    name=st.text(),
    issued=moments,
    realm=st.sampled_from(["simulation", "standard"]),
    names=st.lists(stations, max_size=4, unique=True),
    label=st.text(),
    kinds=st.frozensets(st.sampled_from(sorted(REQUESTER_KINDS))),
    endpoint=st.none() | st.builds(Endpoint, st.text(), st.integers(1, 65_535)),
)
def test_any_master_is_read_back_as_it_was_written(
    world: World, version, name, issued, realm, names, label, kinds, endpoint
) -> None:
    entry = replace(
        world.master.stations[0], label=label, requester_kinds=kinds, endpoint=endpoint
    )
    entries = tuple(replace(entry, name=each) for each in names)
    drawn = Master(version, name, issued, realm, entries)
    assert read(world, master.write(drawn, world.core.signer, NOON)) == drawn


def layouts(
    *versions: str, step: timedelta = timedelta(days=1)
) -> tuple[LayoutVersion, ...]:
    return tuple(LayoutVersion(one, NOON + n * step) for n, one in enumerate(versions))


def test_the_layouts_in_force_follow_the_time(world: World) -> None:
    made = replace(world.master, layouts=layouts("2026-07", "2026-11"))
    told = read(world, master.write(made, world.core.signer, NOON))
    moment, day = timedelta(microseconds=1), timedelta(days=1)
    times = (NOON - moment, NOON, NOON + day - moment, NOON + day)
    found = [told.layout(one) for one in times]
    assert found == [FIRST_LAYOUT, "2026-07", "2026-07", "2026-11"]


def test_a_master_that_names_no_layouts_is_written_as_before(world: World) -> None:
    signed = parse_signed(master.write(world.master, world.core.signer, NOON))
    assert b"layouts" not in signed.content
    assert world.master.layout(NOON) == FIRST_LAYOUT


@pytest.mark.parametrize(
    "bad",
    [
        layouts("2", "3", step=timedelta(0)),
        layouts("2", "3", step=timedelta(days=-1)),
        layouts("x" * 17),
        layouts(""),
    ],
    ids=["at one moment", "newest first", "too long", "empty"],
)
def test_layouts_that_nobody_could_follow_are_refused(world: World, bad) -> None:
    made = replace(world.master, layouts=bad)
    data = master.write(made, world.core.signer, NOON)
    assert "content is malformed" in refused(world, data)


def test_a_master_has_one_core_system_or_none(world: World) -> None:
    core = world.master.core()
    assert core is not None
    assert core.name == CORE
    assert core.permit == (world.permit_signer.certificate,)
    others = [e for e in world.master.stations if e.name.role != CORE_ROLE]
    assert replace(world.master, stations=tuple(others)).core() is None


def test_a_second_certificate_given_for_the_core_is_an_anchor_too(
    world: World, written: bytes
) -> None:
    mine = world.core.signer.certificate
    new = network.certified(world, CORE, Purpose.SIGNING)
    assert read(world, written, new.certificate, mine) == world.master
    later = master.write(world.master, new, NOON)
    assert read(world, later, new.certificate, mine) == world.master
    assert "not signed with the core's key" in refused(world, later, mine)


# --- broken ---------------------------------------------------------------------------


def test_every_cut_is_refused(world: World, written: bytes) -> None:
    for cut in mangle.cuts(written):
        assert "does not verify" in refused(world, cut)


def test_a_flipped_bit_anywhere_is_refused(world: World, written: bytes) -> None:
    for position in range(len(written)):
        changed = bytearray(written)
        changed[position] ^= 1 << position % 8
        assert refused(world, bytes(changed))


def test_a_doubled_master_or_bytes_around_it_are_refused(
    world: World, written: bytes
) -> None:
    for more in mangle.lengthened(written):
        assert "does not verify" in refused(world, more)


@given(st.binary(max_size=400))
def test_any_bytes_raise_nothing_but_master_refused(world: World, data: bytes) -> None:
    assert "does not verify" in refused(world, data)


@crypto
@given(st.binary(max_size=400) | st.text().map(str.encode))
def test_any_bytes_of_the_core_itself_raise_nothing_but_master_refused(
    world: World, data: bytes
) -> None:
    assert "malformed" in refused(world, signed(world, data))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
    ),
    max_leaves=6,
)


@crypto
@given(data=st.data())
def test_any_value_in_any_place_raises_nothing_but_master_refused(
    world: World, written: bytes, data: st.DataObject
) -> None:
    found = json.loads(forge.read(written).at(1, 0, 2, 1, 0).octets)
    place = data.draw(st.sampled_from([found, *found["stations"]]))
    key = data.draw(st.sampled_from(sorted(place)))
    place[key] = data.draw(json_values)
    words = ""
    try:
        read(world, signed(world, found))
    except MasterRefused as no:
        words = str(no)
    assert words == "" or "malformed" in words


# --- whose ----------------------------------------------------------------------------


def test_a_master_that_another_station_signed_is_refused(world: World) -> None:
    for signer in (world.provider.signer, world.permit_signer):
        data = master.write(world.master, signer, NOON)
        assert "not signed with the core's key" in refused(world, data)


def test_a_master_of_another_network_is_refused(world: World, stranger: World) -> None:
    theirs = master.write(stranger.master, stranger.core.signer, NOON)
    assert "not signed with the core's key" in refused(world, theirs)
    anchor = stranger.core.signer.certificate
    assert "does not verify" in refused(world, theirs, anchor)


def test_a_master_without_any_anchor_is_refused(world: World, written: bytes) -> None:
    with pytest.raises(MasterRefused, match="not signed with the core's key"):
        master.read(written, [], world.trust, NOON)


def test_a_station_cannot_be_given_as_the_core(world: World) -> None:
    data = master.write(world.master, world.provider.signer, NOON)
    words = refused(world, data, world.provider.signer.certificate)
    assert words == "the master's signer is not a core system"


def test_the_cores_permit_key_cannot_sign_a_master(world: World) -> None:
    data = master.write(world.master, world.permit_signer, NOON)
    words = refused(world, data, world.permit_signer.certificate)
    assert "another purpose" in words


def test_an_anchor_that_cannot_sign_is_refused(world: World, written: bytes) -> None:
    anchor = keys.leaf(ed25519.Ed25519PrivateKey.generate())
    assert "does not verify" in refused(world, written, anchor)


def test_another_certificate_of_the_cores_key_is_no_anchor(
    world: World, written: bytes
) -> None:
    key = network.load_p256_key(world.layout.key(CORE, Purpose.SIGNING))
    renewed = network.certified(world, CORE, Purpose.SIGNING, key)
    assert "another certificate" in refused(world, written, renewed.certificate)


@pytest.mark.parametrize(
    ("at", "why"),
    [
        (NOON - timedelta(minutes=6), "not begun"),
        (NOON + timedelta(days=8), "out of time"),
        (NOON + timedelta(days=731), "is over"),
    ],
)
def test_a_master_is_refused_when_its_signer_is_out_of_time(
    world: World, written: bytes, at: datetime, why: str
) -> None:
    assert why in refused(world, written, at=at)


def test_a_master_is_refused_once_its_signer_is_revoked(
    own_world: World, written: bytes, revoke: Callable[[x509.Certificate], None]
) -> None:
    assert read(own_world, written) == own_world.master
    revoke(own_world.core.signer.certificate)
    assert "revoked" in refused(own_world, written)


def test_the_same_content_under_another_type_is_no_master(world: World) -> None:
    content = forge.read(master.write(world.master, world.core.signer, NOON))
    data = content.at(1, 0, 2, 1, 0).octets
    header = world.core.signer.sign(data, ID_CT_HEADER, NOON)
    assert refused(world, header) == "this is signed, but it is not a master"


# --- content --------------------------------------------------------------------------


def _der(signer: Signer) -> bytes:
    return signer.certificate.public_bytes(Encoding.DER)


def _of_version_six(certificate: bytes) -> bytes:
    tree = forge.read(certificate)
    tree.at(0, 0)[0].octets = b"\x05"
    return tree.write()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        pytest.param("version", "1", id="a version in quotes"),
        pytest.param("version", 1.5, id="half a version"),
        pytest.param("network", None, id="no network"),
        pytest.param("issued", "2030-01-01T12:00:00", id="a time without a zone"),
        pytest.param("issued", "0001-01-01T00:00:00+14:00", id="before all time"),
        pytest.param("issued", "9999-12-31T23:59:59-14:00", id="after all time"),
        pytest.param("issued", 0, id="a number for a time"),
        pytest.param("realm", "", id="no realm"),
        pytest.param("realm", "Simulation", id="a realm unknown"),
        pytest.param("stations", {}, id="stations by name"),
        pytest.param("stations", [None], id="no station"),
        pytest.param("more", 1, id="a key unknown"),
    ],
)
def test_a_master_with_another_field_is_refused(
    world: World, raw: dict[str, Any], key: str, value: object
) -> None:
    words = refused(world, signed(world, {**raw, key: value}))
    assert words.startswith("the master's content is malformed")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        pytest.param("station", "102024", id="a station without a role"),
        pytest.param("station", "102024/Intermediate_server", id="a capital"),
        pytest.param("label", 1, id="a number for a label"),
        pytest.param("requester_kinds", ["nobody"], id="a requester unknown"),
        pytest.param("host", None, id="a port without a host"),
        pytest.param("port", None, id="a host without a port"),
        pytest.param("port", 0, id="port 0"),
        pytest.param("port", 65_536, id="port 65536"),
        pytest.param("port", "10001", id="a port in quotes"),
        pytest.param("signing", None, id="no list of certificates"),
        pytest.param("signing", ["="], id="a certificate that is not Base64"),
        pytest.param("sealing", [""], id="an empty certificate"),
        pytest.param("permit", ["bm8gY2VydGlmaWNhdGU="], id="no certificate"),
        pytest.param("more", 1, id="a key unknown"),
    ],
)
def test_a_station_with_another_field_is_refused(
    world: World, raw: dict[str, Any], key: str, value: object
) -> None:
    raw["stations"][1][key] = value
    words = refused(world, signed(world, raw))
    assert words.startswith("the master's content is malformed")


@pytest.mark.parametrize("key", ["version", "network", "issued", "realm", "stations"])
def test_a_master_without_a_field_is_refused(
    world: World, raw: dict[str, Any], key: str
) -> None:
    del raw[key]
    assert "malformed" in refused(world, signed(world, raw))


def test_a_certificate_that_is_cut_doubled_or_of_the_future_is_refused(
    world: World, raw: dict[str, Any]
) -> None:
    good = _der(world.provider.signer)
    for bad in (good[:-1], good[1:], good + good, good + b"\0", _of_version_six(good)):
        raw["stations"][1]["signing"] = [b64encode(bad).decode()]
        assert "malformed" in refused(world, signed(world, raw))


def test_a_station_that_stands_there_twice_is_refused(
    world: World, raw: dict[str, Any]
) -> None:
    raw["stations"].append({**raw["stations"][1], "host": "elsewhere"})
    assert "twice" in refused(world, signed(world, raw))


def test_a_moment_in_another_zone_is_the_same_moment(
    world: World, raw: dict[str, Any]
) -> None:
    raw["issued"] = "2030-01-01T21:00:00+09:00"
    found = read(world, signed(world, raw))
    assert found.issued == NOON
    assert found.issued.utcoffset() == timedelta(0)


def test_a_station_may_have_no_endpoint_and_no_keys(
    world: World, raw: dict[str, Any]
) -> None:
    raw["stations"][1].update(host=None, port=None, signing=[], sealing=[], permit=[])
    entry = read(world, signed(world, raw)).stations[1]
    assert entry.name == PROVIDER
    assert (entry.endpoint, entry.signing, entry.sealing) == (None, (), ())
