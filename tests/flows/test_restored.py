# SPDX-License-Identifier: Apache-2.0
"""A station that comes back from a backup is closed until its peers have told the rest.

The stories share one network of core, two cities and every requester. Each makes a
backup, lets traffic go on, loses the store, restores it by the operator's command and
starts the station again. What was used stays used, what was sent is not sent again, and
the three records of 番号法23条 agree or say what was lost.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from gateway.config import load
from gateway.records import manifest as manifests
from gateway.records.event import EventKind
from gateway.records.store import StoreReader
from pki.keystore import load_secret
from pki.names import StationName
from protocols import permit as permits
from simulators.network import parties as people
from simulators.network import story_permits
from simulators.network.processes import Processes
from simulators.network.stage import Stage, wait_for
from simulators.network.story_refusals import ASKER
from tests.flows.conftest import PLAIN, Event, ask, running, small_network

TITLES = ("core", "city", "second-city", "requesters")
VOUCHED = replace(PLAIN, vouched=True)
"""Witnesses know how far its log had come."""
PATIENCE = 20.0
OPERATOR = ("--operator", "復元 一郎")


@dataclass(frozen=True, slots=True)
class Network:
    """The network whose stations are lost and come back."""

    stage: Stage
    processes: Processes
    folder: Path

    def config(self, station: StationName) -> str:
        return self.stage.config(station)

    @contextmanager
    def store(self, station: StationName) -> Iterator[StoreReader]:
        config = load(Path(self.config(station)))
        key = load_secret(config.store.key)
        with StoreReader.open(config.store.path, key) as store:
            yield store

    def provided(self, count: int) -> list[bytes]:
        """Inquiries that were answered."""
        numbers = [ask(self.stage, who) for who in range(count)]
        for number in numbers:
            assert self.stage.end_of(ASKER, number) == "provided"
        assert wait_for(self.agreed, PATIENCE) == "they agree"
        return numbers

    def back_up(self, station: StationName, name: str) -> str:
        target = str(self.folder / name)
        self.stage.command("backup", "--config", self.config(station), "--to", target)
        return target

    def lose(self, station: StationName, title: str) -> None:
        """The process is killed and the store's files are gone."""
        self.processes.kill(title)
        path = load(Path(self.config(station))).store.path
        for file in path.parent.glob(f"{path.name}*"):
            file.unlink()

    def restore(self, station: StationName, backup: str) -> None:
        words = ("--config", self.config(station), backup, *OPERATOR)
        self.stage.command("restore", *words)

    def standing(self, station: StationName) -> dict[str, Any]:
        words = ("restore", "status", "--config", self.config(station))
        found: dict[str, Any] = self.stage.command_json(*words)
        return found

    def opened(self, station: StationName) -> str:
        return "" if self.standing(station)["closed"] else "open"

    def agreed(self) -> str:
        where = ("--network", str(self.stage.files.root))
        return "" if self.differences(*where) else "they agree"

    def differences(self, *where: str) -> list[Event]:
        done = self.stage.commands.run("records", "reconcile", *where, "--json")
        found: list[Event] = json.loads(done.out)
        return found

    def verified(self, station: StationName) -> str:
        return self.stage.command("records", "verify", "--config", self.config(station))

    def events(self, station: StationName, **asked: Any) -> list[Any]:
        with self.store(station) as store:
            return [one.event for one in store.events(**asked)]


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    folder = tmp_path_factory.mktemp("restored")
    processes = small_network(folder / "network", VOUCHED)
    processes.titles = TITLES
    with running(processes, VOUCHED) as stage:
        yield Network(stage, processes, folder)


def permit_of(net: Network, number: bytes) -> bytes:
    """The permit that the core issued, from its record."""
    with net.store(people.CORE) as store:
        for one in store.events(processing_number=number.hex()):
            found = store.event_evidence(one.record_id).get("permit")
            if found:
                return found
    raise AssertionError("the core has no permit on record")


def test_a_restored_provider_forgets_no_permit_and_no_message(net: Network) -> None:
    under_way = [ask(net.stage, who) for who in range(4)]
    backup = net.back_up(people.PROVIDER, "provider")
    after = net.provided(3)
    assert {net.stage.end_of(ASKER, number) for number in under_way} == {"provided"}
    used = [permit_of(net, number) for number in after]
    held = manifests.read(manifests.beside(Path(backup)))
    assert wait_for(lambda: beyond(net, held), PATIENCE) == "the core saw more"
    orders = [
        one
        for number in after
        for one in net.events(people.PROVIDER, processing_number=number.hex())
        if one.message_type == "provision_order"
    ]
    net.lose(people.PROVIDER, "city")
    net.restore(people.PROVIDER, backup)
    net.processes.restart("city")
    assert wait_for(lambda: net.opened(people.PROVIDER), PATIENCE) == "open"
    for signed in used:
        made = story_permits.parts(net.stage)
        made = replace(made, permit=permits.recall(signed))
        assert story_permits.order(net.stage, made, signed) == "SK-C04"
    with net.store(people.PROVIDER) as store:
        for one in orders:
            seen = store.seen(str(people.CORE), bytes.fromhex(one.message_id))
            assert seen is not None
            assert seen.header_digest.hex() == one.header_digest
            assert seen.answer
    assert wait_for(net.agreed, PATIENCE) == "they agree"
    assert net.provided(1)


