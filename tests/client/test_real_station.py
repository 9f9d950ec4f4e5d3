# SPDX-License-Identifier: Apache-2.0
"""The library at the inside listeners of real stations, over real TLS."""

import os
import shutil
import socket
import ssl
import threading
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec
import pytest

from client import (
    BadParameter,
    Inside,
    NotAdmitted,
    NotBelieved,
    NotReached,
    Refused,
    SettingsRefused,
    Unknown,
    station_of,
)
from client.link import Link
from pki.names import StationName
from schemas.messages import InformationInquiryRequest, read_payload, write_payload
from simulators.network import parties as people
from simulators.network.stage import Stage
from simulators.network.story_refusals import ASKER
from tests.client.real import (
    ASKERS,
    ITEM,
    KIND,
    REGISTER,
    TERMINAL,
    config,
    question,
    update,
)
from tests.hostile.desk import Watch
from tests.schemas.samples import sample


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("client")


@pytest.fixture
def terminal(network: Stage, folder: Path):
    with Inside(station_of(config(network, folder, people.SECOND_CS, TERMINAL))) as it:
        yield it


@pytest.fixture
def register(network: Stage, folder: Path):
    file = config(network, folder, people.NEIGHBOUR_CS, REGISTER)
    with Inside(station_of(file)) as it:
        yield it


@pytest.fixture
def business(network: Stage, folder: Path):
    with Inside(station_of(config(network, folder, ASKER, ASKERS))) as it:
        yield it


def inquiry(network, who=0):
    return write_payload(
        InformationInquiryRequest(
            item_no=ITEM,
            kinds=(KIND,),
            addressee_number=network.unflagged(network.city, who).addressee_number,
            provider=people.CITY,
        )
    )


def test_an_inquiry_is_answered_and_said_twice_is_made_once(network, business):
    watch, submission = Watch(network, ASKER), business.new_submission()
    payload = inquiry(network, 31)
    first = business.hand_in(payload, submission=submission, operator="staff-7")
    again = business.hand_in(payload, submission=submission, operator="staff-7")
    assert first == again
    ended = business.wait(first, 15)
    assert ended.state == "provided"
    assert read_payload("information_provision", ended.answer)
    events = [event for event in watch.new() if event.operator == "staff-7"]
    assert [event.kind for event in events] == ["received", "repeated"]


def test_other_bytes_under_one_submission_are_refused(network, business):
    submission = business.new_submission()
    business.hand_in(inquiry(network, 32), submission=submission)
    with pytest.raises(Refused) as refused:
        business.hand_in(inquiry(network, 33), submission=submission)
    assert refused.value.told.code == "SK-M09"


def test_a_question_gets_its_answer_which_is_then_gone(network, terminal):
    handed = terminal.hand_in(question(network))
    ended = terminal.wait(handed, 15)
    assert ended.state == "delivered"
    assert read_payload("identity_confirmation_result", ended.answer)
    assert terminal.answer_taken(handed.message_id)
    assert not terminal.answer_taken(handed.message_id)
    assert terminal.look(handed).answer is None


def test_a_search_at_home_is_answered_at_once(terminal):
    search = sample("identity_information_search")
    handed = terminal.hand_in(search, to=people.SECOND_CITY)
    ended = terminal.wait(handed, 1)
    assert ended.state == "answered"
    assert read_payload("identity_information_search_result", ended.answer)


def test_what_a_neighbour_tells_arrives_until_it_is_acknowledged(
    network, register, folder
):
    notice = sample("move_in_notice")
    register.wait(register.hand_in(notice, to=people.SECOND_CITY), 15)
    system = StationName(people.SECOND_CITY, "existing_resident_system")
    file = config(network, folder, people.SECOND_CS, system)
    with Inside(station_of(file)) as other:
        (arrival,) = [
            one for one in other.arrivals() if one.message_type == "move_in_notice"
        ]
        assert arrival.sender == str(people.NEIGHBOUR_CS)
        assert other.fetch(arrival.message_id) == notice
        assert other.acknowledge(arrival.message_id)
        with pytest.raises(Unknown):
            other.fetch(arrival.message_id)


def test_an_update_that_was_taken_is_taken_once_though_it_is_old_by_now(
    network, folder
):
    file = config(network, folder, people.CITY_CS, people.REGISTER)
    payload = update(network, 150)
    with Inside(station_of(file)) as register:
        submission = register.new_submission()
        first = register.hand_in(payload, submission=submission)
        register.hand_in(update(network, 150, number=2))
        assert register.hand_in(payload, submission=submission) == first
        with pytest.raises(Refused) as refused:
            register.hand_in(payload)
    assert refused.value.told.code == "SK-J03"


# -- whom it believes, and who is admitted ---------------------------------------------


def changed(network, folder, **changes):
    file = config(network, folder, ASKER, ASKERS)
    return msgspec.structs.replace(station_of(file), **changes)


