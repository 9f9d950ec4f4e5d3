# SPDX-License-Identifier: Apache-2.0
"""How a file of persons is asked: confirmation, search, inquiry, and management.

An answer repeats its key, holds everybody whom the key fits, and nobody else (R-027,
R-068, R-070). A confirmation and an inquiry are about one person: where a key fits
nobody or several, they name none.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec

from schemas.messages import Payload
from schemas.people import ConfirmedPerson, FourItems, SearchKey
from schemas.resident_messages import EightItems
from schemas.search_messages import (
    MAX_HITS,
    IdentityConfirmationResult,
    IdentityInformationSearchResult,
    JlisIdentityInformationResponse,
)
from simulators.peers.errors import BadRequest, NotTaken
from simulators.peers.judge import check_numbers
from simulators.peers.persons import ITEMS, PersonFile, person_from, row_of
from simulators.peers.system import Taken, Told


def search(persons: PersonFile, told: Told) -> Taken:
    """Everybody whom the key fits, as many as one list holds (R-065 to R-068)."""
    found = persons.find(told.value.key, MAX_HITS + 1)
    result = IdentityInformationSearchResult(
        key=told.value.key,
        more=len(found) > MAX_HITS,
        persons=tuple(found[:MAX_HITS]),
    )
    return Taken("found" if found else "found nobody", result)


def confirm(persons: PersonFile, told: Told) -> Taken:
    """The person at the counter, to be compared on the screen; without the number."""
    found = persons.only(told.value.key)
    person = None if found is None else _confirmed(found)
    result = IdentityConfirmationResult(
        key=told.value.key, confirmed=found is not None, person=person
    )
    return Taken("confirmed" if found else "not confirmed", result)


def inquire(persons: PersonFile, told: Told) -> Taken:
    """The one person whom the key fits (R-070)."""
    found = persons.only(told.value.key)
    result = JlisIdentityInformationResponse(key=told.value.key, person=found)
    return Taken("found" if found else "found nobody", result)


def someone_else(persons: PersonFile, reply: Any) -> Payload:
    """The same answer about somebody who was not asked for."""
    if isinstance(reply, IdentityInformationSearchResult):
        first = reply.persons[0] if reply.persons else None
        other = persons.other_than(first)
        return replace(reply, persons=() if other is None else (other,))
    other = persons.other_than(_named(persons, reply.person))
    if other is None:
        return replace(reply, person=None)  # type: ignore[no-any-return]
    if isinstance(reply, IdentityConfirmationResult):
        return replace(reply, confirmed=True, person=_confirmed(other))
    return replace(reply, person=other)  # type: ignore[no-any-return]


def loaded(lines: list[Mapping[str, Any]]) -> list[tuple[EightItems, str]]:
    """Persons with their municipality, as management was told; raises `BadRequest`."""
    people = []
    for number, line in enumerate(lines, 1):
        try:
            person = person_from(line)
            check_numbers(person)
            people.append((person, str(line["municipality"])))
        except (KeyError, TypeError, ValueError):
            raise BadRequest(f"line {number} is no person of eight items") from None
        except NotTaken as error:
            raise BadRequest(f"line {number}: {error.code}") from None
    return people


def look(persons: PersonFile, asked: Mapping[str, Any]) -> list[dict[str, str]]:
    """Who is kept, by a key as the messages have it; raises `BadRequest`."""
    try:
        key = _key(asked)
        found = persons.find(key, MAX_HITS)
    except (msgspec.ValidationError, ValueError):
        raise BadRequest("the key is no code, number or four items") from None
    except NotTaken as error:
        raise BadRequest(error.code) from None
    return [dict(zip(ITEMS, row_of(one), strict=True)) for one in found]


def _key(asked: Mapping[str, Any]) -> SearchKey:
    items = asked.get("four_items")
    given = msgspec.convert(
        {
            name: asked.get(name)
            for name in ("resident_record_code", "individual_number")
        },
        dict[str, str | None],
    )
    four = None if items is None else msgspec.convert(items, FourItems)
    if sum(one is not None for one in (four, *given.values())) != 1:
        raise ValueError("exactly one")
    return SearchKey(four_items=four, **given)


def _confirmed(person: EightItems) -> ConfirmedPerson:
    return ConfirmedPerson(
        resident_record_code=person.resident_record_code,
        kanji_name=person.kanji_name,
        date_of_birth=person.date_of_birth,
        sex=person.sex,
        address=person.address,
    )


def _named(persons: PersonFile, person: Any) -> EightItems | None:
    return None if person is None else persons.by_code(person.resident_record_code)
