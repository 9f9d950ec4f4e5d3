# SPDX-License-Identifier: Apache-2.0
"""A medium is taken in whole, once, by the one it is for, and that is on record."""

import os
import shutil
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from gateway.records.errors import Reason, StoreUnavailable
from gateway.records.event import EventKind
from gateway.rules.media import CONTENTS, Act, MediaRefused
from gateway.services import media_content, media_folder
from gateway.services.media_arrived import ARRIVED, NotTakenIn
from gateway.services.media_desk import Desk, Done
from gateway.services.media_intake import take_in
from protocols import media
from schemas.messages import read_payload, write_payload
from schemas.stream_messages import digest_of
from tests.gateway.media import desk_of, events, person, take_in_people, written
from tests.gateway.world import CARDS, CS, NATIONAL, NEIGHBOUR, NOON, PREFECTURE
from tests.schemas.samples import sample

CLERK = "受入 係"
DISC = "optical_disc"


@pytest.fixture(scope="module")
def disc(world, tmp_path_factory):
    """A medium of five persons in three batches, as it lies there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(media_content, "BATCH", 2)
        folder = tmp_path_factory.mktemp("city")
        city = desk_of(world, CS, folder / "city")
        take_in_people(city, 3)
        return written(city, folder / "disc")[1]


@pytest.fixture(scope="module")
def letters(world, tmp_path_factory):
    """A medium of sending destinations."""
    folder = tmp_path_factory.mktemp("letters")
    city = desk_of(world, CS, folder / "city")
    extract = folder / "extract.xml"
    extract.write_bytes(sample("sending_destination_extract"))
    what = {"content": "sending_destination", "to": str(CARDS), "file": extract}
    return written(city, folder / "disc", **what)[1]


@pytest.fixture
def medium(disc, tmp_path):
    """A copy of it that a test may spoil."""
    return shutil.copytree(disc, tmp_path / "medium")


@pytest.fixture
def server(world, tmp_path):
    """The prefecture's desk."""
    return desk_of(world, PREFECTURE, tmp_path / "server")


def not_taken_in(desk, medium, to):
    """Why; nothing appeared, the ledger is as before, and it is on record."""
    with desk.reader() as store:
        before = store.media()
    with pytest.raises(NotTakenIn) as no:
        take_in(desk, medium, to, CLERK, DISC)
    assert not to.exists()
    assert list(media_folder.remains(to)) == []
    with desk.reader() as store:
        assert store.media() == before
    noted = events(desk)[-1]
    assert (noted.kind, noted.code) == (EventKind.REFUSED, no.value.code)
    assert noted.operator == CLERK
    return no.value.code


# -- good ------------------------------------------------------------------------------


def test_what_was_written_is_taken_in_and_on_record(server, disc, medium, tmp_path):
    taken = take_in(server, medium, tmp_path / "in", CLERK, DISC)
    assert (taken.peer, taken.persons, taken.state) == (str(CS), 3, "taken_in")
    (came,) = events(server, EventKind.RECEIVED)
    assert came.peer == str(CS)
    assert came.message_id == disc.name
    with server.reader() as store:
        (stored,) = store.events(kind=EventKind.RECEIVED)
        assert set(store.event_evidence(stored.record_id)) == {"media_manifest"}
        assert store.verify_events() == []


def test_its_payloads_are_those_of_the_line_and_their_owners_alone(
    server, medium, tmp_path
):
    to = tmp_path / "in"
    take_in(server, medium, to, CLERK, DISC)
    files = sorted(to.iterdir())
    assert [one.name for one in files] == ["0001.xml", "0002.xml", "0003.xml"]
    assert {one.stat().st_mode & 0o777 for one in files} == {0o600}
    batches = [
        read_payload("consistency_check_information", one.read_bytes())
        for one in files[:2]
    ]
    people = {one.resident_record_code for batch in batches for one in batch.persons}
    assert people == {person(place).resident_record_code for place in range(3)}


def test_sending_destinations_come_out_as_the_register_wrote_them(
    world, letters, tmp_path
):
    cards = desk_of(world, CARDS, tmp_path / "cards")
    taken = take_in(cards, letters, tmp_path / "in", CLERK, DISC)
    assert taken.persons == 2
    payload = (tmp_path / "in" / "0001.xml").read_bytes()
    notice = read_payload("sending_destination_notice", payload)
    assert notice.extract == sample("sending_destination_extract")


