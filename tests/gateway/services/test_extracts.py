# SPDX-License-Identifier: Apache-2.0
"""Sending-destination extracts (送付先情報): of the register, and of nobody else."""

from dataclasses import replace

import pytest
import pytest_twisted

from gateway.services.inside_door import SUBMIT
from gateway.services.listener import Request
from pki.names import StationName
from schemas.extracts import query_of
from schemas.messages import read_payload
from schemas.systems import SYSTEMS
from schemas.xml import parse, root_name
from tests.gateway.works import inside_of
from tests.gateway.world import CARDS, CS, EXISTING, TERMINAL
from tests.schemas.samples import sample

KIND = "sending_destination_extract"


async def handed_in(works, by):
    """What the CS says to an extract, and what it passes on."""
    extract = sample(KIND)
    target = SUBMIT + query_of(extract)
    request = Request("POST", target, "application/xml", extract, True)
    identity = replace(works.world.identity(EXISTING), station=by)
    answer = await inside_of(works).handle(request, identity)
    value = read_payload(root_name(parse(answer.body)), answer.body)
    return getattr(value, "code", ""), [sent.peer for sent in works.offered]


@pytest_twisted.ensureDeferred
async def test_an_extract_of_the_register_goes_on(works_at):
    """R-024."""
    assert await handed_in(works_at(CS), EXISTING) == ("", [str(CARDS)])


@pytest_twisted.ensureDeferred
async def test_an_extract_of_the_terminal_is_refused_and_nothing_goes_on(works_at):
    """R-024: it may come to the same door, but not with this."""
    assert await handed_in(works_at(CS), TERMINAL) == ("SK-M05", [])


@pytest.mark.parametrize("role", sorted(SYSTEMS - {EXISTING.role}))
@pytest_twisted.ensureDeferred
async def test_an_extract_of_any_other_system_is_refused(works_at, role):
    """R-024, for each system of the document, should it ever stand at that door."""
    stranger = StationName(EXISTING.organisation, role)
    code, passed_on = await handed_in(works_at(CS), stranger)
    assert (code, passed_on) == ("SK-M05", [])
