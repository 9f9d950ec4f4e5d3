# SPDX-License-Identifier: Apache-2.0
"""Content goes on a medium as the rules say: for whom, by whom, and on record first."""

import errno
import os
from datetime import timedelta

import pytest

from gateway.config import Media
from gateway.records.errors import Reason, StoreUnavailable
from gateway.records.event import EventKind
from gateway.rules.media import Act, MediaRefused
from gateway.services import media_content, media_folder
from gateway.services.media_desk import Desk, Done
from gateway.services.media_output import request, write
from pki import der
from protocols import media
from protocols.identifiers import Realm
from schemas.messages import read_payload
from schemas.resident_messages import EightItems
from tests.gateway.media import (
    CHIEF,
    CLERK,
    REASON,
    WITNESS,
    asked,
    codes,
    desk_of,
    events,
    person,
    take_in_people,
    written,
)
from tests.gateway.world import (
    CARDS,
    CS,
    JLIS,
    NATIONAL,
    NEIGHBOUR,
    NOON,
    PREFECTURE,
    PROVIDER,
)
from tests.schemas.samples import sample

HOUR = timedelta(hours=1)


@pytest.fixture
def city(world, tmp_path, monkeypatch):
    """A CS whose file holds three persons, put out two to a part."""
    monkeypatch.setattr(media_content, "BATCH", 2)
    return desk_of(world, CS, tmp_path / "city", people=3)


@pytest.fixture
def many(city):
    """Two more: they are many."""
    take_in_people(city, 5, since=3)
    return city


@pytest.fixture
def extract(tmp_path):
    path = tmp_path / "extract.xml"
    path.write_bytes(sample("sending_destination_extract"))
    return path


def opened(world, where, receiver=PREFECTURE):
    """Manifest and payloads, by the receiver's key."""
    opener = world.keys(receiver).opener
    data = (where / media.MANIFEST).read_bytes()
    manifest = media.open_manifest(data, opener, world.directory, NOON).manifest
    return manifest, [
        media.open_part(
            (where / media.part_name(number)).read_bytes(),
            part,
            CS,
            opener,
            world.directory,
            NOON,
        )
        for number, part in enumerate(manifest.parts, 1)
    ]


def everything_in(folder):
    return sorted(one.name for one in folder.iterdir())


# -- what is written -------------------------------------------------------------------


def test_what_was_asked_for_is_what_the_receiver_reads(world, city, tmp_path):
    medium, where = written(city, tmp_path / "disc")
    manifest, payloads = opened(world, where)
    assert (manifest.sender, manifest.receiver) == (CS, PREFECTURE)
    assert (manifest.persons, manifest.output_id) == (3, medium.output_id)
    *batches, last = payloads
    people = [
        one
        for batch in batches
        for one in read_payload("consistency_check_information", batch).persons
    ]
    by_code = sorted(people, key=lambda one: one.resident_record_code)
    held = sorted(
        (EightItems.of(person(place)) for place in range(3)),
        key=lambda one: one.resident_record_code,
    )
    assert by_code == held
    check = read_payload("consistency_check_manifest", last)
    assert (check.records, check.batches) == (3, 2)


def test_nothing_on_a_medium_can_be_read_without_the_receivers_key(city, tmp_path):
    """R-100: it is encrypted in the CS before anybody carries it."""
    _, where = written(city, tmp_path / "disc")
    there = b"".join(one.read_bytes() for one in sorted(where.iterdir()))
    for place in range(3):
        one = person(place)
        assert one.resident_record_code.encode() not in there
        assert one.individual_number.encode() not in there
        assert one.kanji_name.encode() not in there


@pytest.mark.parametrize("receiver", [NATIONAL, CS, JLIS])
def test_no_other_key_opens_any_file_of_it(world, city, tmp_path, receiver):
    _, where = written(city, tmp_path / "disc")
    for file in where.iterdir():
        with pytest.raises(Exception, match="cannot be opened with our key"):
            world.keys(receiver).opener.open(file.read_bytes())