def test_what_else_lies_on_the_disc_is_left_alone(server, medium, tmp_path):
    (medium / "Thumbs.db").write_bytes(b"x")
    (medium / "0004.cms").write_bytes(b"x")
    take_in(server, medium, tmp_path / "in", CLERK, DISC)
    assert len(list((tmp_path / "in").iterdir())) == 3


# -- for whom, when, how often ---------------------------------------------------------


def test_a_medium_is_taken_in_once(server, medium, tmp_path):
    take_in(server, medium, tmp_path / "in", CLERK, DISC)
    with pytest.raises(NotTakenIn, match="taken in before, as medium 1"):
        take_in(server, medium, tmp_path / "again", CLERK, DISC)
    assert not (tmp_path / "again").exists()
    noted = events(server)[-1]
    assert (noted.kind, noted.code) == (EventKind.REPEATED, "SK-M09")
    with server.reader() as store:
        assert len(store.media()) == 1


def test_of_two_that_take_it_in_at_once_one_does(server, medium, tmp_path, monkeypatch):
    real = Desk.commit

    def another_was_faster(self, work):
        monkeypatch.setattr(Desk, "commit", real)
        take_in(self, medium, tmp_path / "other", CLERK, DISC)
        return real(self, work)

    monkeypatch.setattr(Desk, "commit", another_was_faster)
    with pytest.raises(NotTakenIn, match="SK-M09"):
        take_in(server, medium, tmp_path / "in", CLERK, DISC)
    assert not (tmp_path / "in").exists()
    assert (tmp_path / "other").exists()


@pytest.mark.parametrize("name", [NATIONAL, CARDS, NEIGHBOUR, CS])
def test_nobody_else_takes_it_in(world, medium, tmp_path, name):
    desk = desk_of(world, name, tmp_path / "other")
    assert not_taken_in(desk, medium, tmp_path / "in") == "SK-U02"


def told_in(world, medium):
    """Its manifest, by the receiver's key."""
    opener = world.keys(PREFECTURE).opener
    data = (medium / media.MANIFEST).read_bytes()
    return media.open_manifest(data, opener, world.directory, NOON).manifest


def rewritten(world, medium, sender=CS, **changes):
    """The same parts under another manifest, well signed and sealed."""
    manifest = replace(told_in(world, medium), **changes)
    receiver = world.directory.peer(PREFECTURE).recipient
    file, _ = media.sealed_manifest(manifest, world.signer(sender), receiver, NOON)
    (medium / media.MANIFEST).write_bytes(file)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"content": "sending_destination"}, "SK-M05"),
        ({"content": "something"}, "SK-M05"),
        ({"legal_basis": "住基法第30条の6"}, "SK-M05"),
        ({"sealing_certificate": bytes(32)}, "SK-M10"),
        ({"persons": 4}, "SK-X02"),
        ({"output_id": bytes(16)}, "SK-X02"),
        ({"created": NOON - 90 * timedelta(days=1)}, "SK-M06"),
        ({"created": NOON + timedelta(days=1)}, "SK-M07"),
        ({"sender": NEIGHBOUR}, "SK-U06"),
        ({"receiver": NATIONAL}, "SK-M03"),
    ],
    ids=str,
)
def test_a_manifest_that_says_something_else_is_refused(
    world, server, medium, tmp_path, changes, code
):
    if "created" in changes:
        ends = changes["created"] + timedelta(days=31)
        changes = {**changes, "take_in_by": ends}
    rewritten(world, medium, **changes)
    assert not_taken_in(server, medium, tmp_path / "in") == code


def test_another_citys_manifest_over_these_parts_is_refused(
    world, server, medium, tmp_path
):
    """Whoever signs it as its own has signed none of the parts."""
    rewritten(world, medium, sender=NEIGHBOUR)
    assert not_taken_in(server, medium, tmp_path / "in") == "SK-U06"


@pytest.mark.parametrize(("days", "code"), [(-1, "SK-M07"), (11, "SK-M06")])
def test_out_of_its_time_it_is_refused(world, server, medium, tmp_path, days, code):
    made = NOON + timedelta(days=2)
    rewritten(world, medium, created=made, take_in_by=made + timedelta(days=10))
    server.clock.now = made + timedelta(days=days)
    assert not_taken_in(server, medium, tmp_path / "in") == code


def test_within_its_time_it_is_taken_in_weeks_later(server, medium, tmp_path):
    server.clock.now += timedelta(days=30)
    taken = take_in(server, medium, tmp_path / "in", CLERK, DISC)
    assert taken.persons == 3


