# SPDX-License-Identifier: Apache-2.0
"""One file moves a TEST network's clock, only ahead, and nothing else can."""

import os
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from pki import authority, network_clock
from pki.cli import pki
from pki.keystore import load_certificate
from pki.layout import Layout
from pki.network_clock import MAX_AHEAD, ClockRefused, Move, NetworkClock
from pki.passphrase import Passphrases
from pki.plan import Network, Plan
from pki.profiles import Purpose
from pki.trust import TrustStore
from tests.pki.network import CITY, NOON
from tests.tools import need_root

DAY = timedelta(days=1)
Write = Callable[[bytes], None]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "clock.json"
    network_clock.write(path, timedelta(0))
    return path


@pytest.fixture
def clock(file: Path, store: TrustStore) -> NetworkClock:
    """A clock over a machine on which it is always NOON."""
    return NetworkClock(file, store, lambda: NOON)


@pytest.fixture
def real(tmp_path: Path) -> TrustStore:
    """What a station of a network that is no TEST believes by."""
    plan = Plan(network=Network(name="Example", test=False), stations=())
    lock = Passphrases(root=b"root passphrase", issuing=b"issuing passphrase")
    authority.build(plan, tmp_path / "real", NOON, passphrases=lock)
    layout = Layout(tmp_path / "real")
    return TrustStore.load(layout.chain, layout.crl)


# --- it moves -------------------------------------------------------------------------


def test_a_clock_that_was_never_moved_is_the_machines(clock: NetworkClock) -> None:
    assert (clock(), clock.ahead) == (NOON, timedelta(0))


def test_a_move_counts_from_the_very_next_question(
    clock: NetworkClock, file: Path
) -> None:
    network_clock.write(file, 30 * DAY)
    assert clock() == NOON + 30 * DAY


def test_a_process_that_starts_later_goes_by_the_same_time(
    file: Path, store: TrustStore
) -> None:
    network_clock.write(file, 30 * DAY)
    assert NetworkClock(file, store, lambda: NOON)() == NOON + 30 * DAY


def test_who_waits_for_a_move_is_told_before_the_new_time_is_given(
    clock: NetworkClock, file: Path
) -> None:
    told: list[tuple[Move, datetime]] = []
    clock.moved.append(lambda move: told.append((move, clock())))
    network_clock.write(file, DAY)
    now = clock()
    move = Move(DAY, NOON + DAY)
    assert (told, now) == ([(move, NOON + DAY)], NOON + DAY)
    assert move.since == NOON


def test_a_file_that_was_renewed_without_a_move_is_told_of_too(
    clock: NetworkClock, file: Path
) -> None:
    told: list[Move] = []
    clock.moved.append(told.append)
    network_clock.write(file, timedelta(0))
    clock()
    assert told == [Move(timedelta(0), NOON)]


def test_asking_again_tells_nobody_anew(clock: NetworkClock, file: Path) -> None:
    told: list[Move] = []
    clock.moved.append(told.append)
    network_clock.write(file, DAY)
    assert clock() == clock()
    assert len(told) == 1


@settings(max_examples=25)  # each writes durably
@given(st.lists(st.integers(0, 10**7), max_size=6))
def test_whatever_is_written_the_clock_never_goes_back(
    tmp_path_factory: pytest.TempPathFactory, city_network: Layout, seconds: list[int]
) -> None:
    store = TrustStore.load(city_network.chain, city_network.crl)
    path = tmp_path_factory.mktemp("clock") / "clock.json"
    network_clock.write(path, timedelta(0))
    clock = NetworkClock(path, store, lambda: NOON)
    seen = [clock()]
    for one in seconds:
        network_clock.write(path, timedelta(seconds=one))
        seen.append(clock())
    assert seen == sorted(seen)
    assert seen[-1] == NOON + timedelta(seconds=max(seconds, default=0))


# --- it is refused --------------------------------------------------------------------


def test_a_network_that_is_no_test_has_no_clock(file: Path, real: TrustStore) -> None:
    with pytest.raises(ClockRefused, match="only a TEST network"):
        NetworkClock(file, real, lambda: NOON)


def test_without_its_file_there_is_no_clock(tmp_path: Path, store: TrustStore) -> None:
    with pytest.raises(ClockRefused, match=r"clock\.json"):
        NetworkClock(tmp_path / "clock.json", store, lambda: NOON)


