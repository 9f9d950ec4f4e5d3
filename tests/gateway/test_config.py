# SPDX-License-Identifier: Apache-2.0
"""A configuration is read whole and understood, or refused with what is wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config import ConfigRefused, is_loopback, load, network_configs
from tests.gateway.files import tables, toml
from tests.gateway.world import BUSINESS, PROVIDER


@pytest.fixture
def good(world, tmp_path):
    """The tables of a configuration that can be used."""
    return tables(world.layout, PROVIDER, tmp_path)


@pytest.fixture
def read(tmp_path):
    """The configuration that a text makes."""

    def write_and_load(text):
        path = tmp_path / "station.toml"
        path.write_text(text, encoding="utf-8")
        return load(path)

    return write_and_load


def test_the_least_that_is_needed_gives_everything_else_its_default(good, read):
    config = read(toml(good))
    assert config.station.name == PROVIDER
    assert config.outside.host == "127.0.0.1"
    assert config.inside is None
    assert config.prefecture is None
    assert config.code_key is None
    assert config.timing.answer_by == 300
    assert config.limits.connections == 1000


def test_paths_are_relative_to_the_file(good, read, tmp_path):
    config = read(toml(good, code_key="../code.key"))
    assert config.store.path == tmp_path / "records.sqlite"
    assert config.code_key == tmp_path / "../code.key"
    assert config.keys.directory.is_absolute()


def test_every_table_can_be_written_out(good, read):
    good["outside"]["host"] = "::1"
    good["inside"] = {"port": 4444, "clients": [str(BUSINESS)]}
    good["timing"] = {"answer_by": 60, "hold_longest": 3600.5, "retry_first": 0.1}
    good["limits"] = {"connections": 10, "peer_connections": 2, "idle_seconds": 5}
    config = read(toml(good, prefecture="100005"))
    assert config.inside.names() == {BUSINESS}
    assert config.inside.host == "127.0.0.1"
    assert config.timing.answer_by == 60.0
    assert config.limits.connections == 10
    assert config.prefecture == "100005"


@pytest.mark.parametrize(
    "table", ["station", "outside", "keys", "master", "store", "inside"]
)
def test_a_misspelt_key_is_not_silently_no_key(good, read, table):
    good.setdefault(table, {"port": 4444, "clients": []})["prot"] = 1
    with pytest.raises(ConfigRefused, match="prot"):
        read(toml(good))


def test_a_misspelt_limit_is_not_silently_no_limit(good, read):
    good["limits"] = {"conections": 10}
    with pytest.raises(ConfigRefused, match="conections"):
        read(toml(good))


def test_a_key_beside_the_tables_is_refused_too(good, read):
    with pytest.raises(ConfigRefused, match="answer_by"):
        read(toml(good, answer_by=5))


@pytest.mark.parametrize("table", ["station", "outside", "keys", "master", "store"])
def test_nothing_that_is_needed_may_be_missing(good, read, table):
    del good[table]
    with pytest.raises(ConfigRefused, match=table):
        read(toml(good))


@pytest.mark.parametrize(
    ("table", "key", "value"),
    [
        ("outside", "port", 0),
        ("outside", "port", 65536),
        ("outside", "port", "443"),
        ("outside", "host", 1),
        ("timing", "answer_by", 0),
        ("timing", "answer_by", -1),
        ("timing", "route_days", 32),
        ("timing", "retry_first", "soon"),
        ("limits", "connections", 0),
        ("limits", "peer_connections", 257),
        ("store", "path", 1),
    ],
)
def test_a_value_beyond_its_bounds_is_named(good, read, table, key, value):
    good.setdefault(table, {})[key] = value
    with pytest.raises(ConfigRefused, match=key):
        read(toml(good))


@pytest.mark.parametrize(
    "station",
    [
        {"organisation": "10202", "role": "intermediate_server"},
        {"organisation": "102024", "role": ""},
        {"organisation": "102024", "role": "Intermediate"},
        {"organisation": "１０２０２４", "role": "municipal_cs"},
    ],
)
def test_a_station_has_a_name_of_this_network(good, read, station):
    good["station"] = station
    with pytest.raises(ConfigRefused):
        read(toml(good))


@pytest.mark.parametrize("client", ["", "102024", "102024/x/y", "102024/UPPER"])
def test_an_inside_client_is_a_station_too(good, read, client):
    good["inside"] = {"port": 4444, "clients": [client]}
    with pytest.raises(ConfigRefused):
        read(toml(good))


@pytest.mark.parametrize("text", ["[", "a = ", "[station]\n[station]\n"])
def test_what_is_no_toml_is_refused(read, text):
    with pytest.raises(ConfigRefused, match=r"station\.toml"):
        read(text)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(ConfigRefused, match=r"gone\.toml: cannot be read"):
        load(tmp_path / "gone.toml")
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b'x = "\xe9"')
    with pytest.raises(ConfigRefused, match=r"latin\.toml"):
        load(latin)


@given(st.binary(max_size=200))
def test_whatever_the_file_holds_only_our_own_error_comes_out(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(data)
    with pytest.raises(ConfigRefused):
        load(path)


# --- networks and addresses -----------------------------------------------------------


def test_a_networks_stations_are_found_in_a_fixed_order(tmp_path):
    for name in ("b", "a", "c"):
        place = tmp_path / "stations" / name
        place.mkdir(parents=True)
        (place / "station.toml").touch()
    (tmp_path / "stations" / "d").mkdir()
    assert [path.parent.name for path in network_configs(tmp_path)] == ["a", "b", "c"]


def test_a_folder_without_stations_is_no_network(tmp_path):
    with pytest.raises(ConfigRefused, match="holds no stations"):
        network_configs(tmp_path)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.0.2.1", False),
        ("::ffff:192.0.2.1", False),
        ("localhost.example", False),
        ("", False),
    ],
)
def test_a_loopback_address_is_reached_from_this_machine_only(host, expected):
    assert is_loopback(host) is expected
