# SPDX-License-Identifier: Apache-2.0
"""Until when move-out certificate information is taken: days are days in Japan."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.rules.check import walk
from gateway.rules.neighbour import ARRIVAL_CHECKS, last_moment
from protocols.identifiers import Realm
from schemas.messages import read_payload
from tests.schemas.samples import sample
from tests.values import replace

MOVE_OUT = "move_out_certificate_information"
PLANNED = date(2030, 1, 1)
LAST = datetime(2030, 1, 31, 14, 59, 59, tzinfo=UTC)
"""The end of the thirtieth day after it, in Japan."""


def test_the_last_moment_is_the_end_of_the_thirtieth_day_in_japan():
    """R-087."""
    assert last_moment(PLANNED) == LAST


@pytest.mark.parametrize(("late", "code"), [(0, ""), (1, "SK-J06")])
def test_it_is_taken_until_then_and_no_longer(late, code):
    value: Any = read_payload(MOVE_OUT, sample(MOVE_OUT))
    case: Any = SimpleNamespace(
        value=replace(value, planned_move_out_date=PLANNED),
        now=LAST + timedelta(seconds=late),
        station=SimpleNamespace(facts=SimpleNamespace(realm=Realm.SIMULATION)),
    )
    assert walk(case, ARRIVAL_CHECKS).code == code
