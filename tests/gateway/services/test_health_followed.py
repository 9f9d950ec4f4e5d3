# SPDX-License-Identifier: Apache-2.0
"""What an operator is told of the master and of patches, before and when it is late."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import msgspec
import pytest

from gateway.config_tables import Patches
from gateway.patches import versions
from gateway.records.patches import Confirmation
from gateway.records.store import commit_once
from gateway.services import health
from gateway.services.health import State
from gateway.services.metrics import Metrics
from gateway.services.patch_watch import PatchWatch
from gateway.services.status import status
from tests.gateway.services.overviews import watched
from tests.gateway.test_patches import GOOD
from tests.gateway.world import DAY, NOON, STORE_KEY


@pytest.fixture
def station(world, tmp_path):
    found = watched(world, tmp_path)
    found.look()
    yield found
    found.overview.store.close()


@pytest.fixture
def patched(station, tmp_path):
    """Gives the station a list of advisories."""

    def lay(text=GOOD):
        path = tmp_path / "advisories.toml"
        path.write_text(text, "utf-8")
        of = station.overview
        config = msgspec.structs.replace(
            of.station.config, patches=Patches(advisories=path)
        )
        of.patches = PatchWatch(config, of.store, station.clock)

    return lay


def check(station, name):
    found = health.checks(station.overview)
    return next(one for one in found if one.name == name)


def test_the_master_in_use_is_told_with_the_list_in_force(station):
    told = check(station, "master")
    assert told.state is State.OK
    assert "version 1 " in told.said
    assert "matching list 1" in told.said


def test_two_weeks_before_its_greatest_age_a_master_is_told_of(station):
    of = station.overview.station
    of._facts = replace(of.facts, longest=timedelta(days=14))
    assert check(station, "master").state is State.OK
    of._facts = replace(of.facts, longest=timedelta(days=14) - timedelta(seconds=1))
    told = check(station, "master")
    assert told.state is State.WARNING
    assert "nothing is sent by it after 2030-01-15" in told.said


def test_past_its_greatest_age_a_station_is_not_ready(station):
    of = station.overview.station
    of._facts = replace(of.facts, longest=timedelta(0))
    assert check(station, "master").state is State.WARNING
    station.now = NOON + timedelta(seconds=1)
    told = check(station, "master")
    assert told.state is State.FAILING
    assert "nothing is sent or taken" in told.said


def test_a_master_that_is_not_taken_is_told_with_the_reason(station):
    station.overview.master = SimpleNamespace(problem="it is version 1, older than 2")
    told = check(station, "reload")
    assert told.state is State.WARNING
    assert "master: it is version 1, older than 2" in told.said


def test_without_a_list_of_advisories_that_is_told(station):
    told = check(station, "patches")
    assert (told.state, told.said) == (State.OK, "no list of advisories is laid in")


def test_a_patch_that_is_needed_is_told_everywhere(station, patched):
    patched()
    assert "1 needed, the first by 2030-01-15" in check(station, "patches").said
    (one,) = status(station.overview).patches.open
    assert (one.id, one.component, one.overdue) == ("CVE-2030-1", "openssl", False)
    text = Metrics(station.overview).text().decode()
    assert 'sekisho_patches_open{severity="critical"} 1.0' in text
    assert "sekisho_patches_overdue 0.0" in text


def test_a_patch_past_its_last_day_is_overdue_everywhere(station, patched):
    patched()
    station.now = NOON + 20 * DAY
    told = check(station, "patches")
    assert told.state is State.WARNING
    assert "1 overdue" in told.said
    assert status(station.overview).patches.open[0].overdue
    assert "sekisho_patches_overdue 1.0" in Metrics(station.overview).text().decode()


def test_the_loaded_versions_are_told_by_status_and_numbers(station):
    assert status(station.overview).patches.versions == dict(versions())
    text = Metrics(station.overview).text().decode()
    here = versions()["openssl"]
    told = f'sekisho_component_info{{component="openssl",version="{here}"}} 1.0'
    assert told in text


def test_all_is_well_once_a_person_confirmed_a_list_that_is_met(station, patched):
    patched(GOOD.replace("99.0", "0.1"))
    assert "nobody confirmed" in check(station, "patches").said
    digest = station.overview.patches.digest
    made = Confirmation(NOON, "運用 太郎", "月次の確認", digest, dict(versions()))
    commit_once(station.path, STORE_KEY, lambda tx: tx.confirm_patches(made))
    patched(GOOD.replace("99.0", "0.1"))
    assert check(station, "patches").state is State.OK
    told = status(station.overview).patches
    assert (told.is_confirmed, told.operator) == (True, "運用 太郎")


def test_a_list_that_cannot_be_used_is_told(station, patched):
    patched("[")
    assert "the list is not used" in check(station, "patches").said
