# SPDX-License-Identifier: Apache-2.0
"""Statistics, extraction, supplement, foreign residents, cards, flags, places."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.systems import CS, FAMILY_REGISTER, STORES
from simulators.register import forms
from simulators.register import statistics as counting
from simulators.register.basis import Approval
from simulators.register.cards import STEPS, CardEvent
from simulators.register.errors import (
    EntryRefused,
    NotAllowed,
    NotNow,
    NotThere,
    Rule,
    WrongSource,
)
from simulators.register.extraction import Column, Condition
from simulators.register.forms import Amendment, Placement
from simulators.register.owed import SupplementInformation
from simulators.register.places import Place
from simulators.register.rehearsal import SELECTOR
from simulators.register.statistics import FEW, Few, told
from tests.simulators.register.desk import (
    ALICE,
    BOB,
    DOMICILE,
    FOREIGN,
    HOME,
    MANAGER,
    TODAY,
    Desk,
    newcomer,
)
from tests.values import replace

# -- statistics


def test_statistics_are_households_sexes_and_moves_and_no_more():
    """R-205: counts only; there is no key that a person could be singled out by."""
    public = {name for name in vars(counting.Statistics) if not name.startswith("_")}
    assert public == {"population", "moves", "monthly"}
    assert set(counting.Population.__annotations__) == {
        "taken",
        "households",
        "residents",
        "male",
        "female",
        "unstated",
    }
    assert set(counting.Moves.__annotations__) == {
        "first",
        "last",
        "moved_in",
        "moved_out",
    }


def test_the_counts_are_those_of_the_register():
    """R-205."""
    desk = Desk(households=16)
    people = list(desk.register.books.all())
    counted = desk.register.statistics.population()
    assert counted.residents == len(people)
    assert counted.households == len({one.household for one in people})
    sexes = {sex: sum(one.sex == sex for one in people) for sex in ("1", "2")}
    assert min(sexes.values()) >= FEW
    assert (counted.male, counted.female) == (sexes["1"], sexes["2"])
    assert counted.unstated == 0


def test_moves_are_counted_by_their_day(desk):
    for serial in range(1, FEW + 1):
        home = replace(HOME, building=f"{serial}号")
        desk.settled(newcomer(serial), home=home)
    counted = desk.register.statistics.monthly(2026, 4, ALICE).moves
    assert (counted.first, counted.last) == (date(2026, 4, 1), date(2026, 4, 30))
    assert counted.moved_in == FEW
    assert desk.happened("monthly report") == 1
    desk.do(desk.move_out(desk.single()))
    assert desk.register.statistics.moves(2026, 4).moved_out == Few()
    december = desk.register.statistics.monthly(2027, 12, ALICE).moves
    assert (december.last, december.moved_in) == (date(2027, 12, 31), 0)


@given(st.lists(st.integers(0, 40), min_size=1, max_size=4))
def test_no_count_below_the_threshold_can_be_told_or_worked_out(parts):
    """One hidden part among told ones would be their total less the others."""
    said = told(*parts)
    assert all(one == 0 or isinstance(one, Few) or one >= FEW for one in said)
    hidden = [one for one in said if isinstance(one, Few)]
    shown = [one for one in said if isinstance(one, int) and one]
    assert not (hidden and shown)


# -- extraction (EUC)


def grown_ups():
    return Condition(columns=(Column.NAME, Column.BORN), born_until=date(2006, 1, 1))


def test_only_a_condition_that_was_set_is_run(desk):
    """R-017: by set conditions; a name under which nothing is set gives nothing."""
    extraction = desk.register.extraction
    with pytest.raises(NotThere):
        extraction.run("grown-ups", ALICE, MANAGER)
    extraction.define("grown-ups", grown_ups(), ALICE, MANAGER)
    rows = list(extraction.run("grown-ups", ALICE, MANAGER))
    assert rows == [
        (one.name, one.born.isoformat())
        for one in desk.register.books.all()
        if one.born <= date(2006, 1, 1)
    ]
    about = [event.about for event in desk.register.events.all()][-1]
    assert about == f"grown-ups P-1 {len(rows)} rows"


@pytest.mark.parametrize("approval", [None, Approval("alice", "P-1")])
def test_setting_and_running_each_need_an_approval(desk, approval):
    """R-017."""
    extraction = desk.register.extraction
    with pytest.raises(NotAllowed):
        extraction.define("grown-ups", grown_ups(), ALICE, approval)
    extraction.define("grown-ups", grown_ups(), ALICE, MANAGER)
    with pytest.raises(NotAllowed):
        extraction.run("grown-ups", ALICE, approval)


def test_a_condition_is_never_changed(desk):
    """R-017."""
    extraction = desk.register.extraction
    extraction.define("grown-ups", grown_ups(), ALICE, MANAGER)
    wider = replace(grown_ups(), born_until=None)
    with pytest.raises(NotNow):
        extraction.define("grown-ups", wider, ALICE, MANAGER)


def test_an_extraction_gives_no_number_and_no_code():
    """R-017: the columns are a closed list."""
    assert {column.value for column in Column} == {
        "name",
        "furigana",
        "address",
        "born",
        "sex",
        "household",
        "relationship",
    }


def test_each_condition_selects(desk):
    extraction = desk.register.extraction
    people = list(desk.register.books.all())
    one = people[3]
    conditions = {
        "from": (Condition(columns=(Column.NAME,), born_from=one.born), "born"),
        "sex": (Condition(columns=(Column.NAME,), sex="2"), "sex"),
        "town": (
            Condition(columns=(Column.ADDRESS,), town_code=one.home.town_code),
            "town",
        ),
        "since": (
            Condition(columns=(Column.SEX,), resident_since=one.became_resident),
            "since",
        ),
        "heads": (Condition(columns=(Column.HOUSEHOLD,), heads_only=True), "heads"),
    }
    expected = {
        "from": sum(p.born >= one.born for p in people),
        "sex": sum(p.sex == "2" for p in people),
        "town": sum(p.home.town_code == one.home.town_code for p in people),
        "since": sum(p.became_resident >= one.became_resident for p in people),
        "heads": sum(p.is_head for p in people),
    }
    for name, (condition, _) in conditions.items():
        extraction.define(name, condition, ALICE, MANAGER)
        assert len(list(extraction.run(name, ALICE, MANAGER))) == expected[name]


def test_a_protected_person_is_left_out_of_an_extraction(desk):
    person = desk.single()
    desk.register.flags.protect(person.number, TODAY, desk.notice(), ALICE, BOB)
    condition = Condition(columns=(Column.NAME,))
    desk.register.extraction.define("all", condition, ALICE, MANAGER)
    rows = list(desk.register.extraction.run("all", ALICE, MANAGER))
    assert (person.name,) not in rows
    assert len(rows) == len(list(desk.register.books.all())) - 1


# -- supplement of the family register


def test_the_supplement_is_of_those_whose_domicile_is_here(desk):
    """R-019: exactly the filter on the registered domicile."""
    here = {
        one.resident_record_code
        for one in desk.register.books.all()
        if one.domicile.municipality == "102024"
    }
    assert {line.resident_record_code for line in desk.register.supplement.all()} == (
        here
    )
    assert here
    assert len(here) < len(list(desk.register.books.all()))


def moved(desk, person):
    desk.do(
        forms.MoveWithin(
            basis=desk.notice(),
            moved_on=desk.today,
            home=HOME,
            placements=(Placement(record=person.number, relationship="世帯主"),),
        )
    )


def single_with_domicile(desk, *, here):
    return next(
        one
        for one in desk.register.books.all()
        if (one.domicile.municipality == "102024") is here
        and len(desk.register.books.household(one.household)) == 1
    )


def test_a_move_is_added_to_the_supplement_of_our_own(desk):
    """R-019."""
    person = single_with_domicile(desk, here=True)
    moved(desk, person)
    lines = desk.register.supplement.lines(person.resident_record_code)
    assert [line.address for line in lines] == [person.home.text, HOME.text]
    (owed,) = desk.owed("family_register_supplement_update")
    assert owed.receiver == FAMILY_REGISTER
    assert desk.owed("family_register_supplement_information") == []


def test_a_move_is_told_to_another_domicile_by_way_of_the_cs(desk):
    """R-020: to other municipalities through the CS."""
    (person,) = desk.settled(newcomer(domicile=DOMICILE))
    (owed,) = desk.owed("family_register_supplement_information")
    assert owed.receiver == CS
    assert owed.message.municipality == DOMICILE.municipality
    assert owed.message.address == person.home.text
    assert desk.owed("family_register_supplement_update") == []


def supplement_of(person, **changes):
    fields = {
        "municipality": "102024",
        "resident_record_code": person.resident_record_code,
        "name": person.name,
        "born": person.born,
        "sex": person.sex,
        "domicile": person.domicile,
        "address": "群馬県前橋市天川町５番地",
        "since": TODAY,
        "change_reason": "S02",
        "change_date": TODAY,
    }
    return SupplementInformation(**{**fields, **changes})


def test_what_other_municipalities_tell_comes_by_way_of_the_cs(desk):
    """R-020: and from nowhere else."""
    person = single_with_domicile(desk, here=True)
    supplement = desk.register.supplement
    with pytest.raises(WrongSource):
        supplement.receive(supplement_of(person), "102016", "family_register_system")
    assert supplement.receive(supplement_of(person), "102016", CS) == ()
    *_, last = supplement.lines(person.resident_record_code)
    assert (last.municipality, last.since) == ("102016", TODAY)


def test_a_character_that_one_side_lacks_comes_back_as_a_mismatch(desk):
    """S9: nothing is made equal; the sender is told which field."""
    person = single_with_domicile(desk, here=True)
    name = f"{person.name[0]}{SELECTOR}{person.name[1:]}"
    sent = supplement_of(person, name=name)
    assert desk.register.supplement.receive(sent, "102016", CS) == ("name",)
    (mismatch,) = desk.messages("family_register_supplement_mismatch")
    assert (mismatch.municipality, mismatch.fields) == ("102016", ("name",))
    assert len(desk.register.supplement.lines(person.resident_record_code)) == 1


def test_a_supplement_of_another_register_is_refused(desk):
    person = single_with_domicile(desk, here=True)
    for sent in (
        supplement_of(person, municipality="102016"),
        supplement_of(person, resident_record_code="12345678901"),
    ):
        with pytest.raises(EntryRefused):
            desk.register.supplement.receive(sent, "102016", CS)


# -- foreign residents


def test_a_change_of_a_foreign_resident_makes_a_notice(desk):
    """R-018."""
    (person,) = desk.settled(newcomer(domicile=None, foreign=FOREIGN, alias="通称"))
    assert desk.register.foreign.waiting() == 1
    desk.do(desk.move_out(person))
    notices = desk.register.foreign.output(ALICE)
    assert [one.change_reason for one in notices] == ["S01", "S04"]
    assert [one.removed for one in notices] == [False, True]
    assert notices[0].residence_card == FOREIGN.residence_card


def test_a_change_of_a_japanese_resident_makes_none(desk):
    """R-018."""
    desk.settled()
    desk.do(desk.move_out(desk.single()))
    desk.born()
    assert desk.register.foreign.waiting() == 0


def test_a_notice_is_put_out_once_and_on_record(desk):
    desk.settled(newcomer(domicile=None, foreign=FOREIGN))
    assert len(desk.register.foreign.output(ALICE)) == 1
    assert desk.register.foreign.output(ALICE) == ()
    assert desk.happened("foreign notice put out") == 1


# -- cards


def issued(desk, place=0):
    person = desk.family(place)[0]
    serial = f"CARD-{place}"
    desk.register.cards.issue(person.number, serial, f"C{place}", ALICE)
    return person, serial


def test_an_issue_passes_the_certificates_serial_to_the_stores(desk):
    """R-021: one serial message for each issue, and no individual number in it."""
    person, _ = issued(desk)
    (owed,) = desk.owed("user_certificate_serial_notice")
    assert owed.receiver == STORES
    assert (owed.message.serial, owed.message.usable) == ("C0", True)
    body = desk.register.store.value(
        "SELECT body FROM outbox WHERE number = ?", owed.number
    )
    assert person.individual_number.encode() not in body


def test_a_suspended_card_stops_at_the_stores_until_it_is_released(desk):
    """R-021."""
    _, serial = issued(desk)
    desk.register.cards.happen(serial, CardEvent.SUSPENDED, ALICE)
    desk.register.cards.happen(serial, CardEvent.RELEASED, ALICE)
    usable = [one.usable for one in desk.messages("user_certificate_serial_notice")]
    assert usable == [True, False, True]


@pytest.mark.parametrize("state", ["in use", "suspended", "abolished", "returned"])
@pytest.mark.parametrize("event", CardEvent)
def test_each_step_of_a_card_is_in_the_table_or_refused(desk, state, event):
    """R-084, at the register: each event makes one notice of its kind."""
    person, serial = issued(desk)
    desk.register.store.run("UPDATE cards SET state = ?", state)
    before = len(desk.messages("card_status_notice"))
    after = STEPS.get((state, event))
    if after is None:
        with pytest.raises(NotNow):
            desk.register.cards.happen(serial, event, ALICE)
        assert len(desk.messages("card_status_notice")) == before
        return
    desk.register.cards.happen(serial, event, ALICE)
    assert desk.register.cards.state(serial) == after
    notice = desk.messages("card_status_notice")[-1]
    assert (notice.event, notice.card) == (event.value, serial)
    assert notice.resident_record_code == person.resident_record_code
    assert len(desk.messages("card_status_notice")) == before + 1


def test_one_resident_has_one_card(desk):
    person, serial = issued(desk)
    with pytest.raises(NotNow):
        desk.register.cards.issue(person.number, "CARD-X", "CA", ALICE)
    other = desk.family(1)[0]
    with pytest.raises(NotNow):
        desk.register.cards.issue(other.number, serial, "CB", ALICE)
    with pytest.raises(NotThere):
        desk.register.cards.happen("CARD-Z", CardEvent.SUSPENDED, ALICE)


def test_nobody_without_a_number_gets_a_card(desk):
    child = desk.born()
    with pytest.raises(EntryRefused):
        desk.register.cards.issue(child.number, "CARD-C", "CC", ALICE)


def test_the_card_of_a_dead_person_lapses_and_that_of_a_mover_goes_on(desk):
    dead = desk.single()
    desk.register.cards.issue(dead.number, "CARD-D", "CD", ALICE)
    desk.do(forms.Death(basis=desk.notice(), record=dead.number, died_on=desk.today))
    assert desk.register.cards.state("CARD-D") == "abolished"
    (mover,) = desk.settled()
    desk.register.cards.issue(mover.number, "CARD-M", "CE", ALICE)
    desk.do(desk.move_out(mover))
    assert desk.register.cards.state("CARD-M") == "in use"


# -- flags


def test_a_flag_is_set_by_two_people_on_a_basis(desk):
    flags, person = desk.register.flags, desk.single()
    with pytest.raises(NotAllowed):
        flags.protect(person.number, TODAY, desk.notice(), ALICE, ALICE)
    basis = replace(desk.notice(), reference="")
    with pytest.raises(EntryRefused):
        flags.protect(person.number, TODAY, basis, ALICE, BOB)
    yesterday = TODAY - timedelta(days=1)
    with pytest.raises(EntryRefused):
        flags.protect(person.number, yesterday, desk.notice(), ALICE, BOB)


def test_a_protection_ends_after_its_last_day(desk):
    person = desk.single()
    last = TODAY + timedelta(days=5)
    desk.register.flags.protect(person.number, last, desk.notice(), ALICE, BOB)
    record = desk.register.books.record(person.number)
    assert record.protected(last)
    assert not record.protected(last + timedelta(days=1))


def test_a_protection_is_told_in_house_and_not_to_the_cs(desk):
    person = desk.single()
    desk.register.flags.protect(person.number, TODAY, desk.notice(), ALICE, BOB)
    (change,) = desk.messages("resident_record_change")
    (numbered,) = desk.messages("numbered_resident_record_change")
    assert change.protected
    assert numbered.change == change
    assert desk.messages("identity_information_update") == []
    desk.register.flags.lift(person.number, desk.notice(), ALICE, BOB)
    assert not desk.messages("resident_record_change")[-1].protected


def test_a_prohibited_record_takes_no_entry_until_it_is_allowed(desk):
    person = desk.single()
    flags = desk.register.flags
    flags.prohibit_updates(person.number, desk.decision(), ALICE, BOB)
    assert Rule.UPDATES_PROHIBITED in desk.refusal(desk.move_out(person))
    (update,) = desk.messages("identity_information_update")
    assert update.record.update_prohibited_flag
    flags.allow_updates(person.number, desk.decision(), ALICE, BOB)
    desk.do(desk.move_out(person))


# -- places


def test_a_new_town_is_added_with_an_approval_and_can_be_lived_in(desk):
    place = Place("9990000", "3709999", "群馬県高崎市架空町")
    home = replace(HOME, town_code=place.code, address="群馬県高崎市架空町１番地")
    assert desk.refusal(desk.move_in(home=home)) == {Rule.UNKNOWN_CODE}
    with pytest.raises(NotAllowed):
        desk.register.places.add(place, ALICE, None)
    desk.register.places.add(place, ALICE, MANAGER)
    assert place in desk.register.places.all()
    desk.do(desk.move_in(home=home))
    with pytest.raises(NotNow):
        desk.register.places.add(place, ALICE, MANAGER)


def test_an_address_tells_its_town(desk):
    found = desk.register.places.of(HOME.address)
    assert (found.code, found.postal_code) == (HOME.town_code, HOME.postal_code)
    with pytest.raises(NotThere):
        desk.register.places.of("群馬県前橋市天川町１番地")


@pytest.mark.parametrize(
    "place",
    [Place("x", "3709999", "町"), Place("1", "370", "町"), Place("1", "3709999", "")],
)
def test_a_town_that_is_none_is_refused(desk, place):
    with pytest.raises(EntryRefused):
        desk.register.places.add(place, ALICE, MANAGER)


def test_a_change_of_the_domicile_is_told_to_the_new_one(desk):
    person = single_with_domicile(desk, here=True)
    desk.do(
        forms.FamilyRegisterChange(
            basis=desk.notice(),
            record=person.number,
            changed_on=desk.today,
            amendment=Amendment(domicile=DOMICILE),
        )
    )
    (sent,) = desk.messages("family_register_supplement_information")
    assert sent.municipality == DOMICILE.municipality
