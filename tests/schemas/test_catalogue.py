# SPDX-License-Identifier: Apache-2.0
"""The catalogue: every row is complete, and nothing lies about without a row."""

import re
from importlib.resources import files

import pytest

from schemas.catalogue import NOT_ENVELOPED, REPLIES, ROWS, Answer, Network, row
from schemas.errors import SchemaError, UnknownType
from schemas.flows import STEPS
from schemas.messages import MESSAGES
from schemas.systems import CORE, INTERMEDIATE, SYSTEMS
from tests.schemas.samples import TYPES

LONGEST_LIFE = 24 * 60 * 60
OWN_ANSWERS = {
    "submission_accepted",
    "submission_refused",
    "inquiry_status",
    "submission_status",
}
SHARED_XSDS = {"common.xsd", "record.xsd", "people.xsd"}
A_LAW = re.compile(r"(番号法|住民基本台帳法|個人番号カード命令)第\d+条")
NO_LAW = re.compile(r"法令の定めなし|資料に条文の記載なし")


def names_in(folder: str) -> set[str]:
    return {entry.name for entry in files("schemas").joinpath(folder).iterdir()}


def test_every_row_has_an_xsd_and_every_xsd_a_row() -> None:
    assert names_in("xsd") == {f"{name}.xsd" for name in TYPES} | SHARED_XSDS


def test_every_row_has_a_sample_and_every_sample_a_row() -> None:
    assert names_in("samples") == {f"{name}.xml" for name in TYPES}


def test_every_row_has_a_reader_and_a_writer() -> None:
    assert set(MESSAGES) == set(ROWS)
    for name, message in MESSAGES.items():
        assert message.name == name
        assert message.value.__name__ == name.title().replace("_", "")


def test_the_document_names_29_systems() -> None:
    assert len(SYSTEMS) == 29


@pytest.mark.parametrize("name", TYPES)
def test_every_role_of_a_row_is_a_system_of_the_document(name: str) -> None:
    found = row(name)
    ways = found.outside | found.inside
    assert ways
    assert {role for way in ways for role in way} <= SYSTEMS


@pytest.mark.parametrize("name", TYPES)
def test_a_row_that_leaves_the_organisation_has_a_network_and_no_other_has(
    name: str,
) -> None:
    found = row(name)
    assert bool(found.outside) is (found.network is not Network.INSIDE)


@pytest.mark.parametrize("name", TYPES)
def test_inside_one_organisation_nobody_sends_to_itself(name: str) -> None:
    assert all(sender != receiver for sender, receiver in row(name).inside)


@pytest.mark.parametrize("name", TYPES)
def test_a_row_says_by_what_law_and_in_which_step(name: str) -> None:
    found = row(name)
    assert A_LAW.match(found.legal_basis) or NO_LAW.match(found.legal_basis)
    assert len(set(found.flow_steps)) == len(found.flow_steps)
    assert set(found.flow_steps) <= set(STEPS)
    assert found.flow_steps or found.function or name in OWN_ANSWERS


@pytest.mark.parametrize("name", [n for n in TYPES if row(n).function])
def test_a_function_is_one_of_a_system(name: str) -> None:
    system, _, number = row(name).function.rpartition(" ")
    assert system in SYSTEMS
    assert number.isdecimal()
    ways = row(name).outside | row(name).inside
    assert system in {role for way in ways for role in way}


@pytest.mark.parametrize("name", TYPES)
def test_a_reply_is_named_exactly_where_the_answer_is_one(name: str) -> None:
    found = row(name)
    assert (found.reply_type is not None) is (found.answer is Answer.REPLY)


def test_a_reply_goes_back_the_way_its_request_came_and_is_not_answered() -> None:
    for found in ROWS.values():
        if found.reply_type is None:
            continue
        reply = row(found.reply_type)
        assert reply.answer is Answer.NONE
        assert {(to, by) for by, to in found.outside} <= reply.outside
        assert {(to, by) for by, to in found.inside} <= reply.inside


def test_whatever_is_posted_inside_can_be_accepted_or_refused() -> None:
    for found in ROWS.values():
        if found.answer is not Answer.NONE:
            back = {(to, by) for by, to in found.inside}
            assert back <= row("submission_refused").inside
            assert back <= row("submission_accepted").inside


def test_only_replies_and_own_answers_are_not_answered() -> None:
    silent = {name for name, found in ROWS.items() if found.answer is Answer.NONE}
    assert silent == REPLIES | OWN_ANSWERS


@pytest.mark.parametrize("name", TYPES)
def test_an_envelope_lives_at_most_a_day_and_inside_there_is_none(name: str) -> None:
    life = row(name).lifetime_seconds
    if row(name).network is Network.INSIDE:
        assert life == NOT_ENVELOPED
    else:
        assert 0 < life <= LONGEST_LIFE


def test_what_answers_an_order_needs_its_permit() -> None:
    assert {name for name, found in ROWS.items() if found.needs_permit} == {
        "information_provision",
        "provision_lapse",
        "permit_renewal_request",
    }


def test_what_tells_about_a_person_is_marked() -> None:
    """All but what the core and the stations say of transactions and their numbers."""
    assert {name for name, found in ROWS.items() if not found.personal} == {
        "consistency_check_manifest",
        "information_inquiry_acceptance",
        "provision_lapse",
        "provision_notice",
        "permit_renewal_request",
        "permit_renewal",
        "permit_notice",
        "inquiry_refusal",
        *OWN_ANSWERS,
    }


@pytest.mark.parametrize("name", TYPES)
def test_what_reaches_the_side_of_linkage_is_written_in_its_characters(
    name: str,
) -> None:
    found = row(name)
    receivers = {to for _by, to in found.outside | found.inside}
    assert found.jis_only is not receivers.isdisjoint({CORE, INTERMEDIATE})


def test_a_type_without_a_row_is_unknown() -> None:
    with pytest.raises(UnknownType) as caught:
        row("山田太郎")
    assert isinstance(caught.value, SchemaError)
    assert "山田" not in str(caught.value)


def test_the_table_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        ROWS["new"] = row("permit_notice")  # type: ignore[index]


def test_an_element_that_holds_text_has_the_same_type_in_every_message() -> None:
    """But `status`, which is of the inquiry, the submission or the acceptance."""
    found: dict[str, set[str]] = {}
    for name in names_in("xsd"):
        text = files("schemas").joinpath("xsd", name).read_text("utf-8")
        texts = set(re.findall(r'<xs:simpleType name="([a-z_0-9]+)"', text))
        found.setdefault("", set()).update(texts)
        for element, kind in re.findall(r'element name="(\w+)" type="p:(\w+)"', text):
            found.setdefault(element, set()).add(kind)
    simple = found.pop("")
    several = {name for name, kinds in found.items() if len(kinds & simple) > 1}
    assert several == {"status"}
