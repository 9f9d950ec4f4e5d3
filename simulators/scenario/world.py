# SPDX-License-Identifier: Apache-2.0
"""The running network in a scenario's hands: its stage, its processes, its lines.

A network of our own may be broken: its processes stopped, its lines cut, its clock
moved. As a guest in somebody's running network a scenario only uses what is there.
"""

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any

from pki.names import StationName
from simulators.network import build as building
from simulators.network import copies, ports
from simulators.network import parties as people
from simulators.network.build import Choices, NetworkFile
from simulators.network.cli import import_copies
from simulators.network.files import Files
from simulators.network.house import fill
from simulators.network.moves import Choice, move
from simulators.network.processes import PROCESSES, Processes
from simulators.network.stage import PATIENCE, Stage, wait_for
from simulators.residents import Resident
from simulators.scenario.line import Line, State

Event = dict[str, Any]
"""One event as `sekisho records list --json` tells it."""

JST = timezone(timedelta(hours=9), "JST")
QUIET_LOOKS = 20
QUIET_SECONDS = 0.3
"""Looks at the records until two are the same, and the time between them."""
ABSENCE = 2.0
"""Seconds after which what did not come will not come: four rounds of a register."""
RESIDENTS = 300
"""In the city of a scenario's own network: enough for every selector."""


@dataclass(frozen=True, slots=True)
class Interlude:
    """Something that was done to the network itself."""

    at: datetime
    party: str
    """Whom it was done to; empty where it was done to all."""
    text: str


@dataclass(slots=True)
class World:
    """What a scenario acts on. One for all scenarios that share a network."""

    stage: Stage
    processes: Processes | None = None
    """None where somebody else's network was joined."""
    lines: dict[StationName, Line] = field(default_factory=dict)
    names: dict[str, Any] = field(default_factory=dict)
    """What steps of the present scenario are called, and what was kept of them."""
    parties: dict[str, StationName] = field(default_factory=dict)
    """The parties of the present scenario, by the names it gives them."""
    interludes: list[Interlude] = field(default_factory=list)
    begun: datetime | None = None
    """When the present scenario began."""
    expected: str = ""
    """How the present step should end: who waits need not wait longer."""
    known: set[str] = field(default_factory=set)
    """Record ids that stood on record before the present scenario."""
    at_rest: list[Event] | None = field(default=None, repr=False)
    """What is on record of the present scenario, once nothing more is written."""

    @property
    def files(self) -> Files:
        return self.stage.files

    # -- one scenario after another ------------------------------------------------

    def begin(self, parties: dict[str, StationName]) -> None:
        """A scenario begins: nothing that is on record yet is of it."""
        self.names.clear()
        self.interludes.clear()
        self.parties = parties
        self.begun = self.at_rest = None
        self.known = {event["record_id"] for event in self.every_event()}
        self.begun = self.stage.now()

    def every_event(self) -> list[Event]:
        """What all stations have on record since the scenario began, by time."""
        if self.at_rest is not None:
            return list(self.at_rest)
        words = ["--network", str(self.files.root), "--limit", "1000000"]
        if self.begun is None:
            return list(self.stage.command_json("records", "list", *words))
        since = (self.begun - timedelta(minutes=1)).astimezone(JST)
        words += ["--since", f"{since:%Y-%m-%d %H:%M:%S}"]
        found = self.stage.command_json("records", "search", *words)
        return [event for event in found if event["record_id"] not in self.known]

    def come_to_rest(self) -> None:
        """Wait until nothing is recorded any more; notices are told in batches."""
        before: list[Event] = []
        for _ in range(QUIET_LOOKS):
            now = self.every_event()
            if len(now) == len(before):
                break
            before = now
            time.sleep(QUIET_SECONDS)
        self.at_rest = before

    def interlude(self, text: str, party: StationName | None = None) -> None:
        """Note what was done to the network, for the drawing."""
        named = "" if party is None else str(party)
        self.interludes.append(Interlude(self.stage.clock(), named, text))

    def until_expected(
        self,
        look: Callable[[], str],
        final: Callable[[str], bool] = bool,
        absent: str = "",
    ) -> str:
        """Look until it is as the step expects, or final; else what was seen last.

        Where the step expects that there is nothing, which is ``absent``, it looks for
        as long as a register or a station needs to fetch what waits.
        """
        last = ""

        def seen() -> str:
            nonlocal last
            last = look()
            return last if last == self.expected or final(last) else ""

        nothing = bool(absent) and self.expected == absent
        return wait_for(seen, ABSENCE if nothing else PATIENCE) or last

    # -- who lives where -------------------------------------------------------------

    def resident(self, of: str, number: int, flagged: bool) -> Resident:
        """A resident by selector: the same one in every network of the same seed."""
        stage = self.stage
        city = stage.city if of == people.CITY else stage.second_city
        return stage.flagged(city, number) if flagged else stage.unflagged(city, number)

    def head_of(self, resident: Resident) -> Resident:
        """The head of a resident's household."""
        stage = self.stage
        own = resident.municipality_code == people.CITY
        city = stage.city if own else stage.second_city
        return next(r for r in city if r.household == resident.household and r.is_head)

    # -- breaking it -----------------------------------------------------------------

    def crash(self, party: StationName) -> None:
        """End the process of a station at once, as a power cut would."""
        assert self.processes is not None
        self.processes.kill(process_of(party))
        self.interlude("the process is killed", party)

    def restart(self, party: StationName) -> None:
        """Start it again."""
        assert self.processes is not None
        self.processes.restart(process_of(party))
        self.interlude("the process starts again", party)

    def mend(self) -> None:
        """Make whole what a scenario left broken, for the next one."""
        for line in self.lines.values():
            line.become(State.WHOLE)
        if self.processes is not None:
            running = {child.title for child in self.processes.children}
            for title in self.processes.titles:
                if title not in running:
                    self.processes.restart(title)

    def pass_time(self, by: timedelta) -> None:
        """Move the clock of the whole network."""
        move(self.files, by, Choice())
        self.interlude(f"{by} pass")


