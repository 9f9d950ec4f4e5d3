# SPDX-License-Identifier: Apache-2.0
"""`sekisho simulate register`: the resident register of one city, as a process.

In a network that `sekisho up` made it finds everything in the network's folder: keys,
ports, residents, clock. Alone, against somebody's gateway, it is told. It says that it
is ready (`sd_notify(3)`) once it listens, and ends by a signal or with its standard
input.
"""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import click

from pki.errors import PkiError
from pki.names import StationName
from schemas.systems import EXISTING, SYSTEMS
from simulators.clock import machine
from simulators.living import ready, until_the_end
from simulators.network.parties import CITY
from simulators.register import RegisterError
from simulators.register.service import starting
from simulators.residents import UnknownMunicipality

FOLDER: Final = click.Path(path_type=Path, file_okay=False, exists=True)
FILE: Final = click.Path(path_type=Path, dir_okay=False, exists=True)
_FAULTS: Final = (PkiError, RegisterError, UnknownMunicipality, OSError)


@click.command()
@click.option("--network", type=FOLDER, help="The folder that 'sekisho up' made.")
@click.option("--organisation", default=CITY, show_default=True, help="In a network.")
@click.option("--until-stdin-closes", is_flag=True)
@click.option("--keys", type=FOLDER, help="Holds tls.crt and tls.key.")
@click.option("--chain", type=FILE, help="The authority's certificates.")
@click.option("--crl", type=FILE, help="Its revocation list.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True)
@click.option("--host", default=starting.HOME, show_default=True)
@click.option("--folder", type=FOLDER, help="For its store; in memory without.")
@click.option("--municipality", default=CITY, show_default=True)
@click.option("--seed", default="1", show_default=True, help="Of its residents.")
@click.option("--residents", type=click.IntRange(0, 500_000), default=1_000)
@click.option("--cs", metavar="HOST:PORT", help="The inside listener of its CS.")
@click.option(
    "--reconcile-hours",
    type=click.FloatRange(0, min_open=True, max=8_760),
    default=24.0,
    show_default=True,
    help="Between two comparisons with the CS's file.",
)
@click.option("--to", "addresses", multiple=True, metavar="SYSTEM=HOST:PORT")
def register(
    network: Path | None,
    organisation: str,
    until_stdin_closes: bool,
    reconcile_hours: float,
    **words: Any,
) -> None:
    """The resident register of a city: its desks, and what it owes."""
    try:
        if network is not None:
            place, filling = starting.in_network(network, organisation)
        else:
            place, filling = starting.alone(
                _place(words),
                words["seed"],
                words["residents"],
                words["municipality"],
            )
        every = timedelta(hours=reconcile_hours)
        running = starting.run(replace(place, reconcile_every=every), filling)
    except _FAULTS as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{place.name} listens on {place.host}:{running.port}")
    ready()
    try:
        problem = until_the_end(until_stdin_closes, place.clock)
    finally:
        running.close()
    if problem:
        raise click.ClickException(problem)


def _place(words: dict[str, Any]) -> starting.Place:
    for needed in ("keys", "chain", "crl"):
        if words[needed] is None:
            raise click.UsageError(f"give --network, or --{needed} as well")
    return starting.Place(
        name=StationName(words["municipality"], EXISTING),
        keys=words["keys"],
        chain=words["chain"],
        crl=words["crl"],
        clock=machine,
        host=words["host"],
        port=words["port"],
        cs=None if words["cs"] is None else _address(words["cs"]),
        city=dict(map(_system, words["addresses"])),
        folder=words["folder"],
    )


def _system(text: str) -> tuple[str, starting.Address]:
    system, sign, address = text.partition("=")
    if not sign or system not in SYSTEMS:
        raise click.BadParameter(f"'{text}' is not SYSTEM=HOST:PORT")
    return system, _address(address)


def _address(text: str) -> starting.Address:
    host, _, port = text.rpartition(":")
    if not (host and port.isascii() and port.isdigit() and len(port) <= 5):
        raise click.BadParameter(f"'{text}' is not HOST:PORT")
    return host, int(port)
