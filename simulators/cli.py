# SPDX-License-Identifier: Apache-2.0
"""`sekisho simulate …`: one system of the network by itself."""

import json
import os
import signal
import socket
import threading
from dataclasses import asdict
from functools import partial
from pathlib import Path

import click

from simulators.clock import Clock, clock_of, follow, problem_of
from simulators.network import build as building
from simulators.network import parties as people
from simulators.network.build import Choices
from simulators.network.files import Files
from simulators.network.player import play
from simulators.network.stage import Stage
from simulators.peer import Keys, Peer, load_directory
from simulators.prefecture import PrefecturalServer
from simulators.web import serve, server_context

LOOK_SECONDS = 0.2
"""Between two looks at the clock of a network in which nothing goes on."""

NETWORK = click.option(
    "--network",
    "root",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="The folder of a network that 'sekisho up' made.",
)


@click.group()
def simulate() -> None:
    """Play one system of a network."""


@simulate.command()
@NETWORK
@click.option("--until-stdin-closes", is_flag=True)
def prefecture(root: Path, until_stdin_closes: bool) -> None:
    """The prefectural servers: the real one, and one that nobody can authenticate."""
    files = Files(root.absolute())
    network = building.load(files)
    clock = clock_of(files.pki)
    directory = load_directory(
        files.pki.chain, files.pki.crl, files.master, files.anchor(people.CORE), clock
    )
    servers = []
    for name, layout in (
        (people.PREFECTURAL_SERVER, files.pki),
        (people.IMPOSTOR, files.other_pki),
    ):
        keys = layout.station(name)
        peer = Peer(name, Keys(keys), files.pki.chain, directory, clock)
        server = PrefecturalServer(peer, files.history(name))
        pair = keys / "tls.crt", keys / "tls.key"
        context = server_context(files.pki.chain, *pair, peer.belief)
        follow(clock, partial(context.load_cert_chain, *pair))
        port = network.outside[str(name)]
        servers.append(serve("127.0.0.1", port, context, server.handle))
    for one in servers:
        threading.Thread(target=one.serve_forever, daemon=True).start()
    _ready()
    problem = _wait_for_the_end(until_stdin_closes, clock)
    for one in servers:
        one.shutdown()
    if problem:
        raise click.ClickException(problem)


@simulate.command()
@NETWORK
def story(root: Path) -> None:
    """Play the story against a running network; one JSON line for each step."""
    files = Files(root.absolute())
    network = building.load(files)
    stage = Stage(files, Choices(seed=network.seed, residents=network.residents))
    failed = False
    for told in play(stage):
        click.echo(json.dumps({**asdict(told), "right": told.right}))
        failed = failed or not told.right
    raise SystemExit(1 if failed else 0)


def _ready() -> None:
    address = os.environ.get("NOTIFY_SOCKET")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.sendto(b"READY=1", address)


def _wait_for_the_end(until_stdin_closes: bool, clock: Clock) -> str:
    """Until it is told to end, or its clock is lost, which comes back as the cause."""
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    if until_stdin_closes:
        threading.Thread(target=_watch_stdin, args=(over,), daemon=True).start()
    while not over.wait(LOOK_SECONDS):
        clock()
        if problem := problem_of(clock):
            return problem
    return ""


def _watch_stdin(over: threading.Event) -> None:
    while os.read(0, 4096):
        pass
    over.set()
