# SPDX-License-Identifier: Apache-2.0
"""A peer judges as strictly as a gateway: what it refuses, records, answers twice."""

import os
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import msgspec
import pytest

from pki.authority import Authority
from pki.serials import RevocationReason
from protocols import limits
from protocols.answers import Receipt
from protocols.envelope import Packed, pack
from protocols.header import Header, InReplyTo, content_digest, new_id, wire_time
from protocols.identifiers import Realm
from schemas.messages import write_payload
from schemas.people import SearchKey
from schemas.search_messages import IdentityInformationSearchRequest
from simulators.peers.errors import NotTaken, StoreFault, WrongRealm
from simulators.peers.history import History
from simulators.peers.judge import check_numbers
from simulators.peers.station import PeerStation
from simulators.peers.store import Store
from simulators.web import LinkFailed
from tests.simulators.peers.desk import (
    CITY,
    NATIONAL,
    NEIGHBOUR,
    PREFECTURE,
    STRANGER,
    Desk,
    Ear,
    code,
    made,
    notice,
    number,
    person,
    wrong,
)

ONE = person(1)
GOOD = write_payload(notice(ONE))
NOTICE = "identity_information_update_notice"
HOUR = timedelta(hours=1)


def header(desk: Desk, payload: bytes, salt: bytes, **changed) -> Header:
    """A good header of a notice, one thing of it otherwise."""
    now = wire_time(desk.time())
    told = Header(
        message_id=new_id(now),
        message_type=NOTICE,
        sender=CITY,
        receiver=PREFECTURE,
        created=now,
        expires=now + HOUR,
        sealing_certificate=desk.peer(PREFECTURE).sealing_digest,
        content_digest=content_digest(salt, payload),
    )
    return msgspec.structs.replace(told, **changed)


def written(desk: Desk, payload: bytes = GOOD, signer=CITY, to=PREFECTURE, **changed):
    """A message whose header says what the test wants."""
    salt = os.urandom(limits.SALT_SIZE)
    told = header(desk, payload, salt, **changed)
    recipient = desk.peer(CITY).recipient(to)
    return pack(told, payload, salt, desk.peer(signer).signer, recipient, desk.time())


def at(delta: timedelta) -> Callable[[Desk], dict]:
    def changed(desk: Desk) -> dict:
        moment = wire_time(desk.time() + delta)
        return {"created": moment, "expires": moment + HOUR}

    return changed


WRONG_HEADERS = {
    "signed by somebody else": ("SK-M01", lambda d: {"signer": NEIGHBOUR}),
    "addressed to somebody else": ("SK-M03", lambda d: {"receiver": NATIONAL}),
    "under another certificate": (
        "SK-M10",
        lambda d: {"sealing_certificate": bytes(32)},
    ),
    "of no type": ("SK-M04", lambda d: {"message_type": "no_such_type"}),
    "of a type for another role": (
        "SK-M05",
        lambda d: {"message_type": "identity_confirmation_request"},
    ),
    "of a type that the CS is told": (
        "SK-M05",
        lambda d: {"message_type": "consistency_check_result"},
    ),
    "of a type that is an answer": (
        "SK-M05",
        lambda d: {"message_type": "identity_information_search_result"},
    ),
    "an answer to nothing": (
        "SK-M05",
        lambda d: {"in_reply_to": InReplyTo(bytes(16), bytes(32))},
    ),
    "expired": ("SK-M06", at(-3 * HOUR)),
    "from the future": ("SK-M07", at(3 * HOUR)),
    "with a long life": (
        "SK-M08",
        lambda d: {"expires": wire_time(d.time() + 48 * HOUR)},
    ),
    "under a permit": ("SK-M11", lambda d: {"permit_digest": bytes(32)}),
}


@pytest.mark.parametrize("name", WRONG_HEADERS)
def test_a_header_with_one_thing_wrong_is_refused_by_its_code(desk, name):
    desk.play(PREFECTURE)
    expected, change = WRONG_HEADERS[name]
    changed = change(desk)
    packed = written(desk, **changed)
    assert desk.answer(packed, PREFECTURE).code == expected
    assert desk.kinds(PREFECTURE) == [f"refused {expected}"]
    assert len(desk[PREFECTURE].system.persons) == 0


def _number(other: str) -> bytes:
    return GOOD.replace(ONE.individual_number.encode(), other.encode())


def _code(other: str) -> bytes:
    return GOOD.replace(ONE.resident_record_code.encode(), other.encode())


