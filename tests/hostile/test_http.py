# SPDX-License-Identifier: Apache-2.0
"""HTTP that two readers could read in two ways, at the socket of a running station.

The shapes are those of the reader's own tests; here each meets a daemon: it is answered
with its status and nothing else, recorded with its exact cause under the name of the
station that sent it, and the link ends before what was smuggled behind is looked at.
"""

import re
import ssl
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from gateway.config import Limits
from gateway.records.event import Event, EventKind
from pki.names import StationName
from protocols.http_limits import MAX_BODY, MAX_HEAD, MAX_HEADERS, MAX_PIPELINED
from simulators.network import parties as people
from simulators.network.stage import Stage
from simulators.network.story_refusals import ASKER
from simulators.peer import MESSAGES
from simulators.raw import Fate, Heard, RawLink, converse
from simulators.web import Reply
from tests.hostile.desk import MEGABYTE, REQUESTERS, Process, Watch, lawful, say
from tests.protocols.test_http_server import SHAPES, heard

POST = f"POST {MESSAGES} HTTP/1.1\r\nHost: core\r\n".encode()
HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: core\r\n\r\n"
CLOSE = b"Connection: close\r\n"
QUIET = REQUESTERS[-1]
"""A station that asks for nothing else here."""
LINKS = Limits().station_connections
MORE: dict[str, bytes] = {
    "a hundred megabytes": POST + b"Content-Length: 104857600\r\n\r\n" + b"x" * 100_000,
    "a byte more than the most": POST + b"Content-Length: %d\r\n\r\n" % (MAX_BODY + 1),
    "a body without a length": POST + b"\r\n" + b"x" * 100_000,
    "a header without end": POST + b"X: " + b"x" * (MAX_HEAD + 1),
    "headers without end": POST + b"X: y\r\n" * (MAX_HEADERS + 2) + b"\r\n",
    "a target without end": b"GET /" + b"x" * 1000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    "a trace": b"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n",
    "Content-length and CONTENT-LENGTH": (
        POST + b"Content-length: 0\r\nCONTENT-LENGTH: 4\r\n\r\n"
    ),
    "chunks in large letters": POST + b"TRANSFER-ENCODING: CHUNKED\r\n\r\n0\r\n\r\n",
    "chunks behind a tab": POST + b"Transfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n",
}
ALL: dict[str, bytes] = {
    name: data + HIDDEN
    for name, data in (
        {name: data for name, (data, _) in SHAPES.items()} | MORE
    ).items()
}


@dataclass(frozen=True)
class Told:
    """What came back for one shape, and what stands on record of its sender."""

    heard: Heard
    sender: StationName
    event: Event


@pytest.fixture(scope="module")
def told(network: Stage) -> dict[str, Told]:
    """Each shape, sent by a station that has not sent one with the same cause yet."""
    watch = Watch(network, people.CORE)
    used: Counter[str] = Counter()
    answers: dict[str, tuple[Heard, StationName]] = {}
    for name, data in ALL.items():
        reason = heard(data)[1]
        sender = REQUESTERS[used[reason]]
        used[reason] += 1
        answers[name] = (speak(network, [data], sender), sender)
    expected = {
        (str(sender), heard(ALL[name])[1]): name
        for name, (_, sender) in answers.items()
    }
    assert len(expected) == len(ALL)
    events = watch.until(lambda found: by_cause(found).keys() >= expected.keys())
    found = by_cause(events)
    return {name: Told(*answers[name], found[key]) for key, name in expected.items()}


def by_cause(events: list[Event]) -> dict[tuple[str, str], Event]:
    """Records of refused HTTP by who sent it, and the word of the fault."""
    found = {}
    for event in events:
        word = re.search(r": http_([a-z_]+)$", event.detail)
        if event.kind is EventKind.LINK_REFUSED and word:
            found[event.peer, word[1]] = event
    return found


def speak(network: Stage, pieces: list[bytes], sender: StationName = ASKER) -> Heard:
    return converse(port(network), context(network, sender), pieces)


def context(network: Stage, sender: StationName = ASKER) -> ssl.SSLContext:
    return network.peer(sender).context()


def port(network: Stage) -> int:
    return network.network.outside[str(people.CORE)]


@pytest.mark.parametrize("shape", ALL)
def test_a_shape_is_answered_with_its_status_and_the_end_of_the_link(
    told: dict[str, Told], shape: str
) -> None:
    got = told[shape].heard
    assert len(got.statuses) == 1
    assert got.fate is Fate.CLOSED
    assert got.statuses[0] in (400, 411, 413, 414, 417, 431, 501, 505)
    assert got.data.endswith(b"Connection: close\r\nContent-Length: 0\r\n\r\n")
    assert b"SK-" not in got.data


@pytest.mark.parametrize("shape", ALL)
def test_a_shape_is_recorded_with_its_cause_under_its_senders_name(
    told: dict[str, Told], shape: str
) -> None:
    told_of = told[shape]
    assert told_of.event.code == "SK-L09"
    assert told_of.event.peer == str(told_of.sender)


def test_the_station_answers_after_all_of_it(
    network: Stage, told: dict[str, Told]
) -> None:
    assert say(network, lawful(network)).word == "reply"


def test_a_shape_cut_into_single_bytes_is_refused_the_same(network: Stage) -> None:
    data = ALL["both a length and chunks"]
    got = speak(network, [data[at : at + 1] for at in range(len(data))])
    assert got.statuses == [400]


