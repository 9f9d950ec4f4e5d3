# SPDX-License-Identifier: Apache-2.0
"""Papers and their end, slips of residents, copies of the register's file."""

import stat
from datetime import date, timedelta

import msgspec
import pytest

from simulators.register.basis import Approval, Proof
from simulators.register.births import Unknown
from simulators.register.errors import (
    EntryRefused,
    NotAllowed,
    NotNow,
    NotThere,
    StillKept,
    StoreFault,
)
from simulators.register.extraction import Column, Condition
from simulators.register.forms import Amendment, Correction
from simulators.register.search import Found, Query
from simulators.register.slips import DisclosureRequest
from simulators.register.store import Taken
from tests.simulators.register.desk import (
    ALICE,
    MANAGER,
    NOON,
    Desk,
    newcomer,
    opened,
)
from tests.values import replace

# -- documents: R-061, R-214 -------------------------------------------------------


def entered(desk):
    form = desk.move_in()
    desk.do(form)
    return desk.register.store.value("SELECT max(number) FROM entries")


def test_a_paper_is_kept_for_a_year_from_the_day_it_came(desk):
    """R-061: 住民基本台帳法施行令第34条第3項."""
    entry, documents = entered(desk), desk.register.documents
    last = documents.kept_until(entry)
    assert last == date(2027, 4, 2)
    desk.pass_days((last - desk.today).days)
    with pytest.raises(StillKept):
        documents.dispose(entry, "shredded", ALICE)
    assert documents.disposals() == ()
    desk.pass_days(1)
    documents.dispose(entry, "shredded", ALICE)
    assert len(documents.disposals()) == 1


def test_a_paper_of_a_leap_day_is_kept_until_its_year_is_whole(desk):
    desk.now = NOON.replace(year=2028, month=2, day=29)
    assert desk.register.documents.kept_until(entered(desk)) == date(2029, 3, 1)


def test_a_disposal_says_when_who_and_how_and_stays(desk):
    """R-214."""
    entry, documents = entered(desk), desk.register.documents
    desk.pass_days(400)
    documents.dispose(entry, "dissolved", ALICE)
    (row,) = documents.disposals()
    assert (row.entry, row.by, row.how) == (entry, "alice", "dissolved")
    assert row.at.startswith(desk.now.date().isoformat())
    with pytest.raises(NotNow):
        documents.dispose(entry, "dissolved", ALICE)
    with pytest.raises(Taken):
        desk.register.store.run("DELETE FROM disposals")


def test_history_that_is_erased_says_when_who_and_how_many(desk):
    """R-214: the other thing that this register can erase."""
    desk.do(desk.move_out(desk.single()))
    kept = desk.now
    desk.now = desk.now.replace(year=desk.now.year + 151)
    count = desk.register.archive.erase(kept + timedelta(days=1), ALICE, MANAGER)
    sql = "SELECT operator, at, rows FROM erasures"
    assert desk.register.store.rows(sql) == [
        ("alice", desk.now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), count)
    ]


def test_a_paper_is_not_thrown_away_otherwise(desk):
    documents = desk.register.documents
    waiting = desk.register.entries.enter(desk.move_in(), ALICE)
    with pytest.raises(NotNow):
        documents.dispose(waiting, "shredded", ALICE)
    with pytest.raises(NotThere):
        documents.dispose(99, "shredded", ALICE)
    with pytest.raises(EntryRefused):
        documents.dispose(waiting, "sold", ALICE)


# -- slips: R-275, R-276 -----------------------------------------------------------

ASKS = DisclosureRequest(
    name="架空　花子",
    address="群馬県高崎市中尾町９９番地",
    wanted="住民基本台帳ファイル",
    proofs=(Proof.LICENCE,),
)


def test_each_question_has_a_slip_and_its_answer_is_on_record(desk):
    """R-275."""
    slips = desk.register.slips
    first = slips.ask("特定個人情報の取扱いについて", ALICE)
    second = slips.ask("保管期間について", ALICE)
    assert [one.number for one in slips.open()] == [first, second]
    desk.pass_days(1)
    slips.answer(first, "説明した。", ALICE)
    assert [one.number for one in slips.open()] == [second]
    answered = slips.all()[0]
    assert (answered.by, answered.answered_by) == ("alice", "alice")
    assert answered.at < answered.answered_at
    sql = "SELECT body, answer FROM slips WHERE number = ?"
    kept = desk.register.store.row(sql, first)
    assert kept == ('"特定個人情報の取扱いについて"'.encode(), "説明した。")
    with pytest.raises(NotNow):
        slips.answer(first, "もう一度", ALICE)
    with pytest.raises(NotThere):
        slips.answer(99, "回答", ALICE)


@pytest.mark.parametrize("text", ["", "a\nb", "x" * 400])
def test_a_slip_without_a_line_on_it_is_none(desk, text):
    slips = desk.register.slips
    with pytest.raises(EntryRefused):
        slips.ask(text, ALICE)
    with pytest.raises(EntryRefused):
        slips.answer(slips.ask("質問", ALICE), text, ALICE)


@pytest.mark.parametrize("missing", ["name", "address", "wanted"])
def test_a_disclosure_request_needs_all_its_items(desk, missing):
    """R-276: and each that is missing is named."""
    with pytest.raises(EntryRefused) as caught:
        desk.register.slips.request(replace(ASKS, **{missing: ""}), ALICE)
    assert [fault.field for fault in caught.value.faults] == [missing]


@pytest.mark.parametrize("proofs", [(), (Proof.INSURANCE,)])
def test_a_disclosure_request_needs_the_identity_confirmed(desk, proofs):
    """R-276."""
    with pytest.raises(EntryRefused, match="proofs"):
        desk.register.slips.request(replace(ASKS, proofs=proofs), ALICE)
    assert desk.register.slips.all() == ()


