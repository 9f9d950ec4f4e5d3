# SPDX-License-Identifier: Apache-2.0
"""A review lists what somebody should ask about, and is itself on record (R-193)."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from gateway.records.event import Event, EventKind
from gateway.records.jst import JST
from gateway.records.review import MANY_LOOKS, MUCH, SAME_PERSON
from tests.gateway.records.helpers import PROVIDER, event, number
from tests.gateway.records.test_records_cli import Network

MORNING = datetime(2030, 1, 8, 10, tzinfo=JST)
"""A Tuesday, at work."""
CLERK = "窓口 一郎"
BY = ("--operator", "監査 花子", "--note", "asked, and found in order")


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Network:
    """Whoever reviews does so while people are at work."""
    at = MORNING + timedelta(minutes=30)
    monkeypatch.setattr("gateway.records.export_cli.clock_of", lambda _: lambda: at)
    return Network(tmp_path / "network")


def act(detail: str, at: datetime = MORNING, **fields: object) -> Event:
    made = {"kind": EventKind.OPERATOR, "direction": "local", "operator": CLERK}
    return event(**{**made, "at": at, "detail": detail, **fields})  # type: ignore[arg-type]


def config(network: Network) -> tuple[str, str]:
    return "--config", str(network.place(PROVIDER) / "station.toml")


def signs(network: Network, *words: str) -> list[tuple[int, str]]:
    done = network.alone("review", *BY, "--json", *words, *config(network))
    return [(one["seq"], one["sign"]) for one in json.loads(done.stdout)]


def test_ordinary_acts_are_not_asked_about(network: Network) -> None:
    network.record(
        PROVIDER,
        event(),
        act("hold viewed", processing_number=number(1).hex()),
        act(
            "the person agreed",
            MORNING + timedelta(minutes=1),
            kind=EventKind.RELEASED,
            processing_number=number(1).hex(),
        ),
        act(f"{MUCH} events exported as csv: everything"),
        act("outbox retry: the peer had refused us"),
    )
    assert signs(network) == []
    done = network.alone("review", *BY, "--all", *config(network))
    assert "5 acts, 0 to ask about" in done.output, "the first review is one of them"


@pytest.mark.parametrize(
    "at",
    [
        MORNING.replace(hour=3),
        MORNING.replace(hour=22),
        MORNING.replace(day=12),
        MORNING.replace(day=13),
    ],
)
def test_an_act_while_nobody_is_at_work_is_listed(
    network: Network, at: datetime
) -> None:
    network.record(PROVIDER, act("copy viewed", at))
    assert signs(network) == [(1, "hours")]


@pytest.mark.parametrize(
    "detail",
    ["export refused: many", "export refused", "disclosure refused: to self"],
)
def test_what_was_tried_and_not_allowed_is_listed(
    network: Network, detail: str
) -> None:
    network.record(PROVIDER, act(detail))
    assert signs(network) == [(1, "refused")]


@pytest.mark.parametrize(
    "detail",
    [
        f"{MUCH + 1} events exported as csv: everything",
        f"{MUCH + 1} copies exported, approved by X",
        f"proof bundle of {MUCH + 1} events, entries 0 to 9",
    ],
)
def test_what_was_taken_out_in_mass_is_listed(network: Network, detail: str) -> None:
    network.record(PROVIDER, act(detail))
    assert signs(network) == [(1, "much")]


def test_many_looks_on_one_day_are_listed_once(network: Network) -> None:
    looks = [act("copy viewed") for _ in range(MANY_LOOKS + 3)]
    other = act("copy viewed", operator="別の 職員")
    network.record(PROVIDER, *looks, other)
    assert signs(network) == [(MANY_LOOKS + 1, "looks")]


def test_many_looks_at_one_person_are_listed(network: Network) -> None:
    tag = "ab" * 16
    looks = [act("copy viewed", person_tag=tag) for _ in range(SAME_PERSON + 1)]
    network.record(PROVIDER, act("copy viewed", person_tag="cd" * 16), *looks)
    assert signs(network) == [(SAME_PERSON + 2, "person")]


def test_a_release_without_a_look_is_listed(network: Network) -> None:
    network.record(
        PROVIDER,
        act("hold viewed", processing_number=number(2).hex()),
        act("hold viewed", processing_number=number(1).hex(), operator="別の 職員"),
        act("agreed", kind=EventKind.RELEASED, processing_number=number(1).hex()),
    )
    assert signs(network) == [(3, "unseen")]


def test_a_look_that_an_earlier_review_read_counts(network: Network) -> None:
    same = {"processing_number": number(1).hex()}
    network.record(PROVIDER, act("hold viewed", **same))
    assert signs(network) == []
    later = MORNING + timedelta(minutes=5)
    network.record(PROVIDER, act("agreed", later, kind=EventKind.RELEASED, **same))
    assert signs(network) == []


def test_each_review_is_dated_and_the_next_goes_on_from_it(network: Network) -> None:
    config_of = config(network)
    assert "no review was made yet" in network.alone("reviews", *config_of).output
    network.record(PROVIDER, act("export refused: many"), event())
    assert signs(network) == [(1, "refused")]
    network.record(PROVIDER, act("export refused: many"))
    assert [sign for _, sign in signs(network)] == ["refused"]
    made = json.loads(network.alone("reviews", "--json", *config_of).stdout)
    assert [(one["first"], one["last"], one["findings"]) for one in made] == [
        (1, 2, 1),
        (3, 4, 1),
    ]
    assert {one["operator"] for one in made} == {BY[1]}
    assert {one["note"] for one in made} == {BY[3]}
    assert all(datetime.fromisoformat(one["at"]) for one in made)
    assert signs(network, "--all")[:2] == [(1, "refused"), (4, "refused")]


@pytest.mark.parametrize(
    "words",
    [("--operator", "監査"), ("--note", "x"), ("--operator", " ", "--note", "x"),
     ("--operator", "監査", "--note", " ")],
)  # fmt: skip
def test_nobody_reviews_without_a_name_and_a_word(
    network: Network, words: tuple[str, ...]
) -> None:
    network.alone("review", *words, *config(network), status=2)
    assert json.loads(network.alone("reviews", "--json", *config(network)).stdout) == []
