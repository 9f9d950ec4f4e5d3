# SPDX-License-Identifier: Apache-2.0
"""Plays peers: makes each from its keys and its folder, and serves it until the end.

FOLDER/history.jsonl    what happened, without personal data
FOLDER/records.sqlite   what it keeps, and what it owes

J-LIS and the card management system look at what the national server keeps: all three
are run by one organisation, and the last two open the file of the first.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final

from pki.names import StationName
from protocols.directory import Directory
from schemas.systems import CARDS, CORE, JLIS, JUSTICE, NATIONAL, PREFECTURE
from simulators.peer import Peer
from simulators.peers.cards import CardManagement
from simulators.peers.faults import Faults
from simulators.peers.history import History
from simulators.peers.identity import NationalServer, PrefecturalServer
from simulators.peers.jlis import Jlis
from simulators.peers.justice import Justice
from simulators.peers.manage import Door
from simulators.peers.persons import PersonFile
from simulators.peers.station import PeerStation
from simulators.peers.store import Store
from simulators.peers.system import System
from simulators.web import serve, server_context

IDLE_SECONDS: Final = 0.25
"""Between two looks for something to carry, when nobody said that there is."""
POLL: Final = 0.05
"""Seconds between two looks whether to end."""
HISTORY: Final = "history.jsonl"
RECORDS: Final = "records.sqlite"

Folder = Callable[[StationName], Path]
"""Where a station of this network keeps its files."""


@dataclass(frozen=True, slots=True)
class _Place:
    """What a system may need to be made."""

    peer: Peer
    store: Store
    folder: Folder

    def only(self, role: str) -> StationName | None:
        return only(self.peer.directory, role)

    def national_file(self) -> PersonFile:
        """The national server's; its own where the network has no such server."""
        national = self.only(NATIONAL)
        if national is None:
            return PersonFile(self.store)
        return PersonFile(Store(_made(self.folder(national)) / RECORDS))


SYSTEMS: Final[dict[str, Callable[[_Place], System]]] = {
    PREFECTURE: lambda at: PrefecturalServer(
        at.store, at.peer.name.organisation, at.only(NATIONAL)
    ),
    NATIONAL: lambda at: NationalServer(at.store),
    JLIS: lambda at: Jlis(at.store, at.national_file(), at.only(CORE)),
    CARDS: lambda at: CardManagement(at.store, at.national_file()),
    JUSTICE: lambda at: Justice(at.store),
}
"""How each system that is played here is made."""


def station(peer: Peer, folder: Folder, faults: Faults | None = None) -> PeerStation:
    """The station of ``peer``, with its files; raises a `PeersError`."""
    place = _made(folder(peer.name))
    store = Store(place / RECORDS)
    store.part("station")
    history = History(store, place / HISTORY)
    system = SYSTEMS[peer.name.role](_Place(peer, store, folder))
    return PeerStation(peer, store, history, system, faults)


def only(directory: Directory, role: str) -> StationName | None:
    """The one station of a role that there is once in the country."""
    found = [one for one in directory.peers if one.role == role]
    return found[0] if len(found) == 1 else None


class Played:
    """A station that listens, and carries what it owes meanwhile."""

    def __init__(self, made: PeerStation, port: int, chain: Path) -> None:
        self.station = made
        keys = made.peer.keys.directory
        self.pair = keys / "tls.crt", keys / "tls.key"
        self.context = server_context(chain, *self.pair, made.peer.belief)
        self._server: Any = serve("127.0.0.1", port, self.context, Door(made).handle)
        self._wake, self._over = Event(), Event()
        made.wake = self._wake.set
        self._threads = (
            Thread(target=self._server.serve_forever, args=(POLL,), daemon=True),
            Thread(target=self._carry, daemon=True),
        )
        for thread in self._threads:
            thread.start()

    @property
    def port(self) -> int:
        return int(self._server.server_port)

    def close(self) -> None:
        """Take nothing more, and leave what is owed in the store."""
        self._server.shutdown()
        self._server.server_close()
        self._over.set()
        self._wake.set()
        for thread in self._threads:
            thread.join()
        self.station.outbox.close()
        self.station.store.close()

    def _carry(self) -> None:
        while not self._over.is_set():
            try:
                busy = self.station.work()
            except Exception as error:  # it is tried again; the text may tell too much
                print(type(error).__name__, file=sys.stderr, flush=True)
                busy = False
            if not busy:
                self._wake.wait(IDLE_SECONDS)
                self._wake.clear()


def _made(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