# -- whole -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["0001.cms", "0003.cms", "manifest.cms"])
@pytest.mark.parametrize("place", [0, 40, -1, -200])
def test_a_turned_bit_is_refused(server, medium, tmp_path, name, place):
    file = medium / name
    data = bytearray(file.read_bytes())
    data[place] ^= 1
    file.write_bytes(data)
    code = not_taken_in(server, medium, tmp_path / "in")
    assert code in ("SK-U02", "SK-U07")


@pytest.mark.parametrize("name", ["0002.cms", "manifest.cms"])
@pytest.mark.parametrize("size", [0, 1, 300])
def test_a_file_that_was_cut_is_refused(server, medium, tmp_path, name, size):
    (medium / name).write_bytes((medium / name).read_bytes()[:size])
    not_taken_in(server, medium, tmp_path / "in")


def test_parts_that_changed_places_are_refused(server, medium, tmp_path):
    (medium / "0001.cms").rename(medium / "x")
    (medium / "0002.cms").rename(medium / "0001.cms")
    (medium / "x").rename(medium / "0002.cms")
    assert not_taken_in(server, medium, tmp_path / "in") == "SK-U07"


@pytest.mark.parametrize("name", ["0001.cms", "0003.cms", "manifest.cms"])
def test_a_part_that_is_gone_is_told(server, medium, tmp_path, name):
    (medium / name).unlink()
    with pytest.raises(MediaRefused, match=name):
        take_in(server, medium, tmp_path / "in", CLERK, DISC)
    assert not (tmp_path / "in").exists()
    assert events(server)[-1].kind is EventKind.REFUSED


def test_a_part_that_the_manifest_leaves_out_is_missed(world, server, medium, tmp_path):
    parts = told_in(world, medium).parts
    rewritten(world, medium, parts=parts[:2])
    assert not_taken_in(server, medium, tmp_path / "in") == "SK-X02"


def replaced_part(world, medium, number, payload, kind):
    """Another payload in a part, well signed, and a manifest that says so."""
    parts = told_in(world, medium).parts
    peer = world.directory.peer(PREFECTURE).recipient
    file = media.sealed_part(payload, world.signer(CS), peer, NOON)
    (medium / media.part_name(number)).write_bytes(file)
    changed = [*parts[: number - 1], media.part_of(kind, file), *parts[number:]]
    rewritten(world, medium, parts=tuple(changed))


@pytest.mark.parametrize(
    ("kind", "payload", "code"),
    [
        ("consistency_check_information", b"<x/>", "SK-X02"),
        ("consistency_check_information", b"", "SK-X02"),
        ("identity_information_update_notice", b"<x/>", "SK-M04"),
        ("sending_destination_notice", b"<x/>", "SK-M04"),
    ],
)
def test_a_payload_that_does_not_belong_there_is_refused(
    world, server, medium, tmp_path, kind, payload, code
):
    replaced_part(world, medium, 1, payload, kind)
    assert not_taken_in(server, medium, tmp_path / "in") == code


def batch_of(world, medium):
    opener = world.keys(PREFECTURE).opener
    told = told_in(world, medium).parts[0]
    part = (medium / "0001.cms").read_bytes()
    payload = media.open_part(part, told, CS, opener, world.directory, NOON)
    return read_payload("consistency_check_information", payload)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda one: replace(one, batch=2), "SK-X02"),
        (lambda one: replace(one, check_id=bytes(16)), "SK-X02"),
        (lambda one: replace(one, persons=one.persons[:1]), "SK-X02"),
        (
            lambda one: replace(
                one,
                persons=(
                    replace(one.persons[0], resident_record_code="10293847569"),
                    one.persons[1],
                ),
            ),
            "SK-X03",
        ),
    ],
    ids=["out of order", "of another check", "short", "no number of ours"],
)
def test_a_batch_that_is_not_the_next_one_is_refused(
    world, server, medium, tmp_path, change, code
):
    batch = change(batch_of(world, medium))
    kind = "consistency_check_information"
    replaced_part(world, medium, 1, write_payload(batch), kind)
    assert not_taken_in(server, medium, tmp_path / "in") == code


def last_of(world, medium):
    opener, told = world.keys(PREFECTURE).opener, told_in(world, medium).parts[2]
    part = (medium / "0003.cms").read_bytes()
    payload = media.open_part(part, told, CS, opener, world.directory, NOON)
    return read_payload("consistency_check_manifest", payload)


