# SPDX-License-Identifier: Apache-2.0
"""The network's time-stamp authority, asked by the gateway's own client."""

import hashlib
import socket
import threading
import urllib.error
import urllib.request
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from gateway.services import stamp_door
from gateway.services.stamp_door import AuthorityAway
from pki import timestamp, timestamp_authority
from pki.keystore import load_certificate
from pki.timestamp import QUERY_TYPE, Wanted
from simulators.timestamps import EARLY, TimeAuthority

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
DIGEST = hashlib.sha256(b"a head").digest()
QUERY = timestamp.query(DIGEST, 7)


class Now:
    """A clock that the test moves."""

    at = NOON

    def __call__(self):
        return self.at


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return timestamp_authority.build(tmp_path_factory.mktemp("tsa") / "a", "A", NOON)


@pytest.fixture
def clock():
    return Now()


@pytest.fixture
def running(files, clock):
    with closing(TimeAuthority(files.directory, clock)) as made:
        yield made


def stamped(files, answer):
    roots = (load_certificate(files.root),)
    return timestamp.verify(timestamp.read_answer(answer), Wanted(DIGEST, roots))


def test_it_stamps_the_networks_time(files, running, clock):
    clock.at = NOON + timedelta(days=3)
    found = stamped(files, stamp_door.ask(running.address, QUERY))
    assert found.at == clock.at


def test_two_stamps_have_two_serials(files, running):
    asked = [stamp_door.ask(running.address, QUERY) for _ in range(2)]
    assert len({stamped(files, one).serial for one in asked}) == 2


def test_its_key_is_made_anew_before_it_ends(files, running, clock):
    ends = stamped(files, stamp_door.ask(running.address, QUERY)).until
    clock.at = ends - EARLY + timedelta(days=1)
    found = stamped(files, stamp_door.ask(running.address, QUERY))
    assert found.until > ends


def test_it_listens_on_this_machine_alone(running):
    assert running.address.startswith("http://127.0.0.1:")


@pytest.mark.parametrize(
    ("kind", "body"), [("text/plain", QUERY), (QUERY_TYPE, bytes(5000))]
)
def test_what_is_no_query_gets_no_stamp(running, kind, body):
    asked = urllib.request.Request(running.address, body, {"Content-Type": kind})
    with pytest.raises(urllib.error.HTTPError, match="400"):
        urllib.request.urlopen(asked, timeout=5)


# -- the client ----------------------------------------------------------------------


@pytest.fixture
def answering():
    """A server that says these bytes to whoever connects, and keeps the line open."""
    made = []

    def serve(*said):
        listening = socket.create_server(("127.0.0.1", 0))
        made.append(listening)

        def talk():
            line, _ = listening.accept()
            made.append(line)
            line.recv(65536)
            for part in said:
                line.sendall(part)

        threading.Thread(target=talk, daemon=True).start()
        return f"http://127.0.0.1:{listening.getsockname()[1]}/tsa?x=1"

    yield serve
    for one in made:
        one.close()


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/timestamp-reply\r\n"


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 There\r\nLocation: /\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n",
        HEAD + b"Content-Length: 70000\r\n\r\n" + bytes(70000),
        b"noise\r\n\r\n",
        b"\r\n" * 200,
    ],
    ids=["500", "302", "html", "large", "noise", "blank"],
)
def test_an_answer_that_is_none_is_an_authority_that_is_away(answering, said):
    with pytest.raises(AuthorityAway):
        stamp_door.ask(answering(said), QUERY, 2.0)


def test_who_begins_an_answer_and_never_ends_it_is_cut_off(answering):
    address = answering(HEAD, b"Content-Length: 900\r\n\r\n", b"x")
    with pytest.raises(AuthorityAway):
        stamp_door.ask(address, QUERY, 0.3)


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/", "http://[/", "http:///x"])
def test_an_address_where_nobody_is_says_so(address):
    with pytest.raises(AuthorityAway):
        stamp_door.ask(address, QUERY, 2.0)
