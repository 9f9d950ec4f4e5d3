# SPDX-License-Identifier: Apache-2.0
"""Desks of a city and of its servers, for tests of media, and who sits there."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec.structs import replace as changed

from gateway.config import Media, StoreFile
from gateway.records.event import Event, EventKind
from gateway.records.identities import IdentityWrites
from gateway.records.media import Medium
from gateway.records.months import key_folder
from gateway.records.opening import writing
from gateway.records.sealed import StoreKeys
from gateway.services.media_desk import Desk
from gateway.services.media_output import Asked, request, write
from pki.keystore import write_private
from pki.names import StationName
from protocols import master
from protocols.identifiers import Realm
from protocols.master import Master
from schemas.messages import IdentityRecord
from simulators.residents import generate
from tests.gateway.people import CITY, resident_record
from tests.gateway.world import CORE, NOON, PREFECTURE, STORE_KEY, World, new_store

CLERK, CHIEF, WITNESS = "審査 花子", "管理 太郎", "立会 次郎"
REASON = "電気通信回線の障害"
RULES = Media(writers=(CLERK, "書込 三郎"), approvers=(CHIEF, CLERK), approval_above=3)


class Moment:
    """What time it is; a test may move it."""

    def __init__(self) -> None:
        self.now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now


@cache
def signed_master(world: World) -> bytes:
    """The small network's master, as its core signs it."""
    whole = Master(1, "TEST", NOON, Realm.SIMULATION.value, tuple(world._entries()))
    return master.write(whole, world.signer(CORE), NOON)


@cache
def _store_of(people: int) -> bytes:
    """The file of a store with so many residents, made once."""
    with TemporaryDirectory() as folder:
        path = new_store(Path(folder))
        with writing(path, StoreKeys(STORE_KEY)) as db:
            for place in range(people):
                IdentityWrites(db, StoreKeys(STORE_KEY)).put_identity(person(place))
        return path.read_bytes()


def desk_of(
    world: World,
    name: StationName,
    folder: Path,
    media: Media = RULES,
    people: int = 0,
) -> Desk:
    """A desk at a station whose store holds so many residents."""
    folder.mkdir(exist_ok=True)
    (folder / "master.cms").write_bytes(signed_master(world))
    config = world.config(name, folder)
    path = folder / "records.sqlite"
    write_private(path, _store_of(people))
    key_folder(path).mkdir(mode=0o700)
    store = StoreFile(path, config.store.key)
    return Desk(changed(config, store=store, media=media), STORE_KEY, Moment())


@cache
def person(place: int) -> IdentityRecord:
    """A resident with a code and a number of their own."""
    *_, resident = generate("media", place + 1, CITY)
    return replace(
        resident_record(),
        resident_record_code=resident.resident_record_code,
        individual_number=resident.individual_number,
    )


def take_in_people(desk: Desk, people: int, since: int = 0) -> None:
    """Put more people into a city's identity information file."""
    for place in range(since, people):
        desk.commit(lambda tx, place=place: tx.put_identity(person(place)))


def asked(**changes: object) -> Asked:
    """A check of the whole file, for the prefecture."""
    plain = Asked("consistency_check", str(PREFECTURE), "optical_disc", REASON, None)
    return replace(plain, **changes)


def written(desk: Desk, folder: Path, **changes: object) -> tuple[Medium, Path]:
    """A medium of few persons that was asked for and written."""
    what = asked(**changes)
    medium = request(desk, CLERK, what)
    folder.mkdir(exist_ok=True)
    where = write(desk, medium.number, CLERK, WITNESS, folder, what.file)
    return desk.medium(medium.number), where


def events(desk: Desk, kind: EventKind | None = None) -> list[Event]:
    """What is on record."""
    with desk.reader() as store:
        return [one.event for one in store.events(kind=kind)]


def codes(places: Iterator[int] | range) -> str:
    """A list of residents, as an operator writes it."""
    return "".join(f"{person(place).resident_record_code}\n" for place in places)
