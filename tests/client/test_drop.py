# SPDX-License-Identifier: Apache-2.0
"""The drop folder against a made-up station: each file once, whatever happens."""

import json
import logging
import os
import random
import subprocess
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

import pytest

from client.drop_rounds import DropSettings, DropTable, Rounds
from client.errors import NotReached
from client.folder import Folder, FolderRefused
from protocols.header import new_id
from schemas.xml import MAX_PAYLOAD
from tests.client.fake import (
    ANSWER,
    INQUIRY,
    NOTICE,
    PROVISION,
    QUESTION,
    UPDATE,
    Clock,
    FakeStation,
    Killed,
    inside,
    reply,
    settings,
)
from tests.tools import lacking, mount

ARRIVED = bytes(15) + b"\x07"


class Desk:
    """A drop, the system that uses it, and the station behind it."""

    def __init__(self, root, **table):
        root.mkdir(mode=0o700, exist_ok=True)
        self.root = root
        self.clock = Clock(datetime.now(UTC))  # files get their times from it
        self.station = FakeStation()
        self.settings = DropSettings(settings(), DropTable(root, **table))
        self.rounds = self.start()

    def start(self):
        """A new process on the same folder."""
        hands = inside(self.station, self.clock)
        monotonic = self.clock.monotonic
        token_bytes = random.Random(self.clock.passed).randbytes
        return Rounds(self.settings, hands, self.clock, monotonic, token_bytes)

    def round(self, count=1):
        for _ in range(count):
            good = self.rounds.round()
            self.clock.go(61)
        return good

    def put(self, name, body=UPDATE):
        self.rounds.folder.check()
        beside = self.root / "in" / f"{name}.part"
        beside.write_bytes(body)
        beside.rename(self.root / "in" / name)

    def part(self, name):
        return sorted(os.listdir(self.root / name))

    def told(self, name):
        return json.loads((self.root / "out" / name).read_text("utf-8"))


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path / "drop")


# -- what is handed in -----------------------------------------------------------------


def test_a_file_is_handed_in_and_acknowledged_and_its_answer_laid_out(desk):
    desk.put("ask-1.xml", QUESTION)
    assert desk.round(2)
    ack, result = desk.told("ask-1.xml.ack.json"), desk.told("ask-1.xml.result.json")
    assert (ack["outcome"], ack["message_id"]) == ("accepted", bytes(16).hex())
    assert (result["outcome"], result["answer"]) == ("delivered", True)
    assert (desk.root / "out" / "ask-1.xml.answer.xml").read_bytes() == ANSWER
    assert [name.partition("~")[2] for name in desk.part("done")] == ["ask-1.xml"]
    assert not desk.part("in") + desk.part("work") + desk.part("wait")


def test_an_inquiry_waits_for_its_transaction(desk):
    desk.station.inquiry = "in_progress"
    desk.put("ask-1.xml", INQUIRY)
    desk.round(3)
    assert desk.part("out") == ["ask-1.xml.ack.json"]
    desk.station.inquiry = "provided"
    desk.round()
    assert (desk.root / "out" / "ask-1.xml.answer.xml").read_bytes() == PROVISION


def test_what_is_refused_is_told_in_two_languages_with_what_to_do(desk):
    desk.station.refuse = lambda _: "SK-J03"
    desk.put("update.xml")
    desk.round()
    ack = desk.told("update.xml.ack.json")
    assert (ack["outcome"], ack["code"]) == ("refused", "SK-J03")
    assert ack["rules"]
    words = ("text_ja", "text_en", "what_to_do_ja", "what_to_do_en")
    assert all(ack[word] for word in words)
    assert not ack["text_ja"].isascii()
    assert len(desk.part("refused")) == 1


def test_a_name_says_for_which_municipality_it_is(desk):
    desk.put("move.to-102016.xml", NOTICE)
    desk.round()
    assert "?to=102016&" in desk.station.taken[0][0]


def test_files_are_handed_in_in_the_order_of_their_names(desk):
    names = [f"n-{number:03}.xml" for number in range(120)]
    bodies = {name: UPDATE + b" " * place for place, name in enumerate(names)}
    for name in random.Random(1).sample(names, 120):
        desk.put(name, bodies[name])
    desk.round()
    assert [body for _, body in desk.station.taken] == list(bodies.values())


