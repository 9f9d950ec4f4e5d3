# SPDX-License-Identifier: Apache-2.0
"""Into the refusals of a municipal CS: searches, updates, moves."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from gateway.records.loads import DONE, Load
from gateway.tables.in_use import Tables
from schemas.extracts import query_of
from schemas.messages import IdentityInformationUpdate, read_payload, write_payload
from schemas.people import FourItems, SearchKey
from schemas.search_messages import IdentityInformationSearch
from tests.gateway.people import resident_record
from tests.gateway.refusals.scene import Scene, Told, ToldInside, Way
from tests.gateway.words import message
from tests.gateway.world import CS, EXISTING, NEIGHBOUR, NOON, TERMINAL
from tests.schemas.samples import sample

MOVE_OUT = "move_out_certificate_information"
EXTRACT = "sending_destination_extract"


async def _too_little(scene: Scene) -> ToldInside:
    key = SearchKey(four_items=FourItems(sex="1"))
    body = write_payload(IdentityInformationSearch(key=key))
    return await scene.submit(scene.works_at(CS), TERMINAL, body)


async def _to_nobody(scene: Scene) -> ToldInside:
    return await scene.submit(scene.works_at(CS), EXISTING, sample("move_in_notice"))


def _second_update(later: int = 1, **changes: Any) -> Way:
    """An update of somebody whose record the CS holds."""

    async def way(scene: Scene) -> ToldInside:
        cs, first = scene.works_at(CS), resident_record()
        await scene.submit(cs, EXISTING, _update(first))
        number = first.update_sequence_number + later
        second = replace(first, update_sequence_number=number, **changes)
        return await scene.submit(cs, EXISTING, _update(second))

    return way


async def _counted_wrongly(scene: Scene) -> ToldInside:
    record = replace(resident_record(), kanji_name="髙橋　一郎")
    return await scene.submit(scene.works_at(CS), EXISTING, _update(record))


async def _of_nowhere(scene: Scene) -> ToldInside:
    """The CS was given an official list that does not have the record's city."""
    cs = scene.works_at(CS)
    listed = Tables(municipalities=((date.min, frozenset({"112020"})),))
    cs.station._facts = replace(cs.station.facts, tables=listed)
    return await scene.submit(cs, EXISTING, _update(resident_record()))


def _update(record: Any) -> bytes:
    return write_payload(IdentityInformationUpdate(record=record))


async def _after_thirty_days(scene: Scene) -> Told:
    value: Any = read_payload(MOVE_OUT, sample(MOVE_OUT))
    late = replace(value, planned_move_out_date=date(2029, 11, 1))
    packed = message(scene.world, NEIGHBOUR, CS, MOVE_OUT, write_payload(late))
    return await scene.tell(scene.works_at(CS), packed)


async def _of_nobody(scene: Scene) -> ToldInside:
    """The register has handed in its whole city, and this one was not in it."""
    cs = scene.works_at(CS)
    load = Load(bytes(16), NOON, "試験 係", "別の 者", 1)
    cs.write(lambda tx: tx.begin_load(load))
    cs.write(lambda tx: tx.close_load(load.load_id, DONE))
    record = replace(resident_record(), change_reason="S02")
    return await scene.submit(cs, EXISTING, _update(record))


async def _of_the_dead(scene: Scene) -> ToldInside:
    cs, extract = scene.works_at(CS), sample(EXTRACT)
    value: Any = read_payload(EXTRACT, extract)
    (first, *_) = value.destinations
    dead = replace(
        resident_record(),
        resident_record_code=first.resident_record_code,
        change_reason="S05",
        record_status_flag="2",
    )
    cs.write(lambda tx: tx.put_identity(dead))
    return await scene.submit(cs, EXISTING, extract, query_of(extract))


async def _uncounted(scene: Scene) -> ToldInside:
    return await scene.submit(scene.works_at(CS), EXISTING, sample(EXTRACT))


WAYS: Mapping[str, Way] = {
    "SK-J01": _too_little,
    "SK-J02": _to_nobody,
    "SK-J03": _second_update(later=0, address="新しい住所"),
    "SK-J04": _second_update(change_reason="S01"),
    "SK-J05": _second_update(change_reason="S02", kanji_name="別　名"),
    "SK-J06": _after_thirty_days,
    "SK-J07": _of_nobody,
    "SK-J08": _of_the_dead,
    "SK-J09": _uncounted,
    "SK-X06": _of_nowhere,
    "SK-X07": _counted_wrongly,
}
