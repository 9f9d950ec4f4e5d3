# SPDX-License-Identifier: Apache-2.0
"""A closed station refuses what it may, takes what it must; a sender waits for it."""

import os
from datetime import timedelta

import pytest
import pytest_twisted

from gateway import calendars
from gateway.calendars import Calendars
from gateway.config import load
from gateway.records.event import EventKind
from gateway.rules.calendar import Calendar, Maintenance
from gateway.rules.hours import ASKING
from gateway.services import calendar_watch, health
from gateway.services.calendar_watch import CalendarWatch
from gateway.services.health import State
from gateway.services.metrics import Metrics
from gateway.services.retry import LONGEST_CLOSED, retry_after
from gateway.services.status import status
from protocols.answers import Receipt, SignedRefusal
from schemas.catalogue import ROWS
from schemas.messages import InquiryRefusal, write_payload
from tests.gateway.calendars import FILE, OFFICE, at
from tests.gateway.files import configured
from tests.gateway.services.overviews import watched
from tests.gateway.services.posts import Post, answer_in, inquiry_in
from tests.gateway.words import NUMBER, inquiry_message, message, open_inquiry, order
from tests.gateway.world import (
    COPIES,
    CORE,
    FLAGGED,
    HOUR,
    MINUTE,
    NOON,
    PROVIDER,
    REQUESTER,
    SECOND,
)
from tests.values import replace

in_reactor = pytest_twisted.ensureDeferred
OPENING = at("2030-01-02 08:30")
"""After NOON, which is 21:00 in Japan."""
BRIEF = replace(
    OFFICE,
    week=(((0, 1440),),) * 7,
    maintenance=(Maintenance(NOON - HOUR, NOON + 10 * MINUTE),),
)


@pytest.fixture
def core(works_at):
    found = works_at(CORE)
    found.station.calendars.own.follow(OFFICE)
    return found


# --- the closed station ---------------------------------------------------------------


@in_reactor
async def test_who_asks_a_closed_station_is_told_when_it_opens(world, core):
    packed = inquiry_message(world)
    answer = core.read(packed, await core.post(packed))
    assert isinstance(answer, SignedRefusal)
    assert (answer.code, answer.retry, answer.retry_after) == ("SK-M12", True, OPENING)
    assert core.codes(EventKind.REFUSED) == ["SK-M12"]


@in_reactor
async def test_the_same_bytes_are_taken_when_it_is_open(world, core):
    core.station.calendars.own.follow(BRIEF)
    packed = inquiry_message(world)
    assert isinstance(core.read(packed, await core.post(packed)), SignedRefusal)
    core.now = NOON + 10 * MINUTE
    assert not isinstance(core.read(packed, await core.post(packed)), SignedRefusal)


@in_reactor
async def test_what_was_taken_before_gets_its_answer_again_while_closed(world, core):
    packed = inquiry_message(world)
    core.station.calendars.own.follow(None)
    first = await core.post(packed)
    core.station.calendars.own.follow(OFFICE)
    assert (await core.post(packed)).body == first.body


@in_reactor
async def test_an_answer_is_taken_by_a_closed_requester(world, works_at):
    requester = works_at(REQUESTER)
    requester.station.calendars.own.follow(OFFICE)
    requester.write(lambda tx: tx.open_inquiry(open_inquiry()))
    told = write_payload(InquiryRefusal("SK-P05"))
    packed = message(
        world, CORE, REQUESTER, "inquiry_refusal", told, processing_number=NUMBER
    )
    assert isinstance(requester.read(packed, await requester.post(packed)), Receipt)


def test_everything_that_waits_for_an_opening_is_a_type_of_the_catalogue():
    assert set(ROWS) >= ASKING


# --- the sender -----------------------------------------------------------------------


@pytest.fixture
def requester(works_at):
    return works_at(REQUESTER, retry_first=1.0, retry_longest=8.0)


@pytest.fixture
def to_core(world, requester):
    return Post(world, requester, CORE)


@in_reactor
async def test_a_closed_peer_is_not_asked_before_it_opens(requester, to_core):
    requester.station.calendars.of(CORE).follow(BRIEF)
    sent = await inquiry_in(requester)
    to_core.sender.offer(sent)
    row, seconds = await to_core.postponed(sent, 1)
    assert (to_core.peer.posted, row.last_code) == ([], "SK-T07")
    assert 600 <= seconds <= 602
    requester.now = NOON + 10 * MINUTE
    to_core.clock.advance(seconds)
    await to_core.asked()


@in_reactor
async def test_what_would_be_too_late_at_the_opening_is_told_at_once(
    requester, to_core
):
    requester.station.calendars.of(CORE).follow(
        replace(
            OFFICE, holidays={OPENING.date(): "", at("2030-01-03 00:00").date(): ""}
        )
    )
    sent = await inquiry_in(requester)
    to_core.sender.offer(sent)
    await to_core.settled(sent, "expired")
    assert to_core.peer.posted == []
    assert requester.codes(EventKind.FAILED) == ["SK-T07"]


