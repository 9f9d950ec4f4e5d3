# SPDX-License-Identifier: Apache-2.0
"""The 78 steps: each of the document is here, and each message of one can be sent.

`flow_steps.csv` is the table of steps as it was read from 別添１: sender, via,
receiver, proposed message, and whether the text marks it as without 特定個人情報.
"""

import csv
import re
from functools import cache
from pathlib import Path

import pytest

from protocols.identifiers import Realm, individual_number_is_valid
from schemas.catalogue import ROWS, Network, row
from schemas.flows import STEPS, Act, steps_of
from schemas.systems import CORE, CS, INTERMEDIATE, SYSTEMS
from tests.schemas.samples import TYPES, sample
from tests.schemas.shape_of import elements

PEOPLE = {"resident", "city_staff"}

OTHER_WAY = {
    "F1-07-2a": "the prefecture tells J-LIS, by its national server (第30条の7)",
    "F1-07-2c": "other municipalities search; nothing is sent to them unasked",
    "F1-11-2": "through the register: the CS has no connection to the addressee system",
    "F1-11-4": "the core makes the code; the text names no sender",
    "F1-12-2": "the answer goes to the requester, not through the core",
    "F1-02-6": "by way of the CS, as the request came",
    "F1-03-6": "by way of the CS, as the request came",
    "F1-09-1": "juki_net is the network that carries it, no system on the way",
}
"""Where our path is not the one that the document's sentence gives, and why."""

OTHER_NAME = {
    "F1-07-2a": "identity_information_update_notice",
    "F1-07-2b": "identity_information_update_notice",
    "F1-07-2c": "identity_information_search_request",
    "F1-10-1b": "numbered_resident_record_change",
    "F1-10-2": "resident_record_copy",
    "F1-12-1": "provision_order",
}
"""Where our message has another name than the one proposed for the step."""


@cache
def document() -> dict[str, dict[str, str]]:
    path = Path(__file__).with_name("flow_steps.csv")
    with path.open(encoding="utf-8", newline="") as lines:
        return {line["step"]: line for line in csv.DictReader(lines)}


def path_of(line: dict[str, str]) -> tuple[str, ...]:
    """The parties of a step in order; a CS of another municipality is a CS."""
    parties = [line["sender"], line["via"], line["receiver"]]
    return tuple(CS if p == "other_municipal_cs" else p for p in parties if p)


MARKED = {"move_out_certificate_resend_request", "move_in_notice"}
"""※特定個人情報を含まない."""

MESSAGES = [name for name, step in STEPS.items() if step.act is Act.MESSAGE]


def test_every_step_of_the_document_is_here_in_its_order_and_no_other() -> None:
    assert list(STEPS) == list(document())
    assert len(STEPS) == 45 + 33


@pytest.mark.parametrize("name", STEPS)
def test_a_step_is_a_message_exactly_where_it_passes_between_two_systems(
    name: str,
) -> None:
    line = document()[name]
    ends = {line["sender"], line["receiver"]}
    crosses = not ends & PEOPLE and len(ends) == 2
    assert (STEPS[name].act is Act.MESSAGE) is crosses
    assert (STEPS[name].message is not None) is crosses


@pytest.mark.parametrize("name", [n for n in STEPS if n not in MESSAGES])
def test_work_is_done_by_one_system_that_takes_part_in_the_step(name: str) -> None:
    step, line = STEPS[name], document()[name]
    (system,) = step.path
    taking_part = set(path_of(line)) - PEOPLE
    assert system in SYSTEMS
    assert system in taking_part or not taking_part


@pytest.mark.parametrize("name", [n for n in STEPS if n not in MESSAGES])
def test_what_the_document_calls_internal_needs_nobody_at_a_counter(name: str) -> None:
    line = document()[name]
    if line["specific"] == "internal":
        assert STEPS[name].act is Act.INTERNAL
    if line["sender"] == "resident":
        assert STEPS[name].act is Act.COUNTER


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_goes_the_documents_way_or_there_is_a_reason(name: str) -> None:
    departs = STEPS[name].path != path_of(document()[name])
    assert departs is (name in OTHER_WAY)


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_has_the_documents_name_or_one_of_the_list(name: str) -> None:
    assert STEPS[name].message == OTHER_NAME.get(name, document()[name]["message"])


@pytest.mark.parametrize("name", MESSAGES)
def test_every_hop_of_a_message_is_a_way_of_its_row(name: str) -> None:
    step = STEPS[name]
    assert step.message is not None
    found = row(step.message)
    assert step.hops
    for hop in step.hops:
        assert hop in found.outside | found.inside, hop


