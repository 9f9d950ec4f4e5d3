# SPDX-License-Identifier: Apache-2.0
"""The examples of section 15 are messages that stations take, byte for byte."""

import filecmp
import shutil
import subprocess
import sys
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from gateway.intake import take
from gateway.outcome import Admitted, Outcome, Refused, Repeated
from gateway.records.rows import Inquiry, Seen
from gateway.view import Facts
from pki.cms import parse_signed
from pki.names import StationName
from pki.oids import ID_CT_HEADER
from pki.sealing import Opener, Recipient
from pki.trust import Identity, Purpose, TrustStore
from protocols import answers, envelope, master, permit, route
from protocols.answers import Offered, Receipt, SignedRefusal
from protocols.directory import Directory
from protocols.envelope import Opened, digest
from protocols.identifiers import Realm
from schemas.messages import read_payload
from tests.docs.document import EXAMPLES, fenced, section
from tests.house import ROOT
from tests.tools import need

NOW = datetime(2030, 1, 1, 12, 0, 1, tzinfo=UTC)
CORE = StationName("C00001", "information_provision_network_system")
REQUESTER = StationName("Q00001", "intermediate_server")
PROVIDER = StationName("102024", "intermediate_server")
NAMES = {"core": CORE, "requester": REQUESTER, "provider": PROVIDER}
WAYS = {
    "inquiry": ("requester", "core"),
    "acceptance": ("core", "requester"),
    "order": ("core", "provider"),
    "provision": ("provider", "requester"),
    "refused": ("requester", "core"),
}
"""Every message of the examples: from whom, to whom."""


def example(name: str) -> bytes:
    return (EXAMPLES / name).read_bytes()


