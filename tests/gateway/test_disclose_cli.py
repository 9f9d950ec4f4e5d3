# SPDX-License-Identifier: Apache-2.0
"""A person's own record: whole, theirs alone, readable, and on record itself."""

import json
import stat
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import pytest
import pytest_twisted
from click.testing import CliRunner

from gateway.records.cli import records
from gateway.records.event import Event, EventKind
from gateway.services.holds import hold_event
from tests.gateway.files import configured
from tests.gateway.people import resident_record
from tests.gateway.services.posts import Post, answer_in
from tests.gateway.words import (
    NUMBER,
    OTHER_NUMBER,
    inquiry_message,
    open_inquiry,
    order,
)
from tests.gateway.world import (
    COPIES,
    CORE,
    CS,
    DAY,
    FLAGGED,
    NOON,
    PLAIN,
    PROVIDER,
    REQUESTER,
    addressee,
    code_of,
    copy_row,
    take_in,
)

in_reactor = pytest_twisted.ensureDeferred
OPERATOR, CONFIRMER = "開示 花子", "確認 次郎"
SECRET = "夫の鈴木某から守るため"


@pytest.fixture
def provider(world, works_at):
    made = works_at(PROVIDER, *COPIES)
    configured(world, PROVIDER, made.path.parent)
    return made


@pytest.fixture
def disclose(tmp_path):
    """Ask a station for what it has on somebody; the result, and the data."""

    def ask(works, person, *words, applicant="self", operator=OPERATOR):
        out, data = tmp_path / "out.html", tmp_path / "out.json"
        for path in (out, data):
            path.unlink(missing_ok=True)
        config = works.path.parent / "station.toml"
        given = ["--config", str(config), "--operator", operator, "--out", str(out)]
        given += ["--applicant", applicant, "--json-out", str(data), *words]
        done = CliRunner().invoke(records, ["disclose", *given], input=f"{person}\n")
        assert done.exception is None or isinstance(done.exception, SystemExit)
        if done.exit_code:
            assert not out.exists()
            assert not data.exists()
            return done, "", None
        assert stat.S_IMODE(out.stat().st_mode) == 0o600
        assert stat.S_IMODE(data.stat().st_mode) == 0o600
        return done, out.read_text("utf-8"), json.loads(data.read_text("utf-8"))

    return ask


CONFIRMED = ("--confirmed-by", CONFIRMER)


