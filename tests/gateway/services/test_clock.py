# SPDX-License-Identifier: Apache-2.0
"""A station goes by the machine's clock, or by that of its TEST network."""

from datetime import timedelta

import msgspec
import pytest

from gateway.config import ConfigRefused, load
from gateway.services.clock import (
    ahead_of_machine,
    clock_of,
    common_clock,
    machine_of,
    problem_of,
    system_clock,
)
from pki import authority, network_clock
from pki.layout import Layout
from pki.passphrase import Passphrases
from pki.plan import Network, Plan
from tests.gateway.files import configured
from tests.gateway.world import CS, DAY, NOON, PROVIDER


@pytest.fixture
def plain(world, tmp_path):
    """A configuration that names no clock."""
    return load(configured(world, PROVIDER, tmp_path))


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "clock.json"
    network_clock.write(path, timedelta(0))
    return path


@pytest.fixture
def config(plain, file):
    """One that names the network's."""
    return msgspec.structs.replace(plain, clock=file)


@pytest.fixture
def of_no_test(config, tmp_path):
    """The same of a network that is no TEST."""
    lock = Passphrases(root=b"root passphrase", issuing=b"issuing passphrase")
    plan = Plan(network=Network(name="Example", test=False), stations=())
    authority.build(plan, tmp_path / "real", NOON, passphrases=lock)
    layout = Layout(tmp_path / "real")
    keys = msgspec.structs.replace(config.keys, chain=layout.chain, crl=layout.crl)
    return msgspec.structs.replace(config, keys=keys)


def test_a_station_without_a_clock_of_its_own_goes_by_the_machines(plain):
    assert clock_of(plain) is system_clock
    assert machine_of(system_clock) is system_clock
    assert (ahead_of_machine(system_clock), problem_of(system_clock)) == (
        timedelta(0),
        "",
    )


def test_a_network_s_clock_is_ahead_of_the_machines(config, file):
    clock = clock_of(config)
    network_clock.write(file, 400 * DAY)
    assert ahead_of_machine(clock) == 400 * DAY
    assert clock() - machine_of(clock)() > 399 * DAY


def test_a_station_of_no_test_network_is_refused_a_clock(of_no_test):
    with pytest.raises(ConfigRefused, match=r"^clock: .*only a TEST network"):
        clock_of(of_no_test)


def test_a_clock_that_cannot_be_believed_is_refused(config, file):
    file.write_text("?")
    with pytest.raises(ConfigRefused, match=r"^clock: .*clock\.json: is damaged"):
        clock_of(config)


def test_a_chain_that_cannot_be_read_gives_no_clock(config):
    keys = msgspec.structs.replace(config.keys, chain=config.keys.chain / "nowhere")
    with pytest.raises(ConfigRefused, match=r"^keys: "):
        clock_of(msgspec.structs.replace(config, keys=keys))


def test_stations_of_one_process_go_by_one_clock(config, file, tmp_path):
    here, there = tmp_path / "a.toml", tmp_path / "b.toml"
    other = msgspec.structs.replace(config, clock=file.parent / "." / file.name)
    clock = common_clock({here: config, there: other})
    network_clock.write(file, DAY)
    assert ahead_of_machine(clock) == DAY


@pytest.mark.parametrize("order", [1, -1])
def test_stations_with_two_clocks_do_not_share_a_process(
    plain, config, tmp_path, order
):
    """Else the one that is no test would go by the other's time."""
    both = {tmp_path / "a.toml": plain, tmp_path / "b.toml": config}
    with pytest.raises(ConfigRefused, match=r"\.toml: clock: .*one clock"):
        common_clock(dict(list(both.items())[::order]))


def test_every_station_of_a_process_must_be_allowed_its_clock(
    config, of_no_test, tmp_path
):
    with pytest.raises(ConfigRefused, match=r"b\.toml: clock: .*only a TEST network"):
        common_clock({tmp_path / "b.toml": of_no_test, tmp_path / "c.toml": config})


def test_the_configuration_of_another_station_changes_nothing(world, tmp_path, plain):
    folder = tmp_path / "cs"
    folder.mkdir()
    cs = load(configured(world, CS, folder))
    assert common_clock({tmp_path / "a": plain, tmp_path / "b": cs}) is system_clock
