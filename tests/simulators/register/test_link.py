# SPDX-License-Identifier: Apache-2.0
"""What the register owes others: once, in order; what differs is found and repaired."""

import os
import stat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.rules.resident import update_fault
from schemas.flows import STEPS
from schemas.messages import IdentityInformationUpdate, read_payload, write_payload
from schemas.systems import ADDRESSEE, CS, PLATFORM
from simulators.register import forms
from simulators.register.consistency import Side, differences, digest_of, is_member
from simulators.register.errors import (
    EntryRefused,
    NotNow,
    NotThere,
    RegisterError,
    StoreFault,
    WrongSource,
)
from simulators.register.outbox import Outbox
from simulators.register.owed import NAMES, TYPES, IdentifierCodeRequest
from simulators.register.reasons import Removed
from simulators.register.record import Removal
from simulators.register.rehearsal import SELECTOR
from simulators.register.store import Store
from simulators.residents import generate
from simulators.residents.characters import external_count
from tests.simulators.register.desk import (
    ALICE,
    BOB,
    HOME,
    NOON,
    TODAY,
    Desk,
    newcomer,
    number,
    opened,
)
from tests.values import replace

# -- the outbox


def test_each_change_is_told_to_platform_and_addressee_system_once(desk):
    """R-040, R-109: one change makes two messages; the counts agree."""
    desk.settled(newcomer(1), newcomer(2, relationship="妻"))
    desk.do(desk.move_out(desk.single()))
    loaded = desk.register.loading.loaded()
    changes = len(list(desk.register.archive.all())) - loaded
    platform = desk.owed("resident_record_change")
    addressee = desk.owed("numbered_resident_record_change")
    assert changes == len(platform) == len(addressee) == 3
    assert {one.receiver for one in platform} == {PLATFORM}
    assert {one.receiver for one in addressee} == {ADDRESSEE}
    assert [one.message for one in platform] == [
        one.message.change for one in addressee
    ]


def test_a_message_that_was_lost_on_the_way_is_there_until_it_is_taken(desk):
    """R-040: losing one is found, and it is sent again."""
    desk.settled()
    first = desk.register.outbox.next(ADDRESSEE)
    assert desk.register.outbox.next(ADDRESSEE) == first
    desk.register.outbox.delivered(first.number)
    assert desk.register.outbox.next(ADDRESSEE) is None
    desk.register.outbox.delivered(first.number)


def test_messages_leave_in_the_order_of_the_changes(desk):
    (person,) = desk.settled()
    desk.do(desk.move_out(person))
    first, second = desk.register.outbox.waiting(PLATFORM)
    with pytest.raises(NotNow):
        desk.register.outbox.delivered(second.number)
    with pytest.raises(NotNow):
        desk.register.outbox.refused(second.number, "SK-X02")
    desk.register.outbox.delivered(first.number)
    desk.register.outbox.delivered(second.number)
    with pytest.raises(NotThere):
        desk.register.outbox.delivered(999)


def test_whoever_has_no_number_holds_nobody_up(desk):
    """The platform hears of a newborn once there is a number; of others before."""
    child = desk.born()
    (person,) = desk.settled()
    outbox = desk.register.outbox
    behind = outbox.next(PLATFORM)
    assert behind.message.record == person.number
    outbox.delivered(behind.number)
    assert outbox.next(PLATFORM) is None
    assert outbox.receivers() != ()
    desk.number_given(child)
    told = []
    while (owed := outbox.next(PLATFORM)) is not None:
        told.append((owed.message.record, owed.message.sequence))
        outbox.delivered(owed.number)
    assert told == [(child.number, 1), (child.number, 2)]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from([None, 1, 2, 3]), min_size=1, max_size=12),
    st.lists(st.integers(0, 11), max_size=40),
)
def test_what_is_about_one_record_leaves_in_its_order_and_nothing_else_waits(
    about, tries
):
    store = Store(None)
    outbox = Outbox(store, lambda: NOON)
    request = IdentifierCodeRequest(
        processing_number="d1" * 16, individual_number=number(1)
    )
    for place, record in enumerate(about):
        outbox.owe(request, f"cause {place}", record)
    left: list[int] = []
    for one in tries:
        if one >= len(about):
            continue
        older = [i for i in range(one) if about[i] == about[one] and i not in left]
        if older and one not in left:
            with pytest.raises(NotNow):
                outbox.delivered(one + 1)
        else:
            outbox.delivered(one + 1)
            left += [one] * (one not in left)
    waiting = [owed.number - 1 for owed in outbox.waiting(CS)]
    assert waiting == [i for i in range(len(about)) if i not in left]
    store.close()


