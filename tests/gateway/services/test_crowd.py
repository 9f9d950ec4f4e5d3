# SPDX-License-Identifier: Apache-2.0
"""Who keeps links open keeps nobody else out: not strangers, and not one station."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.services import crowd as module
from gateway.services.crowd import (
    FAILURES_A_SECOND,
    FAILURES_AT_ONCE,
    Bounds,
    Crowd,
    neighbourhood,
)
from pki.names import StationName

ONE = StationName("102024", "intermediate_server")
TWO = StationName("102016", "intermediate_server")


class Door:
    """A crowd with its clock, and those who were pushed out of it."""

    def __init__(self, everybody: int = 10, unproven: int = 4, each: int = 3) -> None:
        self.now = 0.0
        self.pushed: list[int] = []
        self.crowd: Crowd[int] = Crowd(
            Bounds(everybody, unproven, each), lambda: self.now, self.pushed.append
        )
        self._last = 0

    def knock(self, host: str = "192.0.2.1") -> int:
        """A new link, 0 if there was no room."""
        if not self.crowd.has_room(host):
            return 0
        self._last += 1
        self.crowd.came(self._last, host)
        return self._last

    def enter(self, station: StationName, host: str = "192.0.2.1") -> bool:
        return self.crowd.proved(self.knock(host), station)


@pytest.fixture
def door() -> Door:
    return Door()


def test_the_oldest_of_the_unproven_makes_room(door):
    links = [door.knock() for _ in range(6)]
    assert all(links)
    assert door.pushed == links[:2]
    assert (len(door.crowd), door.crowd.unproven) == (4, 4)


def test_who_holds_links_pushes_out_his_own_and_nobody_elses(door):
    honest = door.knock("198.51.100.7")
    for _ in range(50):
        assert door.knock("192.0.2.1")
    assert honest not in door.pushed
    assert door.crowd.proved(honest, ONE)


def test_a_proven_link_is_never_pushed_out(door):
    for _ in range(3):
        assert door.enter(ONE)
    for _ in range(50):
        door.knock()
    assert len(door.crowd) == 3 + 4
    assert not {1, 2, 3} & set(door.pushed)


def test_a_newcomer_is_turned_away_when_all_links_are_proven():
    door = Door(everybody=3)
    for station in (ONE, ONE, TWO):
        assert door.enter(station)
    assert door.knock() == 0
    door.crowd.left(1)
    assert door.knock()


def test_the_last_free_link_goes_to_whoever_proves_himself():
    door = Door(everybody=3)
    assert door.enter(ONE)
    assert door.enter(ONE)
    waiting = [door.knock() for _ in range(5)]
    assert all(waiting)
    assert door.pushed == waiting[:-1]
    assert door.crowd.proved(waiting[-1], TWO)


def test_a_station_has_its_share_and_no_more(door):
    assert [door.enter(ONE) for _ in range(4)] == [True, True, True, False]
    assert door.enter(TWO)
    door.crowd.left(4)
    assert not door.enter(ONE)
    door.crowd.left(1)
    door.crowd.left(6)
    assert door.enter(ONE)


def test_an_address_whose_links_keep_failing_is_turned_away_for_a_while(door):
    for _ in range(FAILURES_AT_ONCE):
        door.crowd.left(door.knock("192.0.2.66"))
    assert door.knock("192.0.2.66") == 0
    assert door.knock("192.0.2.1")
    door.now += 1
    assert [bool(fail(door)) for _ in range(20)].count(True) == FAILURES_A_SECOND


def fail(door: Door) -> int:
    link = door.knock("192.0.2.66")
    door.crowd.left(link)
    return link


def test_links_that_were_proven_are_no_failures_however_many(door):
    for _ in range(3 * FAILURES_AT_ONCE):
        link = door.knock()
        door.crowd.proved(link, ONE)
        door.crowd.left(link)
    assert door.knock()


def test_those_pushed_out_count_as_failures_of_their_address(door):
    for _ in range(FAILURES_AT_ONCE + 4):
        assert door.knock("192.0.2.66")
    assert door.knock("192.0.2.66") == 0


def test_what_is_remembered_of_addresses_is_bounded(door, monkeypatch):
    monkeypatch.setattr(module, "MAX_REMEMBERED", 100)
    for number in range(1000):
        door.crowd.left(door.knock(f"source {number}"))
    assert len(door.crowd._failures) == 100
    assert door.crowd._unproven == {}
    assert len(door.crowd) == 0


def test_the_end_of_a_link_may_be_told_twice(door):
    link = door.knock()
    door.crowd.left(link)
    door.crowd.left(link)
    assert (len(door.crowd), door.crowd.unproven) == (0, 0)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(("knock", "prove", "leave")),
            st.integers(0, 5),
            st.sampled_from((ONE, TWO)),
        ),
        max_size=200,
    )
)
def test_whatever_happens_no_bound_is_passed_and_none_is_lost(acts):
    door = Door(everybody=6, unproven=3, each=2)
    links: dict[int, str] = {}
    for act, number, station in acts:
        if act == "knock":
            made = door.knock(f"192.0.2.{number}")
            if made:
                links[made] = "waiting"
        elif links:
            link = sorted(links)[number % len(links)]
            if act == "leave":
                door.crowd.left(link)
                del links[link]
            elif links[link] == "waiting":
                if door.crowd.proved(link, station):
                    links[link] = "in"
                else:
                    door.crowd.left(link)
                    del links[link]
        links = {link: how for link, how in links.items() if link not in door.pushed}
        assert len(door.crowd) == len(links) <= 6
        assert door.crowd.unproven == [*links.values()].count("waiting") <= 3


@pytest.mark.parametrize(
    ("host", "counts_as"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::/64"),
        ("not:an:address", "not:an:address"),
        ("", ""),
    ],
)
def test_an_address_counts_as_its_network(host, counts_as):
    assert neighbourhood(host) == counts_as
