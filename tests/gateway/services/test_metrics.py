# SPDX-License-Identifier: Apache-2.0
"""The numbers are those of the record, under names that stay."""

from dataclasses import replace
from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gateway.records.event import Event, EventKind, prepare
from gateway.records.measured import Times
from gateway.records.store import commit_once
from gateway.records.survey import Room
from gateway.services.metric_names import METRICS
from gateway.services.metrics import Metrics
from tests.gateway.services.overviews import watched
from tests.gateway.world import NOON, STORE_KEY


@pytest.fixture
def station(world, tmp_path):
    found = watched(world, tmp_path)
    found.look()
    found.overview.room = Room(used=100, free=200)
    yield found
    found.overview.store.close()


def read(station):
    """Every sample of a scrape, as Prometheus reads it."""
    text = Metrics(station.overview).text().decode()
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def record(station, *events):
    records = [prepare(event) for event in events]
    commit_once(station.path, STORE_KEY, lambda tx: [tx.record(r) for r in records])


def event(kind, **more):
    return Event(kind, NOON, **{"direction": "in", **more})


def test_a_scrape_has_every_name_of_the_table_and_no_other(station):
    text = Metrics(station.overview).text().decode()
    ours = {
        line.split()[2]
        for line in text.splitlines()
        if line.startswith("# HELP sekisho")
    }
    assert ours == set(METRICS)


def test_events_are_counted_from_the_record_by_what_happened(station):
    refused = event(
        EventKind.REFUSED, message_type="information_inquiry", code="SK-P01"
    )
    record(station, refused, refused, event(EventKind.RECEIVED))
    station.look()
    found = read(station)
    key = (
        ("code", "SK-P01"),
        ("direction", "in"),
        ("outcome", "refused"),
        ("type", "information_inquiry"),
    )
    assert found["sekisho_messages_total", *key] == 2
    assert found["sekisho_refusals_total", ("code", "SK-P01"), ("direction", "in")] == 2


def test_what_was_recorded_before_the_start_is_not_counted_again(world, tmp_path):
    found = watched(world, tmp_path)
    record(found, event(EventKind.RECEIVED))
    found.look()
    assert sum(found.overview.counters.messages.values()) == 0
    record(found, event(EventKind.RECEIVED))
    found.look()
    found.look()
    assert sum(found.overview.counters.messages.values()) == 1
    found.overview.store.close()


def test_a_peers_words_make_no_new_labels(station):
    for number in range(50):
        record(
            station, event(EventKind.REFUSED, message_type=f"type{number}", code="x")
        )
    station.look()
    found = [key for key in read(station) if key[0] == "sekisho_messages_total"]
    assert len(found) == 1
    assert ("type", "other") in found[0]


def test_links_are_counted_by_listener_and_reason(station):
    station.outside.connections, station.outside.turned_away = 7, 3
    station.overview.counters.refused("outside", "unknown_authority")
    found = read(station)
    outside = ("listener", "outside")
    assert found["sekisho_connections", outside] == 7
    assert found["sekisho_connections", ("listener", "peers")] == 0
    assert found["sekisho_connections_turned_away_total", outside] == 3
    assert found["sekisho_handshakes_failed_total", outside] == 1
    reason = ("reason", "unknown_authority")
    assert found["sekisho_strangers_refused_total", reason] == 1


def test_what_waits_is_told_with_its_age(station):
    station.overview.standing = replace(
        station.overview.standing,
        waiting={"C00001/x": 2, "C00002/x": 1},
        oldest_waiting=NOON - timedelta(seconds=90),
        holds=4,
        oldest_hold=NOON - timedelta(hours=1),
    )
    found = read(station)
    assert found["sekisho_outbox_messages",] == 3
    assert found["sekisho_outbox_age_seconds",] == 90
    assert (found["sekisho_holds",], found["sekisho_holds_age_seconds",]) == (4, 3600)


def test_commit_times_add_up(station):
    station.overview.store.times = Times()
    for seconds in (0.0005, 0.002, 0.3, 9.0):
        station.overview.store.times.add(seconds)
    found = read(station)
    buckets = [
        value
        for key, value in found.items()
        if key[0] == "sekisho_commit_seconds_bucket"
    ]
    assert buckets == sorted(buckets)
    assert found["sekisho_commit_seconds_bucket", ("le", "0.001")] == 1
    assert found["sekisho_commit_seconds_bucket", ("le", "+Inf")] == 4
    assert found["sekisho_commit_seconds_count",] == 4
    assert found["sekisho_commit_seconds_sum",] == pytest.approx(9.3025)


def test_days_left_are_told_of_every_certificate_and_the_list(station):
    found = {
        dict(key[1:])["certificate"]: value
        for key, value in read(station).items()
        if key[0] == "sekisho_certificate_days"
    }
    names = {"tls", "signing", "sealing", "issuing", "root", "revocation_list"}
    assert set(found) == names
    assert found["tls"] == pytest.approx(397, abs=0.01)
    assert found["revocation_list"] == pytest.approx(31, abs=0.1)


def test_a_store_that_cannot_be_looked_at_hides_no_other_number(station):
    station.overview.standing, station.overview.room = None, None
    found = read(station)
    assert ("sekisho_outbox_messages",) not in found
    assert found["sekisho_store_available",] == 1


def test_health_is_a_number_for_each_check(station):
    station.overview.stopping = True
    found = read(station)
    assert found["sekisho_health", ("check", "running")] == 0
    assert found["sekisho_health", ("check", "clock")] == 1
    assert found["sekisho_ready",] == 0