def test_one_receiver_does_not_hold_up_another(desk):
    desk.settled()
    desk.do(desk.move_out(desk.single()))
    for owed in desk.register.outbox.waiting(CS):
        desk.register.outbox.delivered(owed.number)
    assert set(desk.register.outbox.receivers()) == {ADDRESSEE, PLATFORM}


def test_what_was_delivered_is_not_kept(desk):
    desk.settled()
    owed = desk.register.outbox.next(CS)
    desk.register.outbox.delivered(owed.number)
    sql = "SELECT body FROM outbox WHERE number = ?"
    assert desk.register.store.value(sql, owed.number) is None
    sent = desk.register.outbox.sent(owed.type)
    assert [(one.number, one.delivered) for one in sent] == [(owed.number, True)]


def test_a_failed_entry_owes_nothing(desk):
    """R-075, at the register: nothing is told that did not pass the checks."""
    with pytest.raises(EntryRefused):
        desk.register.entries.enter(
            desk.move_in(newcomer(1), newcomer(2, sex="7")), ALICE
        )
    assert desk.register.outbox.sent() == ()


def test_an_update_is_what_the_schemas_can_write(desk):
    desk.settled(newcomer(former_surname="旧姓", former_surname_furigana="きゅうせい"))
    desk.do(desk.move_out(desk.single()))
    for message in desk.messages("identity_information_update"):
        assert isinstance(message, IdentityInformationUpdate)
        data = write_payload(message)
        assert read_payload("identity_information_update", data) == message


def test_updates_of_one_person_are_numbered_without_gaps(desk):
    (person,) = desk.settled()
    desk.do(forms.CodeChange(basis=desk.notice(), record=person.number))
    desk.do(forms.Revision(basis=desk.decision(), record=person.number))
    desk.do(desk.move_out(desk.register.books.record(person.number)))
    sequences = [
        one.record.update_sequence_number
        for one in desk.messages("identity_information_update")
    ]
    assert sequences == [1, 2, 3]


def test_each_message_goes_where_its_flow_says():
    """A type of the flows leaves the register for the flow's first receiver."""
    for name, (value, receiver) in TYPES.items():
        assert NAMES[value] == name
        hops = [
            hop
            for step in STEPS.values()
            if step.message == name
            for hop in step.hops
            if hop[0] == "existing_resident_system"
        ]
        if hops:
            assert {to for _, to in hops} == {receiver}


def test_no_number_is_in_a_message_that_may_not_have_one(desk):
    """R-091, at the register: the move-in notice, and what the platform gets."""
    for name in ("move_in_notice", "resident_record_change", "card_status_notice"):
        value, _ = TYPES[name]
        assert "individual_number" not in value.__annotations__
    (person,) = desk.settled()
    bodies = desk.register.store.rows(
        "SELECT body FROM outbox WHERE type IN"
        " ('move_in_notice', 'resident_record_change')"
    )
    assert len(bodies) == 2
    assert all(person.individual_number.encode() not in body for (body,) in bodies)


def test_no_message_shows_itself(desk):
    desk.settled()
    for receiver in desk.register.outbox.receivers():
        for owed in desk.register.outbox.waiting(receiver):
            assert "架空" not in repr(owed)


# -- the relay between addressee system and CS


def test_a_code_request_is_handed_on_as_it_came_and_once(desk):
    request = IdentifierCodeRequest(
        processing_number="d1" * 16, individual_number=number(1)
    )
    first = desk.register.relay.hand_on(request, ADDRESSEE)
    assert desk.register.relay.hand_on(request, ADDRESSEE) == first
    (owed,) = desk.owed("personal_identifier_code_request")
    assert (owed.receiver, owed.message) == (CS, request)
    with pytest.raises(WrongSource):
        desk.register.relay.hand_on(request, "intermediate_server")
    real = replace(request, individual_number="123456789018")
    odd = replace(request, processing_number="P-1")
    for other in (real, odd):
        with pytest.raises(EntryRefused):
            desk.register.relay.hand_on(other, ADDRESSEE)


# -- consistency


def test_two_equal_sides_have_one_digest_and_no_difference(desk):
    theirs = list(desk.register.consistency.stream())
    assert digest_of(theirs) == desk.register.consistency.digest()
    assert list(desk.register.consistency.compare(theirs)) == []
    assert desk.happened("consistency checked") == 1


def test_each_difference_is_found_and_names_fields_and_no_person(desk):
    """R-082, at the register: a seeded difference is found and reported."""
    theirs = list(desk.register.consistency.stream())
    changed = replace(theirs[3], address="群馬県高崎市")
    other = [*theirs[:2], changed, *theirs[5:]]
    found = list(desk.register.consistency.compare(other))
    assert [(one.kind, one.fields) for one in found] == [
        (Side.THERE, ()),
        (Side.BOTH_DIFFER, ("address",)),
        (Side.THERE, ()),
    ]
    assert found[1].code.reveal() == changed.resident_record_code
    assert changed.resident_record_code not in repr(found)
    assert digest_of(other) != desk.register.consistency.digest()


