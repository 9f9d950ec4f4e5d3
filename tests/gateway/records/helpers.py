# SPDX-License-Identifier: Apache-2.0
"""Stand-ins and makers for the tests of the store."""

import queue
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar, cast

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from gateway.log_key import LogKey
from gateway.records.event import Event, EventKind, prepare
from gateway.records.rows import CoreTransaction, Hold, Inquiry, Outgoing
from gateway.records.store import Store
from tests.values import replace

T = TypeVar("T")

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
KEY = bytes(range(32))
CODE = "0123456789abcdef0123456789abcdef"
PROVIDER = "102024/intermediate_server"
REQUESTER = "131016/intermediate_server"
BUSINESS = "131016/individual_business_system"
CORE = "000001/information_provision_network_system"
PATIENCE = 30.0
LOG = LogKey(f"sekisho.invalid/{PROVIDER}", Ed25519PrivateKey.from_private_bytes(KEY))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))


class Turns:
    """The reactor's thread, turned by hand: `deliver` puts, `wait` runs."""

    def __init__(self) -> None:
        self.calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()

    def deliver(self, call: Callable[[], None]) -> None:
        self.calls.put(call)

    def outcome(self, deferred: "Deferred[Any]") -> Any:
        """Run what is delivered until ``deferred`` has fired."""
        fired: list[Any] = []
        deferred.addBoth(fired.append)
        while not fired:
            self.calls.get(timeout=PATIENCE)()
        return fired[0]

    def wait(self, deferred: "Deferred[T]") -> T:
        """The same; raises what it failed with."""
        found = self.outcome(deferred)
        if isinstance(found, Failure):
            found.raiseException()
        return cast(T, found)

    def run_all(self) -> None:
        while not self.calls.empty():
            self.calls.get()()


def open_store(path: Path, turns: Turns, **options: Any) -> Store:
    return Store.open(path, KEY, turns.deliver, create=True, **options)


def number(value: int) -> bytes:
    """A message id, processing number or permit id."""
    return value.to_bytes(16)


def digest(value: int) -> bytes:
    return sha256(number(value)).digest()


def event(kind: EventKind = EventKind.RECEIVED, **fields: Any) -> Event:
    return Event(**{"kind": kind, "at": NOON, "direction": "in", **fields})


def full_event() -> Event:
    """An event with every field filled."""
    return Event(
        kind=EventKind.REFUSED,
        at=NOON + timedelta(microseconds=123456),
        direction="in",
        peer=REQUESTER,
        message_type="provision_order",
        message_id=number(1).hex(),
        header_digest=digest(1).hex(),
        processing_number=number(2).hex(),
        item_no=3,
        kinds=("resident_record_information",),
        person_tag="ab" * 16,
        permit_digest=digest(4).hex(),
        code="SK-C04",
        verdicts=(
            ("R-127", "the kinds are the item's", "passed"),
            ("R-128", "the permit was not used before", "refused"),
        ),
        operator="監査 太郎",
        detail="used before",
        evidence={"signed_header": b"header", "permit": b"\x30\x00"},
    )


def outgoing(value: int, **changes: Any) -> Outgoing:
    made = Outgoing(
        message_id=number(value),
        peer=REQUESTER,
        message_type="information_provision",
        envelope=b"envelope %d" % value,
        header_digest=digest(value),
        processing_number=number(value),
        created=NOON,
        deadline=NOON + timedelta(hours=24),
        guard_code=CODE,
        guard_version=1,
        context=b"context",
    )
    return replace(made, **changes)


def hold(hold_id: str = "hold-one", **changes: Any) -> Hold:
    payload = changes.pop("payload", b"<information_provision/>")
    made = Hold(
        hold_id=hold_id,
        processing_number=number(7),
        opened=NOON,
        answer_by=NOON + timedelta(minutes=5),
        release_by=NOON + timedelta(days=7),
        requester=REQUESTER,
        item_no=1,
        kinds=("resident_record_information",),
        person_tag="cd" * 16,
        subject_code=CODE,
        payload=payload,
        payload_digest=sha256(payload).digest(),
        flag_version=1,
        permit=b"permit",
        route=b"route",
        evidence={"order": b"signed header of the order"},
    )
    return replace(made, **changes)


def inquiry(value: int, **changes: Any) -> Inquiry:
    made = Inquiry(
        processing_number=number(value),
        item_no=1,
        kinds=("resident_record_information",),
        provider="102024",
        addressee_number="000000000000017",
        created=NOON,
        asked_by=BUSINESS,
    )
    return replace(made, **changes)


def core_transaction(value: int, **changes: Any) -> CoreTransaction:
    made = CoreTransaction(
        processing_number=number(value),
        requester=REQUESTER,
        provider=PROVIDER,
        item_no=1,
        kinds=("resident_record_information",),
        permit_digest=digest(value),
        permit=b"permit content",
        created=NOON,
        release_by=NOON + timedelta(days=7),
    )
    return replace(made, **changes)


def record_certificate() -> bytes:
    """A certificate of the log's key; PEM. Nobody asks who issued it."""
    name = x509.Name([])
    builder = x509.CertificateBuilder(name, name, LOG.key.public_key(), 1)
    valid = builder.not_valid_before(NOON).not_valid_after(NOON + timedelta(days=9))
    return valid.sign(LOG.key, None).public_bytes(Encoding.PEM)


def recorded(store: Store, turns: Turns, count: int) -> None:
    """So many events more."""

    def work(tx: Any) -> None:
        for _ in range(count):
            tx.record(prepare(event()))

    turns.wait(store.commit(work))