def test_a_file_that_gets_its_name_in_the_end_is_never_taken_half(desk):
    desk.rounds.folder.check()
    (desk.root / "in" / "update.xml.part").write_bytes(UPDATE[:50])
    (desk.root / "in" / ".update.xml").write_bytes(UPDATE[:50])
    desk.round()
    assert desk.part("in") == [".update.xml", "update.xml.part"]
    assert not desk.station.taken


def test_a_file_that_somebody_still_writes_is_left_alone(desk):
    desk.rounds.folder.check()
    with open(desk.root / "in" / "update.xml", "wb", buffering=0) as writer:
        writer.write(UPDATE[:50])
        desk.round()
        assert desk.part("in") == ["update.xml"]
        writer.write(UPDATE[50:])
    desk.round()
    assert [body for _, body in desk.station.taken] == [UPDATE]


def test_a_file_that_is_written_to_after_it_was_taken_waits(desk):
    desk.put("update.xml", UPDATE[:50])
    with open(desk.root / "in" / "update.xml", "ab", buffering=0) as writer:
        desk.rounds._drop._take("update.xml")
        desk.round()
        assert not desk.station.taken
        writer.write(UPDATE[50:])
    desk.round()
    assert [body for _, body in desk.station.taken] == [UPDATE]


def test_with_the_other_convention_a_file_counts_once_its_mark_is_there(tmp_path):
    desk = Desk(tmp_path / "drop", convention="ready")
    desk.put("update.xml")
    desk.round()
    assert not desk.station.taken
    (desk.root / "in" / "update.xml.ready").touch()
    desk.round()
    assert len(desk.station.taken) == 1
    assert not desk.part("in")


def test_a_mark_that_was_left_behind_makes_no_later_file_count(tmp_path):
    desk = Desk(tmp_path / "drop", convention="ready")
    desk.put("update.xml")
    (desk.root / "in" / "update.xml.ready").touch()
    item = f"{new_id(desk.clock.now).hex()}~update.xml"
    (desk.root / "in" / "update.xml").rename(desk.root / "work" / item)
    desk.put("update.xml", UPDATE[:50])  # killed here, and the next is being written
    desk.rounds = desk.start()
    desk.round(2)
    assert [body for _, body in desk.station.taken] == [UPDATE]
    assert desk.part("in") == ["update.xml"]


def test_a_name_is_free_again_once_its_acknowledgement_was_taken_away(desk):
    desk.station.answers = False
    desk.put("update.xml")
    desk.round(2)
    desk.put("update.xml", UPDATE + b"\n")
    desk.round(2)
    assert len(desk.station.taken) == 1
    for name in desk.part("out"):
        (desk.root / "out" / name).unlink()
    desk.round(2)
    assert len(desk.station.taken) == 2


# -- what is not handed in -------------------------------------------------------------

