# SPDX-License-Identifier: Apache-2.0
"""A station has its log time-stamped each day, in one chain, and keeps no bad stamp."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
import pytest_twisted
from msgspec.structs import replace
from twisted.internet.defer import fail, succeed

from gateway.records import stamp_chain
from gateway.services.stamp_door import AuthorityAway
from gateway.services.stamper import Stamper
from pki import timestamp_authority
from pki.keystore import load_certificate
from tests.gateway.services.vouchers import watched
from tests.gateway.world import DAY, HOUR, MINUTE, NOON

in_reactor = pytest_twisted.ensureDeferred


@dataclass
class Authority:
    """A time-stamp authority with a clock of its own."""

    files: timestamp_authority.TimeFiles
    clock: object
    off: timedelta = timedelta(0)
    away: bool = False
    asked: list[bytes] = field(default_factory=list)

    def ask(self, address, query):
        self.asked.append(query)
        if self.away:
            return fail(AuthorityAway("ConnectionRefusedError"))
        stamper = timestamp_authority.load(self.files.directory)
        return succeed(stamper.answer(query, self.clock() + self.off, 1))

    @property
    def roots(self):
        return (load_certificate(self.files.root),)


@pytest.fixture
def net(works_at):
    return watched(works_at)


@pytest.fixture
def authority(net, tmp_path):
    files = timestamp_authority.build(tmp_path / "tsa", "A", NOON)
    net.set(authority="http://127.0.0.1:1/", authority_root=files.root)
    return Authority(files, net.own.clock)


@pytest.fixture
def stamper(net, authority):
    return Stamper(net.own.station, net.own.clock, authority.ask)


def pass_time(net, by):
    for works in (net.own, *net.others.values()):
        works.now += by


async def a_round(net, stamper, count=1):
    await net.record(count)
    await net.cosigners.look()
    await stamper.look()


def faults(net, authority):
    stamps = net.own.store.stamps()
    return list(stamp_chain.faults(stamps, authority.roots, "", net.own.now))


@in_reactor
async def test_the_first_head_is_stamped_at_once_and_then_each_day(
    net, stamper, authority
):
    await a_round(net, stamper, 3)
    pass_time(net, HOUR)
    await a_round(net, stamper)
    assert [(one.size, one.at) for one in net.own.store.stamps()] == [(3, NOON)]
    pass_time(net, 2 * HOUR)  # 15:00 UTC is midnight in Japan
    await a_round(net, stamper)
    found = net.own.store.stamps()
    assert [(one.number, one.size) for one in found] == [(1, 3), (2, 5)]
    assert faults(net, authority) == []


@in_reactor
async def test_what_is_stamped_and_co_signed_is_proven(net, stamper):
    await net.record(3)
    await net.cosigners.look()
    assert net.own.store.proven_size() == 0
    await stamper.look()
    assert net.own.store.proven_size() == 3
    await net.record()
    assert net.own.store.proven_size() == 3


@in_reactor
async def test_a_head_that_no_quorum_co_signed_waits(net, stamper, authority):
    for client in net.clients.values():
        client.away = True
    await a_round(net, stamper)
    assert (net.own.store.stamps(), authority.asked) == ([], [])


@in_reactor
async def test_without_witnesses_the_head_is_stamped_and_not_proven(net, stamper):
    net.set(witnesses=())
    await a_round(net, stamper, 2)
    (found,) = net.own.store.stamps()
    assert (found.size, found.cosigned) == (2, False)
    assert net.own.store.proven_size() == 0


@in_reactor
async def test_without_an_authority_nobody_is_asked(net, stamper, authority):
    net.set(authority="")
    await a_round(net, stamper)
    assert authority.asked == []


@in_reactor
async def test_a_quiet_log_is_stamped_each_day_too(net, stamper, authority):
    await a_round(net, stamper)
    for _ in range(3):
        pass_time(net, DAY)
        await net.cosigners.look()
        await stamper.look()
    assert [one.size for one in net.own.store.stamps()] == [1, 1, 1, 1]
    assert faults(net, authority) == []


@in_reactor
async def test_a_short_longest_age_asks_more_often(net, stamper):
    net.set(stamped_hours=3.0)
    await a_round(net, stamper)
    pass_time(net, HOUR + MINUTE)
    await a_round(net, stamper)
    assert len(net.own.store.stamps()) == 2


@in_reactor
async def test_an_authority_that_is_away_is_asked_again(net, stamper, authority):
    authority.away = True
    await a_round(net, stamper)
    assert stamper.problem == "ConnectionRefusedError"
    authority.away = False
    await stamper.look()
    assert (len(net.own.store.stamps()), stamper.problem) == (1, "")


@in_reactor
@pytest.mark.parametrize("off", [timedelta(minutes=3), timedelta(days=-400)])
async def test_a_clock_that_is_not_the_authoritys_gets_no_stamp(
    net, stamper, authority, off
):
    authority.off = off
    await a_round(net, stamper)
    assert net.own.store.stamps() == []
    assert "apart" in stamper.problem or "out of time" in stamper.problem


@in_reactor
async def test_another_authoritys_stamp_is_not_kept(net, stamper, authority, tmp_path):
    authority.files = timestamp_authority.build(tmp_path / "b", "A", NOON)
    await a_round(net, stamper)
    assert net.own.store.stamps() == []
    assert "another authority" in stamper.problem


@in_reactor
async def test_a_policy_that_is_not_the_wanted_one_is_rejected(net, stamper):
    net.set(authority_policy="1.2.3.4")
    await a_round(net, stamper)
    assert (net.own.store.stamps(), stamper.problem) == (
        [],
        "the authority answered status 2",
    )


@in_reactor
async def test_two_queries_never_have_the_same_nonce(net, stamper, authority):
    await a_round(net, stamper)
    pass_time(net, DAY)
    await a_round(net, stamper)
    assert len(set(authority.asked)) == 2


# -- the chain -----------------------------------------------------------------------


async def years(net, stamper, authority, renewals=2):
    """A chain that outlives its authority's certificates, and our revocation list."""
    net.set(witnesses=())
    await a_round(net, stamper)
    for _ in range(renewals):
        pass_time(net, timedelta(days=1800))
        await a_round(net, stamper)
        timestamp_authority.renew(authority.files.directory, net.own.now)
        pass_time(net, DAY)
        await a_round(net, stamper)


