# SPDX-License-Identifier: Apache-2.0
"""A station's numbers as Prometheus reads them.

The library writes the text; nothing of it is on the way of a message. At a scrape this
collector reads plain numbers that lie there anyway (`overview`, `counters`). The
registry is the station's own: a process may hold several.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from importlib.metadata import version
from itertools import accumulate

from prometheus_client import CollectorRegistry, GCCollector, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from gateway.patches import versions
from gateway.records.errors import RecordsError
from gateway.records.measured import BOUNDS
from gateway.records.survey import Kind
from gateway.rules.media import to_do
from gateway.rules.patches import Severity
from gateway.services import health
from gateway.services.health import DAY
from gateway.services.health_check import State
from gateway.services.metric_names import METRICS
from gateway.services.overview import Overview
from gateway.services.vouched_state import vouched_of

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
HEALTH = {State.OK: 1.0, State.WARNING: 0.5, State.FAILING: 0.0}
PEERS = "peers"
"""The links that we opened, beside those of the listeners."""

Samples = Mapping[tuple[str, ...], float]
"""Values by their labels' words."""


class Metrics:
    """One station's registry; nothing of the process-wide default one is in it."""

    def __init__(self, of: Overview) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(_Station(of))
        ProcessCollector(registry=self._registry)
        GCCollector(registry=self._registry)

    def text(self) -> bytes:
        """Everything, in Prometheus' text format."""
        return generate_latest(self._registry)


