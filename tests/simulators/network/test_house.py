# SPDX-License-Identifier: Apache-2.0
"""The in-house systems of a network, in one process, without any station."""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import msgspec
import pytest

from pki.names import StationName
from schemas import systems
from schemas.card_messages import CertificateItem
from schemas.messages import read_payload, write_payload
from schemas.payload import type_of
from schemas.people import AddresseeKey
from schemas.register_messages import AddresseeInquiry, NumberedResidentRecordChange
from simulators.city.door import MESSAGES, XML
from simulators.clock import clock_of
from simulators.network import build as building
from simulators.network import copies, ports
from simulators.network import parties as people
from simulators.network.build import Choices
from simulators.network.files import Files
from simulators.network.house import Joined, fill
from simulators.network.parties import Half
from simulators.network.stage import Stage
from simulators.residents import Resident
from tests.simulators.city.office import HEAD

CHOICES = Choices(seed="house", residents=100, half=Half.LINKAGE)
ADDRESSEE = StationName(people.CITY, systems.ADDRESSEE)
SEALS = StationName(people.CITY, systems.SEALS)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Files]:
    made = Files(tmp_path_factory.mktemp("house") / "network")
    network = building.build(made, CHOICES)
    fill(made, copies.residents(CHOICES.seed, CHOICES.residents, people.CITY))
    yield made
    ports.release(network.first_port)


@pytest.fixture(scope="module")
def running(files: Files) -> Iterator[list[Joined]]:
    """The process that there is: one test lets it end, and starts another."""
    made = [Joined(files, clock_of(files.pki))]
    yield made
    made[0].close()


@pytest.fixture(scope="module")
def stage(files: Files, running: list[Joined]) -> Iterator[Stage]:
    with closing(Stage(files, CHOICES)) as made:
        yield made


def asked(stage: Stage, name: StationName, path: str) -> object:
    return msgspec.json.decode(stage.house(name).get(f"/v1/manage/{path}").body)


def done(stage: Stage, name: StationName, act: str, **words: object) -> object:
    path = f"/v1/manage/acts/{act}"
    body = msgspec.json.encode(words)
    reply = stage.house(name).post(path, "application/json", body)
    return msgspec.json.decode(reply.body)["result"]


def post(stage: Stage, to: StationName, by: StationName, value: object) -> object:
    reply = stage.house(to, by).post(MESSAGES, XML, write_payload(value))
    return read_payload(type_of(reply.body), reply.body)


def until(look: Callable[[], object]) -> object:
    """What is seen at last."""
    deadline = time.monotonic() + 15
    while not (seen := look()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return seen


def first(stage: Stage) -> Resident:
    return stage.city[0]


def test_every_in_house_system_is_heard_at_its_own_port(stage: Stage) -> None:
    heard = [
        party.name
        for party in stage.network.parties
        if party.listens and party.process == "house"
    ]
    assert len(heard) > 8
    for name in heard:
        assert asked(stage, name, "status")["system"] == str(name)


def test_whoever_lives_here_is_known_under_the_number_of_the_copy(
    stage: Stage,
) -> None:
    one = first(stage)
    inquiry = AddresseeInquiry(
        affair_item="999",
        key=AddresseeKey(individual_number=one.individual_number),
        wanted=("addressee_number",),
    )
    reply = post(stage, ADDRESSEE, people.REGISTER, inquiry)
    assert reply.addressee_number == one.addressee_number


def test_what_is_owed_to_a_station_that_is_not_there_waits(stage: Stage) -> None:
    one = stage.city[1]
    change = NumberedResidentRecordChange(
        business_addressee_number="R-000000002",
        individual_number=one.individual_number,
        kanji_name=one.kanji_name,
        furigana_name=one.kana_name,
        date_of_birth=one.born,
        sex="1",
        postal_code=one.town.postal_code,
        address=one.address,
        update_sequence_number=9,
        change_reason="move_within",
        change_date=stage.now().date(),
        resident_record_information=HEAD,
    )
    answer = post(stage, ADDRESSEE, people.REGISTER, change)
    assert type(answer).__name__ == "SubmissionAccepted"
    assert asked(stage, ADDRESSEE, "status")["owed"] == [systems.INTERMEDIATE]


def test_nobody_else_manages_a_system(stage: Stage) -> None:
    reply = stage.house(ADDRESSEE, SEALS).get("/v1/manage/status")
    assert reply.status == 404


def test_one_system_tells_another_over_the_wire(stage: Stage) -> None:
    """A seal is registered; the shops hear of it from the seal system itself."""
    item = CertificateItem(label="氏名", value="架空　花子")
    certificate = {"kind": "seal_registration", "items": [msgspec.to_builtins(item)]}
    number = first(stage).addressee_number
    done(stage, SEALS, "certify", addressee_number=number, by="sue", **certificate)
    taken = until(
        lambda: [
            one
            for one in asked(stage, people.SHOPS, "history")
            if one["what"] == "taken"
        ]
    )
    assert [(one["by"], one["about"]) for one in taken] == [
        (str(SEALS), "certificate_information_link")
    ]


def test_the_shops_center_asks_the_city_under_seal(stage: Stage) -> None:
    """Two organisations: nothing plain crosses between them (R-118)."""
    serial = secrets.token_hex(4).upper()
    request = done(
        stage,
        people.SHOPS_CENTER,
        "request",
        certificate_serial=serial,
        kind="residence_record",
    )
    paper = until(lambda: done(stage, people.SHOPS_CENTER, "paper", request=request))
    assert paper["items"] == []
    path = stage.files.history(people.SHOPS)
    lines = [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]
    assert [(one["peer"], one["kind"]) for one in lines] == [
        (str(people.SHOPS_CENTER), "received")
    ]
    plain = stage.house(people.SHOPS, people.SHOPS_CENTER)
    assert plain.get("/v1/manage/status").status == 404


def test_what_is_owed_and_held_outlives_the_process(
    files: Files, running: list[Joined], stage: Stage
) -> None:
    before = asked(stage, ADDRESSEE, "history"), asked(stage, SEALS, "history")
    running[0].close()
    running[0] = Joined(files, clock_of(files.pki))
    stage.read_again()  # by new links: the old ones end in what is gone
    assert asked(stage, ADDRESSEE, "status")["owed"] == [systems.INTERMEDIATE]
    after = asked(stage, ADDRESSEE, "history"), asked(stage, SEALS, "history")
    assert after == before


def test_files_of_the_house_are_their_owners_alone(stage: Stage) -> None:
    found = [*stage.files.house.iterdir()]
    assert len(found) > 8
    assert {path.stat().st_mode & 0o077 for path in found} == {0}
    assert stage.files.house.stat().st_mode & 0o077 == 0
