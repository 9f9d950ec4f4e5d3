# SPDX-License-Identifier: Apache-2.0
"""The integrated terminal: it asks through its CS who somebody is.

What is found must be about the person who was asked for, and nobody else.
"""

from collections.abc import Callable
from typing import Any

from pki.names import StationName
from schemas import systems
from schemas.messages import Payload, SubmissionRefused, write_payload
from schemas.people import ConfirmationKey, SearchKey
from schemas.resident_messages import IdentityRecord
from schemas.search_messages import (
    IdentityConfirmationRequest,
    IdentityInformationSearch,
    JlisIdentityInformationInquiry,
)
from simulators.network.story_register import record_of
from simulators.scenario.at_counter import TAKE_IN
from simulators.scenario.at_moves import FETCH, HAND_IN, NOTHING, OTHERWISE, RECEIVE
from simulators.scenario.inside import answer_to, kept_of, link_of, post
from simulators.scenario.registry import (
    REFUSED,
    Action,
    Happened,
    Params,
    System,
    system,
)
from simulators.scenario.selector import Selector
from simulators.scenario.world import World

FOUND, NOBODY = "found", "nobody found"
SOMEBODY_ELSE = "found somebody else"


class Ask(Params, frozen=True):
    """About whom the terminal asks, and where that person lives."""

    resident: Selector
    lives: str = ""
    """Organisation code; empty for a confirmation: that is always national."""

    def fault(self) -> tuple[str, str, str] | None:
        return self.resident.fault()


def search(world: World, party: StationName, params: Ask) -> Happened:
    """Ask for a person by resident record code, wherever that person lives."""

    def question(code: str) -> Payload:
        return IdentityInformationSearch(key=SearchKey(resident_record_code=code))

    return _asked(world, party, params, question)


def confirm(world: World, party: StationName, params: Ask) -> Happened:
    """Ask the national server whether this person is registered."""

    def question(code: str) -> Payload:
        key = ConfirmationKey(resident_record_code=code)
        return IdentityConfirmationRequest(key=key)

    return _asked(world, party, params, question)


def inquire(world: World, party: StationName, params: Ask) -> Happened:
    """Ask J-LIS for a person's identity information, by individual number."""
    chosen = params.resident
    number = world.resident(chosen.of, chosen.number, chosen.flagged).individual_number

    def question(_: str) -> Payload:
        return JlisIdentityInformationInquiry(key=SearchKey(individual_number=number))

    return _asked(world, party, params, question)


def _asked(
    world: World,
    party: StationName,
    params: Ask,
    question: Callable[[str], Payload],
) -> Happened:
    chosen = params.resident
    record = record_of(world.resident(chosen.of, chosen.number, chosen.flagged))
    body = write_payload(question(record.resident_record_code))
    link = link_of(world, party)
    value = post(link, body, params.lives)
    if isinstance(value, SubmissionRefused):
        return Happened(f"{REFUSED} {value.code}")
    kept = kept_of(value)
    if kept is None:
        return Happened(_found(value, record))
    answers: list[Payload] = []

    def came() -> str:
        reply = answer_to(link, kept.message_id)
        answers[:] = [] if reply is None else [reply]
        return "came" if answers else ""

    if not world.until_expected(came):
        return Happened(NOTHING, kept)
    return Happened(_found(answers[0], record), kept)


def _found(answer: Any, wanted: IdentityRecord) -> str:
    """Whom an answer names: the one who was asked for, and nobody else."""
    one = getattr(answer, "person", None)
    people = getattr(answer, "persons", () if one is None else (one,))
    if not people:
        return NOBODY if hasattr(answer, "key") else OTHERWISE
    return FOUND if {*map(_who, people)} == {_who(wanted)} else SOMEBODY_ELSE


def _who(person: Any) -> tuple[Any, ...]:
    return person.resident_record_code, person.kanji_name, person.date_of_birth


SEARCH = Action(
    "search",
    Ask,
    search,
    (FOUND, NOBODY, SOMEBODY_ELSE, NOTHING, REFUSED),
    "It searches for a person by resident record code, where that person lives.",
)
CONFIRM = Action(
    "confirm",
    Ask,
    confirm,
    (FOUND, NOBODY, SOMEBODY_ELSE, NOTHING, REFUSED),
    "It has the identity of a person confirmed by the national server.",
)
INQUIRE = Action(
    "inquire",
    Ask,
    inquire,
    (FOUND, NOBODY, SOMEBODY_ELSE, NOTHING, REFUSED),
    "It asks J-LIS what it keeps of a person, by individual number.",
)
TERMINAL: System = system(
    systems.TERMINAL,
    (TAKE_IN, HAND_IN, FETCH, RECEIVE, SEARCH, CONFIRM, INQUIRE),
)