def test_somebody_who_is_missing_here_is_found(desk):
    theirs = list(desk.register.consistency.stream())
    gone = desk.single()
    desk.do(forms.Death(basis=desk.notice(), record=gone.number, died_on=TODAY))
    (found,) = desk.register.consistency.compare(theirs)
    assert found.kind is Side.HERE
    assert found.code.reveal() == gone.resident_record_code


def test_marks_of_a_change_are_not_compared(desk):
    theirs = [
        replace(one, operator_id="OTHER", update_sequence_number=9)
        for one in desk.register.consistency.stream()
    ]
    assert list(desk.register.consistency.compare(theirs)) == []


def test_a_stream_out_of_order_is_not_compared(desk):
    theirs = list(desk.register.consistency.stream())[::-1]
    with pytest.raises(ValueError, match="order"):
        list(desk.register.consistency.compare(theirs))


_PEOPLE = list(Desk(households=6).register.consistency.stream())


@given(st.sets(st.sampled_from(range(len(_PEOPLE)))), st.data())
def test_differences_are_those_of_two_sets(left, data):
    right = data.draw(st.sets(st.sampled_from(range(len(_PEOPLE)))))
    found = list(
        differences(
            [_PEOPLE[n] for n in sorted(left)], [_PEOPLE[n] for n in sorted(right)]
        )
    )
    codes = {(one.code.reveal(), one.kind) for one in found}
    assert codes == {
        *((_PEOPLE[n].resident_record_code, Side.THERE) for n in left - right),
        *((_PEOPLE[n].resident_record_code, Side.HERE) for n in right - left),
    }


@pytest.mark.parametrize("by", Removed)
def test_members_are_residents_and_the_removed_but_not_the_dead(desk, by):
    """R-011, at the register: the membership of each removal reason."""
    person = desk.single()
    assert is_member(person)
    removed = replace(person, removal=Removal(on=TODAY, by=by))
    assert is_member(removed) is (by in {Removed.MOVED_OUT, Removed.EX_OFFICIO})


def test_a_stream_goes_on_after_a_code(desk):
    whole = list(desk.register.consistency.stream())
    rest = list(desk.register.consistency.stream(whole[4].resident_record_code))
    assert rest == whole[5:]


def test_a_person_with_two_records_is_once_in_the_stream(desk):
    (first,) = desk.settled()
    desk.do(desk.move_out(first))
    desk.pass_days(3)
    (second,) = desk.settled()
    found = [
        one
        for one in desk.register.consistency.stream()
        if one.resident_record_code == first.resident_record_code
    ]
    assert [one.date_became_resident for one in found] == [second.became_resident]


# -- rehearsals


def test_a_message_can_be_sent_twice_on_purpose(desk):
    desk.settled()
    first = desk.register.outbox.next(CS)
    copy = desk.register.rehearsal.send_twice(first.number)
    same = [one for one in desk.register.outbox.waiting(CS) if one.type == first.type]
    assert [one.number for one in same] == [first.number, copy]
    assert same[0].message == same[1].message


def test_two_moves_can_be_told_in_the_wrong_order(desk):
    (person,) = desk.settled()
    desk.do(desk.move_out(person))
    first, second = desk.owed("identity_information_update")
    desk.register.rehearsal.swap(first.number, second.number)
    swapped = desk.owed("identity_information_update")
    assert [one.number for one in swapped] == [second.number, first.number]
    other = desk.owed("resident_record_change")[0]
    with pytest.raises(NotNow):
        desk.register.rehearsal.swap(first.number, other.number)


def test_a_cs_that_was_filled_takes_what_is_told_wrongly_and_the_repair(desk):
    """And after both the register's own change: each is newer than the one before."""
    person = desk.single()
    (held,) = (
        one
        for one in desk.register.consistency.stream()
        if one.resident_record_code == person.resident_record_code
    )
    desk.register.rehearsal.tell_wrongly([person.number])
    desk.register.rehearsal.tell_wrongly([person.number])
    desk.register.rehearsal.repair(ALICE)
    desk.do(desk.move_out(desk.register.books.record(person.number)))
    updates = desk.messages("identity_information_update")
    assert len(updates) == 4
    for update in updates:
        assert update_fault(held, update.record) == ""
        held = update.record


