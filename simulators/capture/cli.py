# SPDX-License-Identifier: Apache-2.0
"""`sekisho capture`: what a vendor's system and a station say, as a scenario."""

import secrets
import sys
import threading
from pathlib import Path

import click
import msgspec

from pki.errors import PkiError
from pki.names import BadStationName, StationName
from protocols.errors import ProtocolError
from simulators.capture.fiction import Fiction
from simulators.capture.population import stand_ins
from simulators.capture.recording import Recording
from simulators.capture.relay import HOST, CaptureRefused, Relay, between
from simulators.capture.replaced import Replaced
from simulators.capture.written import write
from simulators.clock import Clock, clock_of
from simulators.living import until_the_end
from simulators.network import build as building
from simulators.network.files import Files

FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command()
@click.option("--network", type=FOLDER, required=True, help="A running TEST network.")
@click.option("--station", required=True, help="Whose inside listener, as 102024/…")
@click.option("--to", "target", type=FOLDER, required=True, help="A folder.")
@click.option("--port", type=click.IntRange(0, 65535), default=0)
@click.option("--until-stdin-closes", is_flag=True)
def capture(
    network: Path, station: str, target: Path, port: int, until_stdin_closes: bool
) -> None:
    """Stand between a vendor's system and its station, and keep what they say.

    The system connects to the port that is told instead of the station's. Everything
    about people is replaced before it is kept. Ctrl-C ends it and writes the scenario;
    'sekisho scenario run' replays it.
    """
    files = Files(network.absolute())
    try:
        at = between(files, StationName.parse(station))
        known = building.load(files)
        people = stand_ins(known.seed, known.residents)
        given: dict[str, str] = {}
        fiction = Fiction(secrets.token_bytes(32), people)
        clock = clock_of(files.pki)
        recording = Recording(Replaced(fiction, given, clock()), given)
        relay = Relay(at, recording, port)
    except (CaptureRefused, BadStationName, PkiError, ProtocolError) as error:
        raise click.ClickException(str(error)) from None
    except (OSError, msgspec.MsgspecError):
        raise click.ClickException(
            f"{network}: is no network of 'sekisho up', or the port is taken"
        ) from None
    click.echo(f"capturing at {HOST} port {relay.port}; Ctrl-C ends and writes")
    sys.stdout.flush()
    problem = _until_told(relay, until_stdin_closes, clock)
    _write(recording, target, at.station)
    if problem:
        raise click.ClickException(problem)


def _until_told(relay: Relay, with_stdin: bool, clock: Clock) -> str:
    """Pass on until it is told to end; why, where the network's clock was lost."""
    threading.Thread(target=relay.server.serve_forever, daemon=True).start()
    problem = until_the_end(with_stdin, clock)
    relay.server.shutdown()
    relay.close()
    return problem


def _write(recording: Recording, target: Path, station: StationName) -> None:
    if not recording.exchanges:
        click.echo("nothing was said")
        return
    try:
        done = write(target, station, recording.exchanges)
    except OSError as error:
        said = f"{target}: cannot be written ({error.strerror}); nothing was kept"
        raise click.ClickException(said) from None
    for path in done.paths:
        click.echo(str(path))
    left_out = recording.left_out + done.left_out
    click.echo(f"{done.steps} requests; {left_out} left out")
