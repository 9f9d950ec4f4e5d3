# SPDX-License-Identifier: Apache-2.0
"""Payloads that are no payload: refused by their own code, recorded, and no more.

Each stands in a sealed and signed message of a proven peer, posted to the running core,
and, the same bytes, in a post of an inside system to the running CS of a city.
"""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from protocols.answers import SignedRefusal
from schemas.messages import (
    IdentityInformationUpdate,
    SubmissionRefused,
    read_payload,
    write_payload,
)
from schemas.payload import NAMESPACE
from schemas.xml import MAX_PAYLOAD
from simulators.network import parties as people
from simulators.network.stage import XML, Stage
from simulators.network.story_hostile import KIND, PAYLOADS, hostile
from simulators.network.story_refusals import ASKER, inquiry_payload
from simulators.network.story_register import record_of
from simulators.web import Client
from tests.hostile.desk import MEGABYTE, Process, Watch, lawful, say

ROOT = f'<{KIND} xmlns="{NAMESPACE}">'
END = f"</{KIND}>"
QUADRATIC = (
    f'<!DOCTYPE {KIND} [<!ENTITY a "{"a" * 50_000}">]>{ROOT}{"&a;" * 50_000}{END}'
)

XML_SHAPES: dict[str, tuple[str, bytes]] = {
    "a document type of the network": (
        "SK-X01",
        f'<!DOCTYPE {KIND} SYSTEM "http://192.0.2.1/x.dtd">{ROOT}{END}'.encode(),
    ),
    "a file as an entity": (
        "SK-X01",
        f'<!DOCTYPE {KIND} [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        f"{ROOT}<item_no>&x;</item_no>{END}".encode(),
    ),
    "a parameter entity": (
        "SK-X01",
        f'<!DOCTYPE {KIND} [<!ENTITY % x "y">%x;]>{ROOT}{END}'.encode(),
    ),
    "a small doctype in small letters": (
        "SK-X01",
        f"<!doctype {KIND}>{ROOT}{END}".encode(),
    ),
    "a quadratic bomb": ("SK-X01", QUADRATIC.encode()),
    "an entity that nobody declared": (
        "SK-X01",
        f"{ROOT}<item_no>&x;</item_no>{END}".encode(),
    ),
    "a mark before UTF-8": ("SK-X01", b"\xef\xbb\xbf" + f"{ROOT}{END}".encode()),
    "UTF-16 without a mark": ("SK-X01", f"{ROOT}{END}".encode("utf-16-le")),
    "UTF-32": ("SK-X01", f"{ROOT}{END}".encode("utf-32")),
    "Shift_JIS that says so": (
        "SK-X01",
        f'<?xml version="1.0" encoding="Shift_JIS"?>{ROOT}<kind>市</kind>{END}'.encode(
            "shift_jis"
        ),
    ),
    "Shift_JIS that does not": (
        "SK-X01",
        f"{ROOT}<kind>市</kind>{END}".encode("shift_jis"),
    ),
    "UTF-7": ("SK-X01", b"+ADw-" + f"{ROOT}{END}".encode()),
    "EBCDIC": ("SK-X01", f"{ROOT}{END}".encode("cp500")),
    "half of a surrogate pair": (
        "SK-X01",
        f"{ROOT}<kind>".encode() + b"\xed\xa0\x80" + f"</kind>{END}".encode(),
    ),
    "XML 1.1": ("SK-X01", f'<?xml version="1.1"?>{ROOT}{END}'.encode()),
    "a NUL": ("SK-X01", f"{ROOT}<kind>\0</kind>{END}".encode()),
    "a comment": ("SK-X01", f"{ROOT}<!-- x -->{END}".encode()),
    "an instruction": ("SK-X01", f"{ROOT}<?x y?>{END}".encode()),
    "CDATA": ("SK-X01", f"{ROOT}<kind><![CDATA[x]]></kind>{END}".encode()),
    "an inclusion": (
        "SK-X01",
        f'{ROOT}<x:include xmlns:x="http://www.w3.org/2001/XInclude" '
        f'href="/etc/passwd"/>{END}'.encode(),
    ),
    "an attribute": ("SK-X01", f'{ROOT}<kind a="b">x</kind>{END}'.encode()),
    "two roots": ("SK-X01", f"{ROOT}{END}{ROOT}{END}".encode()),
    "nothing": ("SK-X01", b""),
    "no XML": ("SK-X01", b"\x89PNG\r\n\x1a\n"),
    "a hundred thousand levels": ("SK-X01", f"{ROOT}{'<kind>' * 100_000}".encode()),
    "a byte more than the most": (
        "SK-X01",
        f"{ROOT}{' ' * (MAX_PAYLOAD - len(ROOT) - len(END) + 1)}{END}".encode(),
    ),
    "an element that the schema does not have": ("SK-X02", f"{ROOT}<a/>{END}".encode()),
    "another namespace": ("SK-X02", f'<{KIND} xmlns="urn:x">x</{KIND}>'.encode()),
    "an empty message": ("SK-X02", f"{ROOT}{END}".encode()),
    "a hundred thousand faults": (
        "SK-X02",
        f"{ROOT}{'<kind/>' * 140_000}{END}".encode(),
    ),
}
"""The code of the refusal, and the payload."""


