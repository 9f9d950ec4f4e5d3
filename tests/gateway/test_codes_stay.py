# SPDX-License-Identifier: Apache-2.0
"""A linkage code (符号) is used in information linkage and stands nowhere else (R-140).

Every type of message is walked, and every table of the stations through which an
inquiry goes from end to end; what they seal is looked at before it is sealed.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import pytest_twisted
from click.testing import CliRunner
from lxml import etree

from gateway.copies_cli import copies
from gateway.holds_cli import holds
from gateway.records.cli import records
from gateway.records.sealed import SEALED_TABLES, StoreKeys
from gateway.services.holds import Holds
from schemas.catalogue import ROWS, row
from schemas.payload import NAMESPACE, validate
from schemas.systems import CORE as CORE_ROLE
from schemas.systems import INTERMEDIATE
from schemas.ways import Network
from schemas.xml import XmlRefused
from tests.gateway.files import configured
from tests.gateway.services.test_inside import QUESTION, Door
from tests.gateway.words import inquiry_message, order
from tests.gateway.world import (
    BUSINESS,
    COPIES,
    CORE,
    FLAGGED,
    NOON,
    PLAIN,
    PROVIDER,
    REQUESTER,
    SUBJECTS,
    addressee,
    code_of,
)
from tests.schemas.samples import sample, xsd_path

in_reactor = pytest_twisted.ensureDeferred
CARRY = {
    "information_inquiry",
    "provision_order",
    "personal_identifier_code_notice",
}
"""The messages of linkage that say by code whom they are about."""
TYPE = "p:linkage_code"
CODES = frozenset(
    code_of(person, name.organisation)
    for person in (PLAIN, FLAGGED)
    for name in (PROVIDER, REQUESTER)
)
OPERATOR = "審査 花子"


# -- messages --------------------------------------------------------------------------


def typed(path: Path) -> list[str]:
    """The elements of a schema that hold a linkage code."""
    tree = etree.parse(path)
    return [each.get("name") for each in tree.iter() if each.get("type") == TYPE]


@pytest.mark.parametrize("name", sorted(ROWS))
def test_of_all_types_of_messages_three_of_linkage_hold_a_code(name):
    assert bool(typed(xsd_path(name))) == (name in CARRY)


def test_no_part_that_several_messages_share_holds_a_code():
    folder = xsd_path("information_inquiry").parent
    shared = {path for path in folder.glob("*.xsd") if path.stem not in ROWS}
    assert {path.stem for path in shared} >= {"common", "people", "record"}
    assert [path.stem for path in shared if typed(path)] == []


@pytest.mark.parametrize("name", sorted(CARRY))
def test_such_a_message_goes_between_the_core_and_intermediate_servers(name):
    way = row(name)
    assert way.network is Network.LINKAGE
    assert way.inside == frozenset()
    ends = {(INTERMEDIATE, CORE_ROLE), (CORE_ROLE, INTERMEDIATE)}
    assert way.outside <= ends


BY_KEY = {
    "identity_information_search": ("resident_record_code", "individual_number"),
    "identity_information_search_request": (
        "resident_record_code",
        "individual_number",
    ),
    "jlis_identity_information_inquiry": ("resident_record_code", "individual_number"),
    "identity_confirmation_request": ("resident_record_code",),
    "addressee_inquiry": ("individual_number", "addressee_number"),
}
GOOD = {
    "resident_record_code": "12345678901",
    "individual_number": "123456789012",
    "addressee_number": addressee(PLAIN),
}


@pytest.mark.parametrize(
    ("name", "number"),
    [(name, number) for name, numbers in BY_KEY.items() for number in numbers],
)
def test_nobody_is_searched_for_by_a_code(name, number):
    """A code in the place of any number by which somebody is asked for is refused."""

    def asked(value):
        root = etree.fromstring(sample(name))
        key = next(one for one in root.iter() if etree.QName(one).localname == "key")
        key[:] = []
        etree.SubElement(key, f"{{{NAMESPACE}}}{number}").text = value
        return etree.tostring(root)

    validate(name, asked(GOOD[number]))
    with pytest.raises(XmlRefused):
        validate(name, asked(code_of(PLAIN, PROVIDER.organisation)))


@pytest.mark.parametrize(
    "name", ["common_platform_fetch", "information_inquiry_request"]
)
def test_nothing_is_fetched_or_asked_for_by_a_code(name):
    root = etree.fromstring(sample(name))
    number = root.find(f"{{{NAMESPACE}}}addressee_number")
    number.text = code_of(PLAIN, PROVIDER.organisation)
    with pytest.raises(XmlRefused):
        validate(name, etree.tostring(root))


# -- tables ----------------------------------------------------------------------------


@pytest.fixture
def sealed(monkeypatch):
    """What the stores seal, by table, before it is sealed."""
    kept: dict[str, list[bytes]] = {}
    seal = StoreKeys.seal

    def spied(self, table, row, plain):
        kept.setdefault(table, []).append(plain)
        return seal(self, table, row, plain)

    monkeypatch.setattr(StoreKeys, "seal", spied)
    return kept


def spellings():
    """Every code as a text, and as the bytes that it stands for."""
    return [*(code.encode() for code in CODES), *map(bytes.fromhex, CODES)]


def holds_a_code(data):
    return any(spelling in data for spelling in spellings())


def in_the_clear(path):
    """The tables of a store that hold a code which anybody can read."""
    with closing(sqlite3.connect(path)) as db:
        names = db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        return [
            name
            for (name,) in names.fetchall()
            for values in db.execute(f"SELECT * FROM {name}")
            for value in values
            if holds_a_code(value if isinstance(value, bytes) else str(value).encode())
        ]


@in_reactor
async def test_of_all_tables_those_of_linkage_hold_a_code_and_sealed(
    world, works_at, sealed
):
    requester = works_at(REQUESTER, *SUBJECTS)
    core = works_at(CORE)
    provider = works_at(PROVIDER, *COPIES)
    assert (await Door(requester, BUSINESS).submit(QUESTION)).status == 202
    assert (await core.post(inquiry_message(world))).status == 200
    assert (await provider.post(order(world, FLAGGED).message())).status == 200
    (hold,) = provider.store.holds("open")
    words = ("--digest", hold.payload_digest.hex(), "--reason", "確認済み")
    assert told(configuration(world, provider), holds, "release", hold.hold_id, *words)
    await Holds(provider.runtime, provider.role, provider.clock).look()
    assert [one.message_type for one in core.offered[:1]] == ["provision_order"]
    assert provider.offered[-1].message_type == "information_provision"
    with_code = {name for name, all_ in sealed.items() if any(map(holds_a_code, all_))}
    assert with_code == {"copies", "holds", "outbox"}
    assert with_code < set(SEALED_TABLES)
    for works in (requester, core, provider):
        assert in_the_clear(works.path) == []


# -- screens ---------------------------------------------------------------------------


def configuration(world, works):
    return str(configured(world, works.station.name, works.path.parent))


def told(config, command, *words):
    """What a command shows to a named person at a station."""
    named = [*words, "--config", config, "--operator", OPERATOR]
    done = CliRunner().invoke(command, named)
    assert done.exit_code == 0, done.output
    return done.output


@in_reactor
async def test_no_screen_shows_a_code(world, works_at, monkeypatch):
    monkeypatch.setattr("gateway.copies_cli.clock_of", lambda _: lambda: NOON)
    monkeypatch.setattr("gateway.holds_cli.clock_of", lambda _: lambda: NOON)
    provider = works_at(PROVIDER, *COPIES)
    await provider.post(order(world, FLAGGED).message())
    (hold,) = provider.store.holds("open")
    config = configuration(world, provider)
    shown = [
        told(config, copies, "show", "--addressee", addressee(FLAGGED)),
        told(config, copies, "show", "--json", "--addressee", addressee(PLAIN)),
        told(config, holds, "show", hold.hold_id),
        told(config, holds, "show", hold.hold_id, "--xml"),
    ]
    for words in (["list"], ["list", "--json"], ["statistics"]):
        shown.append(CliRunner().invoke(records, [*words, "--config", config]).output)
    assert all(shown)
    assert [text for text in shown if any(code in text for code in CODES)] == []
