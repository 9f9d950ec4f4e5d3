# SPDX-License-Identifier: Apache-2.0
"""How a register is started: in a network that was made, or alone by what it is told.

It is filled with its residents before it listens, so that nobody meets half a city.
In a network it goes by the network's clock, and takes its renewed certificate and the
newest revocation list when that clock moves.
"""

import secrets
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from ssl import SSLContext
from typing import Final

from pki.keystore import load_certificate
from pki.names import StationName
from pki.trust import TrustStore
from schemas.systems import CS, EXISTING
from simulators.clock import Clock, belief_of, clock_of, follow
from simulators.network import build as building
from simulators.network import copies
from simulators.network.files import Files
from simulators.register import Register
from simulators.register.errors import StoreFault
from simulators.register.reconciliation import DAILY
from simulators.register.service.door import Guests
from simulators.register.service.filling import fill
from simulators.register.service.running import Links, Running, users_of
from simulators.residents import Resident, generate
from simulators.web import Client, client_context, serve, server_context

REGISTER: Final = "register.sqlite"
HOME: Final = "127.0.0.1"
Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Place:
    """Where and as whom a register runs, and whom it reaches at which address."""

    name: StationName
    keys: Path
    chain: Path
    crl: Path
    clock: Clock
    host: str
    port: int
    cs: Address | None
    city: dict[str, Address]
    folder: Path | None
    """For its store; None keeps it in memory."""
    reconcile_every: timedelta = DAILY


@dataclass(frozen=True, slots=True)
class Filling:
    """Who lives there when the register is fresh."""

    seed: str
    residents: Iterable[Resident]
    """As a stream: a city may be large."""
    count: int


def in_network(root: Path, organisation: str) -> tuple[Place, Filling]:
    """A register of a network that `sekisho up` made."""
    files = Files(root.absolute())
    network = building.load(files)
    name = StationName(organisation, EXISTING)
    ports = {**network.inside, **network.house}
    at_home = {
        station.role: (HOME, port)
        for station, port in ((StationName.parse(k), v) for k, v in ports.items())
        if station.organisation == organisation and station != name
    }
    folder = files.peer(name)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    place = Place(
        name=name,
        keys=files.pki.station(name),
        chain=files.pki.chain,
        crl=files.pki.crl,
        clock=clock_of(files.pki),
        host=HOME,
        port=network.house.get(str(name), 0),
        cs=at_home.pop(CS, None),
        city=at_home,
        folder=folder,
    )
    count = copies.count_of(network.residents, organisation)
    everybody = generate(network.seed, count, organisation)
    return place, Filling(network.seed, everybody, count)


def fill_beforehand(
    root: Path, organisation: str, told: Callable[[int], object]
) -> None:
    """Fill the register of a new network: a large city takes longer than a start may.

    ``told`` hears now and then how many are loaded.
    """
    place, filling = in_network(root, organisation)
    with closing(_opened(place)) as register:
        fill(register, filling.residents, filling.seed, told)


def alone(
    place: Place, seed: str, residents: int, municipality: str
) -> tuple[Place, Filling]:
    """A register by itself; raises `StoreFault` where the keys are another's."""
    own = StationName.of_certificate(load_certificate(place.keys / "tls.crt"))
    if own != place.name:
        raise StoreFault(f"the certificate is that of {own}, not of {place.name}")
    return place, Filling(seed, generate(seed, residents, municipality), residents)


def run(place: Place, filling: Filling) -> Running:
    """Open, fill, listen; raises `RegisterError`, `PkiError`, `OSError`."""
    trust = TrustStore.load(place.chain, place.crl)
    follow(place.clock, trust.reload)
    pair = place.keys / "tls.crt", place.keys / "tls.key"
    belief = belief_of(trust, place.clock)
    serving = server_context(place.chain, *pair, belief)
    asking = client_context(place.chain, *pair, belief=belief)
    links = Links(
        cs=None if place.cs is None else Client(*place.cs, asking),
        city={role: Client(*where, asking) for role, where in place.city.items()},
        reconcile_every=place.reconcile_every,
    )
    guests = Guests(trust, place.clock, users_of(place.name.organisation))
    register = _opened(place)
    try:
        if not register.loading.is_over():
            whole = register.loading.loaded() >= filling.count
            fill(register, () if whole else filling.residents, filling.seed)
        made = Running(register, guests, links, _listening(place, serving))
    except BaseException:
        register.close()
        raise
    follow(place.clock, partial(_renew, pair, (serving, asking)))
    return made


def _opened(place: Place) -> Register:
    path = None if place.folder is None else place.folder / REGISTER
    return Register.open(
        path, place.clock, secrets.token_bytes, place.name.organisation
    )


def _listening(place: Place, context: SSLContext) -> Callable[..., object]:
    return partial(serve, place.host, place.port, context)


def _renew(pair: tuple[Path, Path], contexts: Iterable[SSLContext]) -> None:
    for context in contexts:
        context.load_cert_chain(*pair)
