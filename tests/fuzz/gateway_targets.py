# SPDX-License-Identifier: Apache-2.0
"""Targets of the gateway: configuration, files of copies, records, and inspection."""

from collections.abc import Iterator
from datetime import UTC
from typing import Any, Final

from gateway import config
from gateway.config import Config, ConfigRefused
from gateway.inspection import carrier, tlv
from gateway.inspection.report import Report
from gateway.records.copy_rows import CopyRow, check_rows, encode_row
from gateway.records.errors import ImportRefused, StoreDamaged
from gateway.records.event import Event, EventKind, canonical, read_canonical
from tests.fuzz.files import FILE
from tests.fuzz.target import Broken, Target, same
from tests.gateway.files import toml
from tests.gateway.inspection.desk import at_the, inspected
from tests.vectors.stations import NOON, example

STATION: Final[dict[str, dict[str, Any]]] = {
    "station": {"organisation": "102024", "role": "intermediate_server"},
    "outside": {"port": 8442},
    "keys": {"directory": "keys", "chain": "chain.pem", "crl": "crl.pem"},
    "master": {"path": "master.cms", "anchor": "core.crt"},
    "store": {"path": "records.sqlite", "key": "store.key"},
}
MORE: Final[dict[str, dict[str, Any]]] = {
    "inside": {"port": 8443, "clients": ["102024/business_system"]},
    "admin": {"host": "127.0.0.1", "port": 9000},
    "timing": {"answer_by": 60, "hold_longest": 3600.5},
    "limits": {"connections": 10, "idle_seconds": 5},
}


def _config(data: bytes) -> Config:
    return config.load(FILE.holding(data))


def _config_seeds() -> Iterator[bytes]:
    yield toml(STATION).encode()
    yield toml(STATION | MORE, prefecture="100005", code_key="code.key").encode()


def _copies(data: bytes) -> list[CopyRow]:
    return list(check_rows(data.splitlines(keepends=True)))


def _copies_hold(data: bytes, rows: list[CopyRow]) -> None:
    same("copies", list(check_rows(map(encode_row, rows))), rows)


def _copies_seeds() -> Iterator[bytes]:
    row = b'{"addressee_number":"%015d","linkage_code":"%032x","suppressed":false%s}\n'
    record = (
        ',"resident_record_information":{"head_of_household":true,'
        '"head_name":"見本　太郎","relationship":"世帯主"}'
    )
    yield row % (1, 1, b"")
    yield row % (1, 1, record.encode()) + row % (2, 2, b"")


def _event(data: bytes) -> Event:
    event, _ = read_canonical(data)
    return event


def _event_holds(data: bytes, value: Event) -> None:
    again, _ = read_canonical(canonical(value))
    same("event", again, value)
    same("event", value.at.astimezone(UTC), value.at)


def _event_seeds() -> Iterator[bytes]:
    yield canonical(Event(EventKind.RECEIVED, NOON, "in"))
    yield canonical(
        Event(
            EventKind.REFUSED,
            NOON,
            "in",
            peer="Q00001/intermediate_server",
            item_no=9,
            kinds=("resident_record_information",),
            verdicts=(("R-104", "permit", "refused"),),
            evidence={"header": b"header"},
        )
    )


def _carried(data: bytes) -> list[carrier.Block]:
    found = carrier.blocks(data) if data else []
    if len(found) > carrier.MAX_BLOCKS:
        raise Broken("carrier: more blocks than it says")
    return found


def _listed(data: bytes) -> tuple[str, ...]:
    lines = tlv.listing(data)
    tlv.tags(data)
    tlv.first_oid(data)
    if tlv.fault(data) is None:
        tlv.is_simple(data)
    if len(lines) > tlv.MAX_LINES + 3:
        raise Broken("listing: longer than it says")
    return lines


def _inspected(data: bytes) -> Report:
    report = inspected(data, at_the("core"))
    if report.status not in (0, 1, 2):
        raise Broken("inspect: a status that is none")
    return report


def _inspect_seeds() -> Iterator[bytes]:
    for name in (
        *("inquiry-envelope.cms", "permit.cms", "route.der", "refusal.cms"),
        *("keys/core-signing.crt", "refused-payload.xml"),
    ):
        yield example(name)
    yield from _event_seeds()


def _der_seeds() -> Iterator[bytes]:
    yield example("permit.der")
    yield example("receipt.cms")
    yield example("keys/core-signing.crt")


TABLES: Final = tuple(f"[{name}]\n".encode() for name in (*STATION, *MORE))
TARGETS: Final = (
    Target("config", _config, (ConfigRefused,), _config_seeds, words=TABLES),
    Target("copies", _copies, (ImportRefused,), _copies_seeds, _copies_hold),
    Target("event", _event, (StoreDamaged,), _event_seeds, _event_holds, 2048),
    Target("carrier", _carried, (), _der_seeds, longest=2048, der=True),
    Target("listing", _listed, (), _der_seeds, longest=2048, der=True),
    Target("inspect", _inspected, (), _inspect_seeds, longest=2048, der=True),
)
