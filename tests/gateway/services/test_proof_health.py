# SPDX-License-Identifier: Apache-2.0
"""What vouches for the record is told before and when it stops a station."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from gateway.records.log import Head
from gateway.records.proven import Cosigned, Seen, Stamp
from gateway.records.store import commit_once
from gateway.services import health
from gateway.services.freshness import Freshness
from gateway.services.health import State
from gateway.services.metrics import Metrics
from gateway.services.status import status
from gateway.status_cli import log_lines
from tests.gateway.services.overviews import watched
from tests.gateway.world import CORE, DAY, HOUR, NOON, STORE_KEY

PROBLEMS: list[str] = []


@pytest.fixture
def station(world, tmp_path):
    """A station with a witness and an authority."""
    found = watched(world, tmp_path)
    of = found.overview.station
    proof = replace(
        of.config.proof, witnesses=(str(CORE),), authority="http://127.0.0.1:1/"
    )
    of.config = replace(of.config, proof=proof)
    found.overview.freshness = Freshness(of, found.clock, lambda: list(PROBLEMS))
    PROBLEMS.clear()
    yield found
    found.overview.store.close()


@pytest.fixture
def vouched(station):
    """Its log is co-signed and stamped, both up to an older head."""

    def work(tx):
        tx.put_head(Head(9, NOON, b"head"))
        tx.put_cosigned(Cosigned(8, NOON - HOUR, b"note"))
        tx.put_seen(Seen(str(CORE), 8, NOON - HOUR))
        tx.put_stamp(Stamp(1, 5, NOON - DAY, NOON + 90 * DAY, True, b"note", b"token"))

    commit_once(station.path, STORE_KEY, work)
    return station


def check(of):
    (found,) = [one for one in health.checks(of.overview) if one.name == "proof"]
    return found


def test_where_nobody_is_asked_nothing_is_wrong(world, tmp_path):
    plain = watched(world, tmp_path)
    assert check(plain).state is State.OK
    plain.overview.store.close()


def test_a_log_that_is_vouched_for_is_well(vouched):
    assert (check(vouched).state, check(vouched).said) == (
        State.OK,
        "5 entries are co-signed and stamped",
    )


def test_why_nothing_passes_is_a_failure(vouched):
    vouched.overview.station.facts.vouched.problem = "no head was co-signed"
    assert check(vouched).state is State.FAILING
    assert "no head was co-signed" in check(vouched).said
    assert not health.is_ready(health.checks(vouched.overview))


def test_what_will_stop_it_is_a_warning(vouched):
    vouched.overview.freshness.warning = "no time-stamp was got for 36.2 hours"
    found = check(vouched)
    assert found.state is State.WARNING
    assert found.said.endswith("36.2 hours; before long nothing will be sent")


def test_a_witness_that_did_not_co_sign_is_a_warning(vouched):
    PROBLEMS.append(f"witness {CORE}: connection_refused")
    assert check(vouched).state is State.WARNING
    assert "connection_refused" in check(vouched).said


def test_an_authority_whose_certificate_ends_soon_is_a_warning(vouched):
    vouched.now = NOON + timedelta(days=70)
    found = check(vouched)
    assert (found.state, "ends 2030-04-01" in found.said) == (State.WARNING, True)


def test_the_status_tells_who_vouched_for_what_and_when(vouched):
    found = status(vouched.overview).log
    assert (found.entries, found.signed) == (9, NOON)
    assert (found.cosigned_entries, found.cosigned) == (8, NOON - HOUR)
    assert [(one.name, one.entries) for one in found.witnesses] == [(str(CORE), 8)]
    assert (found.stamped_entries, found.stamped) == (5, NOON - DAY)
    assert (found.authority_ends, found.proven_entries) == (NOON + 90 * DAY, 5)


def test_the_command_prints_it_in_three_lines():
    told = {
        "entries": 9,
        "signed": "2030-01-01T12:00:00Z",
        "cosigned_entries": 8,
        "cosigned": "2030-01-01T11:00:00Z",
        "witnesses": [{"name": str(CORE), "entries": 8}],
        "stamped_entries": 5,
        "stamped": "2029-12-31T12:00:00Z",
    }
    first, second, third = log_lines(told).split("\n")
    assert first.startswith("log: 9 entries, signed 2030-01-01 21:00:00")
    assert second.endswith(f"by {CORE} (8)")
    assert third.startswith("time-stamped: 5 entries, 2029-12-31")
    bare = {**told, "cosigned": None, "stamped": None, "signed": None, "witnesses": []}
    assert log_lines(bare) == "log: 9 entries, signed -"


def test_the_metrics_tell_how_much_and_how_old(vouched):
    text = Metrics(vouched.overview).text().decode()
    for line in (
        'sekisho_log_entries{part="proven"} 5.0',
        'sekisho_log_entries{part="signed"} 9.0',
        'sekisho_log_age_seconds{part="cosigned"} 3600.0',
        'sekisho_log_age_seconds{part="stamped"} 86400.0',
    ):
        assert line in text