NAMES = [
    "佐藤太郎.xml",
    "update 1.xml",
    "update.XML",
    "123456789012.xml",
    "x-20300101120000.xml",
    "move.to-10201.xml",
    "move.to-102016.to-102024.xml",
    "a" * 97 + ".xml",
    "-rf.xml",
    "a\nb.xml",
    "ask-1.xml.answer.xml",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_may_be_a_persons_is_not_kept(desk, caplog, name):
    caplog.set_level(logging.INFO)
    desk.put(name)
    desk.round()
    (ack,) = desk.part("out")
    assert desk.told(ack)["code"] == "drop_name"
    assert not desk.station.taken
    everywhere = desk.part("refused") + desk.part("out") + [caplog.text]
    assert not [one for one in everywhere if name.removesuffix(".xml") in one]


def test_a_name_that_is_not_kept_is_not_handed_in_after_a_kill_either(desk):
    desk.put(NAMES[0])
    desk.rounds._drop._take(NAMES[0])
    desk.rounds = desk.start()
    desk.round()
    assert not desk.station.taken
    assert len(desk.part("refused")) == 1


def link_out(path):
    path.symlink_to("/etc/hostname")


def second_name(path):
    path.write_bytes(UPDATE)
    os.link(path, path.with_suffix(".other"))


@pytest.mark.parametrize("make", [link_out, second_name, os.mkfifo, os.mkdir])
def test_what_is_no_plain_file_is_not_read(desk, make):
    desk.rounds.folder.check()
    make(desk.root / "in" / "update.xml")
    desk.put("z.xml")
    desk.round()
    assert desk.told("update.xml.ack.json")["code"] == "drop_not_a_file"
    assert len(desk.station.taken) == 1, "the next one goes on"


def test_a_file_of_another_user_is_not_read(desk):
    if os.geteuid() != 0:
        lacking("only root can give a file away")
    desk.put("update.xml")
    os.chown(desk.root / "in" / "update.xml", 65534, 65534)
    desk.round()
    assert desk.told("update.xml.ack.json")["code"] == "drop_not_a_file"


def test_a_huge_file_is_refused_and_not_read_whole(desk):
    desk.rounds.folder.check()
    with open(desk.root / "in" / "huge.xml", "wb") as file:
        file.truncate(50 * 1024**3)
    desk.round()
    assert desk.told("huge.xml.ack.json")["code"] == "drop_too_large"


def test_the_largest_payload_is_handed_in(desk):
    desk.put("large.xml", UPDATE + b" " * (MAX_PAYLOAD - len(UPDATE)))
    desk.round()
    assert len(desk.station.taken) == 1


# -- folders and modes -----------------------------------------------------------------


def test_everything_in_the_folder_is_for_its_owner_alone(desk):
    desk.put("ask-1.xml", QUESTION)
    os.chmod(desk.root / "in" / "ask-1.xml", 0o644)
    desk.station.waiting[ARRIVED.hex()] = ("move_in_notice", NOTICE)
    desk.round(2)
    files = [path for path in desk.root.rglob("*") if path.is_file()]
    assert len(files) == 5
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    folders = [path for path in desk.root.rglob("*") if path.is_dir()]
    assert {path.stat().st_mode & 0o777 for path in folders} == {0o700}


@pytest.mark.parametrize("part", ["", "in", "out"])
def test_a_folder_that_others_may_enter_is_not_used(desk, part):
    desk.put("update.xml")
    os.chmod(desk.root / part, 0o750)
    assert not desk.round()
    assert not desk.station.taken
    os.chmod(desk.root / part, 0o700)
    assert desk.round()


def test_a_link_to_a_folder_is_no_folder(tmp_path, desk):
    (tmp_path / "link").symlink_to(desk.root)
    with pytest.raises(FolderRefused):
        Folder(tmp_path / "link").check()


def test_two_drops_do_not_work_in_one_folder(desk):
    desk.rounds.folder.check()
    first, second = desk.rounds.folder, Folder(desk.root)
    with first.alone(), pytest.raises(FolderRefused), second.alone():
        pass
    with Folder(desk.root).alone():
        pass


def test_a_full_disk_stops_it_before_anything_is_handed_in(desk, monkeypatch):
    desk.put("update.xml")
    monkeypatch.setattr("client.folder.SPARE", 2**62)
    assert not desk.round(2)
    assert not desk.station.taken
    monkeypatch.setattr("client.folder.SPARE", 1)
    assert desk.round()
    assert len(desk.station.taken) == 1


def test_a_disk_that_is_full_in_the_middle_loses_and_doubles_nothing(
    tmp_path, monkeypatch
):
    root = tmp_path / "small"
    root.mkdir()
    mount("-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs", str(root))
    try:
        monkeypatch.setattr("client.folder.SPARE", 0)
        desk = Desk(root)
        for number in range(30):
            desk.put(f"{number}.xml", UPDATE + b" " * number)
        filler = root / "filler"
        disk = os.statvfs(root)
        filler.write_bytes(bytes((disk.f_bavail - 10) * disk.f_frsize))
        assert not desk.round()
        assert 0 < len(desk.station.taken) < 30
        filler.unlink()
        assert desk.round(2)
        bodies = [body for _, body in desk.station.taken]
        assert len(bodies) == len(set(bodies)) == 30
        assert len(desk.part("out")) == 90
    finally:
        subprocess.run(["umount", str(root)], check=True)


# -- what arrives ----------------------------------------------------------------------


def test_what_arrives_is_laid_out_once_and_acknowledged(desk):
    for number in range(150):
        one = number.to_bytes(16).hex()
        desk.station.waiting[one] = ("move_in_notice", NOTICE)
    desk.round()
    assert len(desk.part("out")) == 150
    assert desk.part("out")[0] == (
        f"arrival-{bytes(16).hex()}.move_in_notice.from-102016.xml"
    )
    assert not desk.station.waiting


def test_an_answer_is_no_arrival(desk):
    desk.station.waiting[ARRIVED.hex()] = ("identity_confirmation_result", ANSWER)
    desk.round()
    assert not desk.part("out")
    assert ARRIVED.hex() in desk.station.waiting


# -- a station that is away ------------------------------------------------------------


def test_what_cannot_be_handed_in_waits_and_nothing_overtakes_it(desk, caplog):
    def away(*_):
        raise NotReached("made up")

    desk.station.trouble = away
    desk.put("a.xml", UPDATE + b" ")
    assert not desk.round(3)
    assert caplog.text.count("NotReached") == 1, "told once"
    desk.put("0.xml", UPDATE + b"\n")
    desk.station.trouble = lambda *_: None
    desk.round()
    assert [body[-1:] for _, body in desk.station.taken] == [b" ", b"\n"]


def test_told_to_stop_it_ends_between_two_bunches(desk):
    for number in range(250):
        desk.put(f"{number}.xml", UPDATE)
    assert desk.rounds.round(lambda: True)
    assert len(desk.station.taken) == 100


def test_what_lay_for_its_time_is_erased_though_the_station_is_away(desk):
    def away(*_):
        raise NotReached("made up")

    desk.put("ask-1.xml", QUESTION)
    desk.round(2)
    desk.station.trouble = away
    desk.put("a.xml")
    desk.clock.go(73 * 3600)
    assert not desk.round()
    assert desk.part("done") == []


def test_after_six_days_nobody_claims_to_know(desk):
    desk.put("update.xml")
    desk.rounds._drop.take()
    desk.clock.now += timedelta(days=6, seconds=1)
    desk.round()
    assert desk.told("update.xml.ack.json")["outcome"] == "uncertain"
    assert not desk.station.taken


def test_a_file_that_the_station_never_answers_properly_is_laid_aside(desk):
    def odd(method, target):
        return reply(500) if method == "POST" else None

    desk.station.trouble = odd
    desk.put("update.xml")
    desk.put("z.xml")
    desk.round(6)
    assert desk.told("update.xml.ack.json")["outcome"] == "uncertain"


def test_what_the_station_forgot_ends_so(desk):
    desk.station.state = "waiting"
    desk.put("ask-1.xml", QUESTION)
    desk.round()
    desk.station.trouble = lambda _, target: (
        reply(404) if "messages/" in target else None
    )
    desk.round()
    assert desk.told("ask-1.xml.result.json")["outcome"] == "forgotten"
    assert not desk.part("wait")


# -- erasing ---------------------------------------------------------------------------


def test_what_was_kept_for_its_time_is_erased(desk):
    desk.station.waiting[ARRIVED.hex()] = ("move_in_notice", NOTICE)
    desk.put("ask-1.xml", QUESTION)
    desk.round(2)
    kept = desk.part("out")
    for name in kept:
        os.utime(desk.root / "out" / name, (desk.clock.now.timestamp(),) * 2)
    desk.clock.go(72 * 3600)
    desk.round()
    assert (desk.part("done"), desk.part("out")) == ([], kept)
    desk.clock.go(96 * 3600)
    desk.round()
    assert desk.part("out") == []


def test_a_clock_that_jumps_erases_nothing(desk, caplog):
    desk.put("ask-1.xml", QUESTION)
    desk.round(2)
    desk.clock.now += timedelta(days=3650)
    desk.round(3)
    assert desk.part("done")
    assert desk.part("out")
    assert caplog.text.count("clock") == 1, "told once"


def test_a_refused_folder_is_erased_and_what_a_link_names_is_not(desk, tmp_path):
    outside = tmp_path / "outside"
    outside.write_text("stays")
    desk.rounds.folder.check()
    (desk.root / "in" / "link.xml").symlink_to(outside)
    (desk.root / "in" / "folder.xml").mkdir()
    (desk.root / "in" / "folder.xml" / "inner").write_bytes(UPDATE)
    desk.round()
    desk.clock.go(73 * 3600)
    desk.round()
    assert desk.part("refused") == []
    assert outside.read_text() == "stays"


# -- the power goes --------------------------------------------------------------------


def test_the_station_is_told_of_nothing_whose_name_is_not_on_the_disk(
    desk, monkeypatch
):
    loose, told = set(), []
    write, move, settle = Folder.write, Folder.move, Folder.settle

    def written(self, part, name, data):
        loose.add((part, name))
        write(self, part, name, data)

    def moved(self, part, name, to, other=""):
        loose.discard((part, name))
        loose.update({(to, other or name)} if part == "in" else ())
        move(self, part, name, to, other)

    def settled(self, *parts):
        loose.difference_update([one for one in loose if one[0] in parts])
        settle(self, *parts)

    def asked(method, target):
        told.append(target)
        kept = target.endswith("/taken")
        assert not [
            name
            for part, name in loose
            if part == "work" and (kept or not name.endswith(".json"))
        ]

    monkeypatch.setattr(Folder, "write", written)
    monkeypatch.setattr(Folder, "move", moved)
    monkeypatch.setattr(Folder, "settle", settled)
    desk.station.trouble = lambda method, target: (
        asked(method, target) if method == "POST" else None
    )
    desk.station.waiting[ARRIVED.hex()] = ("move_in_notice", NOTICE)
    for number in range(120):
        desk.put(f"{number}.xml", QUESTION)
    assert desk.round(2)
    assert sum(one.endswith("/taken") for one in told) == 121
    assert len(told) == 241


# -- killed at every step --------------------------------------------------------------

STEPS = ("write", "move", "remove", "touch", "settle")


@contextmanager
def killed_at(monkeypatch, desk, place):
    """The process ends before its step number ``place``; how many there were."""
    count = [0]

    def step(*_):
        count[0] += 1
        if count[0] == place:
            raise Killed

    with monkeypatch.context() as patch:
        for name in STEPS:
            real = getattr(Folder, name)

            def before(self, *args, _real=real, **more):
                step()
                return _real(self, *args, **more)

            patch.setattr(Folder, name, before)
        desk.station.trouble = desk.station.after = step
        yield count
    desk.station.trouble = desk.station.after = lambda *_: None


def lay_in(desk):
    desk.station.waiting[ARRIVED.hex()] = ("move_in_notice", NOTICE)
    desk.put("a.xml", QUESTION)
    desk.put("b.xml", INQUIRY)
    desk.put("c.xml", b"<refused/>")
    desk.put("佐.xml")
    desk.station.refuse = lambda body: "SK-X01" if body == b"<refused/>" else ""


def collect(desk):
    """The system takes away what it was told, as it may at any time."""
    names = desk.part("out")
    for name in names:
        (desk.root / "out" / name).unlink()
    return names


EXPECTED = [
    "a.xml.ack.json",
    "a.xml.answer.xml",
    "a.xml.result.json",
    f"arrival-{ARRIVED.hex()}.move_in_notice.from-102016.xml",
    "b.xml.ack.json",
    "b.xml.answer.xml",
    "b.xml.result.json",
    "c.xml.ack.json",
]


def whole_life(monkeypatch, root, place):
    """A drop that is killed at one step and started again; how many steps it had."""
    desk = Desk(root)
    lay_in(desk)
    with killed_at(monkeypatch, desk, place) as count, suppress(Killed):
        desk.round(2)
    told = collect(desk)
    desk.rounds = desk.start()
    desk.round(3)
    told = sorted(told + collect(desk))
    assert [name for name in told if name in EXPECTED] == EXPECTED, place
    (nameless,) = [name for name in told if name not in EXPECTED]
    assert nameless.endswith(".xml.ack.json")
    assert len(desk.station.taken) == 2, place
    left = [name for part in ("in", "work", "wait") for name in desk.part(part)]
    assert left == [], place
    assert (len(desk.part("done")), len(desk.part("refused"))) == (2, 2), place
    return count[0]


def test_killed_at_any_step_it_loses_nothing_and_doubles_nothing(tmp_path, monkeypatch):
    steps = whole_life(monkeypatch, tmp_path / "drop-0", place=0)
    assert steps > 60
    for place in range(1, steps + 1):
        whole_life(monkeypatch, tmp_path / f"drop-{place}", place)
