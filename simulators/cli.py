# SPDX-License-Identifier: Apache-2.0
"""`sekisho simulate …`: one system of the network by itself."""

import json
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict
from functools import partial
from pathlib import Path

import click

from pki.errors import PkiError
from pki.names import StationName
from simulators.city.cli import city
from simulators.city.reasons import StoreFault
from simulators.clock import Clock, clock_of, follow
from simulators.fill_cli import fill
from simulators.living import ready, until_the_end
from simulators.network import build as building
from simulators.network import parties as people
from simulators.network import ports
from simulators.network.build import Choices
from simulators.network.files import Files
from simulators.network.house import Joined
from simulators.network.player import play
from simulators.network.stage import Stage
from simulators.peer import Keys, Peer, load_directory
from simulators.peers.errors import PeersError
from simulators.peers.play import SYSTEMS, Played, station
from simulators.register.service.cli import register
from simulators.timestamps import TimeAuthority

NETWORK = click.option(
    "--network",
    "root",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="The folder of a network that 'sekisho up' made.",
)


STDIN = click.option("--until-stdin-closes", is_flag=True)


@click.group()
def simulate() -> None:
    """Play one system of a network."""


simulate.add_command(city)
simulate.add_command(register)
simulate.add_command(fill)


@simulate.command()
@NETWORK
@STDIN
def prefecture(root: Path, until_stdin_closes: bool) -> None:
    """The prefectural servers: the real one, and one that nobody can authenticate."""
    servers = (people.PREFECTURAL_SERVER, people.IMPOSTOR)
    _play(root, servers, until_stdin_closes)


@simulate.command()
@NETWORK
@STDIN
def peers(root: Path, until_stdin_closes: bool) -> None:
    """National server, J-LIS, card management and Ministry of Justice together."""
    played = [one.name for one in people.parties() if one.process == "peers"]
    _play(root, played, until_stdin_closes)


@simulate.command()
@NETWORK
@STDIN
def house(root: Path, until_stdin_closes: bool) -> None:
    """The first city's in-house systems, joined to each other and to its stations."""
    files = Files(root.absolute())
    clock = clock_of(files.pki)
    try:
        joined = Joined(files, clock)
    except (StoreFault, PeersError, PkiError, OSError) as error:
        raise click.ClickException(str(error)) from None
    with closing(joined):
        ready()
        problem = until_the_end(until_stdin_closes, clock)
    if problem:
        raise click.ClickException(problem)


@simulate.command()
@NETWORK
@STDIN
def timestamps(root: Path, until_stdin_closes: bool) -> None:
    """The time-stamp authority (RFC 3161) that the stations' logs are stamped by."""
    files = Files(root.absolute())
    clock = clock_of(files.pki)
    port = ports.timestamps_of(building.load(files).first_port)
    try:
        running = TimeAuthority(files.timestamps, clock, port)
    except (PkiError, OSError) as error:
        raise click.ClickException(str(error)) from None
    with closing(running):
        ready()
        problem = until_the_end(until_stdin_closes, clock)
    if problem:
        raise click.ClickException(problem)


def _alone(role: str) -> click.Command:
    """The command that plays one system, under its id."""

    def run(root: Path, until_stdin_closes: bool) -> None:
        played = [one.name for one in people.parties() if one.name.role == role]
        _play(root, played[:1], until_stdin_closes)

    words = f"The system {role} alone, against whoever is in the master."
    return click.command(role, help=words)(NETWORK(STDIN(run)))


for _role in SYSTEMS:
    simulate.add_command(_alone(_role))


def _play(root: Path, names: Sequence[StationName], until_stdin_closes: bool) -> None:
    """Play these stations of a network until the end."""
    files = Files(root.absolute())
    clock = clock_of(files.pki)
    with ExitStack() as stack:
        try:
            for name in names:
                stack.callback(_played(files, name, clock).close)
        except (PeersError, OSError) as error:
            raise click.ClickException(str(error)) from None
        ready()
        problem = until_the_end(until_stdin_closes, clock)
    if problem:
        raise click.ClickException(problem)


def _played(files: Files, name: StationName, clock: Clock) -> Played:
    """One station, listening; the impostor has keys of an authority that is unknown."""
    directory = load_directory(
        files.pki.chain, files.pki.crl, files.master, files.anchor(people.CORE), clock
    )
    layout = files.other_pki if name == people.IMPOSTOR else files.pki
    peer = Peer(name, Keys(layout.station(name)), files.pki.chain, directory, clock)
    port = building.load(files).outside[str(name)]
    played = Played(station(peer, files.peer), port, files.pki.chain)
    follow(clock, partial(played.context.load_cert_chain, *played.pair))
    return played


@simulate.command()
@NETWORK
def story(root: Path) -> None:
    """Play the story against a running network; one JSON line for each step."""
    files = Files(root.absolute())
    network = building.load(files)
    choices = Choices(seed=network.seed, residents=network.residents, half=network.half)
    stage = Stage(files, choices)
    failed = False
    for told in play(stage):
        click.echo(json.dumps({**asdict(told), "right": told.right}))
        failed = failed or not told.right
    raise SystemExit(1 if failed else 0)
