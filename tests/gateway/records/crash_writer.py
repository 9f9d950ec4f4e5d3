# SPDX-License-Identifier: Apache-2.0
"""A process that records without end and says what is durable, until it is killed.

Used by `test_crash`: every line on its output is the hex id of a message that the
store acknowledged.
"""

import os
import queue
import sys
from collections.abc import Callable
from pathlib import Path

from gateway.records.event import prepare
from gateway.records.store import Store
from gateway.records.transaction import Transaction
from tests.gateway.records.helpers import KEY, NOON, event, outgoing

IN_FLIGHT = 20


def main(path: Path) -> None:
    calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
    store = Store.open(path, KEY, calls.put, create=True)

    def start() -> None:
        out = outgoing(int.from_bytes(os.urandom(16)))
        record = prepare(event(message_id=out.message_id.hex()))

        def work(tx: Transaction) -> str:
            tx.remember(out.peer, out.message_id, out.header_digest, b"receipt", NOON)
            tx.record(record)
            tx.enqueue(out)
            return out.message_id.hex()

        store.commit(work).addCallback(acknowledged)

    def acknowledged(message_id: str) -> None:
        os.write(1, f"{message_id}\n".encode())
        start()

    for _ in range(IN_FLIGHT):
        start()
    while True:
        calls.get()()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
