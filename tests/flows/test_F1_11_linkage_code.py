# SPDX-License-Identifier: Apache-2.0
"""F1-10, F1-11: a copy and a linkage code come by message, and who sees what of it.

Law: 番号法第21条の2. Each network runs once, from a newcomer's number to an inquiry
about them; every test then reads what crossed each link, plain after TLS and seal, and
what lies in each store.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
import pytest_twisted
from twisted.internet.defer import Deferred

from gateway.config import Profile
from pki.names import StationName
from schemas import systems
from tests.flows.code_network import (
    CODE,
    CORE,
    JLIS,
    PROVIDER,
    RECORD,
    REQUESTER,
    CodeNetwork,
    made,
)
from tests.flows.tapped import (
    Crossed,
    Tap,
    bytes_spelled,
    files_with_any,
    holds,
    number_spelled,
)

SERVER = StationName(PROVIDER, systems.INTERMEDIATE)
ASKER = StationName(REQUESTER, systems.INTERMEDIATE)
CSS = (StationName(PROVIDER, systems.CS), StationName(REQUESTER, systems.CS))
CITIES = (PROVIDER, REQUESTER)


@dataclass
class Story:
    """What happened in one network, and what is looked for."""

    network: CodeNetwork
    number: str
    addressees: dict[str, str]
    codes: dict[str, str]
    answer: Any

    @property
    def tap(self) -> Tap:
        return self.network.tap

    @property
    def separated(self) -> bool:
        return self.network.profile is Profile.SEPARATED

    @property
    def number_spelled(self) -> frozenset[bytes]:
        return number_spelled(self.number)

    def code_spelled(self, city: str) -> frozenset[bytes]:
        return bytes_spelled(bytes.fromhex(self.codes[city]))

    @property
    def any_code(self) -> frozenset[bytes]:
        return self.code_spelled(PROVIDER) | self.code_spelled(REQUESTER)


async def tell(network: CodeNetwork) -> Story:
    number = await network.number_of(CODE)
    addressees, codes = {}, {}
    for city in CITIES:
        addressees[city] = await network.begin(city, number)
        await network.request_code(city)
        codes[city] = await network.code_came(city, addressees[city])
    answer = await network.inquire(addressees[REQUESTER])
    return Story(network, number, addressees, codes, answer)


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return made(tmp_path_factory.mktemp("codes") / "pki")


@pytest.fixture(scope="module", params=list(Profile), ids=lambda one: one.value)
def story(
    layout: Any, request: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp(request.param.value) / "network"
    with pytest.MonkeyPatch.context() as patch:
        tap = Tap()
        tap.lay(patch)
        network = CodeNetwork(layout, folder, request.param, tap)
        wait = pytest_twisted.blockon
        wait(Deferred.fromCoroutine(network.start()))
        try:
            yield wait(Deferred.fromCoroutine(tell(network)))
        finally:
            wait(Deferred.fromCoroutine(network.stop()))


def between(found: list[Crossed]) -> set[tuple[str, str]]:
    return {(one.sender, one.receiver) for one in found}


def test_an_inquiry_is_answered_from_what_came_by_message_alone(story: Story) -> None:
    assert story.answer.resident_record_information == RECORD


def test_two_organisations_hold_two_codes_of_one_person(story: Story) -> None:
    assert story.codes[PROVIDER] != story.codes[REQUESTER]
    assert story.addressees[PROVIDER] != story.addressees[REQUESTER]


def test_the_tap_sees_what_it_looks_for(story: Story) -> None:
    """Else every 'nowhere' below would prove nothing."""
    assert story.tap.with_any(story.number_spelled)
    for city in CITIES:
        assert story.tap.with_any(story.code_spelled(city))
        assert story.tap.with_any(bytes_spelled(story.network.numbers[city]))
    at_core = story.tap.of(CORE)
    assert [one for one in at_core if holds(one.content, number_spelled(CODE))]


# --- the individual number ------------------------------------------------------------


def test_the_number_crosses_these_links_and_no_others(story: Story) -> None:
    """F1-02, F1-11-1 to F1-11-3. (The register hands on within this process.)"""
    to_jlis = {(str(cs), str(JLIS)) for cs in CSS} | {(str(JLIS), str(CSS[0]))}
    registers = {
        (f"{city}/{systems.EXISTING}", str(cs))
        for city, cs in zip(CITIES, CSS, strict=True)
    }
    expected = to_jlis | registers
    if not story.separated:
        expected |= {
            (f"{city}/{systems.ADDRESSEE}", f"{city}/{systems.INTERMEDIATE}")
            for city in CITIES
        }
    assert between(story.tap.with_any(story.number_spelled)) == expected


def test_separated_an_intermediate_server_never_meets_the_number(story: Story) -> None:
    """No byte that came, went or was ever sealed in its store; `document` has it."""
    for server in (SERVER, ASKER):
        met = [
            one
            for one in story.tap.of(server)
            if holds(one.content, story.number_spelled)
        ]
        kept = [
            one
            for one in story.network.sealed_at(server)
            if holds(one, story.number_spelled)
        ]
        assert bool(met) is bool(kept) is not story.separated


def test_the_core_never_meets_the_number(story: Story) -> None:
    for one in story.tap.of(CORE):
        assert not holds(one.content, story.number_spelled), between([one])
    assert not files_with_any(story.network.place(CORE), story.number_spelled)


# --- the code -------------------------------------------------------------------------


def test_a_code_crosses_only_between_the_core_and_its_own_server(story: Story) -> None:
    for city in CITIES:
        crossed = story.tap.with_any(story.code_spelled(city))
        assert {one.ends for one in crossed} == {
            frozenset((str(CORE), f"{city}/{systems.INTERMEDIATE}"))
        }


def test_a_code_never_crosses_beside_a_number_of_the_person(story: Story) -> None:
    numbers = story.number_spelled | number_spelled(CODE)
    for one in story.tap.with_any(story.any_code):
        assert not holds(one.content, numbers), between([one])


@pytest.mark.parametrize("name", [*CSS, JLIS])
def test_neither_a_cs_nor_jlis_ever_learns_a_code(
    story: Story, name: StationName
) -> None:
    for one in story.tap.of(name):
        assert not holds(one.content, story.any_code), between([one])
    assert not files_with_any(story.network.place(name), story.any_code)
    if name != JLIS:
        for plain in story.network.sealed_at(name):
            assert not holds(plain, story.any_code)


# --- what is kept ---------------------------------------------------------------------


@pytest.mark.parametrize("name", [CORE, SERVER, ASKER, *CSS])
def test_no_file_of_a_station_shows_number_or_code(
    story: Story, name: StationName
) -> None:
    place = story.network.place(name)
    looked_for = {
        "number": story.number_spelled,
        "code": story.any_code,
        "name": frozenset(RECORD.head_name.encode(c) for c in ("utf-8", "utf-16-le")),
    }
    for what, spelled in looked_for.items():
        assert not files_with_any(place, spelled), what


@pytest.mark.parametrize("city", CITIES)
def test_the_processing_number_is_gone_once_the_code_has_come(
    story: Story, city: str
) -> None:
    """番号法第21条の2第3項. Records and evidence lie in the files in the clear."""
    number = story.network.numbers[city]
    names = [*(StationName(city, role) for role in (systems.INTERMEDIATE, systems.CS))]
    for name in (CORE, *names):
        place = story.network.place(name)
        assert not files_with_any(place, bytes_spelled(number)), name
    server = StationName(city, systems.INTERMEDIATE)
    store = story.network.running[server].station.store
    known = store.acquisition(number)
    assert known is not None
    assert not known.is_open
    assert store.arrivals(systems.ADDRESSEE, known.until) == []


@pytest_twisted.ensureDeferred
async def test_the_addressee_system_can_see_that_the_code_came(story: Story) -> None:
    """符号紐付け結果, by the number that it has; nobody else's business."""
    path = f"/v1/inside/messages/{story.network.numbers[PROVIDER].hex()}"

    async def asked(role: str) -> Any:
        by = StationName(PROVIDER, role)
        return await story.network.get(by, systems.INTERMEDIATE, path)

    assert b"<status>delivered</status>" in (await asked(systems.ADDRESSEE)).body
    assert (await asked(systems.BUSINESS)).status == 404


@pytest_twisted.ensureDeferred
async def test_f1_10_a_changed_record_is_what_the_next_inquiry_is_answered_with(
    story: Story,
) -> None:
    """And what is told again of before the change does not bring the old one back."""
    network, number = story.network, story.number
    moved = replace(RECORD, head_name="高崎　次郎", relationship="子")
    assert await network.begin(PROVIDER, number, 2, moved) == story.addressees[PROVIDER]
    await network.begin(PROVIDER, number, 1)
    answer = await network.inquire(story.addressees[REQUESTER])
    assert answer.resident_record_information == moved