def test_there_is_no_way_to_put_it_out_in_the_clear(city, tmp_path):
    """R-100: every file that appears is one of the sealed form."""
    _, where = written(city, tmp_path / "disc")
    sealed = der.tlv(6, bytes.fromhex("2a864886f70d0109100117"))
    files = sorted(where.iterdir())
    assert len(files) == 4
    assert all(sealed in file.read_bytes()[:32] for file in files)


def test_files_are_their_owners_alone_and_their_names_tell_nobody(city, tmp_path):
    medium, where = written(city, tmp_path / "disc")
    assert where.stat().st_mode & 0o777 == 0o700
    assert {one.stat().st_mode & 0o777 for one in where.iterdir()} == {0o600}
    assert where.name == medium.output_id.hex()
    names = ["0001.cms", "0002.cms", "0003.cms", "manifest.cms"]
    assert everything_in(where) == names
    assert everything_in(tmp_path / "disc") == [where.name]


def test_only_those_on_the_list_go_out(world, city, tmp_path):
    chosen = tmp_path / "list"
    chosen.write_text(codes(range(1, 3)))
    _, where = written(city, tmp_path / "disc", file=chosen)
    manifest, payloads = opened(world, where)
    batch = read_payload("consistency_check_information", payloads[0])
    assert manifest.persons == 2
    assert {one.resident_record_code for one in batch.persons} == {
        person(place).resident_record_code for place in (1, 2)
    }


def test_an_extract_goes_out_byte_for_byte(world, city, tmp_path, extract):
    _, where = written(
        city,
        tmp_path / "disc",
        content="sending_destination",
        to=str(CARDS),
        file=extract,
    )
    manifest, (payload,) = opened(world, where, CARDS)
    notice = read_payload("sending_destination_notice", payload)
    assert notice.extract == sample("sending_destination_extract")
    assert (manifest.persons, manifest.legal_basis) == (
        2,
        "個人番号カード命令第23条の2",
    )


# -- the record ------------------------------------------------------------------------


def test_each_person_put_out_is_one_record_with_who_why_to_whom(city, tmp_path):
    """R-115: n persons leave n records."""
    medium, _ = written(city, tmp_path / "disc")
    tried = events(city, EventKind.ATTEMPTED)
    with city.reader() as store:
        tags = {
            store.tags_of(person(place).resident_record_code)[-1] for place in range(3)
        }
    assert len(tried) == 3
    assert {one.person_tag for one in tried} == tags
    for one in tried:
        assert one.operator == CLERK
        assert one.peer == str(PREFECTURE)
        assert one.message_id == medium.output_id.hex()
        assert REASON in one.detail
        assert WITNESS in one.detail


def test_an_output_is_on_record_with_its_signature(city, tmp_path):
    medium, _ = written(city, tmp_path / "disc")
    (sent,) = events(city, EventKind.SENT)
    assert sent.message_id == medium.output_id.hex()
    with city.reader() as store:
        (stored,) = store.events(kind=EventKind.SENT)
        evidence = store.event_evidence(stored.record_id)
        assert store.verify_events() == []
    assert set(evidence) == {"media_manifest"}


def test_no_record_and_no_row_tells_who_is_on_it(city, tmp_path):
    written(city, tmp_path / "disc")
    with city.reader() as store:
        said = repr([one.event for one in store.events()]) + str(
            [store.media(), store.media_acts(1)]
        )
        seen = b"".join(
            msg.event.detail.encode() + msg.event.operator.encode()
            for msg in store.events()
        )
    for place in range(3):
        one = person(place)
        for text in (one.resident_record_code, one.individual_number, one.kanji_name):
            assert text not in said
            assert text.encode() not in seen