def test_nothing_wrong_is_told_of_somebody_who_has_no_number(desk):
    child, before = desk.born(), desk.fingerprint()
    with pytest.raises(EntryRefused, match="individual_number"):
        desk.register.rehearsal.tell_wrongly([desk.single().number, child.number])
    assert desk.fingerprint() == before
    assert desk.register.rehearsal.repair(ALICE) == 0


def test_what_was_told_wrongly_is_found_and_repaired(desk):
    """S7: valid in every field and wrong; the check finds it, the repair mends it."""
    theirs = {
        one.resident_record_code: one for one in desk.register.consistency.stream()
    }
    people = [one.number for one in desk.family()]
    assert desk.register.rehearsal.tell_wrongly(people) == len(people)

    def take():
        for owed in desk.register.outbox.waiting(CS):
            told = read_payload(owed.type, write_payload(owed.message)).record
            theirs[told.resident_record_code] = told
            desk.register.outbox.delivered(owed.number)
        in_order = [theirs[key] for key in sorted(theirs)]
        return list(desk.register.consistency.compare(in_order))

    found = take()
    assert len(found) == len(people)
    assert {one.fields for one in found} == {("date_of_birth", "postal_code")}
    assert desk.register.rehearsal.repair(ALICE) == len(people)
    assert take() == []
    assert desk.register.rehearsal.repair(ALICE) == 0
    assert all(
        theirs[
            desk.register.books.record(one).resident_record_code
        ].abnormal_update_sequence_number
        for one in people
    )


def test_a_name_can_get_a_character_that_only_this_side_has(desk):
    """S9."""
    person = desk.single()
    desk.register.rehearsal.write_rarely(person.number, ALICE, BOB)
    name = desk.register.books.record(person.number).name
    assert name == f"{person.name[0]}{SELECTOR}{person.name[1:]}"
    (update,) = desk.messages("identity_information_update")
    assert update.record.name_external_character_count == external_count(name) >= 1
    assert update.record.external_character_flag


def test_each_fault_is_on_record(desk):
    desk.settled()
    first = desk.register.outbox.next(CS)
    desk.register.rehearsal.send_twice(first.number)
    assert desk.happened("sent twice on purpose") == 1
    with pytest.raises(NotNow):
        desk.register.rehearsal.send_twice(999)


def test_no_event_names_a_person(desk):
    (person,) = desk.settled()
    desk.do(desk.move_out(person))
    told = " ".join(str(event) for event in desk.register.events.all())
    for value in (person.name, person.individual_number, person.resident_record_code):
        assert value not in told


# -- the file


def test_a_register_is_found_again_as_it_was_left(tmp_path):
    path = tmp_path / "register"
    desk = Desk(path)
    desk.settled()
    digest = desk.register.consistency.digest()
    waiting = desk.register.outbox.sent()
    desk.register.close()
    again = opened(path)
    assert again.consistency.digest() == digest
    assert again.outbox.sent() == waiting


def test_the_file_is_its_owners_alone(tmp_path):
    path = tmp_path / "register"
    old = os.umask(0)
    try:
        desk = Desk(path)
        desk.settled()
        modes = {stat.S_IMODE(one.stat().st_mode) for one in tmp_path.iterdir()}
    finally:
        os.umask(old)
    assert modes == {0o600}
    desk.register.close()
    path.chmod(0o640)
    with pytest.raises(StoreFault):
        opened(path)


def test_another_file_is_left_alone(tmp_path):
    strange = tmp_path / "strange"
    strange.write_bytes(b"not a database" * 100)
    strange.chmod(0o600)
    before = strange.read_bytes()
    with pytest.raises(StoreFault):
        opened(strange)
    assert strange.read_bytes() == before
    link = tmp_path / "link"
    link.symlink_to(strange)
    for path in (link, tmp_path, tmp_path / "nowhere" / "register"):
        with pytest.raises(RegisterError):
            opened(path)


def test_the_register_of_another_city_is_not_opened(tmp_path):
    path = tmp_path / "register"
    opened(path).close()
    with pytest.raises(StoreFault):
        opened(path, municipality="112020")


def test_a_second_city_has_its_own_towns():
    register = opened(None, municipality="112020")
    register.loading.load(generate(5, 20, "112020"))
    assert len(list(register.consistency.stream())) == 20
    with pytest.raises(EntryRefused):
        opened(None).loading.load(generate(5, 20, "112020"))


def test_the_same_work_makes_the_same_register():
    """Clock and chance are given: two runs are equal, message by message."""
    digests = []
    for _ in range(2):
        desk = Desk()
        desk.settled(home=HOME)
        desk.born()
        rows = desk.register.store.rows("SELECT type, digest, cause FROM outbox")
        digests.append((rows, desk.register.consistency.digest()))
    assert digests[0] == digests[1]
