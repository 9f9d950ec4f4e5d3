# SPDX-License-Identifier: Apache-2.0
"""`sekisho time`: how a move is written, what it does to a network's files, and not."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from pki import authority, network_clock
from pki.keystore import load_certificate
from pki.network_clock import ClockRefused
from pki.passphrase import Passphrases
from pki.plan import Network, Plan
from pki.profiles import Purpose
from pki.serials import AuthorityError, exclusive
from pki.trust import TrustStore
from protocols.master import unverified
from simulators.clock import machine
from simulators.network import build as building
from simulators.network import moves
from simulators.network import parties as people
from simulators.network.build import Choices
from simulators.network.files import Files
from simulators.network.moves import BadMove, Choice
from simulators.network.time_cli import time
from simulators.peer import load_directory

DAY = timedelta(days=1)
PLAIN, RENEW = Choice(), Choice(renew=True)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network's files, of a network that never runs."""
    files = Files(tmp_path_factory.mktemp("moves") / "network")
    building.build(files, Choices(seed="moves", residents=100))
    return files.root


@pytest.fixture
def files(template: Path, tmp_path: Path) -> Files:
    """A copy that one test may move."""
    return Files(shutil.copytree(template, tmp_path / "network"))


def run(files: Files, *words: str) -> Result:
    return CliRunner().invoke(time, [*words, "--network", str(files.root)])


def everything(files: Files) -> dict[str, bytes]:
    return {
        str(path): path.read_bytes() for path in files.root.rglob("*") if path.is_file()
    }


# --- how a move is written ------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "by"),
    [
        ("+30d", 30 * DAY),
        ("+2h", DAY / 12),
        ("+90s", timedelta(seconds=90)),
        ("+5m", timedelta(minutes=5)),
        ("+1w12h", 7.5 * DAY),
        ("+0s", timedelta(0)),
    ],
)
def test_a_step_is_read_as_it_is_written(text: str, by: timedelta) -> None:
    assert moves.step(text) == by


@given(st.text(alphabet="+-0123456789dhmsw .", max_size=12))
def test_what_is_no_step_ahead_is_refused(text: str) -> None:
    try:
        assert moves.step(text) >= timedelta(0)
    except BadMove as refused:
        assert str(refused).startswith(f"{text}: ")  # noqa: PT017


@pytest.mark.parametrize("text", ["-30d", "30d", "+d", "+1y", "+1.5h", "", "+1d "])
def test_a_slip_is_refused_and_says_what_to_write(text: str) -> None:
    with pytest.raises(BadMove, match=r"such as \+30d"):
        moves.step(text)


# --- shown and moved ------------------------------------------------------------------


def test_the_time_is_shown_in_japan_and_in_the_world(files: Files) -> None:
    done = run(files)
    now = datetime.now(UTC)
    first, second, third, _ = done.output.splitlines()
    assert first.endswith(" JST")
    assert second.endswith(" UTC")
    assert third == "not ahead of this machine's clock"
    shown = datetime.strptime(first, "%Y-%m-%d %H:%M:%S JST")
    utc = datetime.strptime(second, "%Y-%m-%d %H:%M:%S UTC")
    assert shown - utc == timedelta(hours=9)
    assert abs(utc.replace(tzinfo=UTC) - now) < timedelta(minutes=1)


def test_a_move_adds_to_the_ones_before(files: Files) -> None:
    run(files, "+30d")
    done = run(files, "+2h")
    assert "30 days, 2:00:00 ahead" in done.output
    assert network_clock.read(files.pki.clock) == timedelta(days=30, hours=2)


def test_a_move_to_a_moment_arrives_there(files: Files) -> None:
    to = (datetime.now(UTC) + 40 * DAY).replace(microsecond=0)
    told = json.loads(run(files, "--to", to.isoformat(), "--json").output)
    assert (
        timedelta(0) <= datetime.fromisoformat(told["now"]) - to < timedelta(seconds=5)
    )