def test_without_a_store_nothing_is_put_out(city, tmp_path, monkeypatch):
    """R-115: output fails where the record cannot be written."""
    medium = request(city, CLERK, asked())
    real, left = Desk.commit, [2]  # that it begins, and the first part

    def commit(self, work):
        if not left[0]:
            raise StoreUnavailable(Reason.FULL)
        left[0] -= 1
        return real(self, work)

    monkeypatch.setattr(Desk, "commit", commit)
    with pytest.raises(StoreUnavailable):
        write(city, medium.number, CLERK, WITNESS, tmp_path, None)
    assert not (tmp_path / medium.output_id.hex()).exists()
    assert list(tmp_path.glob(".*")) == []


def test_a_person_is_on_record_before_their_part_is_made(city, tmp_path, monkeypatch):
    real = media.sealed_part
    seen = []

    def sealed(*given):
        seen.append(len(events(city, EventKind.ATTEMPTED)))
        return real(*given)

    monkeypatch.setattr(media, "sealed_part", sealed)
    written(city, tmp_path / "disc")
    assert seen == [2, 3, 3]


# -- who, with whom, on what -----------------------------------------------------------


def refused(desk, what, operator=CLERK):
    """Why it is refused; the attempt is on record and the ledger as before."""
    with desk.reader() as store:
        before = store.media()
    with pytest.raises(MediaRefused) as no:
        request(desk, operator, what)
    with desk.reader() as store:
        assert store.media() == before
    noted = events(desk, EventKind.OPERATOR)[-1]
    assert noted.detail.startswith("medium: request refused: ")
    assert str(no.value) in noted.detail
    return str(no.value)


def test_flash_memory_is_refused(city):
    """R-120."""
    assert "flash memory" in refused(city, asked(device="flash_memory"))


@pytest.mark.parametrize("device", ["paper", "e-mail", "", "usb"])
def test_nothing_but_media_of_the_list_is_used(city, device):
    refused(city, asked(device=device))


@pytest.mark.parametrize("device", ["optical_disc", "magnetic_tape", "hard_disk"])
def test_check_information_may_go_on_any_other_medium(city, device):
    assert request(city, CLERK, asked(device=device)).device == device


@pytest.mark.parametrize("to", [CARDS, JLIS, NEIGHBOUR, PROVIDER, CS])
def test_it_goes_to_nobody_that_no_law_names(city, to):
    assert "住基法第14条" in refused(city, asked(to=str(to)))


@pytest.mark.parametrize("to", ["", "999999/prefectural_server", "somebody"])
def test_it_goes_to_nobody_that_the_master_does_not_have(city, to):
    refused(city, asked(to=to))


@pytest.mark.parametrize("content", ["identity_record", "copies", "Consistency_check"])
def test_what_no_law_names_is_not_put_out(city, content):
    assert "no law" in refused(city, asked(content=content))


def test_another_role_has_nothing_to_put_out(world, tmp_path):
    desk = desk_of(world, PROVIDER, tmp_path / "provider")
    assert "no law" in refused(desk, asked())


@pytest.mark.parametrize("operator", ["通行人", CHIEF, "", "　"])
def test_only_those_named_put_anything_out(city, operator):
    refused(city, asked(), operator)


def test_where_nobody_is_named_nobody_puts_anything_out(world, tmp_path):
    desk = desk_of(world, CS, tmp_path / "city", Media())
    take_in_people(desk, 1)
    assert "writers" in refused(desk, asked())


@pytest.mark.parametrize("reason", ["", "　", "two\nlines", "理由" * 200])
def test_a_reason_is_one_line(city, reason):
    assert "reason" in refused(city, asked(reason=reason))


def test_a_receiver_whose_certificate_is_not_believed_gets_nothing(city, monkeypatch):
    trusted = "protocols.directory.Directory.trusted"
    monkeypatch.setattr(trusted, lambda *given: False)
    assert "not believed" in refused(city, asked())


@pytest.mark.parametrize("witness", ["", "　", CLERK, "審査　花子"])
def test_nothing_is_written_without_another_as_witness(city, tmp_path, witness):
    """R-116."""
    medium = request(city, CLERK, asked())
    with pytest.raises(MediaRefused, match="witness"):
        write(city, medium.number, CLERK, witness, tmp_path, None)
    assert not (tmp_path / medium.output_id.hex()).exists()
    assert "witness" in events(city, EventKind.OPERATOR)[-1].detail


