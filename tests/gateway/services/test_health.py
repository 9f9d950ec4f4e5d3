# SPDX-License-Identifier: Apache-2.0
"""Each thing that can be wrong is named, and nothing that is well is called wrong."""

from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_twisted

from gateway.records.survey import Room
from gateway.services import health
from gateway.services.health import MEGABYTE, State
from pki.authority import Authority
from pki.profiles import Purpose
from pki.serials import RevocationReason
from tests.gateway.services.network import until
from tests.gateway.services.overviews import watched
from tests.gateway.world import DAY, HOUR, MINUTE, NOON, PROVIDER, made

in_reactor = pytest_twisted.ensureDeferred


@pytest.fixture
def well(world, tmp_path):
    """A station on which nothing is wrong."""
    found = watched(world, tmp_path)
    found.look()
    found.overview.room = Room(used=MEGABYTE, free=1000 * MEGABYTE)
    yield found
    found.overview.store.close()


def states(of):
    return {one.name: one.state for one in health.checks(of.overview)}


def only(of, name):
    """The one check that is not well."""
    (found,) = [one for one in health.checks(of.overview) if one.state is not State.OK]
    assert found.name == name
    return found


def test_a_station_on_which_nothing_is_wrong_is_ready(well):
    found = health.checks(well.overview)
    assert {one.state for one in found} == {State.OK}
    assert health.is_ready(found)
    assert all(one.said for one in found)


def test_a_warning_leaves_a_station_ready_and_a_failure_does_not(well):
    found = health.checks(well.overview)
    assert health.is_ready([replace(found[0], state=State.WARNING), *found[1:]])
    assert not health.is_ready([*found[1:], replace(found[0], state=State.FAILING)])


def test_a_station_that_stops_is_not_ready(well):
    well.overview.stopping = True
    assert only(well, "running").state is State.FAILING


def test_before_the_first_look_nothing_is_called_well(world, tmp_path):
    found = watched(world, tmp_path)
    assert states(found)["outbox"] is State.WARNING
    assert states(found)["disk"] is State.WARNING
    found.overview.store.close()


@pytest.mark.parametrize(
    ("megabytes", "state"),
    [(257, State.OK), (255, State.WARNING), (32, State.WARNING), (31, State.FAILING)],
)
def test_a_disk_that_fills_is_named_in_time(well, megabytes, state):
    well.overview.room = Room(used=0, free=megabytes * MEGABYTE)
    assert states(well)["disk"] is state


@in_reactor
async def test_a_store_that_was_taken_away_is_named(well):
    away = well.path.with_suffix(".away")
    well.path.rename(away)
    await until(lambda: states(well)["store"] is not State.OK)
    found = only(well, "store")
    assert (found.state, "removed" in found.said) == (State.FAILING, True)
    away.rename(well.path)


@pytest.mark.parametrize(
    ("before_end", "state"),
    [(31, State.OK), (29, State.WARNING), (0, State.WARNING), (-1, State.FAILING)],
)
def test_a_certificate_is_named_before_it_ends_and_after(well, before_end, state):
    tls = well.overview.certificates.identity
    well.now = tls.not_after - before_end * DAY
    (found,) = [c for c in health.checks(well.overview) if c.name == "certificates"]
    assert found.state is state
    assert "tls (2031-02-02)" in found.said


def test_a_certificate_that_has_not_begun_is_named(well):
    well.now = NOON - DAY
    assert states(well)["certificates"] is State.FAILING


def test_our_own_revoked_certificate_is_named(tmp_path):
    own = made(tmp_path / "authority")
    found = watched(own, tmp_path)
    authority = Authority.open(own.layout.directory)
    serial = authority.serial_of(own.certificate(PROVIDER, Purpose.TLS))
    authority.revoke(serial, RevocationReason.KEY_COMPROMISE, NOON)
    found.overview.revocation.reload()
    (check,) = [c for c in health.checks(found.overview) if c.name == "certificates"]
    assert (check.state, "revoked" in check.said) == (State.FAILING, True)
    found.overview.store.close()


@pytest.mark.parametrize(
    ("before_end", "state"),
    [
        (25 * HOUR, State.OK),
        (23 * HOUR, State.WARNING),
        (-MINUTE, State.FAILING),
    ],
)
def test_a_list_is_named_before_it_ends_and_after(well, before_end, state):
    well.now = well.overview.list_ends - before_end
    assert states(well)["revocation_list"] is state


def test_a_message_that_waits_too_long_is_named_with_its_peer(well):
    standing = well.overview.standing
    peers = {"C00001/a": 2, "C00002/b": 5, "C00003/c": 1, "C00004/d": 1}
    well.overview.standing = replace(
        standing, waiting=peers, oldest_waiting=NOON - timedelta(seconds=3599)
    )
    assert states(well)["outbox"] is State.OK
    well.now = NOON + timedelta(seconds=2)
    said = only(well, "outbox").said
    assert "9 waiting, the oldest for 3601 s" in said
    assert "for C00002/b, C00001/a, C00003/c and 1 others" in said


def test_a_clock_before_the_newest_record_is_named(well):
    well.overview.standing = replace(
        well.overview.standing, last_event=NOON + timedelta(seconds=61)
    )
    assert only(well, "clock").state is State.FAILING


def test_new_files_that_are_not_used_are_named(well):
    well.overview.certificates.problem = "tls.crt: is damaged"
    found = only(well, "reload")
    assert (found.state, "is damaged" in found.said) == (State.WARNING, True)


def test_background_work_that_fails_is_named_until_it_does_not(well):
    well.overview.counters.task_failed("sweeper")
    assert "sweeper" in only(well, "tasks").said
    well.overview.counters.task_done("sweeper")
    assert states(well)["tasks"] is State.OK
