# SPDX-License-Identifier: Apache-2.0
"""What one seed does. Pure: the same seed, the same plan, on every machine."""

import random
from dataclasses import dataclass
from typing import Final

from tests.kills.moments import PLACES, PROVIDER, STAGES, STATIONS, Place

ASKED: Final = (3, 6)
"""Inquiries of a seed, at least and at most."""
LONGEST: Final = 0.9
"""Seconds after which a kill by time comes, at most: the traffic is over by then."""
BY_TIME: Final = 0.15
"""Share of the seeds that kill by time alone."""
RESIDENTS: Final = 40
INSTANTS: Final = tuple((place, when) for place in PLACES for when in place.when)

SQLITE: Final = "sqlite"
POSTGRESQL: Final = "postgresql"
STORES: Final = (SQLITE, POSTGRESQL)
FAULTS: Final = (
    ("", 0.68),
    ("full", 0.06),
    ("cut", 0.03),
    ("silent", 0.06),
    ("deaf", 0.05),
    ("mute", 0.08),
    ("slow", 0.04),
)
"""What else goes wrong, and in how many seeds. ``full`` and ``cut``: the victim's disk.
``silent``: the network in both directions; ``deaf``: requests vanish; ``mute``:
requests pass and their answers vanish, so that what was taken over is sent again;
``slow``: each link in its own time, so that requests overtake each other."""
OF_THE_DISK: Final = ("full", "cut")
RESTARTED: Final = "restarted"
"""On PostgreSQL instead of a full disk: the server under all stations crashes, and is
started again."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One seed's."""

    seed: int
    victim: str
    place: Place | None
    """None: by time."""
    when: str
    passage: int
    after: float
    """Seconds from the first inquiry to a kill by time."""
    fault: str
    fault_at: float
    """Seconds from the first inquiry; it lasts until the victim is dead."""
    subjects: tuple[int, ...]
    """Residents asked about, by number."""
    held: str
    """``release``, ``refuse``, or nothing where no flagged resident is asked about."""
    gaps: tuple[float, ...]
    """Seconds before each inquiry."""

    @classmethod
    def of(cls, seed: int, store: str = SQLITE) -> "Plan":
        """The plan of a seed."""
        chance = random.Random(f"kill {seed}")
        by_time = chance.random() < BY_TIME
        place, when = (None, "") if by_time else _instant(chance, seed)
        stations = STATIONS if place is None else place.stations
        count = chance.randint(*ASKED)
        of_a_hold = place is not None and place.stage in ("hold", "release")
        return cls(
            seed=seed,
            victim=PROVIDER if of_a_hold else chance.choice(stations),
            place=place,
            when=when,
            passage=1 if place is None else chance.randint(1, place.most),
            after=chance.uniform(0.01, LONGEST),
            fault=_fault(chance, store),
            fault_at=chance.uniform(0.0, 0.15),
            subjects=tuple(chance.randrange(RESIDENTS) for _ in range(count)),
            held=_held(chance, of_a_hold, place),
            gaps=tuple(chance.choice((0.0, 0.0, 0.02, 0.05)) for _ in range(count)),
        )

    @property
    def stage(self) -> str:
        """What the victim is at when it dies."""
        return "any" if self.place is None else self.place.stage

    def __str__(self) -> str:
        at = f"after {self.after:.3f} s"
        if self.place is not None:
            at = f"{self.when} {self.place.name} ({self.place.stage}) #{self.passage}"
        more = f", {self.held} a hold" if self.held else ""
        fault = f", {self.fault} from {self.fault_at:.3f} s" if self.fault else ""
        asked = f"{len(self.subjects)} inquiries"
        return f"seed {self.seed}: kill {self.victim} {at}; {asked}{more}{fault}"


def _instant(chance: random.Random, seed: int) -> tuple[Place, str]:
    """Every second seed: one instant after another. Else each stage as often as any."""
    if seed % 2:
        return INSTANTS[seed // 2 % len(INSTANTS)]
    stage = chance.choice(STAGES)
    return chance.choice([one for one in INSTANTS if one[0].stage == stage])


def _fault(chance: random.Random, store: str) -> str:
    names, weights = zip(*FAULTS, strict=True)
    fault = str(chance.choices(names, weights)[0])
    return RESTARTED if store == POSTGRESQL and fault in OF_THE_DISK else fault


def _held(chance: random.Random, of_a_hold: bool, place: Place | None) -> str:
    decision = chance.choice(("release", "release", "refuse"))
    return decision if of_a_hold or chance.random() < 0.4 else ""
