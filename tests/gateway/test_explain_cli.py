# SPDX-License-Identifier: Apache-2.0
"""`sekisho explain`: the whole path of a message, check by check, from all sides."""

import json
import re
from importlib.metadata import entry_points

import pytest
import pytest_twisted
from click.testing import CliRunner

from gateway.explain_cli import explain
from gateway.records.event import Event, EventKind, prepare
from protocols.refusals import REFUSALS, refusal
from tests.gateway.files import configured
from tests.gateway.words import (
    ITEM,
    NUMBER,
    inquiry,
    inquiry_message,
)
from tests.gateway.world import CORE, FLAGGED, NOON, REQUESTER, code_of
from tests.house import ROOT

in_reactor = pytest_twisted.ensureDeferred


@pytest.fixture
def core(world, works_at):
    """A core with its configuration file."""
    made = works_at(CORE)
    configured(world, CORE, made.path.parent)
    return made


@pytest.fixture
def tell(core):
    """What is told of an id, as text or as JSON."""

    def ask(identifier, *more, config=core.path.parent / "station.toml"):
        words = [identifier, "--config", str(config), *more]
        found = CliRunner().invoke(explain, words)
        assert found.exception is None or isinstance(found.exception, SystemExit)
        return found

    return ask


def as_json(found):
    assert found.exit_code == 0, found.output
    return json.loads(found.output)


def record(works, **fields):
    event = Event(
        **{"kind": EventKind.REFUSED, "at": NOON, "direction": "in", **fields}
    )
    works.write(lambda tx: tx.record(prepare(event)))


@in_reactor
async def test_a_refusal_is_explained_to_its_check_rule_law_and_mend(world, core, tell):
    await core.post(inquiry_message(world, inquiry(world, item_no=4)))
    (told,) = as_json(tell(NUMBER.hex(), "--json"))
    assert (told["station"], told["peer"]) == (str(CORE), str(REQUESTER))
    assert (told["code"], told["told"]) == ("SK-P01", "SK-P01")
    assert told["checks"][-1] == {
        "rule": "R-104",
        "check": "the item is on the matching list",
        "outcome": "refused",
    }
    assert all(c["outcome"] == "passed" for c in told["checks"][:-1])
    assert told["legal_basis"] == "番号法第21条"
    assert told["what_to_do"] == refusal("SK-P01").mend


@in_reactor
async def test_a_search_tells_each_event_that_was_found(world, core, tell):
    await core.post(inquiry_message(world, inquiry(world, item_no=4)))
    record(core, code="SK-C04", item_no=7, operator="運用 花子")
    for words, code in (
        (("--code", "SK-P01"), "SK-P01"),
        (("--peer", str(REQUESTER)), "SK-P01"),
        (("--item", "7", "--by", "運用 花子"), "SK-C04"),
        (("--outcome", "refused", "--until", "2030-01-02", "--item", "7"), "SK-C04"),
    ):
        (told,) = as_json(tell("", *words, "--json"))
        assert told["code"] == code
    assert tell("", "--item", "8").exit_code == 1


@in_reactor
async def test_a_permit_is_told_with_its_whole_transaction(world, core, tell):
    await core.post(inquiry_message(world))
    (issued,) = [s.event for s in core.events() if s.event.permit_digest][:1]
    told = as_json(tell(issued.permit_digest, "--json"))
    assert [one["kind"] for one in told] == ["received", "attempted"]


def test_an_id_and_a_search_at_once_are_refused(tell):
    assert tell("00" * 16, "--item", "7").exit_code == 2


@in_reactor
async def test_the_same_in_words_for_a_person(world, core, tell):
    await core.post(inquiry_message(world, inquiry(world, item_no=4)))
    output = tell(NUMBER.hex()).output
    assert "✓ R-135" in output
    assert "✗ R-104     the item is on the matching list" in output
    assert f"SK-P01 {refusal('SK-P01').ja}" in output
    assert f"what to do: {refusal('SK-P01').mend}" in output
    assert "JST" in output or "+09:00" in output or "2030-01-01 21:00" in output


@in_reactor
async def test_a_good_way_is_told_too_with_the_law_of_its_item(world, core, tell):
    await core.post(inquiry_message(world))
    received, attempted = as_json(tell(NUMBER.hex(), "--json"))
    assert (received["kind"], attempted["kind"]) == ("received", "attempted")
    assert {check["outcome"] for check in received["checks"]} == {"passed"}
    assert f"項{ITEM}" in received["legal_basis"]
    assert received["code"] == received["what_to_do"] == ""


@in_reactor
async def test_a_message_is_found_by_its_own_id_and_by_its_record(world, core, tell):
    packed = inquiry_message(world, inquiry(world, item_no=4))
    await core.post(packed)
    (stored,) = core.events()
    for identifier in (
        packed.header.message_id.hex(),
        packed.header.message_id.hex().upper(),
        stored.record_id.hex(),
    ):
        (told,) = as_json(tell(identifier, "--json"))
        assert told["message_id"] == packed.header.message_id.hex()


def test_what_the_peer_was_not_told_is_told_here(core, tell):
    record(core, code="SK-U03", processing_number=NUMBER.hex())
    output = tell(NUMBER.hex()).output
    assert "SK-U03" in output
    assert "the peer was told SK-U00" in output


def test_what_a_peer_told_us_is_explained_too(core, tell):
    record(
        core,
        direction="out",
        kind=EventKind.FAILED,
        code="SK-U00",
        processing_number=NUMBER.hex(),
    )
    output = tell(NUMBER.hex()).output
    assert "SK-U00" in output
    assert "could not read" in output