@pytest.fixture(scope="module")
def link(network: Stage) -> Iterator[Client]:
    """One link of a proven peer to the core: every refusal must leave it usable."""
    client = network.peer(ASKER).client(people.CORE)
    yield client
    client.close()


@pytest.fixture(scope="module")
def core(network: Stage) -> Watch:
    return Watch(network, people.CORE)


@pytest.fixture(scope="module")
def cs(network: Stage) -> Watch:
    return Watch(network, people.CITY_CS)


def refused(stage: Stage, link: Client, core: Watch, code: str, payload: bytes) -> None:
    """A readable signed refusal, the same code on record, and the link goes on."""
    core.new()
    said = say(stage, hostile(stage, payload), link)
    assert said.word == code
    assert said.reply.status == 422
    assert isinstance(said.answer, SignedRefusal)
    assert said.answer.header_digest == said.packed.header_digest
    (event,) = core.refused()
    assert (event.code, event.peer) == (code, str(ASKER))
    assert event.verdicts[-1] == (
        "R-025",
        "its payload matches its schema",
        "refused",
    )
    assert say(stage, lawful(stage), link).word == "reply"


@pytest.mark.parametrize("shape", XML_SHAPES)
def test_a_payload_of_a_forbidden_shape_is_refused_with_its_code(
    network: Stage, link: Client, core: Watch, shape: str
) -> None:
    refused(network, link, core, *XML_SHAPES[shape])


@pytest.mark.parametrize("shape", PAYLOADS)
def test_a_payload_of_the_story_is_refused_with_its_code(
    network: Stage, link: Client, core: Watch, shape: str
) -> None:
    _, code, change = PAYLOADS[shape]
    good = inquiry_payload(network, ASKER).decode()
    refused(network, link, core, code, change(good))


@pytest.mark.parametrize("shape", XML_SHAPES)
def test_an_inside_system_is_refused_the_same(
    network: Stage, cs: Watch, shape: str
) -> None:
    code, payload = XML_SHAPES[shape]
    inside = network.inside(people.CITY_CS)
    cs.new()
    reply = inside.post("/v1/inside/messages", XML, payload)
    answer = read_payload("submission_refused", reply.body)
    assert isinstance(answer, SubmissionRefused)
    told = {"SK-X01"} if code == "SK-X01" else {"SK-X02", "SK-M05"}
    assert reply.status == 422
    assert answer.code in told
    assert [event.code for event in cs.refused()] == [answer.code]


def test_bombs_take_no_memory(network: Stage, link: Client) -> None:
    process = Process(network, people.CORE)
    say(network, hostile(network, QUADRATIC.encode()), link)
    process.reset_peak()
    before = process.resident
    for _ in range(10):
        for shape in ("entity-bomb", "doctype"):
            change = PAYLOADS[shape][2]
            say(network, hostile(network, change(f"{ROOT}{END}")), link)
        say(network, hostile(network, QUADRATIC.encode()), link)
    assert process.peak - before < 16 * MEGABYTE


# -- numbers ---------------------------------------------------------------------------


def shifted(number: str, by: int) -> str:
    """A number with another check digit; five away is the other realm's."""
    return number[:-1] + str((int(number[-1]) + by) % 10)


@pytest.mark.parametrize("field", ["individual_number", "resident_record_code"])
@pytest.mark.parametrize(("by", "code"), [(1, "SK-X03"), (9, "SK-X03"), (5, "SK-X04")])
def test_a_number_with_a_wrong_digit_or_of_the_real_realm_is_refused(
    network: Stage, cs: Watch, field: str, by: int, code: str
) -> None:
    record = record_of(network.unflagged(network.city, 4))
    changed = replace(record, **{field: shifted(getattr(record, field), by)})
    cs.new()
    payload = write_payload(IdentityInformationUpdate(record=changed))
    answer = network.submit(people.CITY_CS, payload)
    assert isinstance(answer, SubmissionRefused)
    assert answer.code == code
    (event,) = cs.refused()
    assert event.code == code
    number = getattr(changed, field)
    assert number not in repr(event)
    assert number not in repr(answer)