def test_a_whole_disclosure_request_is_taken_in_and_waits(desk):
    """R-276."""
    slip = desk.register.slips.request(ASKS, ALICE)
    (waiting,) = desk.register.slips.open()
    assert (waiting.number, waiting.kind) == (slip, "disclosure")
    body = desk.register.store.value("SELECT body FROM slips")
    assert msgspec.json.decode(body, type=DisclosureRequest) == ASKS


# -- copies: R-245, R-202 ----------------------------------------------------------


def test_a_register_that_is_opened_on_a_copy_says_the_same(tmp_path):
    """R-245."""
    desk = Desk(tmp_path / "register.sqlite")
    desk.do(desk.move_out(desk.single()))
    copy = tmp_path / "copy.sqlite"
    digest = desk.register.backup.make(copy, "daily", ALICE)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    desk.settled()
    assert desk.register.backup.digest() != digest
    restored = opened(copy, lambda: desk.now)
    assert restored.backup.digest() == digest
    assert restored.statistics.population().residents > 0


@pytest.mark.parametrize("table", ["records", "history"])
def test_one_changed_record_is_another_digest(desk, table):
    """R-245: the digest is of every record and every state."""
    digest = desk.register.backup.digest()
    desk.register.store.run("DROP TRIGGER history_is_never_rewritten")
    desk.register.store.run(
        f"UPDATE {table} SET body = CAST(replace(body, '0', '1') AS BLOB)"
        " WHERE number = 1"
    )
    assert desk.register.backup.digest() != digest


def test_a_copy_is_never_made_over_another_file(tmp_path):
    desk = Desk(tmp_path / "register.sqlite")
    there = tmp_path / "there"
    there.write_text("mine")
    for path in (there, tmp_path / "no" / "folder", tmp_path / "register.sqlite"):
        with pytest.raises(StoreFault):
            desk.register.backup.make(path, "daily", ALICE)
    assert there.read_text() == "mine"


def test_nothing_is_copied_without_a_reason_and_each_copy_is_on_record(tmp_path):
    """R-202: a copy of the file has a reason, an extraction an approved one."""
    desk = Desk(tmp_path / "register.sqlite")
    register = desk.register
    for reason in ("", "because I like it", "\n"):
        with pytest.raises(NotAllowed):
            register.backup.make(tmp_path / "copy", reason, ALICE)
    assert not (tmp_path / "copy").exists()
    register.backup.make(tmp_path / "copy", "daily", ALICE)
    register.extraction.define(
        "ADULTS", Condition(columns=(Column.SEX,)), ALICE, MANAGER
    )
    with pytest.raises(NotAllowed):
        register.extraction.run("ADULTS", ALICE, None)
    list(register.extraction.run("ADULTS", ALICE, Approval("carol", "P-7")))
    told = [(one.what, one.by, one.about) for one in register.events.all()]
    assert ("copied", "alice", "daily") in told
    assert ("extraction", "alice", "ADULTS P-7") in told


def test_nothing_is_sent_without_a_cause(desk):
    """R-202: each message that is owed names what made it owed, and is owed once."""
    desk.settled()
    causes = desk.register.store.rows("SELECT cause FROM outbox")
    assert causes
    assert all(cause.partition(":")[0].strip() for (cause,) in causes)
    assert len(set(causes)) == len(causes)


# -- 不詳 --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("born", "unknown", "text"),
    [
        (date(1950, 5, 1), Unknown.DAY, "1950-05-不詳"),
        (date(1950, 1, 1), Unknown.MONTH, "1950-不詳"),
        (date(1950, 1, 1), Unknown.ALL, "不詳"),
    ],
)
def test_what_is_not_known_of_a_birth_is_kept_and_said(desk, born, unknown, text):
    (person,) = desk.settled(newcomer(born=born, born_unknown=unknown))
    assert (person.born, person.born_unknown, person.born_text) == (born, unknown, text)
    (update,) = desk.messages("identity_information_update")
    assert update.record.date_of_birth == born


@pytest.mark.parametrize(
    ("born", "unknown"),
    [
        (date(1950, 5, 2), Unknown.DAY),
        (date(1950, 5, 1), Unknown.MONTH),
        (date(1950, 5, 1), Unknown.ALL),
    ],
)
def test_a_day_that_is_unknown_is_the_first_of_what_is_known(desk, born, unknown):
    refused = desk.refusal(desk.move_in(newcomer(born=born, born_unknown=unknown)))
    assert {rule.name for rule in refused} == {"NOT_THE_FIRST"}


@pytest.mark.parametrize(
    ("day", "found"),
    [(date(1950, 5, 17), True), (date(1950, 6, 17), False), (date(1951, 5, 1), False)],
)
def test_a_search_finds_whoever_could_be_born_on_that_day(desk, day, found):
    desk.settled(newcomer(born=date(1950, 5, 1), born_unknown=Unknown.DAY))
    query = Query(name="架空　花子", born=day)
    shown = desk.register.search.find(query, ALICE, "counter")
    assert isinstance(shown, Found)
    assert bool(shown.records) is found


def test_a_day_that_became_known_is_known(desk):
    (person,) = desk.settled(newcomer(born=date(1950, 5, 1), born_unknown=Unknown.DAY))
    desk.do(
        Correction(
            basis=desk.notice(),
            record=person.number,
            changed_on=desk.today,
            amendment=Amendment(born=date(1950, 5, 17)),
            approval=MANAGER,
        )
    )
    now = desk.register.books.record(person.number)
    assert (now.born_text, now.born_unknown) == ("1950-05-17", None)
