# SPDX-License-Identifier: Apache-2.0
"""`sekisho drop` and `sekisho batch` as their users run them, at real stations."""

import csv
import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from client.batch_lines import COLUMNS
from gateway.records.event import EventKind
from schemas.messages import read_payload
from simulators.network import parties as people
from simulators.network.stage import Stage, wait_for
from simulators.network.story_refusals import ASKER
from tests.client.real import (
    ASKERS,
    ITEM,
    KIND,
    TERMINAL,
    config,
    drop_folder,
    put,
    question,
    sekisho,
)
from tests.hostile.desk import Watch

FILES = 40


@pytest.fixture
def drop(network: Stage, tmp_path: Path):
    root = drop_folder(tmp_path)
    table = f"[drop]\nfolder = {str(root)!r}\npoll_seconds = 0.05\n"
    return root, config(network, tmp_path, people.SECOND_CS, TERMINAL, table)


@contextmanager
def running(file: Path):
    command = [sys.executable, "-m", "sekisho", "drop", "run", "--config", str(file)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "watching\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def results(root: Path) -> int:
    return len(list((root / "out").glob("*.result.json")))


def test_questions_in_a_folder_get_their_answers_though_the_drop_is_killed(
    network, drop
):
    root, file = drop
    watch = Watch(network, people.SECOND_CS)
    for number in range(FILES):
        put(root, f"q-{number:02}.xml", question(network, number))
    for kills in (3, 10, 20):
        with running(file) as process:
            wait_for(lambda n=kills: "x" * (len(os.listdir(root / "done")) >= n))
            process.send_signal(signal.SIGKILL)
            process.wait()
    with running(file) as process:
        assert wait_for(lambda: "x" * (results(root) == FILES))
        process.terminate()
        assert process.wait(10) == 0
    for number in range(FILES):
        name = f"q-{number:02}.xml"
        ack = json.loads((root / "out" / f"{name}.ack.json").read_text())
        assert ack["outcome"] == "accepted"
        answer = (root / "out" / f"{name}.answer.xml").read_bytes()
        value = read_payload("identity_confirmation_result", answer)
        code = network.city[number].resident_record_code
        assert value.key.resident_record_code == code
    received = [e for e in watch.new() if e.kind is EventKind.RECEIVED]
    asked = [e for e in received if e.message_type == "identity_confirmation_request"]
    assert len(asked) == FILES
    left = [name for part in ("in", "work", "wait") for name in os.listdir(root / part)]
    assert left == []


def test_told_to_stop_it_does_not_wait_for_a_station_that_is_away(network, tmp_path):
    root = drop_folder(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    away = {"port": port, "patience_seconds": 600.0}
    table = f"[drop]\nfolder = {str(root)!r}\npoll_seconds = 0.05\n"
    file = config(network, tmp_path, people.SECOND_CS, TERMINAL, table, **away)
    put(root, "q.xml", question(network))
    with running(file) as process:
        assert wait_for(lambda: "".join(os.listdir(root / "in")) == "" and "taken")
        process.terminate()
        assert process.wait(10) == 0
    assert len(os.listdir(root / "work")) == 1


def test_one_round_is_enough_for_a_timer(network, drop):
    root, file = drop
    put(root, "bad.xml", b"<oops/>")
    done = sekisho("drop", "run", "--once", "--config", file)
    assert done.returncode == 0
    ack = json.loads((root / "out" / "bad.xml.ack.json").read_text("utf-8"))
    assert (ack["outcome"], ack["code"]) == ("refused", "SK-X02")
    counts = json.loads(sekisho("drop", "status", "--config", file).stdout)
    assert (counts["in"], counts["refused"], counts["out"]) == (0, 1, 1)


def test_a_folder_that_cannot_be_used_is_told_and_ends_it(drop):
    root, file = drop
    os.chmod(root, 0o755)
    done = sekisho("drop", "run", "--once", "--config", file)
    assert done.returncode == 1
    assert "chmod 700" in done.stderr


# -- batch -----------------------------------------------------------------------------


class Desk:
    """A batch as an operator makes it."""

    def __init__(self, network, folder):
        self.network = network
        table = "[batch]\nper_second = 200\nlarge = 20\n"
        self.config = config(network, folder, ASKER, ASKERS, table)
        self.file = folder / "batch.csv"
        self.result = folder / "batch.csv.result.csv"

    def write(self, count, *more):
        rows = [",".join(COLUMNS)]
        for number in range(count):
            who = self.network.unflagged(self.network.city, number)
            rows.append(f"R{number},{ITEM},{KIND},{who.addressee_number},102024")
        self.file.write_text("\n".join([*rows, *more]), "utf-8")

    def words(self, *more):
        who = ("--operator", "staff-1", "--reason", "年次の確認")
        return (
            "batch",
            "inquire",
            str(self.file),
            "--config",
            self.config,
            *who,
            *more,
        )

    def run(self, *more):
        return sekisho(*self.words(*more))

    def rows(self):
        text = self.result.read_text("utf-8-sig")
        return list(csv.DictReader(text.splitlines()))


@pytest.fixture
def desk(network: Stage, tmp_path: Path):
    return Desk(network, tmp_path)


def test_a_batch_is_answered_line_by_line(network, desk):
    watch = Watch(network, ASKER)
    desk.write(10, "R0,1,x,1,1", f"N,{ITEM},{KIND},888888888888888,102024")
    done = desk.run()
    assert done.returncode == 0, done.stderr
    assert "line 12: reference" in done.stderr
    rows = desk.rows()
    outcomes = [row["outcome"] for row in rows]
    assert outcomes == ["provided"] * 10 + ["not_asked", "refused"]
    assert rows[11]["code"] == "SK-K01"
    name = "resident_record_information/head_name"
    assert all(row[name] for row in rows[:10])
    assert desk.result.stat().st_mode & 0o777 == 0o600
    assert not desk.file.with_name("batch.csv.journal").exists()
    mine = [event for event in watch.new() if event.operator == "staff-1"]
    assert "年次の確認" in mine[0].detail
    assert [event.kind for event in mine[1:]] == ["received"] * 10 + ["refused"]
    assert len({event.detail.split()[1].rstrip(";") for event in mine[1:]}) == 1


def test_a_batch_that_was_killed_goes_on_and_asks_nobody_twice(network, desk):
    watch = Watch(network, ASKER)
    desk.write(60)
    journal = desk.file.with_name("batch.csv.journal")
    words = [*map(str, desk.words("--approved-by", "staff-2"))]
    for least in (5, 40, 100):
        process = subprocess.Popen(
            [sys.executable, "-m", "sekisho", *words], stdout=subprocess.DEVNULL
        )

        def far(least=least):
            lines = journal.read_bytes().count(b"\n") if journal.exists() else 0
            return "x" * (lines > least)

        assert wait_for(far)
        process.kill()
        process.wait()
    done = desk.run("--approved-by", "staff-2")
    assert done.returncode == 0, done.stderr
    rows = desk.rows()
    assert [row["outcome"] for row in rows] == ["provided"] * 60
    assert all(row["resident_record_information/head_name"] for row in rows)
    received = [
        event
        for event in watch.new()
        if (event.kind, event.operator) == (EventKind.RECEIVED, "staff-1")
    ]
    assert len(received) == 60
    again = desk.run("--approved-by", "staff-2")
    assert again.returncode == 1
    assert "move it away" in again.stderr


REFUSED = [
    ((), "another person"),
    (("--approved-by", "STAFF-1"), "another person"),
]


@pytest.mark.parametrize(("more", "words"), REFUSED)
def test_a_large_batch_needs_another_person(network, desk, more, words):
    watch = Watch(network, ASKER)
    desk.write(21)
    done = desk.run(*more)
    assert done.returncode == 1
    assert words in done.stderr
    assert not [event for event in watch.new() if event.operator == "staff-1"]


def test_a_dry_run_asks_nobody_and_shows_no_number(network, desk):
    watch = Watch(network, ASKER)
    desk.write(21, "R,0,x,123456789012345,1")
    done = desk.run("--dry-run")
    assert done.returncode == 0
    assert "21 lines about 21 people, 1 bad" in done.stdout
    assert "approval needed" in done.stdout
    assert "123456789012345" not in done.stdout + done.stderr
    assert not [event for event in watch.new() if event.operator == "staff-1"]


def test_a_reason_with_a_number_of_a_person_is_not_taken(desk):
    desk.write(1)
    done = desk.run("--reason", "about 123456789012")
    assert done.returncode == 2


def test_a_file_that_was_changed_meanwhile_is_refused(network, desk):
    desk.write(3)
    assert desk.run("--wait", "0").returncode == 3
    desk.write(4)
    done = desk.run()
    assert done.returncode == 1
    assert "was changed" in done.stderr
    desk.write(3)
    assert desk.run().returncode == 0


def test_a_person_who_must_be_reviewed_first_leaves_the_batch_open(network, desk):
    who = network.flagged(network.city, 3).addressee_number
    desk.write(1, f"H,{ITEM},{KIND},{who},102024")
    done = desk.run("--wait", "2")
    assert done.returncode == 3
    assert not desk.result.exists()
    done = desk.run("--wait", "0", "--give-up")
    assert done.returncode == 0
    assert [row["outcome"] for row in desk.rows()] == ["provided", "in_progress"]
