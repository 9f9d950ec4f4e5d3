# SPDX-License-Identifier: Apache-2.0
"""A process that is killed in the middle of its work loses nothing and doubles nothing.

The stories share one small network: each kills a process of it without a warning while
inquiries are on their way, starts it again by the same command, and sees every
acknowledged inquiry answered exactly once, and all records whole and in agreement.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from simulators.network.processes import Processes
from simulators.network.stage import Stage, wait_for
from simulators.network.story_refusals import ASKER
from simulators.web import LinkFailed
from tests.flows.conftest import PLAIN, Event, ask, copied, every_event, party, running

EACH = 15
"""Inquiries before the kill, and as many after it."""
SETTLED = 20.0
"""Seconds until everything is said again: retries come ever more slowly."""
TOO_EARLY = "SK-C12"
"""An answer that overtook its announcement: told to come again, and taken then."""

ONCE = (
    ("requester", "received", "information_inquiry_request"),
    ("core", "received", "information_inquiry"),
    ("provider", "received", "provision_order"),
    ("provider", "attempted", "information_provision"),
    ("requester", "received", "information_provision"),
)


@dataclass(frozen=True, slots=True)
class Small:
    """The network that is killed piece by piece."""

    stage: Stage
    processes: Processes

    def ask(self, count: int) -> list[bytes]:
        """Ask without waiting for answers; the processing numbers."""
        return [ask(self.stage, who) for who in range(count)]

    def unfinished(self, numbers: list[bytes]) -> int:
        """How many have no answer yet."""
        found = [str(self.stage.standing(ASKER, number).status) for number in numbers]
        return found.count("in_progress")

    def ended(self, numbers: list[bytes]) -> str:
        """Whether none of them is still on its way."""
        return "" if self.unfinished(numbers) else "all ended"

    def reconciled(self) -> str:
        """Whether the parties agree on everything, with nothing still to settle."""
        where = ("--network", str(self.stage.files.root))
        differences = self.stage.command_json("records", "reconcile", *where)
        return "" if differences else "they agree"


@pytest.fixture(scope="module")
def small(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    processes = copied(template, tmp_path_factory.mktemp("killed") / "network")
    with running(processes, PLAIN) as stage:
        yield Small(stage, processes)


def test_a_killed_provider_answers_every_order_once(small: Small) -> None:
    numbers = small.ask(EACH)
    small.processes.kill("city")
    numbers += small.ask(EACH)
    assert small.unfinished(numbers) >= EACH
    small.processes.restart("city")
    answered_once(small, numbers)


def test_a_killed_core_forgets_no_inquiry(small: Small) -> None:
    numbers = small.ask(EACH)
    small.processes.kill("core")
    numbers += small.ask(EACH)
    assert small.unfinished(numbers) >= EACH
    small.processes.restart("core")
    answered_once(small, numbers)


def test_a_killed_requester_keeps_what_it_acknowledged(small: Small) -> None:
    numbers = small.ask(EACH)
    small.processes.kill("second-city")
    with pytest.raises(LinkFailed):
        ask(small.stage)
    small.processes.restart("second-city")
    answered_once(small, numbers + small.ask(EACH))


def test_what_waited_for_a_dead_core_outlives_its_requester(small: Small) -> None:
    small.processes.kill("core")
    numbers = small.ask(EACH)
    small.processes.kill("second-city")
    small.processes.restart("second-city")
    assert small.unfinished(numbers) == EACH
    small.processes.restart("core")
    answered_once(small, numbers)


def answered_once(small: Small, numbers: list[bytes]) -> None:
    """All were provided, each once; the records are whole, and agree."""
    stage = small.stage
    assert wait_for(lambda: small.ended(numbers), SETTLED) == "all ended"
    ends = {stage.end_of(ASKER, number) for number in numbers}
    assert ends == {"provided"}
    assert wait_for(small.reconciled, SETTLED) == "they agree"
    root = str(stage.files.root)
    assert stage.command_json("records", "verify", "--network", root) == []
    asked = {number.hex() for number in numbers}
    events = [e for e in every_event(stage) if e["processing_number"] in asked]
    for wanted in ONCE:
        found = [e["processing_number"] for e in events if told(e) == wanted]
        assert sorted(found) == sorted(asked), wanted
    refused = {e["code"] for e in events if e["kind"] == "refused"}
    assert refused <= {TOO_EARLY}
    permits = [e["permit_digest"] for e in events if told(e) == ONCE[2]]
    assert len(set(permits)) == len(numbers)


def told(event: Event) -> tuple[str, str, str]:
    return party(event), event["kind"], event["message_type"]
