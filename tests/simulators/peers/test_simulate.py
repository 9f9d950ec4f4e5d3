# SPDX-License-Identifier: Apache-2.0
"""`sekisho simulate`: the peers as processes of a real network, with its own master."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from schemas.messages import write_payload
from schemas.people import ConfirmationKey
from schemas.search_messages import IdentityConfirmationRequest
from simulators.network import build as building
from simulators.network import parties as people
from simulators.network import ports
from simulators.network.build import Choices
from simulators.network.files import Files
from simulators.network.processes import Processes
from simulators.network.stage import Stage, in_words, wait_for
from simulators.peers.hand import Hand
from simulators.peers.play import SYSTEMS
from simulators.residents import generate
from tests.simulators.peers.desk import notice, person

PLAYED = "simulators.network.processes.SIMULATED"
PEERS = (
    people.PREFECTURAL_SERVER,
    people.NATIONAL_SERVER,
    people.JLIS,
    people.CARD_MANAGEMENT,
    people.JUSTICE,
)


@pytest.fixture(scope="module")
def peers(tmp_path_factory) -> Iterator[tuple[Stage, Processes]]:
    """The peers of a network, and no gateway."""
    files = Files(tmp_path_factory.mktemp("peers") / "network")
    network = building.build(files, Choices(seed="peers", residents=20))
    processes = Processes(files, ("prefecture", "peers"))
    try:
        processes.start()
        with closing(Stage(files, Choices(seed="peers", residents=20))) as stage:
            yield stage, processes
    finally:
        processes.stop()
        ports.release(network.first_port)


def post(stage: Stage, to, value, kind: str) -> str:
    city = stage.peer(people.CITY_CS)
    packed = city.write(kind, to, write_payload(value))
    return in_words(city.understand(packed, city.post(packed), to))


def confirm(stage: Stage, one) -> str:
    key = ConfirmationKey(resident_record_code=one.resident_record_code)
    value = IdentityConfirmationRequest(key=key)
    kind = "identity_confirmation_request"
    return post(stage, people.NATIONAL_SERVER, value, kind)


def persons(stage: Stage) -> str:
    with Hand(stage.peer(people.NATIONAL_SERVER)) as hand:
        return str(hand.count()["persons"] or "")


def test_every_peer_answers_its_own_hand(peers):
    stage, _ = peers
    for name in PEERS:
        with Hand(stage.peer(name)) as hand:
            assert set(hand.count()) > {"waiting", "refused"}


def test_a_notice_reaches_the_national_server_by_way_of_the_prefecture(peers):
    stage, _ = peers
    to, kind = people.PREFECTURAL_SERVER, "identity_information_update_notice"
    assert post(stage, to, notice(person(1)), kind) == "receipt"
    assert wait_for(lambda: persons(stage)) == "1"
    assert confirm(stage, person(1)) == "reply"


def test_a_peer_that_was_killed_goes_on_where_it_was(peers):
    stage, processes = peers
    processes.kill("peers")
    to, kind = people.PREFECTURAL_SERVER, "identity_information_update_notice"
    assert post(stage, to, notice(person(2)), kind) == "receipt"
    processes.restart("peers")
    assert wait_for(lambda: persons(stage) if persons(stage) == "2" else "") == "2"


def test_each_system_has_a_command_of_its_own():
    from simulators.cli import simulate

    several = {"prefecture", "peers", "story", "city", "register", "house"}
    assert {*SYSTEMS, *several, "fill", "timestamps"} == set(simulate.commands)


def test_one_system_plays_alone_against_the_others(peers, monkeypatch):
    """Its process is its own; the rest of the network never notices."""
    stage, processes = peers
    processes.kill("peers")
    monkeypatch.setattr(
        "simulators.network.processes.SIMULATED", ("prefecture", "peers", "jlis")
    )
    alone = Processes(processes.files, ("jlis",))
    try:
        alone.start()
        with Hand(stage.peer(people.JLIS)) as hand:
            assert hand.count()["numbers"] == 0
    finally:
        alone.stop()
        processes.restart("peers")


def test_fictional_residents_can_be_loaded(peers):
    from schemas.resident_messages import EightItems
    from simulators.network.story_register import record_of

    stage, _ = peers
    town = [EightItems.of(record_of(one)) for one in generate("peers", 50)]
    with Hand(stage.peer(people.NATIONAL_SERVER)) as hand:
        before = hand.count()["persons"]
        assert hand.load((one, people.CITY) for one in town) == 50
        assert hand.count()["persons"] == before + 50
    assert confirm(stage, town[7]) == "reply"
