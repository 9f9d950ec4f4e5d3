# SPDX-License-Identifier: Apache-2.0
"""`sekisho simulate fill …`: a city of any size into the systems of a network.

First the register, then from the register the CS and the two servers. Each is a stream,
shows how far it is, and is done again after a cut: it goes on where it was. The
register's file is used beside a register that runs.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from pki.errors import PkiError
from pki.names import StationName
from pki.trust import TrustStore
from schemas.resident_messages import EightItems
from schemas.systems import CS, EXISTING
from simulators.clock import belief_of, clock_of
from simulators.network import build as building
from simulators.network import parties as people
from simulators.network.files import Files
from simulators.peer import Keys, Peer, load_directory
from simulators.peers.errors import BadRequest
from simulators.peers.hand import Hand
from simulators.register import Register, RegisterError
from simulators.register.handing_in import HandingIn, NotHandedIn
from simulators.register.service.filling import fill as fill_register
from simulators.register.service.starting import HOME, REGISTER
from simulators.residents import UnknownMunicipality, generate
from simulators.web import Client, LinkFailed, client_context

NETWORK = click.option(
    "--network",
    "root",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    required=True,
    help="The folder of a network that 'sekisho up' made.",
)
ORGANISATION = click.option("--organisation", default=people.CITY, show_default=True)
LINES = 10
"""Where there is no terminal: lines from the beginning to the end."""
_FAULTS = (
    BadRequest,
    LinkFailed,
    NotHandedIn,
    OSError,
    PkiError,
    RegisterError,
    UnknownMunicipality,
)


@click.group()
def fill() -> None:
    """Fill a city's systems with its residents, however many they are."""


@fill.command()
@NETWORK
@ORGANISATION
@click.option("--residents", type=click.IntRange(1, 1_000_000), required=True)
def register(root: Path, organisation: str, residents: int) -> None:
    """The resident register, with fictional residents of the network's seed."""
    with _register(root, organisation) as (files, opened), _shown(residents) as told:
        seed = building.load(files).seed
        everybody = generate(seed, residents, organisation)
        fill_register(opened, everybody, seed, told)


@fill.command()
@NETWORK
@ORGANISATION
def cs(root: Path, organisation: str) -> None:
    """The file of the city's CS, from its register; the CS has to be opened for it."""
    with _register(root, organisation) as (files, opened):
        client = _inside(files, organisation)
        handing_in = HandingIn(opened.consistency, client)
        with closing(client), _shown(opened.loading.loaded()) as told:
            done = handing_in.run(told)
    click.echo(f"{done.persons:,} persons are held, {done.sent:,} were sent now")


@fill.command()
@NETWORK
@ORGANISATION
def servers(root: Path, organisation: str) -> None:
    """The prefectural and the national server, with whom the register has."""
    with _register(root, organisation) as (files, opened):
        for name in (people.PREFECTURAL_SERVER, people.NATIONAL_SERVER):
            everybody = map(EightItems.of, opened.consistency.stream())
            click.echo(f"{name}")
            with _hand(files, name) as hand, _shown(opened.loading.loaded()) as told:
                hand.load(((one, organisation) for one in everybody), told)


# -- the network -----------------------------------------------------------------------


@contextmanager
def _register(root: Path, organisation: str) -> Iterator[tuple[Files, Register]]:
    """A network and its register's file; faults in a sentence."""
    files = Files(root.absolute())
    name = StationName(organisation, EXISTING)
    folder = files.peer(name)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        opened = Register.open(
            folder / REGISTER, clock_of(files.pki), secrets.token_bytes, organisation
        )
        with closing(opened):
            yield files, opened
    except LinkFailed as error:
        raise click.ClickException(f"no answer: {error}; do it again later") from None
    except _FAULTS as error:
        raise click.ClickException(str(error)) from None


def _inside(files: Files, organisation: str) -> Client:
    """The register's link to its CS."""
    keys = files.pki.station(StationName(organisation, EXISTING))
    pair = keys / "tls.crt", keys / "tls.key"
    trust, clock = TrustStore.load(files.pki.chain, files.pki.crl), clock_of(files.pki)
    context = client_context(files.pki.chain, *pair, belief=belief_of(trust, clock))
    port = building.load(files).inside[str(StationName(organisation, CS))]
    return Client(HOME, port, context)


def _hand(files: Files, name: StationName) -> Hand:
    pki, clock = files.pki, clock_of(files.pki)
    directory = load_directory(
        pki.chain, pki.crl, files.master, files.anchor(people.CORE), clock
    )
    return Hand(Peer(name, Keys(pki.station(name)), pki.chain, directory, clock))


# -- how far it is ---------------------------------------------------------------------


@contextmanager
def _shown(of: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, else a line for each tenth."""
    console = Console()
    if not console.is_terminal:
        yield _lines(of)
        return
    columns = BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=of)
        yield lambda done: progress.update(task, completed=done)


def _lines(of: int) -> Callable[[int], None]:
    said = -1

    def told(done: int) -> None:
        nonlocal said
        if (step := done * LINES // max(1, of)) > said:
            said = step
            click.echo(f"{done:,} of {of:,}")

    return told
