# SPDX-License-Identifier: Apache-2.0
"""The line before a station: whole, cut, and swallowing what comes back."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.scenario.line import HOME, Line, Records, State

HELLO = b"\x16\x03\x01\x00\x04abcd"
CHANGE = b"\x14\x03\x03\x00\x01\x01"
PROTECTED = b"\x17\x03\x03\x00\x05"


class Echo:
    """A station that says what it hears, and remembers it."""

    def __init__(self) -> None:
        self.heard = b""
        self.grown = threading.Condition()
        self.server = socket.create_server((HOME, 0))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        while True:
            try:
                link, _ = self.server.accept()
            except OSError:
                return
            threading.Thread(target=self.answer, args=(link,), daemon=True).start()

    def answer(self, link: socket.socket) -> None:
        with link:
            while piece := link.recv(65536):
                with self.grown:
                    self.heard += piece
                    self.grown.notify_all()
                link.sendall(piece)

    def has_heard(self, data: bytes) -> bool:
        with self.grown:
            return self.grown.wait_for(lambda: self.heard.endswith(data), 5)


@pytest.fixture
def echo() -> Iterator[Echo]:
    made = Echo()
    with made.server:
        yield made


@pytest.fixture
def line(echo: Echo) -> Iterator[Line]:
    with closing(Line(0, echo.server.getsockname()[1])) as made:
        yield made


def link(line: Line) -> socket.socket:
    return socket.create_connection((HOME, line.port), 5)


def test_a_whole_line_carries_both_ways(line: Line) -> None:
    with link(line) as end:
        end.sendall(HELLO)
        assert end.recv(100) == HELLO


def test_a_cut_line_ends_what_there_is_and_takes_nothing_new(line: Line) -> None:
    with link(line) as end:
        end.sendall(HELLO)
        assert end.recv(100) == HELLO
        line.become(State.CUT)
        assert end.recv(100) == b""
    with link(line) as end:
        assert end.recv(100) == b""


def test_a_swallowing_line_carries_the_handshake_and_no_answer(
    line: Line, echo: Echo
) -> None:
    line.become(State.SWALLOWING)
    with link(line) as end:
        end.sendall(HELLO)
        assert end.recv(100) == HELLO
        end.sendall(PROTECTED)
        assert echo.has_heard(PROTECTED)
        line.become(State.CUT)
        assert end.recv(100) == b""


def test_a_line_that_is_mended_carries_again(line: Line) -> None:
    line.become(State.CUT)
    line.become(State.WHOLE)
    with link(line) as end:
        end.sendall(HELLO)
        assert end.recv(100) == HELLO


@given(st.lists(st.integers(1, 9), max_size=30), st.booleans())
def test_records_are_followed_whatever_the_pieces(sizes: list[int], ends: bool) -> None:
    data = HELLO + CHANGE + (PROTECTED if ends else b"")
    said = Records()
    for size in sizes:
        said.take(data[:size])
        data = data[size:]
    said.take(data)
    assert said.protected is ends