def certificate(name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(example(f"keys/{name}.crt"))


@cache
def directory() -> Directory:
    """What the examples' stations know of each other, from the example files."""
    trust = TrustStore.load(EXAMPLES / "pki/chain.pem", EXAMPLES / "pki/crl.pem")
    anchor = certificate("core-signing")
    return Directory(master.read(example("master.cms"), [anchor], trust, NOW), trust)


def opener(who: str) -> Opener:
    key = load_pem_private_key(example(f"keys/{who}-sealing.key"), None)
    return Opener(key, certificate(f"{who}-sealing"))


def opened(name: str) -> Opened:
    data = example(f"{name}-envelope.cms")
    return envelope.unpack(data, opener(WAYS[name][1]), directory(), NOW)


def offered(name: str, posted: bytes | None = None) -> Offered:
    """What the sender of a message knows of it when the answer comes."""
    data = example(f"{name}-envelope.cms") if posted is None else posted
    message = opened(name)
    receiver = message.header.receiver
    return Offered(
        digest(data), message.header.message_id, message.header_digest, receiver
    )


def read_answer(name: str, to: Offered, who: str) -> answers.Answer:
    return answers.read(example(name), to, opener(who), directory(), NOW)


@dataclass
class View:
    """A station with an empty store, or with just what a test puts into it."""

    facts: Facts
    asked: Inquiry | None = None
    remembered: dict[bytes, Seen] = field(default_factory=dict)

    def seen(self, sender: str, message_id: bytes) -> Seen | None:
        return self.remembered.get(message_id)

    def permit_used(self, permit_id: bytes) -> bool:
        return False

    def copy(self, code: str) -> None:
        return None

    def inquiry(self, processing_number: bytes) -> Inquiry | None:
        return self.asked

    def transaction(self, processing_number: bytes) -> None:
        return None

    def translate(self, code: str, source: str, target: str) -> str | None:
        return code


def view(who: str) -> View:
    return View(
        Facts(
            name=NAMES[who],
            directory=directory(),
            routes=route.RouteReader(directory()),
            opener=opener(who),
            sealing_digest=Recipient(certificate(f"{who}-sealing")).digest,
            realm=Realm.SIMULATION,
        )
    )


def taken(name: str, station: View) -> Outcome:
    """What the gateway decides on an example that its sender posts."""
    sender = certificate(f"{WAYS[name][0]}-signing")
    signing = directory().trust.check(sender, Purpose.SIGNING, NOW)
    link: Identity = replace(signing, purpose=Purpose.TLS)
    return take(example(f"{name}-envelope.cms"), link, NOW, station)


# -- how they are made -----------------------------------------------------------------


def test_the_generator_makes_the_committed_files_byte_for_byte(tmp_path: Path) -> None:
    script = EXAMPLES / "make.py"
    subprocess.run([sys.executable, str(script), str(tmp_path)], check=True, cwd=ROOT)
    made = [path.relative_to(tmp_path) for path in tmp_path.rglob("*.*")]
    kept = [
        path.relative_to(EXAMPLES)
        for pattern in ("[!.]*.*", "keys/*.*", "listings/*.*", "pki/*.*")
        for path in EXAMPLES.glob(pattern)
        if path.suffix != ".py"
    ]
    assert sorted(made) == sorted(kept)
    _, changed, failed = filecmp.cmpfiles(EXAMPLES, tmp_path, made, shallow=False)
    assert (changed, failed) == ([], [])


def test_nothing_of_the_examples_ages_for_a_lifetime() -> None:
    late = datetime(2120, 1, 1, tzinfo=UTC)
    assert directory().trust.list_ends > late
    assert directory().trust.is_test
    for path in EXAMPLES.glob("keys/*.crt"):
        found = x509.load_pem_x509_certificate(path.read_bytes())
        assert found.not_valid_before_utc < datetime(2026, 1, 1, tzinfo=UTC)
        assert found.not_valid_after_utc > late


# -- every message ---------------------------------------------------------------------


@pytest.mark.parametrize("name", WAYS)
def test_an_example_opens_to_the_parts_that_lie_beside_it(name: str) -> None:
    message = opened(name)
    sealed = envelope.unseal(example(f"{name}-envelope.cms"), opener(WAYS[name][1]))
    assert sealed.salt == example(f"{name}-salt.bin")
    assert message.payload == example(f"{name}-payload.xml")
    assert message.signed_header == example(f"{name}-signed-header.cms")
    assert message.header.encode() == example(f"{name}-header.der")
    assert [str(message.header.sender), str(message.header.receiver)] == [
        str(NAMES[who]) for who in WAYS[name]
    ]
    assert read_payload(message.header.message_type, message.payload)


@pytest.mark.parametrize("name", WAYS)
def test_an_example_opens_for_nobody_else(name: str) -> None:
    for who in NAMES:
        if who != WAYS[name][1]:
            with pytest.raises(envelope.Unreadable):
                envelope.unseal(example(f"{name}-envelope.cms"), opener(who))


# -- what they say to each other -------------------------------------------------------


def test_the_permit_and_the_route_are_for_the_inquiry() -> None:
    made = permit.read(example("permit.cms"), directory(), NOW)
    way = route.RouteReader(directory()).read(example("route.cms"), NOW)
    inquiry = opened("inquiry")
    assert made.encode() == example("permit.der")
    assert way.encode() == example("route.der")
    assert permit.is_for_request(made, inquiry.header_digest, inquiry.header)
    assert made.route_digest == digest(example("route.cms"))
    assert (way.requester, made.provider) == (REQUESTER, PROVIDER)


def test_the_order_carries_what_the_core_issued() -> None:
    order = read_payload("provision_order", opened("order").payload)
    assert order.permit == example("permit.cms")
    assert order.route == example("route.cms")
    assert order.requester_header == example("inquiry-signed-header.cms")
    made = permit.read(order.permit, directory(), NOW)
    assert permit.is_for_subject(made, order.subject_salt, order.subject_code)


def test_the_acceptance_is_the_reply_to_the_inquiry() -> None:
    reply = read_answer("acceptance-envelope.cms", offered("inquiry"), "requester")
    assert isinstance(reply, Opened)
    value = read_payload(reply.header.message_type, reply.payload)
    assert value.permit_digest == digest(example("permit.cms"))


def test_the_receipt_is_for_the_order() -> None:
    receipt = read_answer("receipt.cms", offered("order"), "core")
    assert isinstance(receipt, Receipt)
    with pytest.raises(answers.AnswerInvalid):
        read_answer("receipt.cms", offered("inquiry"), "requester")


def test_the_refusal_tells_its_own_code_to_whoever_could_be_read() -> None:
    refusal = read_answer("refusal.cms", offered("refused"), "requester")
    assert isinstance(refusal, SignedRefusal)
    assert (refusal.code, refusal.rule, refusal.retry) == ("SK-P01", "R-104", False)


def test_the_other_refusal_is_of_the_inquiry_with_its_last_bit_turned() -> None:
    changed = bytearray(example("inquiry-envelope.cms"))
    changed[-1] ^= 1
    to = offered("inquiry", bytes(changed))
    refusal = read_answer("unreadable-refusal.cms", to, "requester")
    assert isinstance(refusal, SignedRefusal)
    assert (refusal.code, refusal.rule, refusal.header_digest) == ("SK-U00", "", None)


# -- what a station decides on them ----------------------------------------------------


def test_the_core_takes_the_inquiry() -> None:
    assert isinstance(taken("inquiry", view("core")), Admitted)


def test_the_core_refuses_the_second_inquiry_as_the_example_says() -> None:
    outcome = taken("refused", view("core"))
    assert isinstance(outcome, Refused)
    assert outcome.code == "SK-P01"


def test_the_provider_takes_the_order() -> None:
    assert isinstance(taken("order", view("provider")), Admitted)


def test_the_requester_takes_the_provision_that_the_acceptance_announced() -> None:
    station = view("requester")
    inquiry = opened("inquiry")
    value = read_payload("information_inquiry", inquiry.payload)
    assert inquiry.header.processing_number is not None
    station.asked = Inquiry(
        processing_number=inquiry.header.processing_number,
        item_no=value.item_no,
        kinds=value.kinds,
        provider=value.provider,
        addressee_number="0" * 15,
        created=NOW - timedelta(seconds=1),
    )
    early = taken("provision", station)
    assert isinstance(early, Refused)
    assert early.code == "SK-C12"
    announced = (digest(example("permit.cms")),)
    station.asked = replace(station.asked, permit_digests=announced)
    assert isinstance(taken("provision", station), Admitted)


def test_the_same_message_sealed_anew_gets_the_same_answer() -> None:
    station, message = view("core"), opened("inquiry")
    answer = example("acceptance-envelope.cms")
    seen = Seen(message.header_digest, answer)
    station.remembered[message.header.message_id] = seen
    anew = Recipient(certificate("core-sealing")).seal(example("inquiry-content.der"))
    signing = certificate("requester-signing")
    link = directory().trust.check(signing, Purpose.SIGNING, NOW)
    outcome = take(anew, link, NOW, station)
    assert isinstance(outcome, Repeated)
    assert outcome.answer == answer


# -- openssl, as section 5.4 has it ----------------------------------------------------


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the examples in which the commands of section 5.4 were run."""
    need("openssl")
    folder = tmp_path_factory.mktemp("openssl") / "examples"
    shutil.copytree(EXAMPLES, folder)
    commands = fenced(section("5.4"), "sh")
    assert len(commands) == 2
    said = ""
    for each in commands:
        done = subprocess.run(
            ["sh", "-e", "-c", each], cwd=folder, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        said += done.stdout
    (folder / "said.txt").write_text(said, "utf-8")
    return folder


@pytest.mark.parametrize(
    ("made", "kept"),
    [
        ("opened.der", "inquiry-content.der"),
        ("signed.cms", "inquiry-signed-header.cms"),
        ("header.der", "inquiry-header.der"),
        ("payload.xml", "inquiry-payload.xml"),
        ("made-header.der", "inquiry-header.der"),
    ],
)
def test_openssl_gets_every_part_out_of_the_example(
    worked: Path, made: str, kept: str
) -> None:
    assert (worked / made).read_bytes() == example(kept)


def test_openssl_shows_the_content_digest_that_stands_in_the_header(
    worked: Path,
) -> None:
    said = (worked / "said.txt").read_text("utf-8")
    assert opened("inquiry").header.content_digest.hex() in said


def test_a_station_takes_what_openssl_made(worked: Path) -> None:
    signed = parse_signed((worked / "made-signed.cms").read_bytes())
    assert signed.content_type == ID_CT_HEADER
    made = (worked / "made-envelope.cms").read_bytes()
    message = envelope.unpack(made, opener("core"), directory(), NOW)
    assert message.header == opened("inquiry").header
    assert message.payload == opened("inquiry").payload
