# SPDX-License-Identifier: Apache-2.0
"""Every state of a medium with every act: it leads somewhere, or it is refused."""

from datetime import timedelta
from itertools import product

import pytest
from msgspec.structs import replace

from gateway.records.media import IN, OUT, Medium
from gateway.rules import media as rules
from gateway.rules.media import CONTENTS, Act, MediaRefused, State
from schemas.flows import STEPS
from tests.gateway.world import NOON

DAY = timedelta(days=1)
CHECK = Medium(
    direction=OUT,
    peer="100005/prefectural_server",
    output_id=bytes(16),
    content="consistency_check",
    device="optical_disc",
    scope="all",
    selection=bytes(32),
    persons=200,
    large=True,
    reason="回線の障害",
    operator="審査 花子",
    opened=NOON,
    until=NOON + DAY,
    state="requested",
    since=NOON,
    number=1,
)
LETTERS = replace(CHECK, content="sending_destination", scope="extract")
TAKEN_IN = replace(CHECK, direction=IN, state="taken_in")
LEAD = {
    "requested": {"approve": "approved", "decline": "declined", "begin": "writing"},
    "approved": {"decline": "declined", "begin": "writing"},
    "writing": {"decline": "declined", "begin": "writing", "place": "written"},
    "written": {"hand_over": "handed_over", "destroy": "destroyed"},
    "handed_over": {"return": "returned", "destroy": "destroyed"},
    "returned": {"destroy": "destroyed"},
    "taken_in": {"return": "returned", "destroy": "destroyed"},
    "declined": {},
    "destroyed": {},
}
"""Written again, not taken from the table that it is held against."""


@pytest.mark.parametrize(("state", "act"), list(product(State, Act)))
def test_an_act_leads_where_it_should_or_nowhere(state, act):
    medium = replace(CHECK, state=state.value)
    to = LEAD[state].get(act.value)
    if to is None:
        with pytest.raises(MediaRefused, match=state.value):
            rules.after(medium, act)
    else:
        assert rules.after(medium, act) == to


@pytest.mark.parametrize("act", [Act.RETURN, Act.DESTROY])
def test_what_the_receiver_keeps_never_comes_back(act):
    """R-101: the medium stays with the one who got the sending destinations."""
    handed = replace(LETTERS, state="handed_over")
    with pytest.raises(MediaRefused):
        rules.after(handed, act)
    assert rules.is_over(handed, NOON)
    assert not rules.is_over(replace(CHECK, state="handed_over"), NOON)


def test_what_was_sent_back_is_the_senders_to_destroy():
    back = replace(TAKEN_IN, state="returned")
    with pytest.raises(MediaRefused):
        rules.after(back, Act.DESTROY)
    assert rules.is_over(back, NOON)


@pytest.mark.parametrize("state", ["written", "handed_over", "returned", "taken_in"])
def test_a_medium_that_stands_too_long_is_overdue(state):
    medium = replace(CHECK, state=state)
    assert not rules.is_overdue(medium, 14, NOON + 14 * DAY)
    assert rules.is_overdue(medium, 14, NOON + 15 * DAY)
    assert rules.to_do([medium], 14, NOON + 15 * DAY) == (0, 1)


@pytest.mark.parametrize("state", ["requested", "approved", "writing"])
def test_what_was_not_written_in_its_time_lapses_and_is_never_overdue(state):
    medium = replace(CHECK, state=state)
    assert not rules.has_lapsed(medium, NOON + DAY)
    late = NOON + DAY + timedelta(microseconds=1)
    assert rules.has_lapsed(medium, late)
    assert rules.is_over(medium, late)
    assert rules.to_do([medium], 14, NOON + 99 * DAY) == (0, 0)


def test_only_a_large_request_in_its_time_waits_for_an_approver():
    assert rules.to_do([CHECK], 14, NOON) == (1, 0)
    assert rules.to_do([replace(CHECK, large=False)], 14, NOON) == (0, 0)
    assert rules.to_do([replace(CHECK, state="approved")], 14, NOON) == (0, 0)


@pytest.mark.parametrize(
    ("medium", "most"),
    [
        (CHECK, 202),
        (replace(CHECK, persons=99), 99),
        (replace(CHECK, large=False), 200),
        (replace(CHECK, scope="listed"), 200),
        (LETTERS, 200),
    ],
)
def test_only_an_approved_whole_file_may_grow_and_by_a_hundredth(medium, most):
    assert rules.most(medium) == most


def test_a_medium_is_kept_for_seven_years_after_its_end():
    gone = replace(CHECK, state="destroyed")
    seven = NOON.replace(year=NOON.year + 7)
    assert not rules.may_be_forgotten(gone, seven)
    assert rules.may_be_forgotten(gone, seven + 30 * DAY)
    lost = replace(CHECK, state="handed_over")
    assert not rules.may_be_forgotten(lost, seven + 3000 * DAY)


@pytest.mark.parametrize(
    ("one", "other", "another"),
    [
        ("審査 花子", "管理 太郎", True),
        ("審査 花子", "審査　花子", False),
        ("Ｈａｎａｋｏ", "hanako", False),
        ("", "管理 太郎", False),
        ("審査 花子", "　", False),
    ],
)
def test_one_person_is_not_two_by_another_spelling(one, other, another):
    assert rules.is_another(one, other) is another
    assert rules.is_another(other, one) is another


@pytest.mark.parametrize("named", [(), ("",), ("　",)])
def test_nobody_is_none_of_those_named(named):
    assert not rules.whose("", named)
    assert not rules.whose("審査 花子", named)


@pytest.mark.parametrize("content", CONTENTS)
def test_every_content_has_a_law_and_receivers(content):
    known = CONTENTS[content]
    assert known.law.startswith(("住基法", "個人番号カード命令"))
    assert known.receivers


def test_what_goes_by_medium_also_goes_by_line():
    """Each content is what some step of the document sends to that receiver."""
    sent = {(step.message, step.path[-1]) for step in STEPS.values()}
    assert ("consistency_check_information", "prefectural_server") in sent
    cards = "individual_number_card_management_system"
    assert ("sending_destination_notice", cards) in sent
