# SPDX-License-Identifier: Apache-2.0
"""Invariant 7: nothing that a station writes or tells outside of a message is personal.

Daemons run at their most talkative while people are asked about, held, refused and
reported, and while what comes in is broken. Then every byte that they wrote is searched
for every number, name, code, address and key of those people, in every spelling that a
log may give them: logs, standard output, metrics, status, the store's files as they lie
on the disk, and the names of files.
"""

import base64
import json
import socket
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from protocols.linkage_code import CodeMaker
from schemas.messages import InformationInquiryRequest, write_payload
from simulators.network import parties as people
from simulators.network.files import Files
from simulators.network.stage import XML, Stage, wait_for
from simulators.network.story_refusals import ASKER
from simulators.network.story_register import record_of
from simulators.residents import Resident
from tests.flows.conftest import ITEM, PLAIN

PAGES = ("/health", "/ready", "/status", "/metrics")


@pytest.fixture
def network(daemon: Any) -> dict[str, Any]:
    titles = ("core", "city", "second-city")
    return {name: daemon(name, words=("--verbose",)).start() for name in titles}


@pytest.fixture
def stage(files: Files) -> Iterator[Stage]:
    with closing(Stage(files, PLAIN)) as made:
        yield made


def concerned(stage: Stage) -> list[Resident]:
    """The people of the traffic: asked about, held, and reported."""
    asked = [stage.unflagged(stage.city, who) for who in range(4)]
    return [*asked, stage.flagged(stage.city), stage.unflagged(stage.city, 9)]


def talk(stage: Stage) -> None:
    """Everything that brings a person's data into a station."""
    *asked, held, reported = concerned(stage)
    numbers = [stage.ask(ASKER, ITEM, one.addressee_number) for one in asked]
    stage.ask(ASKER, ITEM, held.addressee_number)
    stage.update(people.CITY_CS, record_of(reported))
    for number in numbers:
        assert stage.end_of(ASKER, number) == "provided"
        assert isinstance(number, bytes)
        assert stage.answer(ASKER, number)
    holds = ("holds", "list", "--config", stage.config(people.PROVIDER))
    assert wait_for(lambda: "held" if stage.command_json(*holds) else "")


def stammer(stage: Stage) -> None:
    """The same data in shapes that cannot be read, where texts of errors come from."""
    one = concerned(stage)[0]
    good = write_payload(
        InformationInquiryRequest(
            item_no=ITEM,
            kinds=("resident_record_information",),
            addressee_number=one.addressee_number,
            provider=people.CITY,
        )
    )
    number, name = one.individual_number, one.kanji_name
    record = f"<a>{number} {name}</a>".encode()
    inside = stage.inside(ASKER)
    bad = (
        record,
        good.replace(b"<item_no>", b"<item_no>x"),
        good.replace(one.addressee_number.encode(), number.encode()),
        good + record,
        f"<!DOCTYPE a [<!ENTITY e '{number}'>]><a>&e;</a>".encode(),
        record.decode().encode("utf-16"),
        f"{name}{number}".encode("shift_jis", "replace"),
        b"",
    )
    for payload in bad:
        assert inside.post("/v1/inside/messages", XML, payload).status == 422
    inside.get(f"/v1/inside/inquiries/{number}")
    inside.get(f"/v1/inside/messages/{number}?name={number}")
    for port in (*stage.network.outside.values(), *stage.network.inside.values()):
        with socket.socket() as line:
            line.settimeout(10)
            if line.connect_ex(("127.0.0.1", port)) == 0:
                line.sendall(
                    f"GET /{number} HTTP/1.1\r\nHost: {number}\r\n\r\n".encode()
                )
                line.recv(100)


def secrets(stage: Stage, files: Files) -> Iterator[bytes]:
    """What must be found nowhere, as it is."""
    codes = CodeMaker(files.code_key.read_bytes())
    for one in concerned(stage):
        yield from (
            text.encode()
            for text in (
                one.individual_number,
                one.resident_record_code,
                one.addressee_number,
                one.kanji_name,
                one.kana_name,
                one.address,
            )
        )
        for organisation in (people.CITY, people.SECOND_CITY):
            code = codes.code(one.person_id, organisation)
            yield from (code.encode(), bytes.fromhex(code))
    yield files.code_key.read_bytes()
    for name in (people.PROVIDER, people.SECOND_PROVIDER, people.CORE):
        place = files.pki.station(name)
        yield (place / "store.key").read_bytes()
        for file in place.glob("*.key"):
            if file.name not in ("store.key", "record.key"):
                yield private_value(file)


def private_value(file: Path) -> bytes:
    key: Any = load_pem_private_key(file.read_bytes(), None)
    return bytes(key.private_numbers().private_value.to_bytes(32, "big"))


def spellings(secret: bytes) -> Iterator[bytes]:
    """One secret as a log, a dump or a body may spell it."""
    yield secret
    yield secret.hex().encode()
    yield secret.hex().upper().encode()
    for shift in range(3):  # base64 of it at any place of a longer text
        text = base64.b64encode(bytes(shift) + secret)
        yield text[4 if shift else 0 : -4]
    if not secret.isascii():
        try:
            text = secret.decode()
        except UnicodeDecodeError:
            yield repr(secret)[2:-1].encode()
        else:
            yield json.dumps(text)[1:-1].encode()
            yield text.encode("utf-16-le")


def written(network: Iterable[Any], files: Files) -> Iterator[tuple[str, bytes]]:
    """Everything that the daemons wrote or tell, with where it stands."""
    for one in network:
        yield one.log.name, one.log.read_bytes()
        for page in PAGES:
            yield page, one.get(page)[1]
    for path in sorted(files.root.glob("stations/**/*")):
        yield "a file's name", str(path.relative_to(files.root)).encode()
        if path.is_file():
            yield path.name, path.read_bytes()


def test_not_a_byte_of_a_person_or_a_key_is_written_in_the_clear(
    network: dict[str, Any], stage: Stage, files: Files
) -> None:
    talk(stage)
    stammer(stage)
    everything = list(written(network.values(), files))
    hidden = {s for secret in secrets(stage, files) for s in spellings(secret)}
    assert len(hidden) > 200
    found = [place for place, data in everything if any(one in data for one in hidden)]
    assert found == []
    stores = [data for place, data in everything if place.startswith("records.sqlite")]
    assert sum(map(len, stores)) > 100_000


def test_the_search_finds_what_it_looks_for(stage: Stage, files: Files) -> None:
    """No test that cannot fail: each spelling of each secret would be seen."""
    one = concerned(stage)[0]
    name, number = one.kanji_name, one.individual_number
    hidden = {s for secret in secrets(stage, files) for s in spellings(secret)}
    for line in (
        f"refused {number}",
        json.dumps({"name": name}),
        f"x{base64.b64encode(f'<n>{number}</n>'.encode()).decode()}",
        f"body {name.encode().hex()}",
        f"key {files.code_key.read_bytes().hex()}",
    ):
        assert any(one in line.encode() for one in hidden), line
