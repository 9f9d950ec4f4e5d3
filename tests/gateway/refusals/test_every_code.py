# SPDX-License-Identifier: Apache-2.0
"""Every refusal of the table happens, and is told as its class says, and no otherwise.

The ways into them stand in `ways_*.py`, one for each code. A code without a way fails
here, and a way to a code that the table has lost does, too.
"""

import ast
import re
from inspect import getclosurevars
from pathlib import Path

import pytest
import pytest_twisted

from gateway.records.event import EventKind
from gateway.rules.check import Check
from gateway.rules.message import MESSAGE_CHECKS
from gateway.rules.pipelines import PIPELINES
from protocols import envelope
from protocols.answers import WIRE_CODES, SignedRefusal
from protocols.refusals import (
    ON_THE_WIRE,
    REFUSALS,
    UNREADABLE_WIRE,
    RefusalClass,
    refusal,
)
from schemas.messages import InquiryStatus, SubmissionRefused, read_payload
from simulators.city.reasons import Reason
from tests.gateway.refusals import (
    ways_codes,
    ways_link,
    ways_linkage,
    ways_local,
    ways_message,
    ways_resident,
)
from tests.gateway.refusals.scene import (
    CutOff,
    KeptHere,
    PassedOn,
    Scene,
    Told,
    ToldInside,
)
from tests.house import ROOT, modules

in_reactor = pytest_twisted.ensureDeferred
MODULES = (
    ways_link,
    ways_message,
    ways_linkage,
    ways_local,
    ways_resident,
    ways_codes,
)
WAYS = {code: way for module in MODULES for code, way in module.WAYS.items()}
CODE = re.compile(r"SK-[A-Z]\d\d")
ROOMS = ("schemas", "pki", "protocols", "gateway", "simulators")
SHAPES = {
    RefusalClass.LINK: (CutOff,),
    RefusalClass.UNREADABLE: (Told, KeptHere),
    RefusalClass.READABLE: (Told, ToldInside, PassedOn),
    RefusalClass.LOCAL: (KeptHere,),
}
"""What the other end of a refusal of each class can have seen."""


@pytest.fixture
def scene(world, works_at, tmp_path):
    return Scene(world, works_at, tmp_path)


# --- the table and the ways -----------------------------------------------------------


def test_each_code_of_the_table_has_its_way_and_there_are_no_others():
    assert sum(len(module.WAYS) for module in MODULES) == len(WAYS), "one way each"
    assert set(WAYS) == set(REFUSALS)