class Page(HTMLParser):
    """The text of a page, and the tags that stand in it."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        self.text += data


async def provided(world, provider):
    """An answer about PLAIN, received by the requester."""
    post = Post(world, provider, REQUESTER)
    sent = await answer_in(provider)
    post.sender.offer(sent)
    provider.now = NOON + timedelta(seconds=90)
    post.peer.answer(post.peer.receipt(sent))
    await post.settled(sent, "delivered")


async def held(world, provider):
    """An order about FLAGGED, which waits for a person."""
    request = inquiry_message(world, processing_number=OTHER_NUMBER)
    made = order(
        world,
        FLAGGED,
        processing_number=OTHER_NUMBER,
        permit_id=b"permit number 2.",
        request_digest=request.header_digest,
    )
    packed = replace(made, request=request).message(
        processing_number=OTHER_NUMBER, message_id=b"message number 2"
    )
    answer = await provider.post(packed)
    assert answer.status == 200
    (hold,) = provider.store.holds("open")
    return hold


# --- what it tells --------------------------------------------------------------------


@in_reactor
async def test_what_was_provided_is_told_to_whom_when_and_under_which_law(
    world, provider, disclose
):
    await provided(world, provider)
    _, page, data = disclose(provider, addressee(PLAIN))
    (matter,) = data["matters"]
    assert (matter["role"], matter["outcome"]) == ("provider", "provided")
    assert matter["other"] == str(REQUESTER)
    assert matter["processing_number"] == NUMBER.hex()
    assert matter["item"]["item_no"] == 11
    assert matter["kind_names"] == ["住民票関係情報"]
    assert matter["provided_at"].startswith("2030-01-01T12:01:30")
    text = Page(page).text
    for words in (
        "提供した",
        f"{REQUESTER.organisation} 中間サーバー",
        "番号法第19条第8号、主務省令第2条の表 項11",
        "都道府県知事",
        "住民票関係情報",
        "2030年1月1日 21:01:30(日本時間)",
        NUMBER.hex(),
    ):
        assert words in text, words


@in_reactor
async def test_a_person_is_found_by_the_linkage_code_too(world, provider, disclose):
    await provided(world, provider)
    code = code_of(PLAIN, PROVIDER.organisation)
    _, _, by_code = disclose(provider, code, "--known-by", "linkage-code")
    _, _, by_number = disclose(provider, addressee(PLAIN))
    assert by_code["matters"][0] == by_number["matters"][0]


@in_reactor
async def test_nothing_of_another_person_is_in_it(world, provider, disclose):
    await provided(world, provider)
    await held(world, provider)
    _, page, data = disclose(provider, addressee(PLAIN))
    assert OTHER_NUMBER.hex() not in page
    assert len(data["matters"]) == 1
    _, page, data = disclose(provider, addressee(FLAGGED), *CONFIRMED)
    assert NUMBER.hex() not in page
    assert data["matters"][0]["processing_number"] == OTHER_NUMBER.hex()


@in_reactor
async def test_a_refused_order_is_told_with_its_reason(world, provider, disclose):
    answer = await provider.post(order(world).message(message_id=b"message number 8"))
    assert answer.status == 200
    answer = await provider.post(order(world).message(message_id=b"message number 9"))
    assert answer.status == 422
    _, page, data = disclose(provider, addressee(PLAIN))
    (refused,) = [act for act in data["matters"][0]["acts"] if act["kind"] == "refused"]
    assert refused["code"].startswith("SK-")
    assert refused["why"] in Page(page).text


@in_reactor
async def test_an_order_that_was_only_refused_is_found_by_the_person(
    world, provider, disclose
):
    late = order(world, answer_by=NOON - DAY, issued=NOON - 2 * DAY)
    answer = await provider.post(late.message())
    assert answer.status == 422
    _, _, data = disclose(provider, addressee(PLAIN))
    (matter,) = data["matters"]
    assert matter["outcome"] == "refused"
    assert [act["kind"] for act in matter["acts"]] == ["refused"]


@in_reactor
async def test_what_its_receiver_refused_is_not_told_as_if_it_had_never_left(
    world, provider, disclose
):
    post = Post(world, provider, REQUESTER)
    sent = await answer_in(provider)
    post.sender.offer(sent)
    post.peer.answer(post.peer.refusal(sent, "SK-C14"))
    await post.settled(sent, "refused")
    _, page, data = disclose(provider, addressee(PLAIN))
    assert data["matters"][0]["outcome"] == "turned_away"
    assert "届いた可能性がある" in page


@in_reactor
async def test_what_a_person_decided_is_told_without_their_name_and_words(
    world, provider, disclose
):
    hold = await held(world, provider)
    event = hold_event(
        EventKind.DECLINED, hold, NOON, "SK-H01", operator="審査 三郎", detail=SECRET
    )
    provider.write(lambda tx: tx.record(tx.prepared(event)))
    _, page, data = disclose(provider, addressee(FLAGGED), *CONFIRMED)
    assert data["matters"][0]["outcome"] == "declined"
    assert "職員が内容を確認し、提供しないと決めた" in page
    for hidden in ("審査", SECRET):
        assert hidden not in page
        assert hidden not in json.dumps(data, ensure_ascii=False)


@in_reactor
async def test_what_still_waits_is_told_as_held(world, provider, disclose):
    await held(world, provider)
    _, page, data = disclose(provider, addressee(FLAGGED), *CONFIRMED)
    assert data["matters"][0]["outcome"] == "held"
    assert "保留中" in page


@in_reactor
async def test_an_inquiry_of_our_own_is_told_with_whom_it_asked(
    world, works_at, disclose
):
    requester = works_at(REQUESTER)
    configured(world, REQUESTER, requester.path.parent)
    code = code_of(PLAIN, REQUESTER.organisation)
    requester.write(lambda tx: tx.open_inquiry(open_inquiry()))
    event = Event(
        kind=EventKind.RECEIVED,
        at=NOON,
        direction="in",
        message_type="information_inquiry_request",
        processing_number=NUMBER.hex(),
        item_no=11,
        kinds=("resident_record_information",),
        person_tag=requester.store.person_tag(code),
    )
    requester.write(lambda tx: tx.record(tx.prepared(event)))
    _, page, data = disclose(requester, code, "--known-by", "linkage-code")
    (matter,) = data["matters"]
    assert (matter["role"], matter["outcome"]) == ("requester", "in_progress")
    assert matter["other"] == open_inquiry().provider
    assert open_inquiry().provider in page


def event_of(works, code, **fields):
    made = Event(
        **{
            "kind": EventKind.RECEIVED,
            "at": NOON,
            "direction": "in",
            "peer": str(CORE),
            "person_tag": works.store.person_tag(code),
            **fields,
        }
    )
    works.write(lambda tx: tx.record(tx.prepared(made)))


@in_reactor
async def test_years_are_told_in_their_order_and_a_period_can_be_chosen(
    provider, disclose
):
    code = code_of(PLAIN, PROVIDER.organisation)
    for year in (2024, 2026, 2030):
        event_of(provider, code, at=NOON.replace(year=year))
    _, _, data = disclose(provider, addressee(PLAIN))
    assert [m["acts"][0]["at"][:4] for m in data["matters"]][:3] == [
        "2024",
        "2026",
        "2030",
    ]
    _, page, data = disclose(
        provider, addressee(PLAIN), "--since", "2026-01-01", "--until", "2026-12-01"
    )
    years = {m["acts"][0]["at"][:7] for m in data["matters"]}
    assert "2026-01" in years
    assert "2024-01" not in years
    assert "2030-01" not in years
    assert "2026年1月1日" in Page(page).text


@in_reactor
async def test_what_a_peer_wrote_stays_text(provider, disclose):
    code = code_of(PLAIN, PROVIDER.organisation)
    event_of(
        provider, code, peer="<script>x</script>/<img>", message_type="<b>&'\"</b>"
    )
    _, page, _ = disclose(provider, addressee(PLAIN))
    assert not {"script", "img", "b"} & set(Page(page).tags)
    assert "<script>x<" in Page(page).text
    assert "default-src 'none'" in page


@in_reactor
async def test_where_nothing_is_on_record_that_is_said(provider, disclose):
    _, page, data = disclose(provider, addressee(PLAIN))
    assert data["matters"] == []
    assert "あなたについての記録はありません" in page


@in_reactor
async def test_at_a_cs_earlier_codes_of_the_person_count_too(world, works_at, disclose):
    cs = works_at(CS)
    configured(world, CS, cs.path.parent)
    record = resident_record()
    old = "12345678902"
    now = replace(record, old_resident_record_code=old)
    cs.write(lambda tx: tx.put_identity(now))
    for code in (old, record.resident_record_code):
        event_of(cs, code, message_type="move_in_notice")
    _, _, data = disclose(
        cs, record.individual_number, "--known-by", "individual-number"
    )
    assert len(data["matters"]) == 2
    done, _, _ = disclose(cs, "000000000000", "--known-by", "individual-number")
    assert "nobody is in the file" in done.output


# --- who may have it ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("applicant", "words"),
    [
        ("self", ()),
        ("self", ("--confirmed-by", " ")),
        ("self", ("--confirmed-by", "開示\u3000花子")),
        ("representative", CONFIRMED),
    ],
)
@in_reactor
async def test_a_protected_person_alone_and_only_when_another_confirmed_it(
    provider, disclose, applicant, words
):
    done, _, _ = disclose(provider, addressee(FLAGGED), *words, applicant=applicant)
    assert done.exit_code == 1
    assert "--confirmed-by" in done.output
    (stored,) = provider.events(EventKind.OPERATOR)
    assert stored.event.detail.startswith(f"disclosure refused: to {applicant}")
    assert stored.event.operator == OPERATOR


@in_reactor
async def test_whoever_was_held_back_once_is_protected_as_if_still_flagged(
    world, provider, disclose
):
    await held(world, provider)
    take_in(provider.path, copy_row(FLAGGED))
    done, _, _ = disclose(provider, addressee(FLAGGED))
    assert done.exit_code == 1


@in_reactor
async def test_the_act_is_on_record_as_one_about_that_person(provider, disclose):
    disclose(provider, addressee(PLAIN), *CONFIRMED)
    (stored,) = provider.events(EventKind.OPERATOR)
    event = stored.event
    assert event.operator == OPERATOR
    assert event.detail == (
        f"disclosure: to self, 0 events; identity confirmed by {CONFIRMER}"
    )
    code = code_of(PLAIN, PROVIDER.organisation)
    assert event.person_tag in provider.store.tags_of(code)
    _, page, data = disclose(provider, addressee(PLAIN))
    assert data["matters"][0]["acts"][0]["kind"] == "operator"
    assert "本人等への開示のため" in page
    assert OPERATOR not in page


# --- what goes wrong ------------------------------------------------------------------


@in_reactor
async def test_a_person_that_the_station_does_not_know_so_is_told(provider, disclose):
    done, _, _ = disclose(provider, addressee(99))
    assert "no copy with a linkage code" in done.output
    assert addressee(99) not in done.output
    words = ("--known-by", "resident-record-code")
    done, _, _ = disclose(provider, "12345678901", *words)
    assert done.exit_code == 2
    assert "addressee-number or linkage-code" in done.output


@in_reactor
async def test_the_core_knows_nobody(world, works_at, disclose):
    core = works_at(CORE)
    configured(world, CORE, core.path.parent)
    done, _, _ = disclose(core, addressee(PLAIN))
    assert "speaks of nobody" in done.output


@in_reactor
async def test_without_a_name_nobody_discloses(provider, disclose):
    done, _, _ = disclose(provider, addressee(PLAIN), operator=" ")
    assert done.exit_code == 2
    assert provider.events(EventKind.OPERATOR) == []