@pytest.mark.parametrize("name", TYPES)
def test_a_row_names_every_step_in_which_its_type_is_sent(name: str) -> None:
    assert set(steps_of(name)) <= set(row(name).flow_steps)


def test_the_steps_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        STEPS["F1-01-1"] = STEPS["F1-01-2"]  # type: ignore[index]


# -- who may see what ------------------------------------------------------------------


def receivers(name: str) -> set[str]:
    found = row(name)
    return {to for _by, to in found.outside | found.inside}


@pytest.mark.parametrize("name", MESSAGES)
def test_what_is_marked_as_without_it_has_no_place_for_an_individual_number(
    name: str,
) -> None:
    if document()[name]["specific"] == "no":
        message = STEPS[name].message
        assert message is not None
        assert "individual_number" not in elements(message)


def test_two_types_of_message_are_so_marked() -> None:
    marked = {n for n in MESSAGES if document()[n]["specific"] == "no"}
    assert {STEPS[n].message for n in marked} == MARKED


@pytest.mark.parametrize("name", sorted(MARKED))
def test_no_run_of_digits_in_a_marked_message_could_be_an_individual_number(
    name: str,
) -> None:
    for run in re.findall(r"\d+", sample(name).decode()):
        for start in range(len(run) - 11):
            number = run[start : start + 12]
            assert not any(individual_number_is_valid(number, r) for r in Realm)


@pytest.mark.parametrize("name", TYPES)
def test_no_message_holds_a_linkage_code_beside_a_number_of_the_person(
    name: str,
) -> None:
    held = elements(name)
    numbers = {"individual_number", "resident_record_code"}
    assert not ("subject_code" in held and held & numbers)


@pytest.mark.parametrize("name", [n for n in TYPES if CS in receivers(n)])
def test_no_cs_ever_gets_a_linkage_code(name: str) -> None:
    assert "subject_code" not in elements(name)


def test_an_intermediate_server_gets_an_individual_number_as_the_document_has_it() -> (
    None
):
    """By the pair of F1-11-1 alone; the separated profile does without it."""
    numbered = {
        name
        for name in TYPES
        if INTERMEDIATE in receivers(name) and "individual_number" in elements(name)
    }
    assert numbered == {"number_pair_registration"}
    assert "individual_number" not in elements("processing_number_request")


def test_nothing_with_an_individual_number_is_ever_sent_to_the_core() -> None:
    for name in TYPES:
        if CORE in receivers(name):
            assert "individual_number" not in elements(name)


def test_the_three_messages_of_one_change_show_three_different_things() -> None:
    platform = elements("resident_record_change")
    addressee = elements("numbered_resident_record_change")
    server = elements("resident_record_copy")
    person = {"individual_number", "kanji_name", "date_of_birth", "sex", "address"}
    assert person <= addressee
    assert not person & (platform | server)
    assert "resident_record_code" not in platform | addressee | server


def test_what_goes_between_municipalities_goes_from_cs_to_cs_and_no_further() -> None:
    between = {name for name in TYPES if (CS, CS) in row(name).outside}
    assert between == {
        "move_out_certificate_information",
        "move_out_certificate_resend_request",
        "move_in_notice",
        "wide_area_issuance_request",
        "wide_area_issuance_reply",
        "family_register_supplement_information",
        "family_register_supplement_mismatch",
    }
    for name in between:
        assert row(name).outside == {(CS, CS)}
        assert row(name).network is Network.JUKI


def test_identity_information_leaves_a_city_with_eight_items() -> None:
    eight = {
        "resident_record_code",
        "kanji_name",
        "date_of_birth",
        "sex",
        "address",
        "individual_number",
        "change_reason",
        "change_date",
    }
    assert elements("identity_information_update_notice") == eight
    assert elements("consistency_check_information") == eight | {
        "check_id",
        "batch",
        "person",
    }


def test_in_house_only_the_register_and_the_terminal_of_the_network_reach_a_cs() -> (
    None
):
    """R-028: the terminal is a part of the resident-register network itself."""
    inside = {by for found in ROWS.values() for by, to in found.inside if to == CS}
    assert inside == {"existing_resident_system", "integrated_terminal"}


def test_the_intermediate_server_is_loaded_by_the_addressee_system_alone() -> None:
    """R-038: the copy comes from there and from nowhere else."""
    assert row("resident_record_copy").inside == {
        ("group_integrated_addressee_system", INTERMEDIATE)
    }
    assert not row("resident_record_copy").outside