def test_a_network_in_the_current_folder_needs_not_be_named(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(files.root)
    assert CliRunner().invoke(time, ["+1d"]).exit_code == 0
    assert network_clock.read(files.pki.clock) == DAY


def test_each_move_makes_a_list_that_is_good_from_then_on(files: Files) -> None:
    told = moves.move(files, 30 * DAY, PLAIN)
    assert told.list_ends - told.now > 6 * DAY
    trust = TrustStore.load(files.pki.chain, files.pki.crl)
    certificate = load_certificate(
        files.pki.certificate(people.CORE, Purpose.TLS),
    )
    trust.check(certificate, Purpose.TLS, told.now)


def test_a_list_that_is_kept_gets_old(files: Files) -> None:
    before = files.pki.crl.read_bytes()
    done = run(files, "+30d", "--keep-list")
    assert files.pki.crl.read_bytes() == before
    assert "revocation list: out of time since" in done.output


# --- renewals -------------------------------------------------------------------------


def tls_certificates(files: Files) -> int:
    """All of them live 397 days; those for signing and sealing live longer."""
    found = [*files.pki.directory.rglob("tls.crt")]
    assert len(found) > 50
    return len(found)


def test_what_is_over_is_counted_and_said(files: Files) -> None:
    done = run(files, "+400d")
    count = tls_certificates(files)
    assert f"certificates out of time: {count}; 'sekisho time --renew'" in done.output


def test_what_would_be_over_is_made_anew_with_the_move(files: Files) -> None:
    path = files.pki.certificate(people.CORE, Purpose.TLS)
    told = moves.move(files, 400 * DAY, RENEW)
    fresh = load_certificate(path)
    assert told.renewed == tls_certificates(files)
    assert (told.over, told.restart) == (0, False)
    assert fresh.not_valid_before_utc <= told.now <= fresh.not_valid_after_utc


def test_what_is_not_over_is_left_alone(files: Files) -> None:
    path = files.pki.certificate(people.CORE, Purpose.TLS)
    before = path.read_bytes()
    assert moves.move(files, 30 * DAY, RENEW).renewed == 0
    assert path.read_bytes() == before


def test_a_master_follows_the_certificates_that_it_names(files: Files) -> None:
    moves.move(files, 800 * DAY, PLAIN)
    done = run(files, "--renew")
    assert "a new master: restart every station" in done.output
    clock = moves.clock_of(files)
    read = load_directory(
        files.pki.chain,
        files.pki.crl,
        files.master,
        files.anchor(people.CORE),
        clock,
    )
    assert read.master.version == 2
    signing = load_certificate(files.pki.certificate(people.PROVIDER, Purpose.SIGNING))
    peer = read.peer(people.PROVIDER)
    assert peer is not None
    assert peer.entry.signing == (signing,)


def test_a_move_of_months_brings_a_new_master_and_a_short_one_none(
    files: Files,
) -> None:
    moves.move(files, 30 * DAY, PLAIN)
    assert unverified(files.master.read_bytes()).version == 1
    moved = moves.move(files, 70 * DAY, PLAIN)
    assert unverified(files.master.read_bytes()).version == 2
    assert not moved.restart


# --- what is refused, and changes nothing ---------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-30d",), "a clock does not go back"),
        (("--to", "2020-01-01T00:00:00+09:00"), "a clock does not go back"),
        (("--to", "2030-01-01T00:00:00"), "with its zone"),
        (("--to", "tomorrow"), "with its zone"),
        (("+1d", "--to", "2030-01-01T00:00:00Z"), "give one"),
        (("+300w", "--bogus"), "--bogus"),
        (("+99999w",), "no certificate lasts so far"),
    ],
)
def test_a_bad_move_is_refused_and_changes_nothing(
    files: Files, words: tuple[str, ...], said: str
) -> None:
    before = everything(files)
    done = run(files, *words)
    assert done.exit_code != 0
    assert said in " ".join(done.output.split())
    assert everything(files) == before


def test_a_folder_without_a_network_is_refused(tmp_path: Path) -> None:
    done = run(Files(tmp_path), "+1d")
    assert done.exit_code == 1
    assert "holds no network" in done.output


def test_a_network_that_was_made_without_a_clock_says_so(files: Files) -> None:
    files.pki.clock.unlink()
    done = run(files, "+1d")
    assert done.exit_code == 1
    assert "made without a clock" in done.output
    assert not files.pki.clock.exists()


def test_a_network_that_is_no_test_cannot_be_moved(files: Files) -> None:
    """Whatever lies beside its authority."""
    shutil.rmtree(files.pki.directory)
    plan = Plan(network=Network(name="Example", test=False), stations=())
    lock = Passphrases(root=b"root passphrase", issuing=b"issuing passphrase")
    authority.build(plan, files.pki.directory, machine(), passphrases=lock)
    network_clock.write(files.pki.clock, timedelta(0))
    before = everything(files)
    for words in ((), ("+1d",), ("--renew",)):
        done = run(files, *words)
        assert done.exit_code == 1
        assert "only a TEST network" in done.output
    assert everything(files) == before


def test_a_garbled_clock_is_not_moved(files: Files) -> None:
    files.pki.clock.write_text("?")
    with pytest.raises(ClockRefused, match="damaged"):
        moves.move(files, DAY, PLAIN)
    assert files.pki.clock.read_text() == "?"


def test_two_moves_at_once_do_not_become_one(files: Files) -> None:
    with exclusive(files.root), pytest.raises(AuthorityError, match="another command"):
        moves.move(files, DAY, PLAIN)
    assert network_clock.read(files.pki.clock) == timedelta(0)


def test_a_move_under_way_can_be_seen(files: Files) -> None:
    assert not moves.is_moving(files)
    with exclusive(files.root):
        assert moves.is_moving(files)
