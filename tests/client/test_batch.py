# SPDX-License-Identifier: Apache-2.0
"""A batch inquiry against a made-up station: each line once, each person in order."""

import csv
import json
from contextlib import suppress

import pytest

from client.batch import Batch
from client.batch_journal import Head, Journal, fingerprint
from client.batch_lines import COLUMNS, BatchRefused, sheet
from client.batch_result import fields_of, table, write
from client.errors import NotReached
from client.patience import Patience
from schemas.messages import read_payload
from tests.client.fake import (
    PROVISION,
    Clock,
    FakeStation,
    Killed,
    inside,
    lost,
    reply,
)

KIND = "resident_record_information"
BATCH = "0b" * 16


def file_of(count, people=1000):
    rows = [",".join(COLUMNS)]
    for number in range(count):
        person = f"{999000000000000 + number % people}"
        rows.append(f"R{number},28,{KIND},{person},102024")
    return "\n".join(rows).encode()


class Desk:
    """A batch, its file and its station."""

    def __init__(self, folder, count=5, people=1000):
        self.path = folder / "batch.journal"
        self.sheet = sheet(file_of(count, people))
        self.station = FakeStation()
        self.clock = Clock()

    def run(self, seconds=3600.0, per_second=5.0, most_open=100):
        head = Head(BATCH, fingerprint(BATCH, self.sheet.data), "s", "op", "")
        self.journal = Journal.open(self.path, lambda: head)
        clock = self.clock
        patience = Patience(clock.sleep, clock.monotonic, lambda: 1.0)
        batch = Batch(
            self.journal,
            inside(self.station, clock),
            self.sheet.lines,
            clock,
            patience,
            per_second=per_second,
            most_open=most_open,
        )
        try:
            return batch.run(seconds)
        finally:
            self.answers = batch.answers
            self.journal.close()

    @property
    def asked(self):
        """About whom, in the order of asking."""
        kind = "information_inquiry_request"
        bodies = [body for _, body in self.station.taken]
        return [read_payload(kind, body).addressee_number for body in bodies]

    def ends(self):
        return [self.journal.standing(one.number).end for one in self.sheet.lines]


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def test_each_line_is_asked_once_and_has_its_answer(desk):
    assert desk.run() == 0
    assert desk.asked == [one.addressee_number for one in desk.sheet.lines]
    assert desk.ends() == ["provided"] * 5
    assert desk.answers == dict.fromkeys(range(2, 7), PROVISION)


def test_each_line_says_whose_batch_it_is(desk):
    desk.run()
    assert all(
        f"&operator=op&batch={BATCH}" in target for target, _ in desk.station.taken
    )


def test_no_more_leave_in_a_second_than_was_set(desk):
    desk.run(per_second=0.5)
    assert 8 <= desk.clock.passed < 12


def test_no_more_are_open_than_was_set(desk):
    desk.station.inquiry = "in_progress"
    assert desk.run(seconds=100, most_open=2) == 5
    assert len(desk.station.taken) == 2


def test_a_persons_next_line_waits_for_the_one_before(tmp_path):
    desk = Desk(tmp_path, count=6, people=2)
    desk.station.inquiry = "in_progress"
    assert desk.run(seconds=100) == 6
    assert len(set(desk.asked)) == len(desk.asked) == 2
    desk.station.inquiry = "provided"
    assert desk.run() == 0
    assert desk.asked == [one.addressee_number for one in desk.sheet.lines]


def test_a_refused_line_ends_with_its_code_and_the_others_go_on(desk):
    third = desk.sheet.lines[2].payload
    desk.station.refuse = lambda body: "SK-K01" if body == third else ""
    assert desk.run() == 0
    assert desk.ends() == ["provided", "provided", "refused", "provided", "provided"]
    assert desk.journal.standing(4).code == "SK-K01"


def test_a_link_that_is_lost_now_and_then_doubles_nothing(desk):
    desk.station.after = lost(1, 3, 4, 8)
    assert desk.run() == 0
    assert len(desk.station.taken) == 5


def test_a_station_that_stays_away_stops_it_and_it_goes_on_later(desk):
    desk.station.trouble = lost(*range(4, 60))
    with pytest.raises(NotReached):
        desk.run()
    desk.station.trouble = lambda *_: None
    assert desk.run() == 0
    assert len(desk.station.taken) == 5


def killed_at(place):
    count = [0]

    def step(*_):
        count[0] += 1
        if count[0] == place:
            raise Killed

    return count, step