# -- much of it ------------------------------------------------------------------------


def approve(desk, medium, operator=CHIEF):
    return desk.act(medium, Done(Act.APPROVE, operator, {"reason": "見た"}))


def test_many_wait_for_an_approver(many, tmp_path):
    """R-199."""
    medium = request(many, CLERK, asked())
    assert medium.large
    with pytest.raises(MediaRefused, match="approver must approve"):
        write(many, medium.number, CLERK, WITNESS, tmp_path, None)
    assert events(many, EventKind.ATTEMPTED) == []
    approve(many, medium)
    assert write(many, medium.number, CLERK, WITNESS, tmp_path, None).exists()


def test_few_do_not_wait_and_are_on_record_all_the_same(city, tmp_path):
    medium, _ = written(city, tmp_path / "disc")
    assert not medium.large
    assert len(events(city, EventKind.ATTEMPTED)) == 3


@pytest.mark.parametrize("operator", [CLERK, "審査　花子", "通行人", WITNESS, ""])
def test_who_asks_does_not_approve_nor_anybody_else(many, operator):
    medium = request(many, CLERK, asked())
    with pytest.raises(MediaRefused):
        approve(many, medium, operator)
    assert many.medium(medium.number).state == "requested"
    assert "approve refused" in events(many, EventKind.OPERATOR)[-1].detail


def test_an_approval_has_a_reason(many):
    medium = request(many, CLERK, asked())
    with pytest.raises(MediaRefused, match="reason"):
        many.act(medium, Done(Act.APPROVE, CHIEF, {"reason": " "}))


@pytest.mark.parametrize("approved", [False, True])
def test_a_request_and_an_approval_have_their_time(many, tmp_path, approved):
    medium = request(many, CLERK, asked())
    if approved:
        many.clock.now += 23 * HOUR
        medium = approve(many, medium)
        many.clock.now += 23 * HOUR
    many.clock.now += 25 * HOUR
    with pytest.raises(MediaRefused, match="time is over"):
        write(many, medium.number, CLERK, WITNESS, tmp_path, None)
    with pytest.raises(MediaRefused):
        approve(many, medium)