@in_reactor
async def test_an_opening_at_its_deadline_is_still_waited_for(requester, to_core):
    sent = await inquiry_in(requester)
    closed = replace(BRIEF, maintenance=(Maintenance(NOON - HOUR, sent.deadline),))
    requester.station.calendars.of(CORE).follow(closed)
    to_core.sender.offer(sent)
    row, _ = await to_core.postponed(sent, 1)
    assert (row.state, row.last_code) == ("waiting", "SK-T07")


@in_reactor
async def test_a_clock_set_back_into_closed_hours_only_waits(requester, to_core):
    requester.station.calendars.of(CORE).follow(BRIEF)
    requester.now = NOON + 11 * MINUTE
    sent = await inquiry_in(requester)
    requester.now = NOON
    to_core.sender.offer(sent)
    row, _ = await to_core.postponed(sent, 1)
    assert (row.state, to_core.peer.posted) == ("waiting", [])


@in_reactor
async def test_an_answer_goes_to_a_closed_peer(world, works_at):
    provider = works_at(PROVIDER, *COPIES)
    provider.station.calendars.of(REQUESTER).follow(OFFICE)
    post = Post(world, provider, REQUESTER)
    post.sender.offer(await answer_in(provider))
    await post.asked()


@in_reactor
async def test_a_refusal_that_names_a_time_is_kept_to(requester, to_core):
    sent = await inquiry_in(requester)
    to_core.sender.offer(sent)
    refusal = to_core.peer.refusal(
        sent, "SK-M12", retry=True, retry_after=NOON + 30 * MINUTE
    )
    to_core.peer.answer(refusal, status=422)
    _, seconds = await to_core.postponed(sent, 1)
    assert 1800 <= seconds <= 1802


@in_reactor
async def test_a_peer_cannot_park_a_message_for_longer_than_an_hour(requester, to_core):
    sent = await inquiry_in(requester)
    to_core.sender.offer(sent)
    refusal = to_core.peer.refusal(
        sent, "SK-M12", retry=True, retry_after=NOON + timedelta(days=3000)
    )
    to_core.peer.answer(refusal, status=422)
    _, seconds = await to_core.postponed(sent, 1)
    assert seconds <= LONGEST_CLOSED.total_seconds() + 1


def test_stations_that_waited_for_the_same_opening_part_soon_behind_it(requester):
    timing = requester.station.config.timing
    waits = [retry_after(timing, 12, 10 * MINUTE) for _ in range(200)]
    behind = sorted(one - 10 * MINUTE for one in waits)
    assert SECOND * 0.5 <= behind[0] < SECOND * 0.6
    assert SECOND * 0.9 < behind[-1] <= SECOND


@in_reactor
async def test_a_time_in_the_past_is_no_reason_to_hurry(requester, to_core):
    sent = await inquiry_in(requester)
    to_core.sender.offer(sent)
    refusal = to_core.peer.refusal(
        sent, "SK-M12", retry=True, retry_after=NOON - 30 * MINUTE
    )
    to_core.peer.answer(refusal, status=422)
    _, seconds = await to_core.postponed(sent, 1)
    assert seconds >= 0.5


@in_reactor
async def test_a_time_with_a_final_refusal_is_no_answer(requester, to_core):
    sent = await inquiry_in(requester)
    to_core.sender.offer(sent)
    refusal = to_core.peer.refusal(sent, "SK-P01", retry_after=NOON + HOUR)
    to_core.peer.answer(refusal, status=422)
    row, _ = await to_core.postponed(sent, 1)
    assert row.last_code == "SK-T04"


# --- holds ----------------------------------------------------------------------------


@in_reactor
async def test_a_hold_waits_to_the_closing_of_its_business_day(world, works_at):
    provider = works_at(PROVIDER, *COPIES, hold_business_days=2)
    late = (((0, 1440),),) * 7  # always there, but for one day
    provider.station.calendars.own.follow(
        Calendar(week=late, holidays={at("2030-01-03 00:00").date(): ""})
    )
    await provider.post(order(world, FLAGGED).message())
    (hold,) = provider.store.holds("open")
    assert hold.release_by == at("2030-01-05 00:00")


@in_reactor
async def test_a_hold_never_outlives_its_permit(world, works_at):
    provider = works_at(PROVIDER, *COPIES, hold_business_days=60)
    await provider.post(order(world, FLAGGED).message())
    (hold,) = provider.store.holds("open")
    assert hold.release_by == NOON + timedelta(days=7)


# --- what its watchers see ------------------------------------------------------------


@pytest.fixture
def seen(world, tmp_path):
    found = watched(world, tmp_path)
    yield found
    found.overview.store.close()


