# SPDX-License-Identifier: Apache-2.0
"""`sekisho simulate city SYSTEM`: one in-house system by itself, over mutual TLS.

It listens where it is told, with the certificate that it is given, and carries what it
owes to the addresses it is given, our stations' or somebody else's. Whoever holds its
own certificate runs the simulation through the management paths of `door`.
"""

import secrets
import threading
from pathlib import Path
from typing import Final

import click

from pki.errors import PkiError
from pki.keystore import load_certificate
from pki.names import StationName
from pki.trust import TrustStore
from simulators.city import courier
from simulators.city.addressee import Acquiring, AddresseeSystem
from simulators.city.center import IssuanceCenter
from simulators.city.common_platform import CommonPlatform
from simulators.city.door import MESSAGES, XML, Door, Guests, digest_of
from simulators.city.family_register import FamilyRegisterSystem
from simulators.city.integrated_terminal import IntegratedTerminal
from simulators.city.justice_terminal import JusticeTerminal
from simulators.city.portal import Portal
from simulators.city.reasons import StoreFault
from simulators.city.sources import SealSystem
from simulators.city.stores import IssuanceSystem
from simulators.city.system import System
from simulators.city.taken import Given
from simulators.clock import machine
from simulators.web import Client, LinkFailed, client_context, serve, server_context

ALONE: Final = {
    one.role: one
    for one in (
        AddresseeSystem,
        CommonPlatform,
        IssuanceSystem,
        IssuanceCenter,
        SealSystem,
        FamilyRegisterSystem,
        Portal,
        IntegratedTerminal,
        JusticeTerminal,
    )
}
"""The systems that need nothing but themselves."""
ROUND_SECONDS: Final = 0.5
FOLDER = click.Path(path_type=Path, file_okay=False, exists=True)
FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.command()
@click.argument("system", type=click.Choice(sorted(ALONE)))
@click.option("--keys", type=FOLDER, required=True, help="Holds tls.crt and tls.key.")
@click.option("--chain", type=FILE, required=True, help="The authority's certificates.")
@click.option("--crl", type=FILE, required=True, help="Its revocation list.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--folder", type=FOLDER, help="For its store; in memory without.")
@click.option("--to", "addresses", multiple=True, metavar="SYSTEM=HOST:PORT")
@click.option("--business", multiple=True, metavar="NAME=CERTIFICATE")
@click.option("--separated", is_flag=True, help="Codes as in 番号法第21条の2.")
def city(
    system: str,
    keys: Path,
    chain: Path,
    crl: Path,
    port: int,
    host: str,
    folder: Path | None,
    addresses: tuple[str, ...],
    business: tuple[str, ...],
    separated: bool,
) -> None:
    """Play one in-house system until it is interrupted."""
    pair = keys / "tls.crt", keys / "tls.key"
    try:
        own = StationName.of_certificate(load_certificate(pair[0]))
        if own.role != system:
            raise click.ClickException(f"the certificate is of {own}")
        played = _system(own, folder, separated)
        guests = Guests(TrustStore.load(chain, crl), frozenset({own}), _named(business))
    except (PkiError, StoreFault) as error:
        raise click.ClickException(str(error)) from None
    client = client_context(chain, *pair)
    lines = {
        role: _line(Client(*_address(address), client))
        for role, address in map(_halves, addresses)
    }
    handle = Door(played, guests).handle
    server = serve(host, port, server_context(chain, *pair), handle)
    over = threading.Event()
    threading.Thread(target=_carry, args=(played, lines, over), daemon=True).start()
    click.echo(f"{own} listens on {host}:{server.server_address[1]}")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        over.set()


def _system(own: StationName, folder: Path | None, separated: bool) -> System:
    given = Given(machine, secrets.token_bytes, folder)
    if own.role == AddresseeSystem.role and separated:
        return AddresseeSystem(own.organisation, given, Acquiring.SEPARATED)
    return ALONE[own.role](own.organisation, given)


def _carry(
    system: System, lines: dict[str, courier.Line], over: threading.Event
) -> None:
    while not over.wait(ROUND_SECONDS):
        courier.run(system, lines)


def _line(client: Client) -> courier.Line:
    def post(body: bytes) -> bytes:
        try:
            return client.post(MESSAGES, XML, body).body
        except LinkFailed:
            return b""

    return post


def _named(business: tuple[str, ...]) -> dict[str, str]:
    """Digest of each certificate to the name of its system."""
    return {
        digest_of(load_certificate(Path(file))): name
        for name, file in map(_halves, business)
    }


def _halves(text: str) -> tuple[str, str]:
    one, sign, other = text.partition("=")
    if not (one and sign and other):
        raise click.BadParameter(f"'{text}' is not NAME=VALUE")
    return one, other


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not (host and port.isascii() and port.isdigit()):
        raise click.BadParameter(f"'{text}' is not HOST:PORT")
    return host, int(port)
