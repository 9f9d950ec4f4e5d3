# SPDX-License-Identifier: Apache-2.0
"""The city's side of the resident register: existing resident system, municipal CS.

The existing resident system (既存住基システム) reports what changed; its CS tells the
prefecture by itself, which `at_peers` has.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal
from xml.sax.saxutils import escape

import msgspec

from pki.names import StationName
from protocols.identifiers import Realm, make_individual_number
from schemas import systems
from schemas.messages import SubmissionAccepted
from schemas.payload import NAMESPACE
from schemas.record_fields import FIELDS as RECORD_FIELDS
from simulators.network import parties as people
from simulators.residents import identity_record
from simulators.scenario.at_counter import ISSUE, SEARCH
from simulators.scenario.at_desk import AT_DESK, STANDS
from simulators.scenario.at_foreign import AT_REGISTER, CARD
from simulators.scenario.at_moves import CHECK, FETCH, HAND_IN, RECEIVE
from simulators.scenario.at_office import AT_OFFICE, HAPPENED, INQUIRIES
from simulators.scenario.at_stations import (
    DELIVER,
    ERASE,
    LEARN,
    knows_nothing,
    recorded,
)
from simulators.scenario.refused import one_of
from simulators.scenario.registry import (
    REFUSED,
    Action,
    Happened,
    Kept,
    Params,
    system,
)
from simulators.scenario.selector import Selector
from simulators.scenario.world import World

UPDATE = "identity_information_update"
MOVE = "S02"
"""転居: what a present resident can always report, whatever was reported before."""
EPOCH = 1_600_000_000
"""Counted from here, seconds give sequence numbers that only grow."""
SHIFTS = {"": 0, "wrong check digit": 1, "of the real realm": 5}
"""What a number's last digit is raised by; five makes it one of the other realm."""


class Report(Params, frozen=True):
    """Whose record is reported, and what is changed in it."""

    resident: Selector
    change: dict[str, str] = msgspec.field(default_factory=dict)
    """Field of the resident identity record to its new text."""
    new_number: bool = False
    """It has the individual number that comes after the one of the copy."""
    changed_days_ago: int | None = None
    """When it changed; as the resident's own history has it where not said."""
    individual_number: Literal["", "wrong check digit", "of the real realm"] = ""

    def fault(self) -> tuple[str, str, str] | None:
        if self.resident.fault() is not None:
            return self.resident.fault()
        for name in self.change:
            if name not in FIELDS:
                what = f"'{name}' is no field of the resident identity record"
                return "change", what, one_of(name, FIELDS)
        return None


FIELDS = tuple(one.english_name for one in RECORD_FIELDS)


def report(world: World, party: StationName, params: Report) -> Happened:
    """Post the record at the CS of the same organisation, which judges it."""
    chosen = params.resident
    resident = world.resident(chosen.of, chosen.number, chosen.flagged)
    newest = _next_number(world)
    lawful = identity_record(resident, update_sequence_number=newest)
    record = {**lawful, "change_reason": MOVE, **params.change}
    if params.changed_days_ago is not None:
        day = world.stage.now() - timedelta(days=params.changed_days_ago)
        record["change_date"] = f"{day:%Y-%m-%d}"
    number = record["individual_number"]
    if params.new_number:
        number = number_after(number)
    last = (int(number[-1]) + SHIFTS[params.individual_number]) % 10
    record["individual_number"] = f"{number[:-1]}{last}"
    answer = world.stage.submit(station_of(party), update_of(record))
    if not isinstance(answer, SubmissionAccepted):
        return Happened(f"{REFUSED} {answer.code}")
    assert answer.message_id is not None
    return Happened("accepted", Kept(message_id=answer.message_id.hex()))


def _next_number(world: World) -> int:
    """A sequence number above every earlier one, also within the same second."""
    notes = world.stage.notes
    newest = int(world.stage.now().timestamp()) - EPOCH
    notes["sequence"] = max(newest, notes.get("sequence", 0) + 1)
    return int(notes["sequence"])


def number_after(number: str) -> str:
    """The number to which a resident's is changed; the same for the same one."""
    return make_individual_number(f"97{number[2:11]}", Realm.SIMULATION)


def update_of(record: Mapping[str, str]) -> bytes:
    """The payload, in the order of the document's fields, whatever stands in them."""
    fields = "".join(
        f"<{name}>{escape(record[name])}</{name}>" for name in FIELDS if name in record
    )
    data = f'<{UPDATE} xmlns="{NAMESPACE}"><record>{fields}</record></{UPDATE}>'
    return data.encode()


def station_of(inside: StationName) -> StationName:
    """The station whose inside listener a system uses."""
    return next(p.name for p in people.parties() if p.inside == inside)


EXISTING = system(
    systems.EXISTING,
    actions=(
        Action(
            "report",
            Report,
            report,
            ("accepted", REFUSED),
            "It reports a resident's record to its CS.",
        ),
        HAND_IN,
        FETCH,
        RECEIVE,
        SEARCH,
        ISSUE,
        *AT_DESK,
        *AT_OFFICE,
        AT_REGISTER,
    ),
    looks=(STANDS, HAPPENED, INQUIRIES, CARD),
)
CS = system(
    systems.CS,
    (DELIVER, LEARN, ERASE, CHECK),
    (recorded(), knows_nothing()),
)