def test_an_approval_is_for_exactly_what_was_chosen(many, tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_text(codes(range(4)))
    other.write_text(codes(range(1, 5)))
    medium = approve(many, request(many, CLERK, asked(file=one)))
    for wrong in (other, None):
        with pytest.raises(MediaRefused, match="not what was asked for"):
            write(many, medium.number, CLERK, WITNESS, tmp_path, wrong)
    assert write(many, medium.number, CLERK, WITNESS, tmp_path, one).exists()


def test_the_same_list_in_another_order_is_the_same(many, tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_text(codes(range(4)))
    other.write_text(codes(reversed(range(4))))
    medium = approve(many, request(many, CLERK, asked(file=one)))
    assert write(many, medium.number, CLERK, WITNESS, tmp_path, other).exists()


@pytest.mark.parametrize("more", [1, 2])
def test_a_file_that_grew_is_not_put_out_on_an_old_word(many, tmp_path, more):
    """Of 100 persons one may have come since; here that is nobody."""
    medium = approve(many, request(many, CLERK, asked()))
    take_in_people(many, 5 + more)
    with pytest.raises(MediaRefused, match="more persons"):
        write(many, medium.number, CLERK, WITNESS, tmp_path, None)
    assert events(many, EventKind.ATTEMPTED) == []


def test_whoever_comes_in_while_it_is_written_does_not_make_it_more(
    city, tmp_path, monkeypatch
):
    medium = request(city, CLERK, asked())
    real = media.sealed_part

    def meanwhile(*given):
        take_in_people(city, 12, since=3)
        return real(*given)

    monkeypatch.setattr(media, "sealed_part", meanwhile)
    with pytest.raises(MediaRefused, match="more persons"):
        write(city, medium.number, CLERK, WITNESS, tmp_path, None)
    assert not (tmp_path / medium.output_id.hex()).exists()
    assert len(events(city, EventKind.ATTEMPTED)) <= 2


def test_few_that_became_many_before_they_were_written_are_refused(city, tmp_path):
    medium = request(city, CLERK, asked())
    take_in_people(city, 5)
    with pytest.raises(MediaRefused, match="more persons"):
        write(city, medium.number, CLERK, WITNESS, tmp_path, None)


def test_what_is_declined_is_not_written(many, tmp_path):
    medium = request(many, CLERK, asked())
    many.act(medium, Done(Act.DECLINE, CHIEF, {"reason": "不要"}))
    with pytest.raises(MediaRefused, match="declined"):
        write(many, medium.number, CLERK, WITNESS, tmp_path, None)


def test_a_selections_tag_cannot_be_made_without_the_stores_key(city, tmp_path):
    """A digest of one code could be guessed by trying all of them."""
    chosen = tmp_path / "list"
    chosen.write_text(codes(range(1)))
    medium = request(city, CLERK, asked(file=chosen))
    choice = media_content.choose(
        "consistency_check", chosen, CS.organisation, Realm.SIMULATION
    )
    assert medium.selection != choice.digest
    assert len(medium.selection) == 32


# -- lists and extracts ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no"),
        ("12345678901", "entry 1"),
        ("{one}{one}", "twice"),
        ("{one}{stranger}", "not held here"),
        ("{one}\udcff", "no resident record code"),
    ],
)
def test_a_list_that_is_none_is_refused_and_names_nobody(city, tmp_path, text, said):
    chosen = tmp_path / "list"
    one, stranger = codes(range(1)), codes(range(9, 10))
    data = text.format(one=one, stranger=stranger)
    chosen.write_bytes(data.encode("utf-8", "surrogateescape"))
    no = refused(city, asked(file=chosen))
    assert said in no
    assert one.strip() not in no
    assert stranger.strip() not in no


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"<destination>", b"<destination><x/>", "extract is none"),
        (b"102024</municipality", b"112020</municipality", "another municipality"),
        (b"10293847568", b"10293847569", "a number of the extract"),
        (b"56473829100", b"10293847568", "somebody twice"),
    ],
)
def test_an_extract_that_is_none_is_refused(city, extract, old, new, said):
    extract.write_bytes(extract.read_bytes().replace(old, new, 1))
    what = asked(content="sending_destination", to=str(CARDS), file=extract)
    assert said in refused(city, what)


def test_an_extract_is_named(city):
    what = asked(content="sending_destination", to=str(CARDS))
    assert "named as a file" in refused(city, what)


def test_nobody_is_not_put_on_a_medium(world, tmp_path):
    desk = desk_of(world, CS, tmp_path / "empty")
    assert "nobody" in refused(desk, asked())


# -- cut short -------------------------------------------------------------------------


class Killed(BaseException):
    """Nothing is done behind it."""


def killed_at(monkeypatch, place, name, after=0):
    """As a kill there: not even what stands in `finally` is done."""
    real, left = getattr(place, name), [after]

    def gone(*given, **named):
        if left[0]:
            left[0] -= 1
            return real(*given, **named)
        raise Killed

    monkeypatch.setattr(place, name, gone)
    monkeypatch.setattr(media_folder.Folder, "__exit__", lambda *_: None)


@pytest.mark.parametrize("after", [0, 1, 2])
def test_a_writing_that_was_killed_leaves_nothing_to_read_and_is_begun_again(
    world, city, tmp_path, monkeypatch, after
):
    medium = request(city, CLERK, asked())
    with monkeypatch.context() as patch:
        killed_at(patch, media_folder.Folder, "write", after)
        with pytest.raises(Killed):
            write(city, medium.number, CLERK, WITNESS, tmp_path, None)
    target = tmp_path / medium.output_id.hex()
    assert not target.exists()
    (left,) = media_folder.remains(target)
    on_record = len(events(city, EventKind.ATTEMPTED))
    assert len(list(left.iterdir())) == after
    assert on_record >= min(3, 2 * after)
    assert write(city, medium.number, CLERK, WITNESS, tmp_path, None) == target
    assert list(media_folder.remains(target)) == []
    manifest, _ = opened(world, target)
    assert manifest.persons == 3


