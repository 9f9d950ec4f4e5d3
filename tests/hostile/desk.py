# SPDX-License-Identifier: Apache-2.0
"""What every hostile test asks of a running station: its record, its memory, a link."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway import config as configs
from gateway.records.event import Event, EventKind
from gateway.records.store import StoreReader
from pki.keystore import load_secret
from pki.names import StationName
from protocols.answers import Answer
from protocols.envelope import Packed
from simulators.network import parties as people
from simulators.network.stage import Stage, in_words
from simulators.network.story_hostile import hostile
from simulators.network.story_refusals import ASKER
from simulators.peer import CMS, MESSAGES
from simulators.web import Client, Reply

REQUESTERS = tuple(
    party.name for party in people.parties() if party.process == "requesters"
)
"""Stations that any daemon of the network knows, to be misused."""
MEGABYTE = 1024 * 1024


class Watch:
    """What comes on record at one station from now on."""

    def __init__(self, stage: Stage, station: StationName) -> None:
        self._config = configs.load(Path(stage.config(station)))
        self._seq = self._last()

    def new(self) -> list[Event]:
        """The events since the last look, oldest first."""
        with self._store() as store:
            found = [one for one in store.events(limit=100_000) if one.seq > self._seq]
        if found:
            self._seq = found[-1].seq
        return [one.event for one in found]

    def refused(self) -> list[Event]:
        """Of them, the messages that were refused; what else goes on is left out."""
        return [event for event in self.new() if event.kind is EventKind.REFUSED]

    def until(self, enough: Callable[[list[Event]], bool]) -> list[Event]:
        """Events as they come, until there are enough; to wait in vain is to fail."""
        found: list[Event] = []
        end = time.monotonic() + 15
        while not enough(found):
            assert time.monotonic() < end, [(e.peer, e.detail) for e in found]
            found += self.new()
            time.sleep(0.02)
        return found

    @property
    def file(self) -> Path:
        """The store's file."""
        return self._config.store.path

    def _last(self) -> int:
        with self._store() as store:
            newest = store.events(limit=1)
        return newest[-1].seq if newest else 0

    def _store(self) -> StoreReader:
        key = load_secret(self._config.store.key)
        return StoreReader.open(self._config.store.path, key)


@dataclass
class Said:
    """A message that was posted, and what came back."""

    packed: Packed
    reply: Reply
    answer: Answer

    @property
    def word(self) -> str:
        """The answer as the story tells it."""
        return in_words(self.answer)


def say(
    stage: Stage,
    packed: Packed,
    client: Client | None = None,
    by: StationName = ASKER,
) -> Said:
    """Post a message to its receiver, on a link that is there or a new one."""
    peer, to = stage.peer(by), packed.header.receiver
    if client is None:
        reply = peer.post(packed)
    else:
        reply = client.post(MESSAGES, CMS, packed.envelope)
    return Said(packed, reply, peer.understand(packed, reply, to))


def lawful(stage: Stage) -> Packed:
    """An inquiry that the core takes, known to the story as made by itself."""
    packed = hostile(stage)
    stage.forge(packed.header.processing_number)
    return packed


class Process:
    """One process of a network, seen from outside."""

    def __init__(self, stage: Stage, station: StationName) -> None:
        config = stage.config(station)
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and config in _command(entry):
                self._entry = entry
                return
        raise AssertionError(f"no process runs {station}")

    @property
    def resident(self) -> int:
        """Bytes of memory that it has now."""
        return self._status("VmRSS:")

    def reset_peak(self) -> None:
        """Begin to look for the most memory anew."""
        (self._entry / "clear_refs").write_text("5")

    @property
    def peak(self) -> int:
        """The most memory that it had since `reset_peak`."""
        return self._status("VmHWM:")

    @property
    def files(self) -> int:
        """Descriptors that it has open."""
        return sum(1 for _ in (self._entry / "fd").iterdir())

    def _status(self, label: str) -> int:
        lines = (self._entry / "status").read_text().splitlines()
        (found,) = [line for line in lines if line.startswith(label)]
        return int(found.split()[1]) * 1024


def _command(entry: Path) -> str:
    try:
        return (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def until(condition: Callable[[], Any]) -> None:
    """Look again and again; to wait in vain is to fail."""
    end = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < end, "the awaited did not happen"
        time.sleep(0.02)
