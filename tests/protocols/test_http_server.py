# SPDX-License-Identifier: Apache-2.0
"""The listening end of HTTP: the cut does not matter, and nothing is tolerated."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.http import (
    Closed,
    ContinueExpected,
    HttpRefused,
    Request,
    ServerConnection,
)
from protocols.http_limits import (
    MAX_BODY,
    MAX_HEAD,
    MAX_HEADERS,
    MAX_PIPELINED,
    MAX_TARGET,
)

HOST = b"Host: station\r\n"
POST = b"POST /v1/messages HTTP/1.1\r\n" + HOST
TYPE = b"Content-Type: application/cms\r\n"


def post(body: bytes = b"hello", extra: bytes = b"") -> bytes:
    return POST + TYPE + extra + b"Content-Length: %d\r\n\r\n" % len(body) + body


def heard(*pieces: bytes) -> tuple[list[object], str]:
    """Every event of one connection, and the reason of its refusal if there was one."""
    connection = ServerConnection()
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


def refusal(data: bytes) -> HttpRefused:
    connection = ServerConnection()
    with pytest.raises(HttpRefused) as caught:
        connection.receive(data)
    return caught.value


# -- what is taken ---------------------------------------------------------------


def test_a_plain_post_is_one_request():
    events, reason = heard(post())
    assert events == [
        Request("POST", "/v1/messages", "application/cms", b"hello", keep_alive=True)
    ]
    assert reason == ""


def test_a_get_has_no_body_and_needs_no_length():
    events, _ = heard(b"GET /v1/state?id=1 HTTP/1.1\r\n" + HOST + b"\r\n")
    assert events == [Request("GET", "/v1/state?id=1", "", b"", keep_alive=True)]


def test_a_sender_may_say_that_it_closes_in_any_letters_among_other_options():
    events, _ = heard(post(extra=b"Connection: te, Close\r\n"))
    assert events[0].keep_alive is False


def test_spaces_around_values_are_not_part_of_them():
    events, _ = heard(
        POST + b"Content-Type: \t text/xml \t\r\nContent-Length: \t1 \r\n\r\nx"
    )
    assert events == [Request("POST", "/v1/messages", "text/xml", b"x", True)]


def test_the_largest_body_is_taken_and_one_byte_more_is_refused_before_it_comes():
    events, _ = heard(post(bytes(MAX_BODY)))
    assert len(events[0].body) == MAX_BODY
    refused = refusal(POST + b"Content-Length: %d\r\n\r\n" % (MAX_BODY + 1))
    assert (refused.status, refused.reason) == (413, "body_too_large")


def test_the_largest_head_is_taken_and_one_byte_more_is_refused():
    def with_head(size: int) -> bytes:
        rest = POST + b"Content-Length: 0\r\nX: " + b"\r\n\r\n"
        return rest[:-4] + b"x" * (size - len(rest)) + b"\r\n\r\n"

    assert heard(with_head(MAX_HEAD))[1] == ""
    assert heard(with_head(MAX_HEAD + 1))[1] == "head_too_large"
    assert heard(*each_byte(with_head(MAX_HEAD + 1)))[1] == "head_too_large"


def test_the_most_headers_are_taken_and_one_more_is_refused():
    def with_headers(count: int) -> bytes:
        return POST + b"X: y\r\n" * (count - 2) + b"Content-Length: 0\r\n\r\n"

    assert heard(with_headers(MAX_HEADERS))[1] == ""
    assert heard(with_headers(MAX_HEADERS + 1))[1] == "too_many_headers"


def test_the_longest_target_is_taken_and_one_byte_more_is_refused():
    def with_target(size: int) -> bytes:
        return b"GET /" + b"a" * (size - 1) + b" HTTP/1.1\r\n" + HOST + b"\r\n"

    assert heard(with_target(MAX_TARGET))[1] == ""
    assert refusal(with_target(MAX_TARGET + 1)).status == 414


# -- order and closing -----------------------------------------------------------


def test_pipelined_requests_come_out_in_order():
    events, _ = heard(post(b"1") + post(b"2") + post(b"3"))
    assert [event.body for event in events] == [b"1", b"2", b"3"]


def test_no_more_than_the_bound_may_wait_for_their_answers():
    events, reason = heard(post(b"") * (MAX_PIPELINED + 1))
    assert (len(events), reason) == (MAX_PIPELINED, "too_many_waiting")


def test_each_answer_makes_room_for_one_more_request():
    connection = ServerConnection()
    assert len(connection.receive(post(b"") * MAX_PIPELINED)) == MAX_PIPELINED
    connection.respond(200, "", b"")
    assert len(connection.receive(post(b""))) == 1
    with pytest.raises(HttpRefused):
        connection.receive(post(b""))


def test_requests_before_a_fault_stand():
    refused = refusal(post(b"1") + b"nonsense\n")
    assert [event.body for event in refused.before] == [b"1"]


def test_after_a_refusal_the_connection_stays_dead():
    connection = ServerConnection()
    with pytest.raises(HttpRefused):
        connection.receive(b"\n")
    with pytest.raises(HttpRefused) as again:
        connection.receive(post())
    assert (again.value.reason, again.value.before) == ("bare_newline", ())


def test_bytes_after_a_request_that_closes_are_refused():
    events, reason = heard(post(extra=b"Connection: close\r\n") + post())
    assert (len(events), reason) == (1, "bytes_after_close")


def test_an_end_between_requests_is_closed_and_an_end_within_one_is_a_refusal():
    connection = ServerConnection()
    connection.receive(post())
    assert connection.receive(b"") == [Closed()]
    connection = ServerConnection()
    connection.receive(post()[:-1])
    with pytest.raises(HttpRefused, match="cut_short"):
        connection.receive(b"")


def test_a_connection_tells_whether_a_request_is_midway():
    connection = ServerConnection()
    assert not connection.midway
    connection.receive(b"P")
    assert connection.midway
    connection.receive(post()[1:-1])
    assert connection.midway
    connection.receive(post()[-1:])
    assert not connection.midway


# -- Expect ----------------------------------------------------------------------


def test_a_sender_who_waits_for_leave_is_announced_before_its_request():
    data = post(extra=b"Expect: 100-Continue\r\n")
    assert heard(data) == heard(*each_byte(data))
    events, _ = heard(data)
    assert events[0] == ContinueExpected()
    assert isinstance(events[1], Request)


def test_nobody_waits_for_leave_to_send_nothing():
    events, _ = heard(post(b"", extra=b"Expect: 100-continue\r\n"))
    assert [type(event) for event in events] == [Request]


# -- answers ---------------------------------------------------------------------


def test_an_answer_says_its_type_and_length():
    connection = ServerConnection()
    connection.receive(post())
    assert connection.respond(200, "application/cms", b"abc") == (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/cms\r\n"
        b"Content-Length: 3\r\n\r\nabc"
    )


def test_an_answer_says_close_when_asked_when_the_sender_closes_and_when_refused():
    connection = ServerConnection()
    connection.receive(post() + post(extra=b"Connection: close\r\n"))
    assert b"Connection: close" not in connection.respond(200, "", b"")
    assert b"Connection: close" in connection.respond(200, "", b"")
    assert b"Connection: close" in ServerConnection().respond(503, "", b"", close=True)
    connection = ServerConnection()
    with pytest.raises(HttpRefused) as caught:
        connection.receive(b"\n")
    answer = connection.respond(caught.value.status, "", b"")
    assert b"400 Bad Request" in answer
    assert b"Connection: close" in answer


def test_a_content_type_cannot_smuggle_a_header_into_an_answer():
    with pytest.raises(HttpRefused, match="unsendable"):
        ServerConnection().respond(200, "text/xml\r\nX: y", b"")


def test_no_body_is_shown_by_repr_or_by_the_text_of_a_refusal():
    refused = refusal(post(b"secret") + b"secret\n")
    assert "secret" not in repr(refused.before)
    assert "secret" not in f"{refused!r} {refused}"


# -- what two readers could read in two ways -------------------------------------

SHAPES = {
    "both a length and chunks": (
        POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "malformed",
    ),
    "chunks and then a length": (
        POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        "malformed",
    ),
    "chunks": (
        POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "transfer_encoding",
    ),
    "an unknown coding": (
        POST + b"Transfer-Encoding: xchunked\r\n\r\n",
        "malformed",
    ),
    "chunks twice": (
        POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n",
        "malformed",
    ),
    "chunks in a get": (
        b"GET / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n",
        "transfer_encoding",
    ),
    "two lengths": (
        POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n",
        "malformed",
    ),
    "the same length twice": (
        POST + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\n",
        "malformed",
    ),
    "two lengths in one": (POST + b"Content-Length: 5, 5\r\n\r\n", "malformed"),
    "a length with a sign": (POST + b"Content-Length: +5\r\n\r\n", "malformed"),
    "a negative length": (POST + b"Content-Length: -1\r\n\r\n", "malformed"),
    "a hexadecimal length": (POST + b"Content-Length: 0x5\r\n\r\n", "malformed"),
    "a length with zeros": (POST + b"Content-Length: 005\r\n\r\n", "bad_length"),
    "an empty length": (POST + b"Content-Length: \r\n\r\n", "malformed"),
    "an endless length": (POST + b"Content-Length: " + b"9" * 40 + b"\r\n\r\n", None),
    "no length": (POST + b"\r\n", "no_length"),
    "a get with a body": (
        b"GET / HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\n\r\nhello",
        "unexpected_body",
    ),
    "a space before the colon": (POST + b"Content-Length : 5\r\n\r\n", "malformed"),
    "a header without a name": (POST + b": 5\r\n\r\n", "malformed"),
    "a header without a colon": (POST + b"Content-Length\r\n\r\n", "malformed"),
    "a folded header": (POST + b"X: a\r\n b\r\n\r\n", "folded_header"),
    "a header folded by a tab": (POST + b"X: a\r\n\tb\r\n\r\n", "folded_header"),
    "a first header that is folded": (
        b"POST / HTTP/1.1\r\n Host: a\r\n\r\n",
        "folded_header",
    ),
    "a bare line feed": (POST + b"X: a\nContent-Length: 5\r\n\r\n", "bare_newline"),
    "bare line feeds only": (b"GET / HTTP/1.1\nHost: a\n\n", "bare_newline"),
    "a line feed before": (b"\n" + post(), "bare_newline"),
    "an empty line before": (b"\r\n" + post(), "bare_newline"),
    "two empty lines before": (b"\r\n\r\n" + post(), "bare_newline"),
    "a bare carriage return": (
        POST + b"X: a\rContent-Length: 5\r\n\r\n",
        "bare_newline",
    ),
    "a NUL": (POST + b"X: a\0b\r\n\r\n", "forbidden_byte"),
    "a byte above ASCII": (POST + b"X: \xe9\r\n\r\n", "forbidden_byte"),
    "a vertical tab": (POST + b"Content-Length:\x0b5\r\n\r\n", "forbidden_byte"),
    "an upgrade": (
        POST + b"Connection: upgrade\r\nUpgrade: h2c\r\nContent-Length: 0\r\n\r\n",
        "upgrade",
    ),
    "an upgrade without its connection": (
        POST + b"Upgrade: h2c\r\nContent-Length: 0\r\n\r\n",
        "upgrade",
    ),
    "another expectation": (
        POST + b"Expect: 200-ok\r\nContent-Length: 1\r\n\r\nx",
        "expectation",
    ),
    "two expectations": (
        POST + b"Expect: 100-continue\r\nExpect: 100-continue\r\n\r\n",
        "repeated_header",
    ),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", "host_not_one"),
    "two hosts": (b"GET / HTTP/1.1\r\n" + HOST + HOST + b"\r\n", "repeated_header"),
    "two types": (POST + TYPE + TYPE + b"\r\n", "repeated_header"),
    "HTTP/1.0": (b"GET / HTTP/1.0\r\n" + HOST + b"\r\n", "version"),
    "HTTP/0.9": (b"GET /\r\n\r\n", "version"),
    "HTTP/1.2": (b"GET / HTTP/1.2\r\n" + HOST + b"\r\n", "malformed"),
    "the preface of HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "version"),
    "another protocol": (b"GET / RTSP/1.0\r\n" + HOST + b"\r\n", "version"),
    "a method in small letters": (b"get / HTTP/1.1\r\n" + HOST + b"\r\n", "malformed"),
    "a method not carried": (b"PUT / HTTP/1.1\r\n" + HOST + b"\r\n", "method"),
    "a tunnel": (b"CONNECT a:1 HTTP/1.1\r\n" + HOST + b"\r\n", "upgrade"),
    "a target of another host": (
        b"GET http://other/ HTTP/1.1\r\n" + HOST + b"\r\n",
        "bad_target",
    ),
    "a star target": (b"GET * HTTP/1.1\r\n" + HOST + b"\r\n", "bad_target"),
    "a fragment": (b"GET /a#b HTTP/1.1\r\n" + HOST + b"\r\n", "bad_target"),
    "a space in the target": (b"GET /a b HTTP/1.1\r\n" + HOST + b"\r\n", "malformed"),
    "a TLS hello": (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", "forbidden_byte"),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_smuggling_shape_is_refused_however_it_is_cut(shape):
    data, reason = SHAPES[shape]
    whole = heard(data)
    assert whole[0] == []
    assert whole[1] != ""
    assert reason in (None, whole[1])
    assert heard(*each_byte(data)) == whole


@pytest.mark.parametrize("shape", SHAPES)
def test_a_smuggling_shape_behind_a_good_request_does_not_touch_it(shape):
    data, _ = SHAPES[shape]
    events, reason = heard(post(b"good") + data)
    assert [event.body for event in events] == [b"good"]
    assert reason != ""


# -- properties ------------------------------------------------------------------

messages = st.one_of(
    st.binary(max_size=64).map(post),
    st.sampled_from([data for data, _ in SHAPES.values()]),
    st.just(post(extra=b"Expect: 100-continue\r\n")),
    st.just(post(extra=b"Connection: close\r\n")),
    st.binary(max_size=64),
)


@given(st.lists(messages, min_size=1, max_size=4), st.data())
def test_any_cut_gives_the_same_events_and_the_same_refusal(parts, data):
    stream = b"".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    edges = [0, *cuts, len(stream)]
    pieces = [stream[a:b] for a, b in pairwise(edges)]
    whole = heard(stream)
    assert heard(*pieces) == whole
    assert heard(*each_byte(stream)) == whole


@given(st.binary(max_size=64), st.data())
def test_a_flipped_byte_gives_events_or_the_one_error(body, data):
    stream = bytearray(post(body, extra=b"Accept: */*\r\nUser-Agent: x/1\r\n"))
    at = data.draw(st.integers(0, len(stream) - 1))
    stream[at] = data.draw(st.integers(0, 255))
    heard(bytes(stream))
    heard(bytes(stream) * 2)


@given(st.binary(max_size=2048))
def test_any_bytes_give_events_or_the_one_error(data):
    heard(data, data)