def test_what_follows_a_request_that_closes_is_never_looked_at(network: Stage) -> None:
    closes = b"GET / HTTP/1.1\r\nHost: a\r\n" + CLOSE + b"\r\n"
    got = speak(network, [closes + HIDDEN])
    assert (got.statuses, got.fate) == ([404], Fate.CLOSED)


def test_what_is_asked_of_no_message_is_recorded_under_its_senders_name(
    network: Stage,
) -> None:
    watch = Watch(network, people.CORE)
    got = speak(network, [POST + CLOSE + b"Content-Length: 0\r\n\r\n"], QUIET)
    assert (got.statuses, got.fate) == ([415], Fate.CLOSED)
    cause = (str(QUIET), "other_content_type")
    found = watch.until(lambda events: cause in by_cause(events))
    assert by_cause(found)[cause].code == "SK-L09"


def test_a_sender_that_waits_for_leave_is_told_before_it_sends_a_hundred_megabytes(
    network: Stage,
) -> None:
    head = b"Expect: 100-continue\r\nContent-Length: 104857600\r\n\r\n"
    got = speak(network, [POST + head])
    assert got.statuses == [413]
    assert got.fate is Fate.CLOSED


# -- pipelining ------------------------------------------------------------------------


def pipelined(number: int) -> bytes:
    """Requests whose answers differ: the wrong place, and the wrong type."""
    if number % 2:
        return b"GET /%d HTTP/1.1\r\nHost: core\r\n\r\n" % number
    return POST + b"Content-Type: text/plain\r\nContent-Length: 1\r\n\r\nx"


def test_pipelined_requests_are_answered_in_their_order(network: Stage) -> None:
    requests = b"".join(map(pipelined, range(MAX_PIPELINED - 1)))
    last = b"GET / HTTP/1.1\r\nHost: core\r\n" + CLOSE + b"\r\n"
    got = speak(network, [requests + last])
    assert got.statuses == [415, 404] * 7 + [415, 404]
    assert got.fate is Fate.CLOSED


def test_messages_may_be_pipelined_too_and_each_gets_its_own_answer(
    network: Stage,
) -> None:
    messages = [lawful(network) for _ in range(5)]
    link = RawLink(port(network), context(network))
    link.send(
        b"".join(
            POST
            + b"Content-Type: application/cms\r\n"
            + (CLOSE if one is messages[-1] else b"")
            + b"Content-Length: %d\r\n\r\n" % len(one.envelope)
            + one.envelope
            for one in messages
        )
    )
    got = link.to_the_end()
    assert got.statuses == [200] * 5
    peer = network.peer(ASKER)
    for packed, (status, body) in zip(messages, got.answers, strict=True):
        peer.understand(packed, Reply(status, "application/cms", body), people.CORE)


def test_more_than_may_wait_are_refused_and_those_before_are_answered(
    network: Stage,
) -> None:
    got = speak(network, [HIDDEN * (3 * MAX_PIPELINED)])
    assert got.statuses == [404] * MAX_PIPELINED + [400]


# -- endless ---------------------------------------------------------------------------


@pytest.fixture
def core(network: Stage) -> Iterator[Process]:
    """The core's process, after it was used: what it once needed it has."""
    say(network, lawful(network))
    process = Process(network, people.CORE)
    process.reset_peak()
    yield process
    assert say(network, lawful(network)).word == "reply"


def pour(network: Stage, head: bytes, piece: bytes, times: int) -> None:
    """Send as much as the station takes, and a good message in the middle of it."""
    link = RawLink(port(network), context(network))
    sent = link.send(head)
    for number in range(times):
        sent = sent and link.send(piece)
        if number == times // 2:
            assert say(network, lawful(network)).word == "reply"
    link.close()


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (POST + b"Content-Length: 104857600\r\n\r\n", b"x" * MEGABYTE),
        (POST + b"\r\n", b"x" * MEGABYTE),
        (POST + b"X: ", b"x" * MEGABYTE),
        (POST, b"X: y\r\n" * 100_000),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n", b"10\r\n" + b"x" * 16 + b"\r\n"),
        (b"", HIDDEN * 10_000),
        (b"", b"\r\n" * 100_000),
        (b"", b"\0" * MEGABYTE),
    ],
    ids=[
        "a body of 100 MB",
        "a body without a length",
        "one header",
        "headers",
        "chunks",
        "requests",
        "empty lines",
        "zeros",
    ],
)
def test_an_endless_sender_takes_no_memory(
    network: Stage, core: Process, head: bytes, piece: bytes
) -> None:
    before = core.resident
    pour(network, head, piece, 100)
    assert core.peak - before < 16 * MEGABYTE


def test_bodies_that_never_end_take_what_a_stations_links_may_hold(
    network: Stage, core: Process
) -> None:
    """All but one byte of the largest body, on as many links as a station may have."""
    before, sender = core.resident, REQUESTERS[7]
    for _ in range(4):
        unfinished(network, core, sender)
    assert core.peak - before < 3 * LINKS * MAX_BODY


def unfinished(network: Stage, core: Process, sender: StationName) -> None:
    links = [RawLink(port(network), context(network, sender)) for _ in range(LINKS)]
    for link in links:
        link.send(
            POST + b"Content-Length: %d\r\n\r\n" % MAX_BODY, b"x" * (MAX_BODY - 1)
        )
    assert say(network, lawful(network)).word == "reply"
    for link in links:
        link.close()
