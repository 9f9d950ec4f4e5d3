# SPDX-License-Identifier: Apache-2.0
"""The asking end of HTTP: whole answers to what was asked, and nothing else."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.http import (
    ClientConnection,
    Closed,
    HttpRefused,
    Request,
    Response,
    ServerConnection,
)
from protocols.http_limits import MAX_BODY, MAX_INTERIM, MAX_PIPELINED, MAX_TARGET

OK = b"HTTP/1.1 200 OK\r\n"


def answer(body: bytes = b"fine", extra: bytes = b"") -> bytes:
    return (
        OK
        + extra
        + b"Content-Type: application/cms\r\nContent-Length: %d\r\n\r\n" % len(body)
        + body
    )


def asked(times: int = 1) -> ClientConnection:
    connection = ClientConnection()
    for _ in range(times):
        connection.request("POST", "/v1/messages", "application/cms", b"x", "peer")
    return connection


def heard(*pieces: bytes, times: int = 1) -> tuple[list[object], str]:
    """Every answer of one connection, and the reason of its refusal if there is one."""
    connection = asked(times)
    events: list[object] = []
    try:
        for piece in pieces:
            if piece:
                events += connection.receive(piece)
    except HttpRefused as refused:
        return [*events, *refused.before], refused.reason
    return events, ""


def each_byte(data: bytes) -> list[bytes]:
    return [data[i : i + 1] for i in range(len(data))]


# -- asking ----------------------------------------------------------------------


@given(st.binary(max_size=64), st.sampled_from(["", "application/cms", "text/xml"]))
def test_what_a_client_writes_is_what_a_server_reads(body, content_type):
    data = ClientConnection().request("POST", "/v1/a?b", content_type, body, "h:1")
    assert ServerConnection().receive(data) == [
        Request("POST", "/v1/a?b", content_type, body, keep_alive=True)
    ]


def test_a_get_is_written_without_a_length():
    data = ClientConnection().request("GET", "/v1/a", "", b"", "h")
    assert data == b"GET /v1/a HTTP/1.1\r\nHost: h\r\n\r\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("POST", "/a\r\nX: y", "", b"", "h"),
        ("POST", "/a b", "", b"", "h"),
        ("POST", "a", "", b"", "h"),
        ("POST", "/" + "a" * MAX_TARGET, "", b"", "h"),
        ("POST", "/", "a\r\nb: c", b"", "h"),
        ("POST", "/", "", b"", "h\r\nX: y"),
        ("POST", "/", "", b"", "関所"),
        ("PUT", "/", "", b"", "h"),
        ("GET", "/", "", b"body", "h"),
        ("POST", "/", "", bytes(MAX_BODY + 1), "h"),
    ],
    ids=lambda arguments: arguments[1][:8] if isinstance(arguments, tuple) else None,
)
def test_what_could_be_read_otherwise_is_not_sent(arguments):
    with pytest.raises(HttpRefused, match="unsendable"):
        ClientConnection().request(*arguments)


def test_a_client_asks_no_more_than_a_server_lets_wait():
    with pytest.raises(HttpRefused, match="unsendable"):
        asked(MAX_PIPELINED + 1)


# -- answers ---------------------------------------------------------------------


def test_an_answer_comes_out_whole():
    assert heard(answer()) == ([Response(200, "application/cms", b"fine", True)], "")


def test_answers_come_in_the_order_of_the_requests():
    events, _ = heard(answer(b"1") + answer(b"2"), times=2)
    assert [event.body for event in events] == [b"1", b"2"]


def test_an_answer_that_closes_says_so_and_nothing_may_follow():
    data = answer(extra=b"Connection: close\r\n")
    events, _ = heard(data)
    assert events[0].keep_alive is False
    events, reason = heard(data + answer(), times=2)
    assert (len(events), reason) == (1, "bytes_after_close")
    connection = asked()
    connection.receive(data)
    with pytest.raises(HttpRefused, match="unsendable"):
        connection.request("GET", "/", "", b"", "h")


def test_interim_answers_are_passed_over_but_not_for_ever():
    interim = b"HTTP/1.1 100 Continue\r\n\r\n"
    assert heard(interim * MAX_INTERIM + answer())[1] == ""
    assert heard(interim * (MAX_INTERIM + 1))[1] == "too_many_interim"


def test_an_answer_without_content_needs_no_length():
    events, _ = heard(b"HTTP/1.1 204 No Content\r\n\r\n")
    assert events == [Response(204, "", b"", True)]


def test_the_largest_answer_is_taken_and_one_byte_more_is_refused():
    events, _ = heard(answer(bytes(MAX_BODY)))
    assert len(events[0].body) == MAX_BODY
    assert heard(OK + b"Content-Length: %d\r\n\r\n" % (MAX_BODY + 1))[1] == (
        "body_too_large"
    )


def test_an_end_between_answers_is_closed_and_an_end_within_one_is_a_refusal():
    connection = asked()
    connection.receive(answer())
    assert connection.receive(b"") == [Closed()]
    for cut in (0, 1, len(answer()) - 1):
        connection = asked()
        if cut:
            connection.receive(answer()[:cut])
        with pytest.raises(HttpRefused, match="cut_short"):
            connection.receive(b"")


def test_no_body_is_shown_by_repr():
    events, _ = heard(answer(b"secret"))
    assert "secret" not in repr(events)


SHAPES = {
    "an answer to nothing": (answer() + answer(), "unasked_answer"),
    "no length": (OK + b"\r\nrest of the connection", "no_length"),
    "chunks": (
        OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "transfer_encoding",
    ),
    "a length and chunks": (
        OK + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "malformed",
    ),
    "two lengths": (
        OK + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\n",
        "malformed",
    ),
    "a length with zeros": (OK + b"Content-Length: 01\r\n\r\n", "bad_length"),
    "no content with a body": (
        b"HTTP/1.1 204 No Content\r\nContent-Length: 1\r\n\r\n1",
        "unexpected_body",
    ),
    "another protocol": (
        b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
        "upgrade",
    ),
    "not modified": (b"HTTP/1.1 304 Not Modified\r\n\r\n", "bad_status"),
    "a status beyond the classes": (
        b"HTTP/1.1 600 Odd\r\nContent-Length: 0\r\n\r\n",
        "bad_status",
    ),
    "a status of two digits": (b"HTTP/1.1 20 OK\r\n\r\n", "malformed"),
    "HTTP/1.0": (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", "version"),
    "a bare line feed": (b"HTTP/1.1 200 OK\nContent-Length: 0\n\n", "bare_newline"),
    "a folded header": (OK + b"X: a\r\n b\r\n\r\n", "folded_header"),
    "a request": (b"GET / HTTP/1.1\r\nHost: h\r\n\r\n", "malformed"),
    "a greeting of another service": (b"220 mail ready\r\n\r\n", "malformed"),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_strange_answer_is_refused_however_it_is_cut(shape):
    data, reason = SHAPES[shape]
    whole = heard(data)
    assert whole[1] == reason
    assert heard(*each_byte(data)) == whole


parts = st.one_of(
    st.binary(max_size=64).map(answer),
    st.sampled_from([data for data, _ in SHAPES.values()]),
    st.just(b"HTTP/1.1 100 Continue\r\n\r\n"),
    st.binary(max_size=64),
)


@given(st.lists(parts, min_size=1, max_size=4), st.data())
def test_any_cut_gives_the_same_answers_and_the_same_refusal(parts, data):
    stream = b"".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    edges = [0, *cuts, len(stream)]
    pieces = [stream[a:b] for a, b in pairwise(edges)]
    whole = heard(stream, times=4)
    assert heard(*pieces, times=4) == whole
    assert heard(*each_byte(stream), times=4) == whole


@given(st.binary(max_size=64), st.data())
def test_a_flipped_byte_gives_answers_or_the_one_error(body, data):
    stream = bytearray(answer(body, extra=b"Server: x/1\r\n"))
    at = data.draw(st.integers(0, len(stream) - 1))
    stream[at] = data.draw(st.integers(0, 255))
    heard(bytes(stream), times=2)
    heard(bytes(stream) * 2, times=2)