def check(of, name):
    (found,) = [one for one in health.checks(of.overview) if one.name == name]
    return found


def test_status_metrics_and_health_tell_the_window(seen):
    seen.overview.station.calendars.own.follow(OFFICE)
    told = status(seen.overview).hours
    assert (told.open, told.why, told.until) == (False, "hours", OPENING)
    text = Metrics(seen.overview).text().decode()
    assert "sekisho_open 0.0" in text
    assert "sekisho_hours_change_seconds 41400.0" in text
    said = check(seen, "hours").said
    assert said == "closed (hours) until 2030-01-02 08:30 JST"


def test_without_a_calendar_nothing_closes(seen):
    assert status(seen.overview).hours.until is None
    assert "sekisho_open 1.0" in Metrics(seen.overview).text().decode()
    assert check(seen, "hours").said == "always open"


def test_a_list_of_holidays_that_has_ended_is_warned_of(seen):
    ended = replace(OFFICE, listed_until=at("2029-12-31 00:00").date())
    seen.overview.station.calendars.own.follow(ended)
    found = check(seen, "hours")
    assert found.state is State.WARNING
    assert "ends with 2029" in found.said


def test_a_hold_that_must_be_decided_today_is_warned_of(seen):
    seen.look()
    standing = seen.overview.standing
    seen.overview.station.calendars.own.follow(OFFICE)
    seen.overview.standing = replace(standing, hold_ends=at("2030-01-05 12:00"))
    assert check(seen, "holds").state is State.OK
    assert "by 2030-01-04 17:15 JST" in check(seen, "holds").said
    seen.now = at("2030-01-04 09:00")
    assert check(seen, "holds").state is State.WARNING


# --- files that change ----------------------------------------------------------------


@pytest.fixture
def watch(world, tmp_path):
    path = configured(world, PROVIDER, tmp_path)
    head = 'calendar = "calendar.toml"\npeer_calendars = "peers"\n'
    path.write_text(head + path.read_text("utf-8"), "utf-8")
    (tmp_path / "calendar.toml").write_text(FILE, "utf-8")
    (tmp_path / "peers").mkdir()
    config = load(path)
    made = Calendars(calendars.read(config))
    return CalendarWatch(config, made), made, tmp_path


def change(path, text):
    path.write_text(text, "utf-8")
    os.utime(path, ns=(1, hash(text) & 0xFFFFFFFF))


@in_reactor
async def test_a_file_that_changed_is_followed(watch):
    service, made, folder = watch
    assert not made.own.is_open(at("2030-01-05 10:00"))
    change(folder / "calendar.toml", "")
    await service.look()
    assert made.own.is_open(at("2030-01-05 10:00"))


@in_reactor
async def test_a_bad_file_changes_nothing_until_it_is_mended(watch):
    service, made, folder = watch
    change(folder / "calendar.toml", "[hours]")
    await service.look()
    assert "opens on no day" in service.problem
    assert not made.own.is_open(at("2030-01-05 10:00"))
    change(folder / "calendar.toml", "# mended")
    await service.look()
    assert service.problem == ""
    assert made.own.is_open(at("2030-01-05 10:00"))


@in_reactor
async def test_a_file_that_changes_while_they_are_read_is_read_again(
    watch, monkeypatch
):
    """There may be thousands of them, and they may come one after the other."""
    service, made, folder = watch

    def read_before_the_last_came(config):
        found = calendars.read(config)
        change(folder / "calendar.toml", "")
        monkeypatch.undo()
        return found

    monkeypatch.setattr(calendar_watch, "read", read_before_the_last_came)
    change(folder / "calendar.toml", f"# new\n{FILE}")
    await service.look()
    assert not made.own.is_open(at("2030-01-05 10:00"))
    await service.look()
    assert made.own.is_open(at("2030-01-05 10:00"))


@in_reactor
async def test_a_list_of_holidays_that_was_named_since_is_followed_too(watch):
    service, made, folder = watch
    listed = "国民の祝日・休日月日,国民の祝日・休日名称\n2030/1/{},祝日\n"
    change(folder / "list.csv", listed.format(6))
    change(folder / "calendar.toml", 'holiday_list = "list.csv"\n')
    await service.look()
    await service.look()
    change(folder / "list.csv", listed.format(5))
    await service.look()
    assert not made.own.is_open(at("2030-01-05 10:00"))


@in_reactor
async def test_a_peers_calendar_comes_and_goes_while_it_works(watch):
    service, made, folder = watch
    hours = made.of(CORE)
    assert hours.is_open(at("2030-01-05 10:00"))
    path = folder / "peers" / f"{CORE.organisation}-{CORE.role}.toml"
    change(path, FILE)
    await service.look()
    assert not hours.is_open(at("2030-01-05 10:00"))
    path.unlink()
    await service.look()
    assert hours.is_open(at("2030-01-05 10:00") + SECOND)