@pytest.mark.parametrize(
    "changes",
    [
        {"municipality_code": "112020"},
        {"batches": 3},
        {"records": 4},
        {"digest": bytes(32)},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_check_whose_own_manifest_tells_of_another_is_refused(
    world, server, medium, tmp_path, changes
):
    last = replace(last_of(world, medium), **changes)
    kind = "consistency_check_manifest"
    replaced_part(world, medium, 3, write_payload(last), kind)
    assert not_taken_in(server, medium, tmp_path / "in") == "SK-X02"


def test_batches_under_other_numbers_are_refused_though_all_else_fits(
    world, server, medium, tmp_path
):
    second = told_in(world, medium).parts[1]
    opener = world.keys(PREFECTURE).opener
    part = (medium / "0002.cms").read_bytes()
    kept = media.open_part(part, second, CS, opener, world.directory, NOON)
    first = write_payload(replace(batch_of(world, medium), batch=7))
    replaced_part(world, medium, 1, first, "consistency_check_information")
    last = replace(last_of(world, medium), digest=digest_of([first, kept]))
    kind = "consistency_check_manifest"
    replaced_part(world, medium, 3, write_payload(last), kind)
    assert not_taken_in(server, medium, tmp_path / "in") == "SK-X02"


def test_a_part_of_another_signer_is_refused(world, server, medium, tmp_path):
    parts = told_in(world, medium).parts
    payload = write_payload(batch_of(world, medium))
    peer = world.directory.peer(PREFECTURE).recipient
    file = media.sealed_part(payload, world.signer(NEIGHBOUR), peer, NOON)
    (medium / "0001.cms").write_bytes(file)
    told = media.part_of(parts[0].message_type, file)
    rewritten(world, medium, parts=(told, *parts[1:]))
    assert not_taken_in(server, medium, tmp_path / "in") == "SK-U06"


@pytest.mark.parametrize("what", ["link", "folder", "pipe", "large"])
def test_what_is_no_file_is_not_read(server, medium, tmp_path, what):
    file = medium / "0001.cms"
    data = file.read_bytes()
    file.unlink()
    if what == "link":
        (tmp_path / "elsewhere").write_bytes(data)
        file.symlink_to(tmp_path / "elsewhere")
    elif what == "folder":
        file.mkdir()
    elif what == "pipe":
        os.mkfifo(file)
    else:
        with file.open("wb") as sparse:
            sparse.truncate(1 << 32)
    with pytest.raises(MediaRefused):
        take_in(server, medium, tmp_path / "in", CLERK, DISC)
    assert not (tmp_path / "in").exists()


# -- cut short -------------------------------------------------------------------------


def test_without_a_store_nothing_is_taken_in(server, medium, tmp_path, monkeypatch):
    def commit(self, work):
        raise StoreUnavailable(Reason.FULL)

    monkeypatch.setattr(Desk, "commit", commit)
    with pytest.raises(StoreUnavailable):
        take_in(server, medium, tmp_path / "in", CLERK, DISC)
    assert not (tmp_path / "in").exists()
    assert list(media_folder.remains(tmp_path / "in")) == []


def test_a_folder_that_is_there_is_not_written_into(server, medium, tmp_path):
    (tmp_path / "in").mkdir()
    with pytest.raises(MediaRefused, match="not overwritten"):
        take_in(server, medium, tmp_path / "in", CLERK, DISC)
    assert list((tmp_path / "in").iterdir()) == []
    with server.reader() as store:
        assert store.media() == []


def test_a_taking_in_that_was_killed_is_done_again(
    server, medium, tmp_path, monkeypatch
):
    real = Desk.commit
    with monkeypatch.context() as patch:

        def gone(*_):
            raise Killed

        patch.setattr(Desk, "commit", gone)
        patch.setattr(media_folder.Folder, "__exit__", lambda *_: None)
        with pytest.raises(Killed):
            take_in(server, medium, tmp_path / "in", CLERK, DISC)
    assert Desk.commit is real
    assert len(list(media_folder.remains(tmp_path / "in"))) == 1
    take_in(server, medium, tmp_path / "in", CLERK, DISC)
    assert list(media_folder.remains(tmp_path / "in")) == []


class Killed(BaseException):
    """Nothing is done behind it."""


@pytest.fixture
def nameless(server, medium, tmp_path, monkeypatch):
    """A taking in that was killed when all was done but the name; where it lies."""
    to = tmp_path / "in"
    with monkeypatch.context() as patch:

        def gone(*_):
            raise Killed

        patch.setattr(media_folder, "_place", gone)
        patch.setattr(media_folder.Folder, "__exit__", lambda *_: None)
        with pytest.raises(Killed):
            take_in(server, medium, to, CLERK, DISC)
    assert not to.exists()
    return to


def left_by(to):
    (found,) = to.parent.glob(f".{to.name}.*")
    return found


def test_a_taking_in_that_was_killed_before_its_name_is_finished_and_not_repeated(
    server, medium, nameless
):
    taken = take_in(server, medium, nameless, CLERK, DISC)
    assert (taken.number, taken.state) == (1, "taken_in")
    files = [one.name for one in sorted(nameless.iterdir())]
    assert files == ["0001.xml", "0002.xml", "0003.xml"]
    assert list(nameless.parent.glob(".in.*")) == []
    assert len(events(server, EventKind.RECEIVED)) == 1
    assert events(server, EventKind.OPERATOR)[-1].operator == CLERK
    with pytest.raises(NotTakenIn, match="SK-M09"):
        take_in(server, medium, nameless, CLERK, DISC)


def test_without_a_store_it_does_not_get_its_name(
    server, medium, nameless, monkeypatch
):
    def commit(self, work):
        raise StoreUnavailable(Reason.FULL)

    monkeypatch.setattr(Desk, "commit", commit)
    with pytest.raises(StoreUnavailable):
        take_in(server, medium, nameless, CLERK, DISC)
    assert not nameless.exists()
    assert left_by(nameless).exists()


@pytest.mark.parametrize("how", ["changed", "longer", "short"])
def test_what_lies_there_and_is_not_the_mediums_gets_no_name(
    server, medium, nameless, how
):
    file = left_by(nameless) / "0002.xml"
    if how == "short":
        file.unlink()
    else:
        data = file.read_bytes()
        file.write_bytes(data + b" " if how == "longer" else data[::-1])
    with pytest.raises(NotTakenIn, match="SK-M09"):
        take_in(server, medium, nameless, CLERK, DISC)
    assert not nameless.exists()


def test_what_was_given_back_since_gets_no_name(server, medium, nameless):
    facts = {"carrier": "運搬 四郎", "place_of_keeping": "書庫"}
    server.act(server.medium(1), Done(Act.RETURN, CLERK, facts))
    with pytest.raises(NotTakenIn, match="SK-M09"):
        take_in(server, medium, nameless, CLERK, DISC)
    assert not nameless.exists()


def test_another_medium_does_not_remove_what_waits_for_its_name(
    world, server, medium, nameless, tmp_path
):
    """What the ledger says is here can be taken in no second time."""
    city = desk_of(world, CS, tmp_path / "city", people=1)
    _, other = written(city, tmp_path / "disc")
    take_in(server, other, nameless, CLERK, DISC)
    nameless.rename(tmp_path / "handed on")
    take_in(server, medium, nameless, CLERK, DISC)
    assert len(list(nameless.iterdir())) == 3


@pytest.mark.parametrize("name", [".", "", "/", "in/.."])
def test_a_folder_that_has_no_name_of_its_own_is_refused(
    server, medium, tmp_path, name, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    with pytest.raises(MediaRefused, match="not overwritten"):
        take_in(server, medium, Path(name), CLERK, DISC)


def test_a_name_is_no_pattern(server, disc, medium, tmp_path):
    """Of what else was cut short nothing is removed."""
    other = tmp_path / f".inbox.{disc.name}.00000000.unfinished"
    other.mkdir()
    take_in(server, medium, tmp_path / "in*", CLERK, DISC)
    assert other.exists()


def test_a_medium_is_named_by_its_kind(server, medium, tmp_path):
    with pytest.raises(MediaRefused):
        take_in(server, medium, tmp_path / "in", CLERK, "flash_memory")
    with pytest.raises(MediaRefused):
        take_in(server, medium, tmp_path / "in", "　", DISC)


def test_every_content_has_its_check_at_the_receiver():
    assert set(ARRIVED) == set(CONTENTS)


def test_the_ledgers_digest_is_that_of_the_manifests_file(server, medium, tmp_path):
    taken = take_in(server, medium, tmp_path / "in", CLERK, DISC)
    data = (medium / media.MANIFEST).read_bytes()
    assert taken.manifest == sha256(data).digest()
