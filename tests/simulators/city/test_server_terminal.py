# SPDX-License-Identifier: Apache-2.0
"""The terminal of an intermediate server, at a station that runs."""

from simulators.city.server_terminal import ServerTerminal, by_command
from simulators.network import parties as people
from simulators.network.stage import Stage
from tests.simulators.city.office import CITY, code_of, given
from tests.simulators.city.test_terminals import open_to

SERVER = next(
    one.name
    for one in people.parties()
    if one.name.organisation == CITY and one.name.role == "intermediate_server"
)


def test_a_copy_of_a_running_station_is_shown_and_the_look_is_on_record(
    network: Stage,
) -> None:
    """R-147."""
    config = network.files.config(SERVER)
    terminal = ServerTerminal(CITY, given(), by_command(config))
    session = open_to(terminal, "olga", "look")
    resident = network.unflagged(network.city, 3)
    facts = terminal.look(session, resident.addressee_number)
    assert facts["addressee_number"] == resident.addressee_number
    assert facts["resident_record_information.relationship"] == resident.relationship
    assert code_of(lambda: terminal.look(session, "9" * 15)) == "SK-Y07"
    words = ("records", "list", "--network", str(network.files.root), "--limit", "999")
    looked = [one for one in network.command_json(*words) if one["kind"] == "operator"]
    assert [one["detail"] for one in looked if "copy" in one["detail"]]