def beyond(net: Network, held: manifests.Manifest) -> str:
    """Whether a witness has co-signed what the backup has not."""
    with net.store(people.CORE) as store:
        found = store.witnessed_as(held.log)
    return "the core saw more" if found and found.size > held.events else ""


def test_its_log_is_not_continued_and_the_new_one_is_co_signed(net: Network) -> None:
    """The old log ends where it was seen last; nobody is shown another tree of it."""
    told = net.verified(people.PROVIDER)
    assert "goes on from there" in told
    assert "0 damaged" in told
    with net.store(people.PROVIDER) as store:
        restored = store.last_restore()
        assert restored is not None
    goes_on = f"{restored.log}/{restored.generation}"

    def seen() -> str:
        with net.store(people.CORE) as store:
            found = store.witnessed_as(goes_on)
        return "" if found is None or found.size <= restored.size else "co-signed"

    assert wait_for(seen, PATIENCE) == "co-signed"
    with net.store(people.CORE) as store:
        before = store.witnessed_as(restored.log)
        forks = store.events(code="SK-L12")
    assert before is not None
    assert before.size > restored.size
    assert forks == []
    (answered,) = [
        one
        for one in net.events(people.PROVIDER, peer=str(people.CORE))
        if one.direction == "local" and one.kind == "learned"
    ]
    assert f"it co-signed {restored.log} at {before.size}" in answered.detail


def test_a_restored_core_issues_no_number_twice(net: Network) -> None:
    backup = net.back_up(people.CORE, "core")
    numbers = net.provided(3)
    net.lose(people.CORE, "core")
    net.restore(people.CORE, backup)
    net.processes.restart("core")
    told = wait_for(lambda: waits_only_for(net, people.CORE, "J00001/jlis"), PATIENCE)
    assert told == "alone"
    words = ("--peer", "J00001/jlis", "--reason", "it does not run here", *OPERATOR)
    net.stage.command("restore", "decide", "--config", net.config(people.CORE), *words)
    assert wait_for(lambda: net.opened(people.CORE), PATIENCE) == "open"
    with net.store(people.CORE) as store:
        for number in numbers:
            known = store.transaction(number)
            assert known is not None
            assert (known.requester, known.outcome) == (str(ASKER), "provided")
    assert wait_for(net.agreed, PATIENCE) == "they agree"
    assert net.provided(1)


def waits_only_for(net: Network, station: StationName, peer: str) -> str:
    peers = net.standing(station)["peers"]
    waited = [one["peer"] for one in peers if one["state"] == "asked"]
    return "alone" if peers and waited == [peer] else ""


def test_who_is_away_keeps_it_closed_even_if_it_is_killed(net: Network) -> None:
    backup = net.back_up(people.PROVIDER, "again")
    numbers = net.provided(2)
    net.processes.kill("requesters")
    net.lose(people.PROVIDER, "city")
    net.restore(people.PROVIDER, backup)
    net.processes.restart("city")
    assert wait_for(lambda: answered(net, people.CORE), PATIENCE) == "answered"
    assert net.standing(people.PROVIDER)["closed"]
    waiting = ask(net.stage)
    net.processes.kill("city")
    net.processes.restart("city")
    assert net.standing(people.PROVIDER)["closed"]
    assert net.events(people.PROVIDER, kind=EventKind.RESTORED)[-1].detail.startswith(
        "from"
    )
    assert str(net.stage.standing(ASKER, waiting).status) == "in_progress"
    net.processes.restart("requesters")
    assert wait_for(lambda: net.opened(people.PROVIDER), PATIENCE) == "open"
    assert net.stage.end_of(ASKER, waiting) == "provided"
    with net.store(people.PROVIDER) as store:
        for number in numbers:
            used = permits.recall(permit_of(net, number)).permit_id
            assert store.permit_used(used)
            learned = store.events(processing_number=number.hex())
            assert len(learned) == len({one.event.message_id for one in learned})


def answered(net: Network, peer: StationName) -> str:
    peers = net.standing(people.PROVIDER)["peers"]
    found = [one["state"] for one in peers if one["peer"] == str(peer)]
    return "answered" if found == ["answered"] else ""


def test_a_restored_requester_says_what_it_lost(net: Network) -> None:
    backup = net.back_up(ASKER, "requester")
    numbers = net.provided(2)
    net.lose(ASKER, "second-city")
    net.restore(ASKER, backup)
    net.processes.restart("second-city")
    assert wait_for(lambda: net.opened(ASKER), PATIENCE) == "open"
    for number in numbers:
        learned = net.events(ASKER, processing_number=number.hex())
        assert {str(one.kind) for one in learned} == {"learned"}
        types = {one.message_type for one in learned}
        assert {"information_inquiry", "information_provision"} <= types
    where = ("--network", str(net.stage.files.root))
    lost = {one["processing_number"] for one in net.differences(*where)}
    assert lost == {number.hex() for number in numbers}