def whole_life(folder, monkeypatch, place):
    folder.mkdir()
    desk = Desk(folder, count=4, people=2)
    count, step = killed_at(place)
    real = Journal._append

    def before(self, data):
        step()
        real(self, data)
        step()

    desk.station.trouble = desk.station.after = step
    with monkeypatch.context() as patch, suppress(Killed):
        patch.setattr(Journal, "_append", before)
        desk.run()
    desk.station.trouble = desk.station.after = lambda *_: None
    assert desk.run() == 0
    assert desk.asked == [one.addressee_number for one in desk.sheet.lines], place
    assert desk.ends() == ["provided"] * 4
    return count[0]


def test_killed_at_any_step_each_line_is_asked_once(tmp_path, monkeypatch):
    steps = whole_life(tmp_path / "0", monkeypatch, 0)
    assert steps > 30
    for place in range(1, steps + 1):
        whole_life(tmp_path / str(place), monkeypatch, place)


def test_after_six_days_nobody_claims_to_know(desk):
    def killed(*_):
        raise Killed

    desk.station.after = killed
    with suppress(Killed):
        desk.run()
    desk.station.after = lambda *_: None
    desk.clock.go(6 * 86400 + 1)
    assert desk.run() == 0
    assert desk.ends() == ["uncertain", *["provided"] * 4]


def test_what_the_station_forgot_ends_so(desk):
    desk.station.trouble = lambda method, target: (
        reply(404) if "inquiries" in target else None
    )
    assert desk.run() == 0
    assert desk.ends() == ["forgotten"] * 5


# -- the journal -----------------------------------------------------------------------


def test_a_last_line_that_was_cut_off_is_taken_away(desk):
    desk.run()
    whole = desk.path.read_bytes()
    for cut in range(len(whole)):
        desk.path.write_bytes(whole[:cut])
        head = Head(BATCH, "", "s", "op", "")
        journal = Journal.open(desk.path, lambda head=head: head)
        journal.close()
        assert desk.path.read_bytes().endswith(b"\n")


def test_a_journal_that_was_changed_is_refused(desk):
    desk.run()
    desk.path.write_bytes(desk.path.read_bytes().replace(b"provided", b'"', 1))
    with pytest.raises(BatchRefused, match="damaged"):
        desk.run()


def test_two_processes_do_not_work_on_one_batch(desk):
    head = Head(BATCH, "", "s", "op", "")
    journal = Journal.open(desk.path, lambda: head)
    with pytest.raises(BatchRefused, match="another process"):
        desk.run()
    journal.close()


def test_the_journal_is_its_owners_alone_and_holds_nobody(desk):
    desk.run()
    assert desk.path.stat().st_mode & 0o777 == 0o600
    text = desk.path.read_text()
    assert not [one for one in desk.sheet.lines if one.addressee_number in text]
    assert json.loads(text.splitlines()[0])["batch"] == BATCH


def test_a_journals_name_is_on_the_disk_before_a_line_is_asked(desk, monkeypatch):
    settled = []
    monkeypatch.setattr("client.batch_journal.settle", on_the_disk(settled))

    def asked(*_):
        assert settled == [[desk.path.name]]

    desk.station.trouble = asked
    assert desk.run() == 0


def on_the_disk(settled):
    """Names that were in a folder when it was settled."""
    return lambda folder, *, deep: settled.append(
        [one.name for one in folder.iterdir()]
    )


# -- the result ------------------------------------------------------------------------


def test_a_results_name_is_on_the_disk_before_its_journal_goes(tmp_path, monkeypatch):
    settled = []
    monkeypatch.setattr("client.batch_result.settle", on_the_disk(settled))
    write(tmp_path / "result.csv", b"all")
    assert settled == [["result.csv"]]


def test_the_result_has_a_row_for_each_line_and_a_column_for_each_field(desk):
    desk.sheet = sheet(file_of(3) + b"\nbad,line\n")
    last = desk.sheet.lines[2].payload
    desk.station.refuse = lambda body: "SK-K01" if body == last else ""
    desk.run()
    asked = [(one, desk.journal.standing(one.number)) for one in desk.sheet.lines]
    data = table(asked, desk.sheet.bad, desk.answers)
    assert data.startswith("\N{BOM}line,reference,outcome,".encode())
    rows = list(csv.DictReader(data.decode("utf-8-sig").splitlines()))
    assert [row["line"] for row in rows] == ["2", "3", "4", "5"]
    assert [row["outcome"] for row in rows] == [
        "provided",
        "provided",
        "refused",
        "not_asked",
    ]
    fields = fields_of(PROVISION)
    assert fields
    assert all(rows[0][name] == value for name, value in fields.items())
    assert rows[2]["code"] == "SK-K01"
    assert rows[2]["text_ja"]
    assert rows[3]["what_to_do_ja"]
    assert rows[0]["processing_number"] == bytes(16).hex()