REAL = Realm.STANDARD
WRONG_PAYLOADS = {
    "no XML": ("SK-X01", b"<"),
    "another root": ("SK-X02", GOOD.replace(NOTICE.encode(), b"move_in_notice")),
    "an element too many": (
        "SK-X02",
        GOOD.replace(b"<sex>", b"<postal_code>3700829</postal_code><sex>"),
    ),
    "a wrong individual number": ("SK-X03", _number(wrong(number(1)))),
    "a real individual number": ("SK-X04", _number(number(1, REAL))),
    "a wrong code": ("SK-X03", _code(wrong(code(1)))),
    "a real code": ("SK-X04", _code(code(1, REAL))),
}


@pytest.mark.parametrize("name", WRONG_PAYLOADS)
def test_a_payload_with_one_thing_wrong_is_refused_by_its_code(desk, name):
    desk.play(PREFECTURE)
    expected, payload = WRONG_PAYLOADS[name]
    assert payload != GOOD
    answer = desk.answer(written(desk, payload), PREFECTURE)
    assert answer.code == expected
    assert desk.kinds(PREFECTURE) == [f"refused {expected}"]
    assert len(desk[PREFECTURE].system.persons) == 0


def flipped(packed: Packed) -> Packed:
    envelope = packed.envelope[:-40] + bytes([packed.envelope[-40] ^ 1])
    return msgspec.structs.replace(packed, envelope=envelope + packed.envelope[-39:])


def cut(packed: Packed) -> Packed:
    return msgspec.structs.replace(packed, envelope=packed.envelope[:99])


@pytest.mark.parametrize("spoil", [flipped, cut])
def test_what_cannot_be_read_gets_one_code_and_its_cause_on_record(desk, spoil):
    desk.play(PREFECTURE)
    packed = spoil(written(desk))
    assert desk.answer(packed, PREFECTURE).code == "SK-U00"
    assert re.fullmatch("refused SK-U0[12]", desk.kinds(PREFECTURE)[0])


def test_what_is_sealed_for_somebody_else_cannot_be_read(desk):
    desk.play(PREFECTURE)
    packed = written(desk, to=NATIONAL)
    assert desk.answer(packed, PREFECTURE).code == "SK-U00"
    assert desk.kinds(PREFECTURE) == ["refused SK-U02"]


def test_a_message_over_somebody_elses_link_is_refused(desk):
    desk.play(PREFECTURE)
    packed, other = written(desk), desk.peer(NEIGHBOUR)
    reply = other.post(packed, PREFECTURE)
    told = desk.peer(CITY).understand(packed, reply, PREFECTURE)
    assert told.code == "SK-M02"


def test_the_same_message_gets_the_same_answer_and_is_done_once(desk):
    desk.play(PREFECTURE)
    packed, city = written(desk), desk.peer(CITY)
    first, second = city.post(packed), city.post(packed)
    assert first.body == second.body
    assert isinstance(city.understand(packed, second, PREFECTURE), Receipt)
    assert desk.kinds(PREFECTURE) == ["received new", "repeated"]


def test_the_same_message_gets_the_same_answer_after_a_restart(desk):
    desk.play(PREFECTURE)
    packed, city = written(desk), desk.peer(CITY)
    first = city.post(packed)
    desk.stop(PREFECTURE)
    desk.play(PREFECTURE)
    assert city.post(packed).body == first.body
    assert desk.kinds(PREFECTURE) == ["received new", "repeated"]


def test_another_message_under_the_same_id_is_refused(desk):
    desk.play(PREFECTURE)
    same = new_id(desk.time())
    desk.answer(written(desk, message_id=same), PREFECTURE)
    assert desk.answer(written(desk, message_id=same), PREFECTURE).code == "SK-M09"


def test_a_receipt_commits_to_the_line_of_history(desk):
    desk.play(PREFECTURE)
    receipt = desk.answer(written(desk), PREFECTURE)
    path = desk.files(PREFECTURE) / "history.jsonl"
    line = path.read_bytes().splitlines(keepends=True)[0]
    assert sha256(line).digest() == receipt.record_commitment


# --- links ---------------------------------------------------------------------------


def test_a_station_that_the_master_does_not_name_is_not_let_in(desk):
    desk.play(PREFECTURE)
    reply = desk.peer(STRANGER).post(written(desk), PREFECTURE)
    assert reply.status == 403
    assert desk.kinds(PREFECTURE) == ["link_refused SK-L06"]