def codes_in(text: str) -> set[str]:
    """Every code that a source writes in a string of its own, docstrings left out."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.update(CODE.findall(node.value) if len(node.value) == 6 else ())
    return found


def test_every_code_of_the_table_is_given_by_the_house_and_no_other_is():
    given = {
        code
        for module in modules("protocols", "gateway")
        for code in codes_in(module.path.read_text("utf-8"))
    }
    assert given == set(REFUSALS)


@pytest.mark.parametrize("place", [*ROOMS, "docs", "README.md", "README.ja.md"])
def test_no_code_is_spoken_of_that_the_table_does_not_have(place):
    start = ROOT / place
    for path in [start] if start.is_file() else sorted(start.rglob("*")):
        if path.suffix in (".py", ".md", ".toml", ".sql", ".xsd", ".txt", ".asn1"):
            spoken = set(CODE.findall(path.read_text("utf-8")))
            assert spoken <= set(REFUSALS) | IN_HOUSE, path


IN_HOUSE = {reason.value.code for reason in Reason}
"""Codes of the simulated systems of a city, which never leave it."""

READING = {
    "the permit is the core's and unchanged": ("SK-C01", "SK-C02", "SK-C06"),
    "the route is the permit's and in its time": ("SK-C07", "SK-C13"),
    "its numbers carry this network's check digits": ("SK-X03", "SK-X04"),
}
"""What those checks refuse with that read something first."""


def every_check() -> list[tuple[Check, str]]:
    """Each check with each code that it refuses with."""
    checks = {*MESSAGE_CHECKS, *(one for made in PIPELINES.values() for one in made)}
    found = []
    for check in checks:
        code = getclosurevars(check.step).nonlocals.get("code")
        codes = READING[check.name] if code is None else (code,)
        found.extend((check, code) for code in codes)
    return sorted(found, key=lambda one: (one[1], one[0].name))


def _name(one: Check | str) -> str:
    return one if isinstance(one, str) else one.name


@pytest.mark.parametrize(("check", "code"), every_check(), ids=_name)
def test_a_check_keeps_a_rule_that_the_table_names_for_its_code(check, code):
    assert check.rule in refusal(code).rules


# --- every code -----------------------------------------------------------------------


@pytest.mark.parametrize("code", REFUSALS)
@in_reactor
async def test_a_code_is_reached_recorded_and_told_as_its_class_says(scene, code):
    row = refusal(code)
    reached = await WAYS[code](scene)
    assert isinstance(reached, SHAPES[row.kind])
    assert code in reached.works.codes()
    match reached:
        case Told():
            signed_refusal_of(row, reached)
        case ToldInside(answer=answer):
            said = read_payload("submission_refused", answer.body)
            assert answer.status == 422
            assert said == SubmissionRefused(
                code=row.code,
                rules=(row.rules[0],),
                text_ja=row.ja,
                text_en=row.en,
                what_to_do=row.mend,
                retry=row.retry,
            )
        case PassedOn(status=status):
            told = read_payload("inquiry_status", status)
            assert isinstance(told, InquiryStatus)
            assert (told.status, told.code) == ("refused", row.code)
        case CutOff(got=got):
            assert b"SK-" not in got
            said = {"SK-L09": b"HTTP/1.1 411", "SK-L12": b"2\n"}
            assert got == b"" or got.startswith(said[code])
        case KeptHere(said=said):
            assert said or code == UNREADABLE_WIRE
            for sent in said:
                nothing_of_it_is_said(scene.world, sent)


def signed_refusal_of(row, told: Told) -> None:
    """The signed answer is the table's row and nothing else, as its sender reads it."""
    works, packed, answer = told.works, told.packed, told.answer
    assert (answer.status, answer.content_type) == (422, "application/cms")
    (stored,) = works.events(EventKind.REFUSED)
    readable = row.kind is RefusalClass.READABLE
    works.now = packed.header.created
    assert works.read(packed, answer) == SignedRefusal(
        request_digest=envelope.digest(packed.envelope),
        header_digest=packed.header_digest if readable else None,
        receiver=works.station.name,
        at=stored.event.at,
        code=row.code if readable else UNREADABLE_WIRE,
        rule=row.rules[0] if readable else "",
        retry=row.retry if readable else False,
        record_commitment=stored.commitment,
        retry_after=opening(works) if row.code == "SK-M12" else None,
    )
    assert stored.event.code == row.code
    assert stored.event.verdicts[-1][-1] == "refused"


def opening(works):
    """When a closed station opens."""
    return works.station.facts.hours.next_opening(works.now)


def nothing_of_it_is_said(world, sent) -> None:
    """A message that went out speaks of no code at all."""
    (receiver,) = [name for name in world.directory.peers if str(name) == sent.peer]
    if sent.message_type == "information_inquiry":
        return
    opener = world.keys(receiver).opener
    parts = envelope.unseal(sent.envelope, opener)
    assert b"SK-" not in parts.signed_header
    assert b"SK-" not in parts.payload


# --- what may be on the wire ----------------------------------------------------------


def test_what_is_local_or_of_the_link_can_stand_in_no_signed_refusal():
    silent = {row.code for row in REFUSALS.values() if row.kind not in ON_THE_WIRE}
    assert silent.isdisjoint(WIRE_CODES)
    inner = {row.code for row in REFUSALS.values() if row.code.startswith("SK-U")}
    assert inner & WIRE_CODES == {UNREADABLE_WIRE}


REFUSING = {"Refused", "Conflict", "Unreadable", "that", "_No"}
"""What a station says no with, to a peer or to a system of its own."""


def test_a_station_says_no_only_with_what_the_other_end_may_be_told():
    said = set()
    for module in modules("protocols", "gateway"):
        for node in ast.walk(ast.parse(module.path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in REFUSING:
                values = [a.value for a in node.args if isinstance(a, ast.Constant)]
                said.update(one for one in values if CODE.fullmatch(str(one)))
    assert len(said) > 30
    assert {code for code in said if refusal(code).kind not in ON_THE_WIRE} == set()


def test_every_unreadable_message_gets_one_and_the_same_answer():
    unreadable = [r for r in REFUSALS.values() if r.kind is RefusalClass.UNREADABLE]
    assert len(unreadable) == 8
    assert {(row.wire, row.retry) for row in unreadable} == {(UNREADABLE_WIRE, False)}


def test_the_reader_of_this_file_finds_the_ways_where_it_says():
    found = {path.name for path in Path(__file__).parent.glob("ways_*.py")}
    assert found == {Path(str(module.__file__)).name for module in MODULES}
