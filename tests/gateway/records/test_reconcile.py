# SPDX-License-Identifier: Apache-2.0
"""Three records of one transaction: where they differ, it is said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.records.accounts import (
    Account,
    core_accounts,
    provider_accounts,
    requester_accounts,
)
from gateway.records.event import Event, EventKind, StoredEvent
from gateway.records.reconcile import Difference, reconcile
from tests.gateway.records.helpers import (
    CORE,
    NOON,
    PROVIDER,
    REQUESTER,
    core_transaction,
    event,
    inquiry,
    number,
)
from tests.values import replace

KINDS = frozenset({"resident_record_information"})
SAID = Account("", number(1).hex(), "131016", "102024", 1, KINDS, "provided")
OUTCOMES = ["in_progress", "refused", "lapsed", "provided"]


def told(
    requester: str | None, provider: str | None, core: str | None
) -> list[Difference]:
    """Reconcile three accounts that differ in outcome only; None is no record."""

    def party(outcome: str | None, station: str) -> list[Account]:
        if outcome is None:
            return []
        return [replace(SAID, station=station, outcome=outcome)]

    return reconcile(
        party(requester, REQUESTER), party(provider, PROVIDER), party(core, CORE)
    )


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_three_that_agree_are_no_difference(outcome: str) -> None:
    assert told(outcome, outcome, outcome) == []


@pytest.mark.parametrize(
    ("requester", "provider", "core"),
    [
        ("refused", None, "refused"),
        ("refused", None, None),
        (None, None, "refused"),
        (None, "refused", None),
    ],
)
def test_refused_wherever_it_was_seen_is_agreement(
    requester: str | None, provider: str | None, core: str | None
) -> None:
    assert told(requester, provider, core) == []


@pytest.mark.parametrize(
    ("requester", "provider", "core"),
    [
        ("in_progress", None, None),
        ("in_progress", None, "in_progress"),
        ("in_progress", "in_progress", "in_progress"),
        ("provided", "in_progress", "in_progress"),
        ("provided", "provided", "in_progress"),
        ("in_progress", None, "refused"),
    ],
)
def test_what_is_still_on_its_way_is_not_final(
    requester: str | None, provider: str | None, core: str | None
) -> None:
    assert all(not one.final for one in told(requester, provider, core))


@pytest.mark.parametrize(
    ("requester", "provider", "core", "point"),
    [
        ("provided", "lapsed", "lapsed", "outcome"),
        ("provided", "provided", "lapsed", "outcome"),
        ("refused", "provided", "provided", "outcome"),
        ("provided", None, "provided", "presence"),
        (None, "provided", "provided", "presence"),
        ("provided", "provided", None, "presence"),
        (None, "provided", None, "presence"),
        (None, None, "provided", "presence"),
        (None, None, "in_progress", "presence"),
    ],
)
def test_a_contradiction_is_final_and_named(
    requester: str | None, provider: str | None, core: str | None, point: str
) -> None:
    found = told(requester, provider, core)
    assert point in [one.point for one in found if one.final]


@pytest.mark.parametrize(
    ("point", "change"),
    [
        ("requester", {"requester": "999999"}),
        ("provider", {"provider": "999999"}),
        ("item", {"item_no": 2}),
        ("kinds", {"kinds": frozenset()}),
        ("kinds", {"kinds": KINDS | {"local_tax_information"}}),
    ],
)
@pytest.mark.parametrize("party", [0, 1, 2])
def test_each_point_on_which_one_party_differs_is_named(
    party: int, point: str, change: dict[str, object]
) -> None:
    accounts = [SAID, SAID, SAID]
    accounts[party] = replace(SAID, **change)  # type: ignore[arg-type]
    found = reconcile(*([one] for one in accounts))
    if change == {"kinds": frozenset()}:
        assert found == [], "what a party does not say is not compared"
    else:
        assert [(one.point, one.final) for one in found] == [(point, True)]


def test_two_stores_that_both_claim_to_have_provided_are_a_difference() -> None:
    other = replace(SAID, station="999999/intermediate_server")
    (found,) = reconcile([SAID], [SAID, other], [SAID])
    assert (found.point, found.final) == ("twice", True)


def test_a_provider_that_refused_another_ones_permit_is_no_difference() -> None:
    refused = replace(SAID, station="999999/x", provider="999999", outcome="refused")
    assert reconcile([SAID], [refused, SAID], [SAID]) == []
    assert reconcile([SAID], [SAID, refused], [SAID]) == []


_outcome = st.sampled_from([*OUTCOMES, None])


@given(_outcome, _outcome, _outcome)
def test_any_three_accounts_agree_or_are_told_apart(
    requester: str | None, provider: str | None, core: str | None
) -> None:
    found = told(requester, provider, core)
    present = {one for one in (requester, provider, core) if one is not None}
    if {"provided", "lapsed"} <= present:
        assert any(one.final for one in found)
    if present and None not in (requester, provider, core):
        assert (found == []) == (len(present) == 1)


# -- where the accounts come from --------------------------------------------------


def stored(*events: Event) -> list[StoredEvent]:
    return [StoredEvent(n, b"", b"", one, {}) for n, one in enumerate(events, 1)]


def order(kind: EventKind, **fields: object) -> Event:
    return event(
        kind,
        peer=CORE,
        message_type="provision_order",
        processing_number=number(1).hex(),
        **fields,
    )


def answer(kind: EventKind, message_type: str = "information_provision") -> Event:
    return Event(
        kind=kind,
        at=NOON,
        direction="out",
        peer=REQUESTER,
        message_type=message_type,
        processing_number=number(1).hex(),
        item_no=1 if kind is EventKind.ATTEMPTED else None,
        kinds=tuple(KINDS) if kind is EventKind.ATTEMPTED else (),
    )


def provided() -> list[StoredEvent]:
    return stored(
        order(EventKind.RECEIVED, item_no=1, kinds=tuple(KINDS)),
        answer(EventKind.ATTEMPTED),
        answer(EventKind.RECEIPTED),
    )


def test_a_provider_tells_of_an_order_and_of_its_answers_receipt() -> None:
    (found,) = provider_accounts(PROVIDER, provided())
    assert found == replace(SAID, station=PROVIDER, answered=True)


def test_an_answer_without_its_receipt_is_in_progress() -> None:
    (found,) = provider_accounts(PROVIDER, provided()[:2])
    assert found.outcome == "in_progress"
    assert found.requester == "131016"


def test_a_receipted_lapse_is_a_lapse() -> None:
    events = stored(
        order(EventKind.HELD, item_no=1, kinds=tuple(KINDS)),
        answer(EventKind.RECEIPTED, "provision_lapse"),
    )
    (found,) = provider_accounts(PROVIDER, events)
    assert found.outcome == "lapsed"


def test_a_second_order_that_was_refused_does_not_undo_the_provision() -> None:
    refused = order(EventKind.REFUSED, item_no=99, code="SK-C04")
    (found,) = provider_accounts(PROVIDER, [*provided(), *stored(refused)])
    assert (found.outcome, found.item_no) == ("provided", 1)
    (found,) = provider_accounts(PROVIDER, [*stored(refused), *provided()])
    assert (found.outcome, found.item_no) == ("provided", 1)


def test_an_order_that_was_only_refused_is_refused() -> None:
    events = stored(order(EventKind.REFUSED, code="SK-C03"))
    (found,) = provider_accounts(PROVIDER, events)
    assert found.outcome == "refused"


def test_an_answer_that_its_requester_refused_for_good_is_refused() -> None:
    failed = replace(answer(EventKind.FAILED), code="SK-C10")
    (found,) = provider_accounts(PROVIDER, [*provided()[:2], *stored(failed)])
    assert found.outcome == "refused"


@pytest.mark.parametrize("code", ["SK-T01", "SK-T06", "SK-C12"])
def test_an_answer_that_will_be_offered_again_is_in_progress(code: str) -> None:
    failed = replace(answer(EventKind.FAILED), code=code)
    (found,) = provider_accounts(PROVIDER, [*provided()[:2], *stored(failed)])
    assert found.outcome == "in_progress"


def test_an_answer_given_up_without_a_receipt_is_undelivered() -> None:
    """Whether it arrived is not known to the provider, and is not claimed."""
    failed = replace(answer(EventKind.FAILED), code="SK-T03")
    (found,) = provider_accounts(PROVIDER, [*provided()[:2], *stored(failed)])
    assert found.outcome == "undelivered"


def arrival(code: str, peer: str = PROVIDER) -> Event:
    """An answer that its requester did not take."""
    return event(
        EventKind.REFUSED,
        peer=peer,
        message_type="information_provision",
        processing_number=number(1).hex(),
        code=code,
    )


@pytest.mark.parametrize(
    ("state", "code", "peer", "outcome"),
    [
        ("in_progress", "SK-C10", PROVIDER, "refused"),
        ("in_progress", "SK-C12", PROVIDER, "in_progress"),
        ("in_progress", "SK-C10", CORE, "in_progress"),
        ("provided", "SK-C04", PROVIDER, "provided"),
    ],
    ids=["for good", "may come again", "not its provider's", "provided before"],
)
def test_a_requester_tells_of_an_answer_that_it_refused(
    state: str, code: str, peer: str, outcome: str
) -> None:
    events = stored(arrival(code, peer))
    (found,) = requester_accounts(REQUESTER, [inquiry(1, state=state)], events)
    assert found.outcome == outcome


def refused_by_its_requester(code: str, requesters: list[Event]) -> list[Difference]:
    """What the three say of an answer that its requester did not take over."""
    failed = replace(answer(EventKind.FAILED), code=code)
    return reconcile(
        requester_accounts(REQUESTER, [inquiry(1)], stored(*requesters)),
        provider_accounts(PROVIDER, [*provided()[:2], *stored(failed)]),
        core_accounts(CORE, [core_transaction(1, outcome="refused")], []),
    )


def test_the_accounts_of_a_refused_answer_agree() -> None:
    assert refused_by_its_requester("SK-C10", [arrival("SK-C10")]) == []


@pytest.mark.parametrize("known", ["nobody", "requester", "core"])
def test_a_refused_answer_to_an_order_that_not_all_know_is_a_difference(
    known: str,
) -> None:
    """Such as to a forged order: that the answer was refused does not hide it."""
    failed = replace(answer(EventKind.FAILED), code="SK-C14")
    asked = [inquiry(1, state="refused")] if known == "requester" else []
    issued = [core_transaction(1, outcome="refused")] if known == "core" else []
    (found,) = reconcile(
        requester_accounts(REQUESTER, asked, []),
        provider_accounts(PROVIDER, [*provided()[:2], *stored(failed)]),
        core_accounts(CORE, issued, []),
    )
    assert (found.point, found.final) == ("presence", True)
    assert found.said["provider"] == "refused"


def test_an_answer_of_which_nobody_knows_whether_it_arrived_is_a_difference() -> None:
    (found,) = refused_by_its_requester("SK-T03", [])
    assert (found.point, found.final) == ("outcome", True)
    assert found.said["provider"] == "undelivered"


def test_a_requesters_own_events_are_no_providers_account() -> None:
    arrival = event(
        message_type="information_provision", processing_number=number(1).hex()
    )
    assert list(provider_accounts(REQUESTER, stored(arrival))) == []


def test_a_requester_tells_of_its_inquiries() -> None:
    (found,) = requester_accounts(REQUESTER, [inquiry(1, state="provided")], [])
    assert found == replace(SAID, station=REQUESTER)


def test_the_core_tells_of_transactions_and_of_inquiries_refused() -> None:
    refused = event(
        EventKind.REFUSED,
        peer=REQUESTER,
        message_type="information_inquiry",
        processing_number=number(2).hex(),
        code="SK-P01",
    )
    again = replace(refused, processing_number=number(1).hex())
    first, second = core_accounts(
        CORE,
        [core_transaction(1, outcome="provided", outcome_at=NOON)],
        stored(refused, again, refused),
    )
    assert first == replace(SAID, station=CORE)
    assert (second.processing_number, second.outcome) == (number(2).hex(), "refused")
    assert second.provider == ""


def test_the_accounts_of_one_provision_agree() -> None:
    assert (
        reconcile(
            requester_accounts(REQUESTER, [inquiry(1, state="provided")], []),
            provider_accounts(PROVIDER, provided()),
            core_accounts(
                CORE, [core_transaction(1, outcome="provided", outcome_at=NOON)], []
            ),
        )
        == []
    )