def process_of(party: StationName) -> str:
    """Which process plays a party; empty where none of the network's does."""
    for known in people.parties():
        if known.name == party:
            return known.process if known.process in PROCESSES else ""
    return ""


@contextmanager
def own_network(
    parties: Iterable[StationName],
    lines: Iterable[StationName],
    tell: Callable[[str], None],
    seed: str = "1",
) -> Iterator[World]:
    """A network made for these parties, running meanwhile and gone afterwards."""
    titles = {process_of(party) for party in parties} - {""}
    with ExitStack() as stack:
        folder = tempfile.TemporaryDirectory(prefix="sekisho-scenario-")
        files = Files(Path(stack.enter_context(folder)))
        choices = Choices(seed=seed, residents=RESIDENTS, vouched=False)
        tell("making a network")
        network = building.build(files, choices)
        stack.callback(ports.release, network.first_port)
        fill(files, copies.stream(seed, RESIDENTS, people.CITY))
        made = {}
        for party, spare in zip(lines, _spare_ports(network), strict=False):
            port = network.outside[str(party)]
            made[party] = Line.before(files, party, port, spare)
            stack.callback(made[party].close)
        tell("starting its stations")
        titles_in_order = tuple(title for title in PROCESSES if title in titles)
        processes = Processes(files, titles_in_order)
        stack.callback(processes.stop)
        processes.start(partial(import_copies, files))
        stage = stack.enter_context(closing(Stage(files, choices)))
        yield World(stage, processes, made)


def _spare_ports(network: NetworkFile) -> list[int]:
    """Ports of the network's block that no station was given, the last first."""
    taken = {
        *network.outside.values(),
        *network.inside.values(),
        *network.house.values(),
    }
    return sorted(set(ports.ports_of(network.first_port)) - taken, reverse=True)


@contextmanager
def joined_network(root: Path) -> Iterator[World]:
    """Somebody's running network."""
    files = Files(root)
    network = building.load(files)
    choices = Choices(seed=network.seed, residents=network.residents, half=network.half)
    with closing(Stage(files, choices)) as stage:
        yield World(stage)