class _Station(Collector):
    def __init__(self, of: Overview) -> None:
        self._of = of

    def collect(self) -> Iterator[Metric]:
        for samples in (
            self._about(),
            self._messages(),
            self._links(),
            self._waiting(),
            self._store(),
            self._log(),
            self._patches(),
            self._times(),
            self._health(),
        ):
            for name, values in samples:
                yield _family(name, values)
        yield self._commit_seconds()

    def _about(self) -> Iterator[tuple[str, Samples]]:
        of = self._of
        words = (str(of.station.name), version("sekisho"))
        yield "sekisho_build_info", {words: 1.0}
        yield "sekisho_start_time_seconds", _one(of.since.timestamp())

    def _messages(self) -> Iterator[tuple[str, Samples]]:
        counted = self._of.counters.messages
        yield "sekisho_messages_total", {tuple(k): n for k, n in counted.items()}
        yield "sekisho_refusals_total", _refusals(counted.items())

    def _links(self) -> Iterator[tuple[str, Samples]]:
        of = self._of
        listeners = of.listeners.items()
        opened = sum(client.connections for client in of.clients)
        yield "sekisho_strangers_refused_total", _words(of.counters.strangers)
        yield (
            "sekisho_handshakes_failed_total",
            _words({name: of.counters.handshakes[name] for name, _ in listeners}),
        )
        yield (
            "sekisho_connections",
            _words(
                {name: one.connections for name, one in listeners} | {PEERS: opened}
            ),
        )
        yield (
            "sekisho_connections_unproven",
            _words({name: one.unproven for name, one in listeners}),
        )
        yield (
            "sekisho_connections_turned_away_total",
            _words({name: one.turned_away for name, one in listeners}),
        )

    def _waiting(self) -> Iterator[tuple[str, Samples]]:
        found = self._of.standing
        if found is None:
            return
        now = self._of.clock()
        yield "sekisho_outbox_messages", _one(sum(found.waiting.values()))
        yield "sekisho_outbox_age_seconds", _one(_age(now, found.oldest_waiting))
        yield "sekisho_holds", _one(found.holds)
        yield "sekisho_holds_age_seconds", _one(_age(now, found.oldest_hold))
        days = self._of.station.config.media.days_out
        waiting, overdue = to_do(found.media, days, now)
        yield "sekisho_media_waiting", _one(waiting)
        yield "sekisho_media_overdue", _one(overdue)

    def _store(self) -> Iterator[tuple[str, Samples]]:
        store, room = self._of.store, self._of.room
        yield "sekisho_commits_total", _one(store.journal.commits)
        yield "sekisho_works_total", _one(store.journal.works)
        yield "sekisho_store_available", _one(store.unavailable is None)
        if room is not None:
            yield "sekisho_store_bytes", _one(room.used)
            yield "sekisho_store_free_bytes", _one(room.free)

    def _log(self) -> Iterator[tuple[str, Samples]]:
        """None of it while the store cannot be read."""
        try:
            found = vouched_of(self._of.store)
        except RecordsError:
            return
        entries = {
            "signed": found.entries,
            "cosigned": found.cosigned_entries,
            "stamped": found.stamped_entries,
            "proven": found.proven_entries,
        }
        yield "sekisho_log_entries", _words(entries)
        times = {
            "signed": found.signed,
            "cosigned": found.cosigned,
            "stamped": found.stamped,
        }
        now = self._of.clock()
        ages = {name: _age(now, at) for name, at in times.items() if at is not None}
        yield "sekisho_log_age_seconds", _words(ages)

    def _patches(self) -> Iterator[tuple[str, Samples]]:
        watch = self._of.patches
        yield (
            "sekisho_component_info",
            dict.fromkeys(versions().items(), 1.0),
        )
        found = [] if watch is None else watch.open
        counted = Counter(one.advisory.severity for one in found)
        yield (
            "sekisho_patches_open",
            _words({one.value: counted[one] for one in Severity}),
        )
        late = [] if watch is None else watch.overdue()
        yield "sekisho_patches_overdue", _one(len(late))

    def _times(self) -> Iterator[tuple[str, Samples]]:
        of = self._of
        now = of.clock()
        ends = {one.name: one.ends for one in of.endings()}
        ends["revocation_list"] = of.list_ends
        yield "sekisho_clock_seconds", _one(now.timestamp())
        yield "sekisho_clock_jumps_total", _one(of.clock_watch.jumps)
        days = {name: (end - now) / DAY for name, end in ends.items()}
        yield "sekisho_certificate_days", _words(days)
        hours = of.station.facts.hours
        window = hours.window(now)
        yield "sekisho_closed_by_restore", _one(of.station.facts.restored.closed)
        yield "sekisho_open", _one(window.is_open)
        left = (window.ends - now).total_seconds()
        limited = hours.calendar is not None
        yield "sekisho_hours_change_seconds", _one(left if limited else math.inf)

    def _health(self) -> Iterator[tuple[str, Samples]]:
        of = self._of
        found = health.checks(of)
        states = {one.name: HEALTH[one.state] for one in found}
        yield "sekisho_health", _words(states)
        yield "sekisho_ready", _one(health.is_ready(found))
        yield "sekisho_task_failures_total", _words(of.counters.task_failures)
        yield "sekisho_reloads_total", _one(of.certificates.taken)

    def _commit_seconds(self) -> Metric:
        name, times = "sekisho_commit_seconds", self._of.store.times
        family = HistogramMetricFamily(name, METRICS[name].tells)
        bounds = [*map(str, BOUNDS), "+Inf"]
        sums = zip(bounds, accumulate(times.counts), strict=True)
        family.add_metric((), list(sums), times.seconds)
        return family


def _family(name: str, samples: Samples) -> Metric:
    """One metric with its samples; whether it only grows stands in its name."""
    about = METRICS[name]
    grows = name.endswith("_total")
    kind = CounterMetricFamily if grows else GaugeMetricFamily
    family = kind(name.removesuffix("_total"), about.tells, labels=about.labels)
    for words, value in samples.items():
        family.add_metric(words, float(value))
    return family


def _refusals(counted: Iterable[tuple[Kind, int]]) -> Samples:
    found: dict[tuple[str, ...], float] = {}
    for kind, count in counted:
        if kind.kind == "refused":
            key = (kind.direction, kind.code)
            found[key] = found.get(key, 0) + count
    return found


def _one(value: float) -> Samples:
    return {(): value}


def _words(counted: Mapping[str, float] | Mapping[str, int]) -> Samples:
    return {(word,): count for word, count in counted.items()}


def _age(now: datetime, oldest: datetime | None) -> float:
    return 0.0 if oldest is None else max(0.0, (now - oldest).total_seconds())
