# SPDX-License-Identifier: Apache-2.0
"""中間サーバの接続端末: shows what the information provision database holds (R-147).

It has no store of copies of its own: each look is made in the server's database, by a
named person, and is on record there before anything is shown. How the terminal reaches
the server is given; `by_command` runs the `sekisho copies` of a station.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

from simulators.city.reasons import Reason, Refused
from simulators.city.system import act
from simulators.city.taken import Given
from simulators.city.terminals import Screen, Terminal

Facts: TypeAlias = Mapping[str, Any]
Reader: TypeAlias = Callable[[str, str], Facts | None]
"""Addressee number and operator in; the copy, or None where there is none."""

LOOK: Final = "look"
PATIENCE: Final = 30.0
"""Seconds for one look."""


class ServerTerminal(Terminal):
    """One terminal of an intermediate server."""

    role = "intermediate_server_terminal"
    functions = frozenset({LOOK})

    def __init__(self, organisation: str, given: Given, read: Reader) -> None:
        super().__init__(organisation, given)
        self._copy_of = read
        self.screen: Screen[Facts] = Screen(self.clock)

    @act
    def look(self, session: str, addressee_number: str) -> Facts:
        """Show the copy of one person."""
        person = self.staff.who(session, LOOK)
        found = self._copy_of(addressee_number, person)
        self.history.happened("looked at a copy", person)
        if found is None:
            raise Refused(Reason.UNKNOWN)
        self.screen.show(found)
        return found


def by_command(config: Path) -> Reader:
    """Looks by the command line of the station with this configuration.

    The number goes in by the standard input: the words of a command can be seen.
    """

    def read(addressee_number: str, operator: str) -> Facts | None:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "sekisho", "copies", "show", "--json"),
                *("--config", str(config), "--operator", operator),
            ],
            input=f"{addressee_number}\n",
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        if done.returncode:
            return None
        # the question for the number stands before what is shown
        facts: Facts = json.loads(done.stdout[done.stdout.index("{") :])
        return facts

    return read
