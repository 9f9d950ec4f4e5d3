# SPDX-License-Identifier: Apache-2.0
"""`sekisho time` on a network of real processes: what waits for a time has its end.

The stories share one small network with its prefecture, and its time goes on from one
to the next, as time does. Nothing here waits for a clock: the clock is moved.
"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from schemas.messages import SubmissionAccepted
from simulators.network import parties as people
from simulators.network import story_holds, story_register
from simulators.network.moves import Choice, Moved, move, shown
from simulators.network.processes import Processes
from simulators.network.stage import Stage, wait_for
from simulators.network.story_refusals import ASKER
from simulators.web import LinkFailed
from tests.flows.conftest import PLAIN, SMALL, ask, copied, events_of, every_event

DAY = timedelta(days=1)
PLAINLY = Choice()
STATIONS = 6
"""Stations of the three daemons; each has a record of its own."""


@dataclass(slots=True)
class Moving:
    """A network that runs, and whose time a test moves."""

    processes: Processes
    stage: Stage

    def move(self, by: timedelta, choice: Choice = PLAINLY) -> Moved:
        return move(self.processes.files, by, choice)

    def look_anew(self) -> Stage:
        """The hands of somebody who comes now, with the certificates of now."""
        self.stage.close()
        self.stage = Stage(self.processes.files, PLAIN)
        return self.stage

    def codes(self, number: bytes) -> list[str]:
        return [e["code"] for e in events_of(self.stage, number) if e["code"]]


def notified(stage: Stage, who: int) -> str:
    """What the prefecture's server has of an update of somebody."""
    person = stage.unflagged(stage.city, who)
    answer = stage.update(people.CITY_CS, story_register.record_of(person))
    assert isinstance(answer, SubmissionAccepted)
    assert answer.message_id is not None
    message_id = answer.message_id.hex()

    def taken() -> str:
        lines = story_register.history(stage, people.PREFECTURAL_SERVER)
        return "".join(x["kind"] for x in lines if x["message_id"] == message_id)

    return wait_for(taken)


@pytest.fixture(scope="module")
def moving(
    template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Moving]:
    processes = copied(template, tmp_path_factory.mktemp("time") / "network")
    processes.titles = (*SMALL, "prefecture")
    try:
        processes.start()
        with closing(Stage(processes.files, PLAIN)) as stage:
            one = Moving(processes, stage)
            yield one
            one.stage.close()
    finally:
        processes.stop()


def test_a_hold_lapses_when_the_clock_is_moved_past_it(moving: Moving) -> None:
    assert story_holds._ask(moving.stage, "held", 0)
    number = moving.stage.notes["held number"]
    moving.move(30 * DAY)
    assert moving.stage.end_of(ASKER, number) == "lapsed"
    assert moving.codes(number) == ["SK-H02"]


def test_every_station_has_the_move_on_record_under_its_new_time(
    moving: Moving,
) -> None:
    def moved() -> str:
        return "" if len(found()) < STATIONS else "all"

    def found() -> list[dict[str, str]]:
        events = every_event(moving.stage)
        return [e for e in events if e["detail"].startswith("the test network's")]

    assert wait_for(moved) == "all"
    assert {e["operator"] for e in found()} == {"sekisho time"}
    assert len({e["station"] for e in found()}) == STATIONS
    now = shown(moving.processes.files).now
    assert all(now - datetime.fromisoformat(e["at"]) < DAY for e in found())


def test_everything_goes_on_at_the_new_time(moving: Moving) -> None:
    assert moving.stage.end_of(ASKER, ask(moving.stage, 2)) == "provided"
    assert notified(moving.stage, 11) == "received"


def test_what_a_clerk_decides_is_dated_at_the_new_time(moving: Moving) -> None:
    for step in story_holds.STEPS[:3]:
        assert step.run(moving.stage) == step.expected
    now = shown(moving.processes.files).now
    of_clerk = [
        datetime.fromisoformat(e["at"])
        for e in every_event(moving.stage)
        if e["operator"] == story_holds.OPERATOR
    ]
    assert len(of_clerk) == 2
    assert all(now - DAY < at <= now for at in of_clerk)


def test_a_message_that_waits_is_over_when_the_clock_is_moved_past_it(
    moving: Moving,
) -> None:
    moving.processes.kill("city")
    number = ask(moving.stage, 3)
    assert wait_for(lambda: "SK-T01" if "SK-T01" in moving.codes(number) else "")
    moving.move(2 * DAY)
    assert wait_for(lambda: "SK-T03" if "SK-T03" in moving.codes(number) else "")
    moving.processes.restart("city")


def test_a_station_that_starts_again_goes_by_the_same_time(moving: Moving) -> None:
    """It was started again by the story before; what it says stands on record."""
    starts = [
        e for e in every_event(moving.stage) if e["detail"].startswith("starts with")
    ]
    assert {e["station"] for e in starts} == {
        str(people.PROVIDER),
        str(people.CITY_CS),
    }
    assert {e["detail"] for e in starts} == {
        "starts with the test network's clock 32 days, 0:00:00 ahead"
    }
    assert moving.stage.end_of(ASKER, ask(moving.stage, 4)) == "provided"


def test_once_certificates_are_over_nobody_speaks_with_anybody(moving: Moving) -> None:
    assert story_holds._ask(moving.stage, "late", 1)
    number = moving.stage.notes["late number"]
    moving.move(400 * DAY)
    assert wait_for(lambda: "SK-T02" if "SK-T02" in moving.codes(number) else "")
    with pytest.raises(LinkFailed, match="SSLCertVerificationError"):
        ask(moving.look_anew())


def test_with_new_certificates_what_waited_arrives_and_all_goes_on(
    moving: Moving,
) -> None:
    number_of_late = next(
        e["processing_number"]
        for e in every_event(moving.stage)
        if e["code"] == "SK-T02" and e["processing_number"]
    )
    assert moving.move(timedelta(0), Choice(renew=True)).over == 0
    stage = moving.look_anew()
    assert stage.end_of(ASKER, bytes.fromhex(number_of_late)) == "lapsed"
    assert stage.end_of(ASKER, ask(stage, 5)) == "provided"
    assert notified(stage, 12) == "received"


def test_with_a_list_that_got_old_nobody_is_believed(moving: Moving) -> None:
    moving.move(10 * DAY, Choice(keep_list=True))
    with pytest.raises(LinkFailed):
        ask(moving.stage)
    moving.move(timedelta(0))
    stage = moving.look_anew()
    assert stage.end_of(ASKER, ask(stage, 7)) == "provided"


def test_a_new_master_counts_after_a_restart(moving: Moving) -> None:
    """Signing and sealing certificates are over now, and the master names them."""
    assert moving.move(398 * DAY, Choice(renew=True)).restart
    moving.processes.stop()
    moving.processes.start()
    stage = moving.look_anew()
    assert stage.end_of(ASKER, ask(stage, 8)) == "provided"
    assert notified(stage, 13) == "received"


def test_without_its_clock_nothing_of_the_network_goes_on(moving: Moving) -> None:
    moving.processes.files.pki.clock.write_text("?")
    ends = [child.process.wait(10) for child in moving.processes.children]
    assert ends == [1] * len(moving.processes.titles)