GARBLED = (
    b"",
    b"{}",
    b"0",
    b'{"ahead_seconds": -1}',
    b'{"ahead_seconds": 1.5}',
    b'{"ahead_seconds": "1"}',
    b'{"ahead_seconds": 1e99}',
    b'{"ahead_seconds": 99999999999999999999}',
    b'{"ahead_seconds": 1, "more": 2}',
    b'{"ahead_seconds": 1}{"ahead_seconds": 2}',
    b'{"ahead_seconds": 12',
    b"\xff\xfe",
    b'{"ahead_seconds": 1, "\xff": 2}',
)


def _put(path: Path, data: bytes) -> None:
    path.unlink(missing_ok=True)
    path.write_bytes(data)
    path.chmod(0o600)


@pytest.mark.parametrize("data", GARBLED)
def test_a_garbled_file_is_no_clock(
    tmp_path: Path, store: TrustStore, data: bytes
) -> None:
    path = tmp_path / "clock.json"
    _put(path, data)
    with pytest.raises(ClockRefused):
        NetworkClock(path, store, lambda: NOON)


@given(st.binary(max_size=64))
def test_any_bytes_are_a_clock_or_are_refused(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.mktemp("clock") / "clock.json"
    _put(path, data)
    with suppress(ClockRefused):
        assert timedelta(0) <= network_clock.read(path) <= MAX_AHEAD


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602])
def test_a_file_that_others_may_touch_is_no_clock(
    file: Path, store: TrustStore, mode: int
) -> None:
    file.chmod(mode)
    with pytest.raises(ClockRefused, match="other users"):
        NetworkClock(file, store, lambda: NOON)


def test_another_users_file_is_no_clock(file: Path, store: TrustStore) -> None:
    need_root("give files away")
    os.chown(file, 12345, 12345)
    with pytest.raises(ClockRefused, match="another user"):
        NetworkClock(file, store, lambda: NOON)


SPOILT: dict[str, Callable[[Path], object]] = {
    "garbled": lambda path: _put(path, b"?"),
    "gone": lambda path: path.unlink(),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
    "readable for others": lambda path: path.chmod(0o644),
    "set back": lambda path: network_clock.write(path, timedelta(0)),
}


@pytest.mark.parametrize("spoilt", SPOILT)
def test_a_running_clock_keeps_its_time_and_tells_of_a_file_that_is_spoilt(
    clock: NetworkClock, file: Path, spoilt: str
) -> None:
    network_clock.write(file, DAY)
    assert (clock(), clock.problem) == (NOON + DAY, "")
    SPOILT[spoilt](file)
    assert clock() == NOON + DAY
    assert str(file) in clock.problem


def test_a_mended_file_is_a_clock_again(clock: NetworkClock, file: Path) -> None:
    _put(file, b"?")
    clock()
    network_clock.write(file, DAY)
    assert (clock(), clock.problem) == (NOON + DAY, "")


@pytest.mark.parametrize("ahead", [timedelta(seconds=-1), MAX_AHEAD + DAY])
def test_nobody_writes_a_time_that_would_be_refused(
    file: Path, ahead: timedelta
) -> None:
    before = file.read_bytes()
    with pytest.raises(ClockRefused):
        network_clock.write(file, ahead)
    assert file.read_bytes() == before


def test_the_file_is_its_owners_alone(file: Path) -> None:
    assert file.stat().st_mode & 0o777 == 0o600


# --- the authority's commands go by it ------------------------------------------------


@pytest.fixture
def in_2030(own_network: Layout) -> Layout:
    """A network whose clock is a day after its making, in the year 2030."""
    ahead = NOON + DAY - datetime.now(UTC)
    network_clock.write(
        own_network.clock, timedelta(seconds=int(ahead.total_seconds()))
    )
    return own_network


def test_what_is_renewed_by_hand_is_good_at_the_networks_time(in_2030: Layout) -> None:
    words = ["renew", str(in_2030.directory), str(CITY), "--purpose", "tls"]
    assert CliRunner().invoke(pki, words).exit_code == 0
    made = load_certificate(in_2030.certificate(CITY, Purpose.TLS))
    assert timedelta(0) <= NOON + DAY - made.not_valid_before_utc < DAY


def test_a_list_made_by_hand_is_good_at_the_networks_time(in_2030: Layout) -> None:
    assert CliRunner().invoke(pki, ["crl", str(in_2030.directory)]).exit_code == 0
    trust = TrustStore.load(in_2030.chain, in_2030.crl)
    assert trust.list_ends - NOON > 7 * DAY


def test_an_authority_that_is_no_test_takes_no_clock(
    tmp_path: Path, real: TrustStore
) -> None:
    network_clock.write(tmp_path / "real" / "clock.json", DAY)
    done = CliRunner().invoke(pki, ["show", str(tmp_path / "real")])
    assert done.exit_code == 1
    assert "only a TEST network" in done.output
