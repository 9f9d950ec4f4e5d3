# SPDX-License-Identifier: Apache-2.0
"""Who is in a network, in which half of it, and which process plays whom."""

import pytest

from schemas import systems
from simulators.network import ports
from simulators.network.build import addresses_of
from simulators.network.parties import (
    CITY,
    DAEMON_ROLES,
    Half,
    parties,
)
from simulators.network.player import STORY, story_of
from simulators.network.processes import PROCESSES, SIMULATED, titles_of

HALVES = (Half.RESIDENT, Half.LINKAGE)
ROLES = {half: {party.name.role for party in parties(half)} for half in Half}


def test_nobody_is_there_twice() -> None:
    names = [party.name for party in parties()]
    assert len(names) == len(set(names))


def test_the_two_halves_are_the_whole() -> None:
    halves = [{party.name for party in parties(half)} for half in HALVES]
    assert set.union(*halves) == {party.name for party in parties()}


def test_the_halves_share_the_in_house_systems_and_nothing_else() -> None:
    """No station with a gateway stands in both."""
    both = set.intersection(*({p.name for p in parties(half)} for half in HALVES))
    roles = {name.role for name in both}
    assert systems.ADDRESSEE in roles
    assert systems.EXISTING in roles
    assert roles.isdisjoint(DAEMON_ROLES)


def test_each_half_has_its_own_stations() -> None:
    assert systems.CS in ROLES[Half.RESIDENT]
    assert systems.PREFECTURE in ROLES[Half.RESIDENT]
    assert {systems.CORE, systems.INTERMEDIATE} <= ROLES[Half.LINKAGE]
    assert ROLES[Half.RESIDENT].isdisjoint({systems.CORE, systems.INTERMEDIATE})
    assert ROLES[Half.LINKAGE].isdisjoint({systems.CS, systems.JLIS})


def test_every_system_that_acts_is_in_the_whole_network() -> None:
    """What is missing only carries, or has another municipality's role (`systems`)."""
    carries = {
        "juki_net",
        "tamper_resistant_device",
        "other_municipal_cs",
        "intermediate_server_platform",
        "intermediate_server_terminal",
        "family_register_supplement_link",
        "lgwan",
        "government_cloud",
    }
    assert set(systems.SYSTEMS) - ROLES[Half.ALL] == carries


def test_every_in_house_system_that_runs_has_a_process_and_a_port() -> None:
    _, _, house = addresses_of(parties(), 0)
    running = [party for party in parties() if party.listens]
    assert {str(party.name) for party in running} == set(house)
    assert {party.process for party in running} == {"house", "register"}
    own = {systems.PORTAL, systems.STORES_CENTER}
    assert all(
        party.name.organisation == CITY or party.name.role in own for party in running
    )


@pytest.mark.parametrize("half", HALVES)
def test_a_half_starts_its_own_processes_alone(half: Half) -> None:
    there = {party.process for party in parties(half)}
    assert set(titles_of(half)) == there & set(PROCESSES)
    assert set(titles_of(half)) < set(titles_of(Half.ALL))
    assert {"house", "register"} <= set(titles_of(half)) & set(SIMULATED)


@pytest.mark.parametrize("half", HALVES)
def test_a_half_plays_the_steps_that_apply(half: Half) -> None:
    own, other = ("register", "items")[:: 1 if half is Half.RESIDENT else -1]
    keys = {step.key.partition("/")[0] for step in story_of(half)}
    assert {own, "records"} <= keys
    assert other not in keys
    assert set(story_of(half)) < set(STORY)


def test_a_block_has_ports_for_all_and_some_to_spare() -> None:
    """A line before a station takes one more."""
    used = sum(map(len, addresses_of(parties(), 0)))
    assert used <= ports.BLOCK - 16
