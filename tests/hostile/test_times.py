# SPDX-License-Identifier: Apache-2.0
"""Messages of another time: refused beyond the skew that two clocks may have."""

from datetime import timedelta

import pytest

from protocols.limits import MAX_SKEW
from simulators.network import parties as people
from simulators.network.stage import Stage
from simulators.network.story_hostile import hostile
from tests.hostile.desk import Watch, say

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
MARGIN = timedelta(seconds=20)
"""More than a test takes, less than the skew."""

REFUSED = {
    "expired yesterday": ("SK-M06", -24 * HOUR, HOUR),
    "expired just beyond the skew": ("SK-M06", -HOUR - MAX_SKEW - MARGIN, HOUR),
    "made just beyond the skew from now": ("SK-M07", MAX_SKEW + MARGIN, HOUR),
    "made ten minutes from now": ("SK-M07", 10 * MINUTE, HOUR),
    "made in a year": ("SK-M07", 365 * 24 * HOUR, HOUR),
    "living a second more than a day": (
        "SK-M08",
        timedelta(0),
        24 * HOUR + timedelta(seconds=1),
    ),
    "living no time at all": ("SK-M08", timedelta(0), timedelta(0)),
    "over before it began": ("SK-M08", timedelta(0), timedelta(seconds=-1)),
}
TAKEN = {
    "expired within the skew": (-HOUR - MAX_SKEW + MARGIN, HOUR),
    "made within the skew from now": (MAX_SKEW - MARGIN, HOUR),
    "living a day": (timedelta(0), 24 * HOUR),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_message_of_another_time_is_refused_and_recorded(
    network: Stage, case: str
) -> None:
    code, shift, lifetime = REFUSED[case]
    core = Watch(network, people.CORE)
    said = say(network, hostile(network, shift=shift, lifetime=lifetime))
    assert said.word == code
    (event,) = core.refused()
    assert event.code == code
    assert event.verdicts[-1][2] == "refused"


@pytest.mark.parametrize("case", TAKEN)
def test_a_message_within_the_skew_is_taken(network: Stage, case: str) -> None:
    shift, lifetime = TAKEN[case]
    packed = hostile(network, shift=shift, lifetime=lifetime)
    network.forge(packed.header.processing_number)
    assert say(network, packed).word == "reply"
