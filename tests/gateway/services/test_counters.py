# SPDX-License-Identifier: Apache-2.0
"""Nobody outside can make the counts grow in number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.records.event import EventKind
from gateway.records.survey import Kind
from gateway.services.counters import OTHER, WORDS, Counters, bounded
from gateway.services.link_host import NoMessage
from gateway.services.tls_link import LinkFault
from pki.trust import Reason
from protocols.refusals import REFUSALS
from schemas.catalogue import ROWS

ANY = st.text() | st.sampled_from(["refused", "in", "", *ROWS, *REFUSALS])


@given(st.lists(st.builds(Kind, ANY, ANY, ANY, ANY)))
def test_whatever_stands_on_record_is_counted_under_words_of_ours(kinds):
    counters = Counters()
    counters.recorded(dict.fromkeys(kinds, 1))
    for kind in counters.messages:
        assert kind.kind in {*map(str, EventKind), OTHER}
        assert kind.direction in {"in", "out", "local", OTHER}
        assert kind.message_type in {"", OTHER, *ROWS}
        assert kind.code in {"", OTHER, *REFUSALS}
    assert sum(counters.messages.values()) == len(set(kinds))


def test_what_is_ours_is_counted_as_it_is():
    kind = Kind("refused", "in", "information_inquiry", "SK-P01")
    assert bounded(kind) == kind


@given(st.text())
def test_a_reason_that_is_not_ours_is_another(reason):
    counters = Counters()
    counters.refused("outside", reason)
    assert set(counters.strangers) <= {*WORDS, OTHER}


@pytest.mark.parametrize(
    "fault", [*LinkFault, *NoMessage, *[r.name.lower() for r in Reason]]
)
def test_every_word_of_a_listener_is_known(fault):
    assert fault in WORDS


def test_a_failed_handshake_is_counted_for_its_listener():
    counters = Counters()
    counters.refused("outside", "unknown_authority")
    counters.refused("outside", LinkFault.NOT_TLS)
    counters.refused("inside", LinkFault.HANDSHAKE_TIMEOUT)
    counters.refused("inside", "http_bad_length")
    counters.refused("inside", LinkFault.TOO_MANY_CONNECTIONS)
    assert counters.handshakes == {"outside": 2, "inside": 1}
    assert sum(counters.strangers.values()) == 5
