# SPDX-License-Identifier: Apache-2.0
"""A conversation is captured at a real relay, searched byte by byte, and said again."""

import json
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager

import pytest

from pki import authority
from pki.names import StationName
from pki.passphrase import Passphrases
from pki.plan import Network, Plan, PlannedStation
from protocols.identifiers import Realm, make_individual_number
from schemas.messages import InformationInquiryRequest, write_payload
from simulators.capture import relay as relays
from simulators.capture.recording import Exchange, kind_of
from simulators.capture.relay import CaptureRefused, between
from simulators.capture.written import LONGEST_BODY, MOST_STEPS, scenario, write
from simulators.network import parties as people
from simulators.network.files import Files
from simulators.residents import identity_record
from simulators.scenario import loader
from simulators.scenario.at_capture import alike
from simulators.scenario.at_register import update_of
from simulators.web import Client, LinkFailed, Reply, client_context
from tests.gateway.world import NOON
from tests.simulators.capture.spelt import spellings

XML = "application/xml"
BUSINESS = StationName(people.CITY, "individual_business_system")
EXISTING = StationName(people.CITY, "existing_resident_system")


@contextmanager
def capturing(network, station, folder):
    """`sekisho capture` beside the running network; its port."""
    words = ["capture", "--network", str(network.files.root), "--station", str(station)]
    words += ["--to", str(folder), "--until-stdin-closes"]
    with subprocess.Popen(
        [sys.executable, "-m", "sekisho", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        said = running.stdout.readline()
        yield int(re.search(r"port (\d+)", said)[1])
        running.stdin.close()
        running.wait(20)


def link_to(network, port, system):
    keys = network.files.pki.station(system)
    context = client_context(
        network.files.pki.chain,
        keys / "tls.crt",
        keys / "tls.key",
        belief=network.belief,
    )
    return Client("127.0.0.1", port, context)


@pytest.fixture(scope="module")
def said(network, tmp_path_factory):
    """What a vendor's register said; the folder of the capture, the originals."""
    folder = tmp_path_factory.mktemp("captured") / "capture"
    resident = network.city[11]
    record = dict(identity_record(resident, update_sequence_number=7))
    real = make_individual_number("31415926535", Realm.STANDARD)
    with capturing(network, people.CITY_CS, folder) as port:
        link = link_to(network, port, EXISTING)
        first = link.post("/v1/inside/messages", XML, update_of(record))
        sent = re.search(rb"<message_id>([0-9a-f]{32})<", first.body)[1].decode()
        link.get(f"/v1/inside/messages/{sent}")
        wrong = {**record, "individual_number": real}
        link.post("/v1/inside/messages", XML, update_of(wrong))
        link.post("/v1/inside/messages", XML, "山田太郎は誰か".encode())
        link.get("/v1/inside/arrivals")
        link.close()
    return folder, [*record.values(), real, sent, "山田太郎は誰か"]


def test_every_byte_of_a_capture_is_searched_for_the_originals(said):
    folder, originals = said
    (path,) = folder.iterdir()
    data = path.read_bytes()
    personal = [one for one in originals if len(one) > 4 and one not in PUBLIC]
    assert len(personal) > 12
    for one in personal:
        for way, spelt in spellings(one).items():
            assert spelt not in data, way


PUBLIC = {"102024", "112020", "100005", "false", "true"}
"""Codes of bodies and flags, which stay."""


def test_a_capture_is_for_its_owner_alone(said):
    folder, _ = said
    assert folder.stat().st_mode & 0o777 == 0o700
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in folder.iterdir())


def test_a_capture_is_a_scenario_with_the_kinds_of_answers(said):
    folder, _ = said
    found = loader.load(folder / "capture-01.toml")
    answers = [step.params.answer for step in found.steps]
    assert answers[0] == "202 submission_accepted"
    assert answers[1].startswith("200 submission_status ")
    assert answers[2:4] == [
        "422 submission_refused SK-X04",
        "422 submission_refused SK-X01",
    ]
    assert len(answers) == 5
    assert found.steps[1].params.target == "/v1/inside/messages/${s1.0}"


def test_a_capture_is_said_again_in_the_same_network(network, said):
    folder, _ = said
    path = folder / "capture-01.toml"
    words = ["scenario", "run", str(path), "--dir", str(network.files.root), "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "sekisho", *words],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)


def test_what_a_business_system_asks_ends_as_it_did(network, tmp_path):
    folder = tmp_path / "asked"
    resident = network.unflagged(network.city, 21)
    requester = people.requester("prefectural_governor")
    business = StationName(requester.organisation, "individual_business_system")
    asked = InformationInquiryRequest(
        item_no=11,
        kinds=("resident_record_information",),
        addressee_number=resident.addressee_number,
        provider=people.CITY,
    )
    with capturing(network, requester, folder) as port:
        link = link_to(network, port, business)
        reply = link.post("/v1/inside/messages", XML, write_payload(asked))
        number = re.search(rb"<processing_number>([0-9a-f]{32})<", reply.body)[1]
        path = f"/v1/inside/inquiries/{number.decode()}"
        network.end_of(requester, bytes.fromhex(number.decode()))
        link.get(path)
        link.get(f"{path}/answer")
        link.close()
    text = (folder / "capture-01.toml").read_text("utf-8")
    assert resident.addressee_number not in text
    words = ["scenario", "run", str(folder / "capture-01.toml")]
    done = subprocess.run(
        [sys.executable, "-m", "sekisho", *words, "--dir", str(network.files.root)],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "provided" in text


def test_a_stranger_gets_nothing_through_the_relay(network, tmp_path):
    with capturing(network, people.CITY_CS, tmp_path / "none") as port:
        context = client_context(
            network.files.pki.chain, None, None, belief=network.belief
        )
        with pytest.raises(LinkFailed):
            Client("127.0.0.1", port, context).get("/v1/inside/arrivals")
    assert not (tmp_path / "none").exists()


# --- where nothing is captured --------------------------------------------------------


def test_a_network_that_is_no_test_network_is_refused(tmp_path):
    files = Files(tmp_path)
    core = PlannedStation(
        organisation=people.CORE.organisation, role=people.CORE.role, name="core"
    )
    plan = Plan(network=Network(name="real", test=False), stations=(core,))
    locks = Passphrases(root=b"the root's, offline", issuing=b"the issuing key's")
    authority.build(plan, files.pki.directory, NOON, passphrases=locks)
    with pytest.raises(CaptureRefused, match="is not TEST"):
        between(files, people.CITY_CS)


def test_a_station_that_is_not_there_is_refused(network):
    with pytest.raises(CaptureRefused, match="no inside listener"):
        between(network.files, people.CORE)


def test_the_command_says_in_one_line_why_not(network, tmp_path):
    shutil.copytree(network.files.pki.directory, tmp_path / "pki")
    words = ["capture", "--network", str(tmp_path), "--station", str(people.CITY_CS)]
    done = subprocess.run(
        [sys.executable, "-m", "sekisho", *words, "--to", str(tmp_path / "to")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert "Traceback" not in done.stderr


def test_the_relay_listens_on_loopback_alone():
    assert relays.HOST == "127.0.0.1"


# --- what is written ------------------------------------------------------------------


def exchange(number, target="/v1/inside/arrivals", body=""):
    answer = "200 text"
    return Exchange(f"s{number}", EXISTING, "GET", target, body, answer)


def test_a_long_conversation_becomes_several_scenarios(tmp_path):
    many = [exchange(n) for n in range(1, 2 * MOST_STEPS)]
    done = write(tmp_path, people.CITY_CS, many)
    assert len(done.paths) > 1
    assert (done.steps, done.left_out) == (len(many), 0)
    for path in done.paths:
        loader.load(path)


def test_what_no_scenario_can_say_is_left_out_and_counted(tmp_path):
    said = [
        exchange(1, body="x" * (LONGEST_BODY + 1)),
        exchange(2, target="/v1/inside/messages/${s9.0}"),
        exchange(3),
    ]
    assert write(tmp_path, people.CITY_CS, said).left_out == 2


@pytest.mark.parametrize(
    "text", ['"', "\\", "\n\t\r", "\x00\x7f", "'''", "　", "${$}{"]
)
def test_any_text_can_be_written_into_a_scenario(text):
    found = scenario("C1", people.CITY_CS, [exchange(1, body=text)])
    assert loader.parse(found, "x").steps[0].params.body == text


@pytest.mark.parametrize(
    ("answered", "captured", "same"),
    [
        ("200 submission_status delivered", "200 submission_status waiting", True),
        ("200 submission_status waiting", "200 submission_status delivered", False),
        ("200 inquiry_status provided", "200 inquiry_status in_progress", True),
        ("404 text", "200 inquiry_status in_progress", False),
        ("422 submission_refused SK-X03", "422 submission_refused SK-X04", True),
        ("422 submission_refused SK-X02", "422 submission_refused SK-X04", False),
    ],
)
def test_only_an_answer_of_the_same_kind_is_as_captured(answered, captured, same):
    assert alike(answered, captured) is same


def test_the_kind_of_an_answer_tells_none_of_its_content():
    body = "山田太郎 <status>yamada</status><code>SK-Z99</code>".encode()
    assert kind_of(Reply(200, "text/plain", body)) == "200 text"
    assert kind_of(Reply(204, "", b"")) == "204 nothing"