def test_another_station_of_the_network_is_not_the_one_that_is_meant(network, folder):
    settings = changed(network, folder, name=str(people.PROVIDER))
    with pytest.raises(NotBelieved, match="not 102024/intermediate_server"):
        Inside(settings).arrivals()


def test_a_revocation_list_out_of_time_is_no_belief(network, folder, tmp_path):
    settings = changed(network, folder, crl=network.files.other_pki.crl)
    with pytest.raises(SettingsRefused):
        Inside(settings).arrivals()


def test_a_system_that_the_station_does_not_name_is_not_admitted(network, folder):
    keys = network.files.pki.station(TERMINAL)
    settings = changed(
        network, folder, certificate=keys / "tls.crt", key=keys / "tls.key"
    )
    with pytest.raises((NotAdmitted, NotReached)):
        Inside(msgspec.structs.replace(settings, patience_seconds=0.01)).arrivals()


def test_a_key_that_others_may_read_is_not_used(network, folder, tmp_path):
    key = tmp_path / "tls.key"
    shutil.copy(network.files.pki.station(ASKERS) / "tls.key", key)
    os.chmod(key, 0o640)
    with pytest.raises(SettingsRefused, match="chmod 600"):
        Inside(changed(network, folder, key=key)).arrivals()


def test_certificate_and_key_that_do_not_fit_are_told(network, folder):
    other = network.files.pki.station(TERMINAL) / "tls.key"
    with pytest.raises(SettingsRefused, match="do not fit"):
        Inside(changed(network, folder, key=other)).arrivals()


# -- a line that does what it wants ----------------------------------------------------


@contextmanager
def line(network, folder, act):
    """Settings that lead to a server with the right certificate, which does ``act``."""
    keys = network.files.pki.station(ASKER)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(keys / "tls.crt", keys / "tls.key")
    listening = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                link, _ = listening.accept()
                with context.wrap_socket(link, server_side=True) as tls:
                    if tls.recv(65536):
                        act(tls)
            except OSError:
                if listening.fileno() < 0:
                    return

    threading.Thread(target=serve, daemon=True).start()
    port = listening.getsockname()[1]
    with closing(listening):
        yield changed(
            network, folder, port=port, patience_seconds=0.01, timeout_seconds=0.5
        )


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n"
ACTS = {
    "ends": lambda tls: None,
    "cut": lambda tls: tls.sendall(HEAD % 10 + b"half"),
    "silent": lambda tls: tls.recv(1),
    "slow": lambda tls: [tls.sendall(b"H"), tls.recv(1)],
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_a_link_that_breaks_or_stands_still_is_not_reached(network, folder, act):
    with line(network, folder, act) as settings, pytest.raises(NotReached):
        Inside(settings).arrivals()


def test_a_kept_link_that_was_closed_is_made_anew(network, folder):
    settings = changed(network, folder)
    with closing(Link(settings)) as link:
        assert link.ask("GET", "/v1/inside/arrivals", b"").status == 200
        link._socket.shutdown(socket.SHUT_RDWR)
        assert link.ask("GET", "/v1/inside/arrivals", b"").status == 200


def test_nobody_listens_there(network, folder):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = changed(network, folder, port=port, patience_seconds=0.01)
    with pytest.raises(NotReached):
        Inside(settings).arrivals()


# -- settings --------------------------------------------------------------------------

WRONG = [
    ({"name": "102024"}, "station.name"),
    ({"port": 0}, "station.port"),
    ({"ports": 1}, "ports"),
    ({"host": ""}, "station.host"),
    ({"crl": None}, "crl"),
]


@pytest.mark.parametrize(("change", "key"), WRONG)
def test_settings_that_are_not_right_are_refused_with_their_key(
    network, tmp_path, change, key
):
    file = config(network, tmp_path, ASKER, ASKERS, **change)
    with pytest.raises(SettingsRefused, match=key):
        station_of(file)


@pytest.mark.parametrize("text", ["[station", "\0", "a = 1\n" * 20_000])
def test_what_is_no_settings_file_is_refused(tmp_path, text):
    file = tmp_path / "x.toml"
    file.write_text(text)
    with pytest.raises(SettingsRefused):
        station_of(file)


def test_a_batch_is_on_record_before_its_first_line(network, business):
    watch, batch = Watch(network, ASKER), business.new_submission()
    business.announce_batch(batch, 3, "staff-1", "年次の確認", "staff-2")
    (event,) = [event for event in watch.new() if event.operator == "staff-1"]
    assert event.detail == (
        f"batch inquiry {batch.hex()} of 3, approved by staff-2: 年次の確認"
    )
    assert event.kind == "operator"
    with pytest.raises(BadParameter):
        business.announce_batch(batch, 3, "staff 1", "x")
