# SPDX-License-Identifier: Apache-2.0
"""What went by a newer master before goes by no older one: starts, checks and media."""

from dataclasses import replace

import msgspec
import pytest
from twisted.internet import reactor

from gateway.config import ConfigRefused, load
from gateway.examine import examine
from gateway.loading import load_station
from gateway.records.masters import HeldMaster
from gateway.records.store import commit_once
from gateway.services.media_desk import Desk
from protocols import master
from tests.gateway.files import configured
from tests.gateway.world import CORE, DAY, NOON, PROVIDER, STORE_KEY, new_store


@pytest.fixture
def config(world, tmp_path):
    """A provider that went by version 5 before."""
    path = configured(world, PROVIDER, tmp_path)
    store = new_store(tmp_path)
    held = HeldMaster(5, b"five", NOON, NOON)
    commit_once(store, STORE_KEY, lambda tx: tx.hold_master(held))
    return load(path)


@pytest.fixture
def laid(world, config):
    """Lays a master of some version in."""

    def lay(version):
        whole = replace(world.directory.master, version=version)
        config.master.path.write_bytes(master.write(whole, world.signer(CORE), NOON))

    return lay


def started(config):
    station = load_station(config, lambda: NOON, reactor)
    station.store.close()
    return station


@pytest.mark.parametrize("version", [1, 4])
def test_an_older_one_keeps_a_station_from_starting(config, laid, version):
    laid(version)
    with pytest.raises(ConfigRefused, match=f"version {version}, older than version 5"):
        started(config)


def test_another_one_of_the_same_version_does_too(config, laid):
    laid(5)
    with pytest.raises(ConfigRefused, match="version 5, but is another"):
        started(config)


def test_a_newer_one_is_taken_at_a_start(config, laid):
    laid(6)
    assert started(config).directory.master.version == 6


def test_an_examination_finds_it_without_a_start(config, laid):
    laid(4)
    found = examine(config, NOON)
    assert any("older than version 5" in one for one in found.faults)
    laid(6)
    assert not any("version 5" in one for one in examine(config, NOON).faults)


def test_no_medium_is_written_or_read_by_it(config, laid):
    desk = Desk(config, STORE_KEY, lambda: NOON)
    laid(4)
    with pytest.raises(ConfigRefused, match="older than version 5"):
        desk.directory()
    laid(6)
    assert desk.directory().master.version == 6


def test_no_medium_is_written_or_read_by_one_past_its_greatest_age(config, laid):
    laid(6)
    short = msgspec.structs.replace(config.master, longest_days=1)
    config = msgspec.structs.replace(config, master=short)
    late = Desk(config, STORE_KEY, lambda: NOON + 2 * DAY)
    with pytest.raises(ConfigRefused, match="past its greatest age"):
        late.directory()
