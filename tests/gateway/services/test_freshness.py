# SPDX-License-Identifier: Apache-2.0
"""A station whose record nobody vouches for sends nothing, and says so before."""

from datetime import timedelta

import pytest
import pytest_twisted
from click.testing import CliRunner

from gateway.records.cli import records
from gateway.records.event import EventKind
from gateway.records.log import Head
from gateway.services.freshness import Freshness
from tests.gateway.files import configured
from tests.gateway.services.test_stamper import Authority, Stamper, pass_time
from tests.gateway.services.vouchers import watched
from tests.gateway.words import inquiry_message
from tests.gateway.world import CORE, DAY, HOUR, MINUTE, NOON, PROVIDER, REQUESTER

in_reactor = pytest_twisted.ensureDeferred


@pytest.fixture
def net(works_at):
    return watched(works_at)


@pytest.fixture
def fresh(net):
    return Freshness(net.own.station, net.own.clock, list)


async def looks(fresh, count=2):
    for _ in range(count):
        await fresh.look()
    return fresh._station.facts.vouched.problem


@in_reactor
async def test_without_witness_and_authority_nothing_is_too_old(net, fresh):
    net.set(witnesses=())
    await net.record()
    pass_time(net, 400 * DAY)
    assert (await looks(fresh), fresh.warning) == ("", "")


@in_reactor
async def test_a_new_station_has_its_time(net, fresh):
    assert await looks(fresh) == ""
    await net.record()
    pass_time(net, HOUR)
    assert (await looks(fresh), fresh.warning) == ("", "")


@in_reactor
async def test_it_warns_at_half_of_the_time_and_stops_at_the_whole(net, fresh):
    await net.record()
    await net.cosigners.look()
    pass_time(net, 2 * HOUR + MINUTE)
    assert await looks(fresh) == ""
    assert fresh.warning == "no head was co-signed by its quorum for 2.0 hours"
    pass_time(net, 2 * HOUR)
    assert await looks(fresh) == "no head was co-signed by its quorum for 4.0 hours"
    assert fresh.warning == ""


@in_reactor
async def test_a_station_that_was_never_co_signed_stops_too(net, fresh):
    await net.record()
    pass_time(net, 5 * HOUR)
    assert "co-signed" in await looks(fresh)


@in_reactor
async def test_it_comes_back_by_itself(net, fresh):
    await net.record()
    pass_time(net, 5 * HOUR)
    await looks(fresh)
    await net.cosigners.look()
    assert await looks(fresh, 1) == ""


@in_reactor
async def test_no_time_stamp_for_too_long_stops_it(net, fresh, tmp_path):
    from pki import timestamp_authority

    files = timestamp_authority.build(tmp_path / "tsa", "A", NOON)
    net.set(authority="http://127.0.0.1:1/", authority_root=files.root)
    authority = Authority(files, net.own.clock)
    stamper = Stamper(net.own.station, net.own.clock, authority.ask)
    await net.record()
    await net.cosigners.look()
    await stamper.look()
    authority.away = True
    for _ in range(4):
        pass_time(net, 20 * HOUR)
        await net.cosigners.look()
        await stamper.look()
    assert await looks(fresh) == "no time-stamp was got for 80.0 hours"
    authority.away = False
    await stamper.look()
    assert await looks(fresh) == ""


@in_reactor
async def test_what_is_old_for_one_moment_after_the_clock_moved_stops_nothing(
    net, fresh
):
    await net.record()
    await net.cosigners.look()
    await looks(fresh)
    pass_time(net, 30 * DAY)
    assert await looks(fresh, 1) == "", "the witnesses are asked first"
    await net.cosigners.look()
    assert await looks(fresh) == ""


@in_reactor
async def test_at_the_start_what_is_old_counts_at_once(net, fresh):
    await net.record()
    pass_time(net, 5 * HOUR)
    assert await looks(fresh, 1) != ""


# -- what a stopped station does -----------------------------------------------------


@in_reactor
async def test_a_peers_message_is_refused_for_a_while_and_taken_afterwards(works_at):
    core = works_at(CORE)
    message = inquiry_message(core.world)
    core.station.facts.vouched.problem = "no head was co-signed"
    await core.post(message)
    core.station.facts.vouched.problem = ""
    await core.post(message)
    assert core.codes(EventKind.REFUSED) == ["SK-M13"]
    assert len(core.events(EventKind.RECEIVED)) == 1


@in_reactor
async def test_what_was_answered_before_is_answered_so_again(works_at):
    core = works_at(CORE)
    message = inquiry_message(core.world)
    first = await core.post(message)
    core.station.facts.vouched.problem = "no head was co-signed"
    assert await core.post(message) == first


# -- the clock -----------------------------------------------------------------------

BEHIND = "the clock stands before what was signed already; set it right"


@in_reactor
async def test_a_clock_before_the_last_head_stops_it_until_it_is_right(net, fresh):
    net.set(witnesses=())
    await net.record()
    net.own.now = NOON - HOUR
    assert await looks(fresh) == BEHIND
    net.own.now = NOON
    assert await looks(fresh) == ""


@in_reactor
async def test_it_does_not_forget_by_going_on(net, fresh):
    """What is signed meanwhile, refusals at least, hides nothing."""
    net.set(witnesses=())
    await net.record()
    net.own.now = NOON - HOUR
    await net.record(3)
    assert net.own.store.log_head() == Head(4, NOON, net.own.store.log_head().note)
    assert await looks(fresh) == BEHIND


@in_reactor
async def test_clocks_a_little_apart_are_no_reason(net, fresh):
    await net.record()
    await net.cosigners.look()
    net.own.now = NOON - timedelta(seconds=59)
    assert await looks(fresh) == ""


@pytest.fixture
def command(net):
    """`records believe-clock` for the provider."""
    config = configured(net.own.world, PROVIDER, net.own.path.parent)

    def run(today):
        words = ["--config", str(config), "--operator", "運用 花子", "--today", today]
        return CliRunner().invoke(records, ["believe-clock", *words])

    return run


@in_reactor
async def test_a_person_says_that_the_clock_was_wrong_and_is_right_now(
    net, fresh, command, monkeypatch
):
    from gateway.records import vouched_cli

    net.set(witnesses=())
    net.own.now = NOON + 3650 * DAY
    await net.record()
    net.own.now = NOON
    assert await looks(fresh) == BEHIND
    monkeypatch.setattr(vouched_cli, "clock_of", lambda config: net.own.clock)
    wrong = command("2030-01-02")
    assert (wrong.exit_code, "nothing was changed" in wrong.output) == (1, True)
    assert await looks(fresh) == BEHIND
    done = command("2030-01-01")
    assert done.exit_code == 0, done.output
    assert await looks(fresh) == ""
    (said,) = net.own.events(EventKind.OPERATOR)
    assert said.event.operator == "運用 花子"
    await net.merger.look()
    assert net.own.store.log_head().at == NOON
    net.own.now = NOON - HOUR
    assert await looks(fresh) == BEHIND, "only what was signed before is forgiven"


@in_reactor
async def test_where_the_clock_is_right_nothing_is_decided(net, command, monkeypatch):
    from gateway.records import vouched_cli

    await net.record()
    monkeypatch.setattr(vouched_cli, "clock_of", lambda config: net.own.clock)
    done = command("2030-01-01")
    assert "nothing to decide" in done.output
    assert net.own.store.clock_believed() == 0
    assert REQUESTER in net.others