@in_reactor
async def test_a_chain_outlives_the_certificates_that_it_began_under(
    net, stamper, authority
):
    await years(net, stamper, authority)
    stamps = net.own.store.stamps()
    assert stamps[0].until < net.own.now, "the first certificate ended long ago"
    assert faults(net, authority) == []


@in_reactor
async def test_a_stamp_that_was_renewed_too_late_is_found(net, stamper, authority):
    await a_round(net, stamper)
    timestamp_authority.renew(authority.files.directory, NOON, days=7000)
    pass_time(net, timedelta(days=1900))
    await a_round(net, stamper)
    (fault,) = faults(net, authority)
    assert "had ended when it was made" in fault[1]


@in_reactor
async def test_a_chain_whose_last_certificate_ended_is_told(net, stamper, authority):
    await a_round(net, stamper)
    pass_time(net, timedelta(days=1900))
    (fault,) = faults(net, authority)
    assert "no newer stamp covers it" in fault[1]


@in_reactor
async def test_every_tampered_link_is_found(net, stamper, authority):
    await years(net, stamper, authority)
    stamps = net.own.store.stamps()
    first, second = stamps[0], stamps[1]

    def found(*changed):
        return list(stamp_chain.faults(changed, authority.roots, "", net.own.now))

    assert found(*stamps) == []
    assert found(*stamps[1:]), "the first is gone"
    assert found(first, *stamps[2:]), "one in between is gone"
    assert found(*stamps[:-1], *stamps[:1]), "one is there twice"
    for changed in (
        replace(first, note=second.note),
        replace(first, token=second.token),
        replace(first, size=first.size + 1),
        replace(first, at=first.at - DAY),
        replace(first, until=first.until + DAY),
    ):
        assert found(changed, *stamps[1:])
    foreign = timestamp_authority.build(
        authority.files.directory.parent / "c", "A", NOON
    )
    roots = (load_certificate(foreign.root),)
    assert len(list(stamp_chain.faults(stamps, roots, "", net.own.now))) == 5