def test_a_code_of_a_later_version_does_not_stop_the_telling(core, tell):
    record(core, code="SK-Z99", processing_number=NUMBER.hex())
    (told,) = as_json(tell(NUMBER.hex(), "--json"))
    assert (told["code"], told["text"]) == ("SK-Z99", "")
    assert tell(NUMBER.hex()).exit_code == 0


def test_a_person_who_decided_is_named(core, tell):
    record(
        core,
        kind=EventKind.RELEASED,
        direction="local",
        operator="審査 花子",
        detail="確認した",
        processing_number=NUMBER.hex(),
    )
    assert "by 審査 花子: 確認した" in tell(NUMBER.hex()).output


@in_reactor
async def test_nothing_told_names_the_subject(world, core, tell):
    await core.post(inquiry_message(world))
    output = tell(NUMBER.hex(), "--json").output + tell(NUMBER.hex()).output
    assert code_of(FLAGGED, REQUESTER.organisation) not in output
    assert inquiry(world).subject_code not in output


@in_reactor
async def test_every_station_that_is_asked_tells_its_part(world, core, tell, works_at):
    other = works_at(REQUESTER)
    path = configured(world, REQUESTER, other.path.parent)
    await core.post(inquiry_message(world))
    record(other, kind=EventKind.ATTEMPTED, processing_number=NUMBER.hex())
    told = as_json(tell(NUMBER.hex(), "--config", str(path), "--json"))
    assert {one["station"] for one in told} == {str(CORE), str(REQUESTER)}


@in_reactor
async def test_a_network_is_asked_as_a_whole(world, core, tmp_path):
    await core.post(inquiry_message(world))
    place = tmp_path / "network" / "stations"
    place.mkdir(parents=True)
    (place / "core").symlink_to(core.path.parent)
    words = [NUMBER.hex(), "--network", str(tmp_path / "network"), "--json"]
    found = CliRunner().invoke(explain, words)
    assert len(json.loads(found.output)) == 2


def test_an_id_that_nobody_has_a_record_of_is_said_so(tell):
    found = tell("00" * 16)
    assert found.exit_code == 1
    assert "no station asked has a record of it" in found.output


@pytest.mark.parametrize("identifier", ["", "xyz", "00" * 15, "0g" * 16])
def test_what_is_no_id_is_refused(tell, identifier):
    found = tell(identifier)
    assert found.exit_code == 2
    assert "32 hexadecimal digits" in found.output


# --- a code -------------------------------------------------------------------------


def explained(*words):
    found = CliRunner().invoke(explain, words)
    assert found.exception is None or isinstance(found.exception, SystemExit)
    return found


def entry(document, code):
    """What a document says of a code: its heading and the list below it."""
    text = (ROOT / "docs" / document).read_text("utf-8")
    (found,) = re.findall(rf"^### ({code} .*\n\n(?:- .*\n)+)", text, re.MULTILINE)
    return found


@pytest.mark.parametrize("code", REFUSALS)
def test_a_code_is_explained_in_both_languages_as_the_documents_do(code):
    found = explained(code)
    assert found.exit_code == 0
    english, japanese = entry("refusals.md", code), entry("refusals.ja.md", code)
    assert found.output == f"{english}\n{japanese}\n"


def test_a_code_may_be_written_small():
    assert explained("sk-c04").output == explained("SK-C04").output


def test_a_code_is_told_to_a_program_as_the_table_has_it():
    told = as_json(explained("SK-U03", "--json"))
    row = refusal("SK-U03")
    assert (told["kind"], told["wire"]) == ("unreadable", "SK-U00")
    assert told["rules"] == list(row.rules)
    assert told["causes"] == ["peer"]
    assert (told["mend_ja"], told["operator"]) == (row.mend_ja, row.operator)


@pytest.mark.parametrize("code", ["SK-L01", "SK-T03"])
def test_what_no_peer_is_told_has_no_wire_code(code):
    assert as_json(explained(code, "--json"))["wire"] == ""


def test_a_code_that_this_version_lacks_is_said_so():
    found = explained("SK-Z99")
    assert found.exit_code == 1
    assert "this version has no such code" in found.output


COMMAND = re.compile(r"['「]sekisho (\w+) (\w+)['」]")
ADVICE = [text for row in REFUSALS.values() for text in (row.operator, row.operator_ja)]


@pytest.mark.parametrize(
    "words", {found for one in ADVICE for found in COMMAND.findall(one)}
)
def test_a_command_that_the_table_advises_exists(words):
    (command,) = [
        e.load() for e in entry_points(group="sekisho.commands", name=words[0])
    ]
    assert words[1] == "" or words[1] in command.commands


# --- who is asked ---------------------------------------------------------------------


def test_somebody_must_be_asked():
    found = CliRunner().invoke(explain, ["00" * 16])
    assert found.exit_code == 2


def test_a_station_that_never_ran_has_nothing_to_tell(world, tell, tmp_path):
    path = configured(world, REQUESTER, tmp_path)
    found = tell("00" * 16, config=path)
    assert found.exit_code == 1
    assert "no station asked" in found.output


def test_a_configuration_that_is_not_there_is_named(tell, tmp_path):
    found = tell("00" * 16, config=tmp_path / "gone.toml")
    assert found.exit_code == 1
    assert "gone.toml" in found.output
