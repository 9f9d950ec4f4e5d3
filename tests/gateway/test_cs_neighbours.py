# SPDX-License-Identifier: Apache-2.0
"""Who may speak with a municipal CS: one system inside, one server outside.

Every system that the document names knocks at both doors in turn.
"""

import msgspec
import pytest
import pytest_twisted

from gateway.config import ConfigRefused, Inside
from gateway.records.event import EventKind
from gateway.roles.municipal_cs import MunicipalCs
from gateway.rules.check import walk
from gateway.rules.message import MESSAGE_CHECKS
from gateway.services.inside_door import SUBMIT
from gateway.services.links import Links
from gateway.services.listener import Request
from pki.names import StationName
from pki.trust import Untrusted
from schemas.catalogue import ROWS
from schemas.messages import IdentityInformationUpdate, write_payload
from schemas.systems import CS as CS_ROLE
from schemas.systems import EXISTING as EXISTING_ROLE
from schemas.systems import SYSTEMS
from tests.gateway.people import resident_record
from tests.gateway.words import FakeView, case, message
from tests.gateway.works import inside_of
from tests.gateway.world import (
    CORE,
    CS,
    EXISTING,
    NOON,
    PREFECTURE,
    PROVIDER,
    TERMINAL,
)
from tests.values import replace

in_reactor = pytest_twisted.ensureDeferred
OTHERS = sorted(SYSTEMS - {EXISTING_ROLE})
STRANGERS = sorted(SYSTEMS - {EXISTING_ROLE, TERMINAL.role})
UPDATE = write_payload(IdentityInformationUpdate(resident_record()))


@pytest.fixture
def cs(works_at):
    return works_at(CS)


@pytest.fixture
def submit(world, cs):
    """What the inside listener answers to an update from a system."""
    door = inside_of(cs)

    async def ask(name):
        identity = replace(world.identity(EXISTING), station=name)
        request = Request("POST", SUBMIT, "application/xml", UPDATE, True)
        return await door.handle(request, identity)

    return ask


# --- inside ---------------------------------------------------------------------------


@in_reactor
async def test_the_existing_resident_system_may_report_a_change(cs, submit):
    assert (await submit(EXISTING)).status == 202
    assert [sent.peer for sent in cs.offered] == [str(PREFECTURE)]


@pytest.mark.parametrize("role", OTHERS)
@in_reactor
async def test_no_other_system_may(cs, submit, role):
    answer = await submit(StationName(CS.organisation, role))
    assert answer.status == 422
    assert cs.codes(EventKind.REFUSED) == ["SK-M05"]
    assert cs.offered == []


@in_reactor
async def test_not_even_the_existing_resident_system_of_another_city(cs, submit):
    assert (await submit(StationName("112020", EXISTING_ROLE))).status == 422
    assert cs.offered == []


def test_the_inside_door_is_open_to_the_existing_resident_system_alone(world, desk_at):
    """Beside it stands only the terminal of the register network itself."""
    station = desk_at(CS).station
    allowed = Inside(port=4444, clients=(str(EXISTING), str(TERMINAL))).names()
    links = Links(station, lambda: NOON)
    links.must_be_known(world.identity(EXISTING), allowed)
    links.must_be_known(world.identity(TERMINAL), allowed)
    for role in STRANGERS:
        stranger = StationName(CS.organisation, role)
        identity = replace(world.identity(EXISTING), station=stranger)
        with pytest.raises(Untrusted):
            links.must_be_known(identity, allowed)


def test_a_cs_whose_door_is_open_to_others_does_not_start(desk_at):
    station = desk_at(CS).station

    def opened_to(*clients):
        inside = Inside(port=4444, clients=tuple(map(str, clients)))
        station.config = msgspec.structs.replace(station.config, inside=inside)
        return MunicipalCs(station)

    assert opened_to(EXISTING).prefecture == PREFECTURE
    assert opened_to(EXISTING, TERMINAL).prefecture == PREFECTURE
    for role in STRANGERS:
        with pytest.raises(ConfigRefused, match="clients of a municipal CS"):
            opened_to(StationName(CS.organisation, role))
        with pytest.raises(ConfigRefused, match="clients of a municipal CS"):
            opened_to(EXISTING, StationName(CS.organisation, role))


# --- outside --------------------------------------------------------------------------


def test_no_type_joins_a_cs_with_the_information_provision_network():
    """Files (2) and (3) are never asked for there, and never given there (R-124)."""
    linkage = {CORE.role, PROVIDER.role}
    for row in ROWS.values():
        for way in row.outside | row.inside:
            assert not (CS_ROLE in way and linkage & set(way)), row.name


@pytest.mark.parametrize("kind", sorted(ROWS))
@in_reactor
async def test_whatever_a_station_of_information_linkage_says_a_cs_takes_none_of_it(
    world, cs, kind
):
    permit = bytes(32) if ROWS[kind].needs_permit else None
    for sender in (CORE, PROVIDER):
        packed = message(world, sender, CS, kind, b"<x/>", permit_digest=permit)
        answer = await cs.post(packed)
        assert cs.read(packed, answer).code == "SK-M05"
    assert cs.offered == []


@pytest.mark.parametrize("kind", sorted(ROWS))
@in_reactor
async def test_and_whatever_a_cs_says_the_core_takes_none_of_it(world, works_at, kind):
    core = works_at(CORE)
    permit = bytes(32) if ROWS[kind].needs_permit else None
    packed = message(world, CS, CORE, kind, b"<x/>", permit_digest=permit)
    assert core.read(packed, await core.post(packed)).code == "SK-M05"
    assert core.store.transactions() == []


# --- the addressee management system (R-029) ------------------------------------------

ADDRESSEE_ROLE = "group_integrated_addressee_system"


def test_no_type_joins_a_cs_with_the_addressee_management_system():
    assert ADDRESSEE_ROLE in OTHERS
    for row in ROWS.values():
        for way in row.outside | row.inside:
            assert set(way) != {CS_ROLE, ADDRESSEE_ROLE}, row.name


@pytest.mark.parametrize("kind", sorted(ROWS))
def test_a_cs_refuses_whatever_the_addressee_management_system_says(world, kind):
    """Even one that has a certificate, and that a wrong master lets in."""
    permit = bytes(32) if ROWS[kind].needs_permit else None
    packed = message(world, PREFECTURE, CS, kind, b"<x/>", permit_digest=permit)
    caller = StationName(CS.organisation, ADDRESSEE_ROLE)
    met = case(world, packed, FakeView(world.facts(CS)))
    identity = replace(met.identity, station=caller)
    header = replace(met.opened.header, sender=caller)
    opened = replace(met.opened, header=header, signer=identity)
    found = walk(replace(met, opened=opened, identity=identity), MESSAGE_CHECKS)
    assert found.code == "SK-M05"


def test_a_station_is_not_let_in_that_the_master_does_not_name(world, desk_at):
    station = desk_at(CS).station
    links = Links(station, lambda: NOON)
    stranger = StationName(CS.organisation, ADDRESSEE_ROLE)
    identity = replace(world.identity(PREFECTURE), station=stranger)
    with pytest.raises(Untrusted):
        links.must_be_known(identity, station.directory.peers)
