# SPDX-License-Identifier: Apache-2.0
"""What a scenario hands in at a CS: the sample of its type, changed as it says.

Elements are changed by name; a day is counted from the network's own. Persons can be
residents of the network, or strangers whose numbers nobody has.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from importlib.resources import files
from itertools import count
from typing import ClassVar
from xml.sax.saxutils import escape

import msgspec

from protocols.identifiers import (
    Realm,
    make_individual_number,
    make_resident_record_code,
)
from schemas.catalogue import ROWS
from simulators.residents import Resident
from simulators.scenario.at_stations import message_fault
from simulators.scenario.refused import one_of
from simulators.scenario.registry import Params
from simulators.scenario.selector import Selector
from simulators.scenario.world import World

_LEAF = re.compile(r"<(\w+)>([^<]*)</\1>")
_PLANNED = "planned_move_out_date"
_NUMBERS = ("resident_record_code", "individual_number")
"""As they stand in a person, in this order."""


class HandIn(Params, frozen=True):
    """Which message is handed in to the CS, and for which municipality."""

    parties: ClassVar[tuple[str, ...]] = ("to",)
    message: str
    to: str = ""
    change: dict[str, str] = msgspec.field(default_factory=dict)
    """Element to its new text."""
    planned_in_days: int | None = None
    """The planned move-out date, counted from today."""
    resident: Selector | None = None
    """Whom it is about, instead of somebody who lives nowhere."""
    strangers: bool = False
    """Its persons are such as nobody has met, with numbers of their own."""

    def fault(self) -> tuple[str, str, str] | None:
        if self.message not in ROWS:
            return message_fault(self.message)
        if self.resident is not None and self.resident.fault() is not None:
            return self.resident.fault()
        there = [found[1] for found in _LEAF.finditer(_sample(self.message))]
        for name in self.change:
            if name not in there:
                what = f"'{self.message}' has no element '{name}'"
                return "change", what, one_of(name, there)
        if self.planned_in_days is not None and _PLANNED not in there:
            what = f"'{self.message}' has no planned day"
            return "planned_in_days", what, "leave it out"
        return None


def body_of(world: World, params: HandIn) -> bytes:
    """The payload, as it is posted."""
    changes = dict(params.change)
    if params.resident is not None:
        chosen = params.resident
        about = world.resident(chosen.of, chosen.number, chosen.flagged)
        changes = {**_who(about), **changes}
    if params.planned_in_days is not None:
        day = world.stage.now() + timedelta(days=params.planned_in_days)
        changes[_PLANNED] = f"{day:%Y-%m-%d}"
    if params.message == "move_out_certificate_information" and params.to:
        changes["new_municipality_code"] = world.parties[params.to].organisation

    made = _strangers(world) if params.strangers else iter(())

    def changed(found: re.Match[str]) -> str:
        value = changes.pop(found[1], None)  # the first of that name
        if params.strangers and found[1] in _NUMBERS:
            value = next(made)
        return found[0] if value is None else _element(found[1], value)

    return _LEAF.sub(changed, _sample(params.message)).encode()


def _who(one: Resident) -> dict[str, str]:
    """By which elements a message names somebody."""
    return {
        "resident_record_code": one.resident_record_code,
        "kanji_name": one.kanji_name,
        "date_of_birth": one.born.isoformat(),
    }


def _strangers(world: World) -> Iterator[str]:
    """A code and a number, and again, that are of nobody else; by the clock."""
    for serial in count(int(world.stage.clock().timestamp() * 100)):
        body = f"{serial % 10**9:09}"
        yield make_resident_record_code(f"9{body}", Realm.SIMULATION)
        yield make_individual_number(f"98{body}", Realm.SIMULATION)


def _element(name: str, value: str) -> str:
    return f"<{name}>{escape(value)}</{name}>"


def _sample(message: str) -> str:
    return files("schemas").joinpath("samples", f"{message}.xml").read_text("utf-8")
