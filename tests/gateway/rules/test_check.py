# SPDX-License-Identifier: Apache-2.0
"""A way through checks: in order, to the first refusal, with every verdict kept."""

from dataclasses import replace

import pytest

from gateway.outcome import Verdict
from gateway.roles.cs_arrivals import TAKEN
from gateway.rules.check import Check, that, walk
from gateway.rules.message import MESSAGE_CHECKS
from gateway.rules.pipelines import PIPELINES
from protocols.refusals import REFUSALS, RefusalClass
from schemas.catalogue import REPLIES, ROWS
from schemas.systems import CORE, INTERMEDIATE, JLIS
from tests.gateway.words import FakeView, case, inquiry_message
from tests.gateway.world import CORE as CORE_STATION

EVERY_CHECK = [
    check for pipeline in (MESSAGE_CHECKS, *PIPELINES.values()) for check in pipeline
]


@pytest.fixture
def a_case(world):
    return case(world, inquiry_message(world), FakeView(world.facts(CORE_STATION)))


def passes(name):
    return that("R-001", name, "SK-M01", lambda case: True)


def fails(name, code):
    return that("R-002", name, code, lambda case: False)


def test_where_every_check_passes_there_is_no_code(a_case):
    way = walk(a_case, (passes("one"), passes("two")))
    assert way.code == ""
    assert way.verdicts == (
        Verdict("R-001", "one", True),
        Verdict("R-001", "two", True),
    )


def test_the_first_refusal_ends_the_way(a_case):
    def never(case):
        raise AssertionError("asked after a refusal")

    way = walk(
        a_case,
        (passes("one"), fails("two", "SK-M02"), that("R-003", "three", "", never)),
    )
    assert way.code == "SK-M02"
    assert [verdict.passed for verdict in way.verdicts] == [True, False]


def test_a_check_hands_on_what_it_found_out(a_case):
    learns = Check("R-001", "learns", lambda case: replace(case, value="found"))
    knows = that("R-002", "knows", "SK-M01", lambda case: case.value == "found")
    way = walk(a_case, (learns, knows))
    assert way.code == ""
    assert way.case.value == "found"


def test_a_refused_case_still_tells_what_was_found_before(a_case):
    learns = Check("R-001", "learns", lambda case: replace(case, value="found"))
    way = walk(a_case, (learns, fails("no", "SK-M02")))
    assert way.case.value == "found"


def test_an_empty_way_passes(a_case):
    assert walk(a_case, ()).code == ""


def test_a_verdict_is_written_in_three_words():
    assert Verdict("R-127", "kinds", True).row == ("R-127", "kinds", "passed")
    assert Verdict("R-127", "kinds", False).row == ("R-127", "kinds", "refused")


def test_every_check_names_a_rule_and_says_what_it_asks():
    for check in EVERY_CHECK:
        assert check.rule.startswith(("R-", "RFC "))
        assert check.name


@pytest.mark.parametrize("kind", PIPELINES)
def test_a_pipeline_asks_nothing_twice(kind):
    asked = [(check.rule, check.name) for check in PIPELINES[kind]]
    assert len(asked) == len(set(asked))


PARTIES = {CORE, INTERMEDIATE, JLIS}


def test_every_type_between_core_and_intermediate_servers_has_its_pipeline():
    """Replies come back on the link that asked and go another way."""
    wanted = {
        name
        for name, row in ROWS.items()
        if row.network == "linkage"
        and row.outside <= {(a, b) for a in PARTIES for b in PARTIES}
        and name not in REPLIES
    }
    assert set(PIPELINES) - TAKEN == wanted


def test_no_check_refuses_with_a_code_that_a_peer_could_not_be_told(world):
    readable = {
        code for code, row in REFUSALS.items() if row.kind is RefusalClass.READABLE
    }
    assert {"SK-C01", "SK-M09", "SK-X02"} <= readable
