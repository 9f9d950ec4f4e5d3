# SPDX-License-Identifier: Apache-2.0
"""A newer master under traffic: it counts within seconds, and an older one never again.

Real stations over real links; nobody is restarted unless the story says so.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from simulators.network import parties as people
from simulators.network.files import Files
from simulators.network.masters import Listing, issue_next
from simulators.network.stage import Stage, wait_for
from simulators.network.story_refusals import ASKER
from tests.flows.conftest import PLAIN, events_of
from tests.operation.daemons import Daemon

GONE, STAYS = 28, 15
"""Two items of the same requester."""
Network = dict[str, Daemon]


@pytest.fixture
def network(daemon: Callable[..., Daemon]) -> Network:
    return {name: daemon(name).start() for name in ("core", "city", "second-city")}


@pytest.fixture
def stage(network: Network, files: Files) -> Iterator[Stage]:
    with closing(Stage(files, PLAIN)) as stage:
        yield stage


def now() -> datetime:
    return datetime.now(UTC)


def ask(stage: Stage, item: int, who: int) -> Any:
    subject = stage.unflagged(stage.city, who).addressee_number
    return stage.ask(ASKER, item, subject)


def uses(station: Daemon, version: int) -> bool:
    """Whether it goes by this master within some seconds."""

    def looked() -> str:
        checks = station.status()["checks"]
        said = next(one["said"] for one in checks if one["name"] == "master")
        return "yes" if said.startswith(f"version {version} ") else ""

    return wait_for(looked) == "yes"


def told(station: Daemon, check: str) -> str:
    checks = station.status()["checks"]
    return str(next(one["said"] for one in checks if one["name"] == check))


def test_an_item_that_is_gone_is_refused_from_its_time_on_and_nothing_is_lost(
    network: Network, files: Files, stage: Stage
) -> None:
    begins = now().replace(microsecond=0) + timedelta(seconds=5)
    version = issue_next(files, now(), listing=Listing(begins, frozenset({GONE})))
    asked: dict[int, list[tuple[datetime, Any]]] = {GONE: [], STAYS: []}
    who = 0
    while now() < begins + timedelta(seconds=2):
        for item, numbers in asked.items():
            number = ask(stage, item, who % 20)
            numbers.append((now(), number))
        who += 1
    assert all(uses(one, version) for one in network.values())
    ends = {
        item: [(at, stage.end_of(ASKER, number)) for at, number in numbers]
        for item, numbers in asked.items()
    }
    assert {end for _, end in ends[STAYS]} == {"provided"}
    early, late = begins - timedelta(seconds=1), begins + timedelta(seconds=0.5)
    assert {end for at, end in ends[GONE] if at < early} == {"provided"}
    assert {end for at, end in ends[GONE] if at > late} == {"SK-P01"}
    assert {end for _, end in ends[GONE]} == {"provided", "SK-P01"}


def test_the_provider_refuses_the_item_though_the_core_still_allows_it(
    files: Files, daemon: Callable[..., Daemon]
) -> None:
    own = files.root / "core-master.cms"
    own.write_bytes(files.master.read_bytes())
    config = files.config(people.CORE)
    text = config.read_text("utf-8").replace(
        "../../master.cms", "../../core-master.cms"
    )
    config.write_text(text, "utf-8")
    network = {name: daemon(name).start() for name in ("core", "city", "second-city")}
    version = issue_next(files, now(), listing=Listing(now(), frozenset({GONE})))
    assert uses(network["city"], version)
    with closing(Stage(files, PLAIN)) as stage:
        number = ask(stage, GONE, 1)
        assert stage.end_of(ASKER, number) == "SK-P01"
        refused = [
            (event["station"], event["code"])
            for event in events_of(stage, number)
            if event["kind"] == "refused"
        ]
        assert (str(people.PROVIDER), "SK-P01") in refused
        assert stage.end_of(ASKER, ask(stage, STAYS, 2)) == "provided"


def test_an_older_master_is_refused_told_and_refused_after_a_restart(
    files: Files, daemon: Callable[..., Daemon]
) -> None:
    city = daemon("city").start()
    old = files.master.read_bytes()
    version = issue_next(files, now())
    assert uses(city, version)
    new = files.master.read_bytes()
    files.master.write_bytes(old)
    assert city.becomes("reload", "warning")
    assert f"older than version {version}" in told(city, "reload")
    assert uses(city, version)
    assert city.get("/ready")[0] == 200
    city.end()
    again = daemon("city").start(ready=False)
    assert again.ended(20) != 0
    assert f"older than version {version}" in again.log.read_text()
    files.master.write_bytes(new)
    daemon("city").start()


def test_a_broken_new_master_leaves_the_old_one_and_is_healed_without_a_restart(
    files: Files, daemon: Callable[..., Daemon]
) -> None:
    city = daemon("city").start()
    version = issue_next(files, now())
    whole = files.master.read_bytes()
    files.master.write_bytes(whole[: len(whole) // 2])
    assert city.becomes("reload", "warning")
    assert uses(city, version - 1) or uses(city, version)
    files.master.write_bytes(whole)
    assert uses(city, version)
    assert city.becomes("reload", "ok")
