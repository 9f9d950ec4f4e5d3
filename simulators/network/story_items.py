# SPDX-License-Identifier: Apache-2.0
"""Part (b): each of the 60 items of the matching list, asked by its own requester.

Every inquiry goes the whole way: inside system, requester, core, provider, requester,
inside system; and what comes out is what the provider's copy holds.
"""

from functools import partial

from schemas.matching_list import ITEMS, Item
from simulators.network import parties as people
from simulators.network.stage import Stage, Step
from simulators.residents import Resident
from simulators.residents.characters import substitute


def _item(stage: Stage, item: Item) -> str:
    resident = stage.unflagged(stage.city, item.item_no)
    requester = people.requester(item.requester_kind)
    number = stage.ask(requester, item.item_no, resident.addressee_number)
    end = stage.end_of(requester, number)
    if end != "provided" or isinstance(number, str):
        return end
    record = stage.answer(requester, number).resident_record_information
    head = head_of(stage.city, resident)
    right = (
        record.head_name == substitute(head.kanji_name)[0]
        and record.relationship == resident.relationship
        and record.head_of_household == resident.is_head
    )
    return "provided" if right else "another person's record"


def head_of(population: list[Resident], resident: Resident) -> Resident:
    """The head of a resident's household."""
    return next(
        r for r in population if r.household == resident.household and r.is_head
    )


def _step(item: Item) -> Step:
    return Step(
        f"items/{item.item_no}",
        f"項{item.item_no} {item.requester[:24]}",
        "provided",
        partial(_item, item=item),
    )


STEPS = tuple(_step(item) for item in ITEMS.values())