def test_a_writing_that_was_killed_before_its_name_is_finished_and_not_repeated(
    world, city, tmp_path, monkeypatch
):
    medium = request(city, CLERK, asked())
    with monkeypatch.context() as patch:
        killed_at(patch, media_folder, "_place")
        with pytest.raises(Killed):
            write(city, medium.number, CLERK, WITNESS, tmp_path, None)
    assert city.medium(medium.number).state == "written"
    target = write(city, medium.number, CLERK, WITNESS, tmp_path, None)
    assert opened(world, target)[0].persons == 3
    assert len(events(city, EventKind.ATTEMPTED)) == 3
    assert len(events(city, EventKind.SENT)) == 1


def test_a_disk_that_is_full_leaves_nothing_and_is_on_record(
    city, tmp_path, monkeypatch
):
    medium = request(city, CLERK, asked())

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(media_folder.os, "fsync", full)
        with pytest.raises(MediaRefused, match="No space left"):
            write(city, medium.number, CLERK, WITNESS, tmp_path, None)
    assert [one for one in tmp_path.iterdir() if one.name != "city"] == []
    assert "No space left" in events(city, EventKind.FAILED)[-1].detail
    assert write(city, medium.number, CLERK, WITNESS, tmp_path, None).exists()


def test_a_name_that_could_not_be_given_is_given_by_the_next_attempt(
    city, tmp_path, monkeypatch
):
    medium = request(city, CLERK, asked())
    with monkeypatch.context() as patch:

        def gone(self, target):
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        patch.setattr("pathlib.Path.rename", gone)
        with pytest.raises(MediaRefused):
            write(city, medium.number, CLERK, WITNESS, tmp_path, None)
    assert write(city, medium.number, CLERK, WITNESS, tmp_path, None).exists()
    assert len(events(city, EventKind.ATTEMPTED)) == 3


def test_nothing_is_written_twice_and_no_name_is_overwritten(city, tmp_path):
    medium, where = written(city, tmp_path / "disc")
    with pytest.raises(MediaRefused, match="written already"):
        write(city, medium.number, CLERK, WITNESS, tmp_path / "disc", None)
    other = request(city, CLERK, asked())
    taken = tmp_path / "disc" / other.output_id.hex()
    taken.mkdir()
    with pytest.raises(MediaRefused, match="not overwritten"):
        write(city, other.number, CLERK, WITNESS, tmp_path / "disc", None)
    assert list(taken.iterdir()) == []
    assert where.exists()


def test_of_two_writings_of_one_medium_one_is_placed(
    world, city, tmp_path, monkeypatch
):
    medium = request(city, CLERK, asked())
    real = media.sealed_manifest

    def another_meanwhile(*given):
        monkeypatch.setattr(media, "sealed_manifest", real)
        city.clock.now += timedelta(seconds=1)
        write(city, medium.number, CLERK, WITNESS, tmp_path, None)
        return real(*given)

    monkeypatch.setattr(media, "sealed_manifest", another_meanwhile)
    with pytest.raises(MediaRefused):
        write(city, medium.number, CLERK, WITNESS, tmp_path, None)
    target = tmp_path / medium.output_id.hex()
    assert opened(world, target)[0].persons == 3
    assert list(media_folder.remains(target)) == []


def test_a_receiver_that_lost_its_certificate_since_gets_nothing(
    world, city, tmp_path, monkeypatch
):
    medium = request(city, CLERK, asked())
    trusted = "protocols.directory.Directory.trusted"
    monkeypatch.setattr(trusted, lambda *given: False)
    with pytest.raises(MediaRefused, match="not believed"):
        write(city, medium.number, CLERK, WITNESS, tmp_path, None)
    assert events(city, EventKind.ATTEMPTED) == []
