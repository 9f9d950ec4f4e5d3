# SPDX-License-Identifier: Apache-2.0
"""The calendars that one station goes by: its own, and those of its peers.

All files are read before any is followed: a fault in one leaves everything as it was.
A peer without a file is always open; its own refusal then says that it is not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from gateway.calendar_file import CalendarRefused, load
from gateway.config import Config
from gateway.rules.calendar import Calendar
from gateway.rules.hours import Hours
from pki.names import BadStationName, StationName

MOST_PEERS: Final = 5000


@dataclass(frozen=True, slots=True)
class Found:
    """What the files say."""

    own: Calendar | None = None
    peers: Mapping[StationName, Calendar] = field(default_factory=dict)
    files: tuple[Path, ...] = ()
    """Every file that was read."""


class Calendars:
    """The calendars in use; each `Hours` stays the same object while they change."""

    __slots__ = ("files", "own", "peers")

    def __init__(self, found: Found | None = None) -> None:
        self.own = Hours()
        self.peers: dict[StationName, Hours] = {}
        self.files: tuple[Path, ...] = ()
        if found is not None:
            self.follow(found)

    def of(self, peer: StationName) -> Hours:
        """When a peer is open."""
        return self.peers.setdefault(peer, Hours())

    def follow(self, found: Found) -> None:
        """Go by other files from now on."""
        self.own.follow(found.own)
        for peer in {*self.peers, *found.peers}:
            self.of(peer).follow(found.peers.get(peer))
        self.files = found.files


def read(config: Config) -> Found:
    """Every calendar that a configuration names; raises `CalendarRefused`."""
    files: list[Path] = []
    own = None
    if config.calendar is not None:
        whole = load(config.calendar)
        own = whole.calendar
        files += whole.files
    peers: dict[StationName, Calendar] = {}
    for path in peer_files(config.peer_calendars):
        whole = load(path)
        peers[_station(path)] = whole.calendar
        files += whole.files
    return Found(own, peers, tuple(files))


def peer_files(folder: Path | None) -> list[Path]:
    """The peers' files as they lie there now; raises `CalendarRefused`."""
    if folder is None:
        return []
    try:
        found = sorted(path for path in folder.iterdir() if path.suffix == ".toml")
    except OSError as error:
        raise CalendarRefused(f"{folder}: cannot be read ({error.strerror})") from None
    if len(found) > MOST_PEERS:
        raise CalendarRefused(f"{folder}: holds more than {MOST_PEERS} calendars")
    return found


def _station(path: Path) -> StationName:
    organisation, _, role = path.stem.partition("-")
    try:
        return StationName(organisation, role)
    except BadStationName:
        raise CalendarRefused(
            f"{path}: is named after no station; name it ORGANISATION-ROLE.toml, such "
            "as 102024-municipal_cs.toml"
        ) from None
