# SPDX-License-Identifier: Apache-2.0
"""A station as files whose log two others co-signed, and an authority stamped.

Made at this machine's time, because commands go by it. No process runs; what witnesses
and the authority would do is done here, with their real keys.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from gateway.log_key import LogKey, origin_of
from gateway.records import stamp_chain
from gateway.records.event import prepare
from gateway.records.log import Head
from gateway.records.opening import bring_up_to_date
from gateway.records.proven import Cosigned, Seen, Stamp
from gateway.records.sealed import StoreKeys
from gateway.records.store import StoreReader, commit_once
from gateway.records.transaction import Transaction
from pki import authority, timestamp, timestamp_authority
from pki.cms import Signer
from pki.keystore import load_certificate, load_ed25519_key, load_p256_key, load_secret
from pki.layout import Layout
from pki.names import StationName
from pki.plan import Network, Plan, PlannedStation
from pki.profiles import Purpose
from pki.timestamp_authority import TimeFiles
from protocols import master
from protocols.master import Endpoint, Master, StationEntry
from protocols.tlog.checkpoint import Checkpoint
from protocols.tlog.merkle import Frontier
from tests.gateway.files import tables, toml
from tests.gateway.records.helpers import full_event
from tests.gateway.world import CORE, PORTS, PROVIDER, SECOND_PROVIDER

NAMES = (CORE, PROVIDER, SECOND_PROVIDER)
WITNESSES = (CORE, SECOND_PROVIDER)
QUORUM = 2


@dataclass(frozen=True)
class Vouched:
    """The files, and what was done with them."""

    folder: Path
    now: datetime

    @property
    def layout(self) -> Layout:
        return Layout(self.folder / "pki")

    @property
    def timestamps(self) -> TimeFiles:
        return TimeFiles(self.folder / "tsa")

    @property
    def config(self) -> Path:
        return self.folder / "station.toml"

    @property
    def store(self) -> Path:
        return self.folder / "records.sqlite"

    @cached_property
    def store_key(self) -> bytes:
        return load_secret(self.layout.store_key(PROVIDER))

    def key(self, name: StationName) -> LogKey:
        path = self.layout.key(name, Purpose.RECORD)
        return LogKey(origin_of(name), load_ed25519_key(path))

    def write(self, work: Any) -> Any:
        return commit_once(self.store, self.store_key, work)

    def record(self, count: int) -> None:
        """Record something, take it into the log, have it co-signed and stamped."""
        records = [prepare(full_event()) for _ in range(count)]
        self.write(lambda tx: [tx.record(one) for one in records])
        with StoreReader.open(self.store, self.store_key) as store:
            size, last = store.log_size(), store.last_stamp()
            tree = Frontier.of(size, store.log_hashes(size))
        self.write(lambda tx: self._vouched(tx, tree, last))

    def _vouched(self, tx: Transaction, tree: Frontier, last: Stamp | None) -> None:
        grown, key = tx.grow(tree), self.key(PROVIDER)
        head = Checkpoint(key.origin, grown.size, grown.root())
        signed = head.signed(key.key)
        tx.put_head(Head(head.size, self.now, signed.encode()))
        lines = [self.key(name).cosigned(head, self.now) for name in WITNESSES]
        cosigned = signed.signed(*lines).encode()
        tx.put_cosigned(Cosigned(head.size, self.now, cosigned))
        for name in WITNESSES:
            tx.put_seen(Seen(str(name), head.size, self.now))
        before = b"" if last is None else last.token
        number = 1 if last is None else last.number + 1
        query = timestamp.query(stamp_chain.digest(before, cosigned), number)
        stamper = timestamp_authority.load(self.timestamps.directory)
        token = timestamp.read_answer(stamper.answer(query, self.now, number))
        until = stamper.certificate.not_valid_after_utc
        tx.put_stamp(Stamp(number, head.size, self.now, until, True, cosigned, token))


def vouched(folder: Path, count: int = 3) -> Vouched:
    """A provider with so many records, two witnesses and an authority."""
    now = datetime.now(UTC).replace(microsecond=0)
    made = Vouched(folder, now)
    authority.build(PLAN, made.layout.directory, now)
    timestamp_authority.build(made.timestamps.directory, "A", now)
    _master(made)
    text = tables(made.layout, PROVIDER, folder)
    text["store"] = {
        "path": str(made.store),
        "key": str(made.layout.store_key(PROVIDER)),
    }
    text["proof"] = {
        "witnesses": [str(name) for name in WITNESSES],
        "quorum": QUORUM,
        "authority": "http://127.0.0.1:1/",
        "authority_root": str(made.timestamps.root),
    }
    made.config.write_text(toml(text), encoding="utf-8")
    bring_up_to_date(made.store, StoreKeys(made.store_key), create=True)
    made.record(count)
    return made


PLAN = Plan(
    network=Network(name="Example", test=True),
    stations=tuple(
        PlannedStation(organisation=one.organisation, role=one.role, name="試験")
        for one in NAMES
    ),
)


def _master(made: Vouched) -> None:
    def shown(name: StationName, purpose: Purpose) -> tuple[Any, ...]:
        return (load_certificate(made.layout.certificate(name, purpose)),)

    entries = tuple(
        StationEntry(
            name=name,
            label=str(name),
            requester_kinds=frozenset(),
            endpoint=Endpoint("127.0.0.1", PORTS[name]),
            signing=shown(name, Purpose.SIGNING),
            sealing=shown(name, Purpose.SEALING),
            permit=(),
            record=shown(name, Purpose.RECORD),
        )
        for name in NAMES
    )
    key = load_p256_key(made.layout.key(CORE, Purpose.SIGNING))
    signer = Signer(key, shown(CORE, Purpose.SIGNING)[0])
    whole = Master(1, "TEST Example", made.now, "simulation", entries)
    path = made.folder / "master.cms"
    path.write_bytes(master.write(whole, signer, made.now))