def test_a_revoked_certificate_is_not_let_in(tmp_path):
    """OpenSSL, left to itself, would not look at the list."""
    world = made(tmp_path / "pki")
    desk = Desk(world, tmp_path)
    try:
        desk.play(PREFECTURE)
        own = Authority.open(world.layout.directory)
        serial = own.serial_of(desk.peer(CITY).keys.certificate("tls"))
        own.revoke(serial, RevocationReason.KEY_COMPROMISE, datetime.now(UTC))
        world.trust.reload()
        assert desk.peer(CITY).post(written(desk)).status == 403
        assert desk.kinds(PREFECTURE) == ["link_refused SK-L04"]
    finally:
        desk.close()


def test_another_path_is_not_found(desk):
    desk.play(PREFECTURE)
    client = desk.peer(CITY).client(PREFECTURE)
    assert client.get("/v1/messages").status == 404
    client.close()


def test_a_peer_in_a_network_of_real_numbers_does_not_start(peers_world, tmp_path):
    desk = Desk(peers_world, tmp_path)
    peer = desk.peer(PREFECTURE)
    peer.directory = peers_world.directory_of(Realm.STANDARD)
    store = Store(None)
    store.part("station")
    with pytest.raises(WrongRealm):
        PeerStation(peer, store, History(store, tmp_path / "h"), Ear())


@pytest.mark.parametrize("body", range(0, 3000, 271))
def test_a_number_of_a_living_person_is_refused_wherever_it_stands(body):
    key = SearchKey(individual_number=number(body, REAL))
    with pytest.raises(NotTaken) as refused:
        check_numbers(IdentityInformationSearchRequest(key=key))
    assert refused.value.code == "SK-X04"


# --- history and files ----------------------------------------------------------------


def test_the_history_holds_names_of_items_and_nothing_of_a_person(desk):
    desk.play(NATIONAL, PREFECTURE)
    desk.tell(CITY, PREFECTURE, notice(ONE))
    key = SearchKey(individual_number=number(1))
    desk.ask(CITY, PREFECTURE, IdentityInformationSearchRequest(key=key))
    desk[PREFECTURE].settle()
    told = b"".join(
        (desk.files(name) / "history.jsonl").read_bytes()
        for name in (PREFECTURE, NATIONAL)
    ).decode()
    for secret in (
        ONE.resident_record_code,
        ONE.individual_number,
        ONE.kanji_name,
        ONE.address,
        ONE.date_of_birth.isoformat(),
    ):
        assert secret not in told
    assert "individual_number" in told


def test_files_are_their_owners_alone(desk):
    desk.play(PREFECTURE)
    desk.tell(CITY, PREFECTURE, notice(ONE))
    for path in desk.files(PREFECTURE).iterdir():
        assert path.stat().st_mode & 0o077 == 0, path.name


def test_a_file_that_others_may_read_is_not_used(tmp_path):
    path = tmp_path / "records.sqlite"
    path.touch(0o644)
    with pytest.raises(StoreFault, match="chmod"):
        Store(path)


def test_another_programs_file_is_not_used(tmp_path):
    path = tmp_path / "records.sqlite"
    path.touch(0o600)
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(StoreFault):
        Store(path)


def lines_of(path) -> list[int]:
    return [msgspec.json.decode(line)["seq"] for line in path.read_bytes().splitlines()]


def test_a_line_that_a_crash_kept_out_of_the_file_is_added_at_the_start(tmp_path):
    store, path = Store(None), tmp_path / "history.jsonl"
    store.part("station")
    history = History(store, path)
    history.add({"kind": "first"})
    history.flush()
    history.add({"kind": "second"})  # committed, and then the power went
    assert lines_of(path) == [1]
    History(store, path)
    assert lines_of(path) == [1, 2]


@pytest.mark.parametrize("torn", [1, 20, 60])
def test_a_torn_line_is_written_anew(tmp_path, torn):
    store, path = Store(None), tmp_path / "history.jsonl"
    store.part("station")
    history = History(store, path)
    for kind in ("first", "second"):
        history.add({"kind": kind})
    history.flush()
    whole = path.read_bytes()
    path.write_bytes(whole[:-torn])
    History(store, path)
    assert path.read_bytes() == whole


def test_a_message_that_cannot_be_kept_is_not_answered(desk, monkeypatch):
    """No store, no receipt: its sender offers it again."""
    desk.play(PREFECTURE)

    def fails(*_):
        raise StoreFault("full")

    monkeypatch.setattr(desk[PREFECTURE].history, "add", fails)
    with pytest.raises(LinkFailed):
        desk.peer(CITY).post(written(desk))
    assert len(desk[PREFECTURE].system.persons) == 0
