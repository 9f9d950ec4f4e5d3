# SPDX-License-Identifier: Apache-2.0
"""Takes the record up into its Merkle log, and signs each head.

Starts with the stored tree, which must be the one that its newest head signs. Once a
second it appends what was recorded since, in the order of the record, and keeps tree
and signed head in one transaction. A clean stop appends the last; what a killed station
left out joins after the next start.

A record that does not follow the one before, or a tree that is not under its head, is
never put right here: the store is then condemned, and the station sends nothing until
a person decided.
"""

import hmac
import logging
from functools import partial

from gateway.log_key import LogKey
from gateway.records.errors import RecordsError, StoreDamaged
from gateway.records.log import Head
from gateway.records.store import Store, StoreReader
from gateway.records.transaction import Transaction
from gateway.services.clock import Clock
from protocols.tlog import checkpoint
from protocols.tlog.errors import LogError, NotSigned
from protocols.tlog.generation import as_of, base_of, generation_of
from protocols.tlog.merkle import Frontier
from protocols.tlog.note import Verifier

log = logging.getLogger(__name__)


class Merger:
    """One station's."""

    def __init__(self, store: Store, key: LogKey, clock: Clock) -> None:
        """Raises `StoreDamaged` unless the stored tree is under its newest head."""
        self._store = store
        self._key = key
        self._clock = clock
        self._tree = stored_tree(store, key.verifier)

    async def look(self) -> None:
        """Append what was recorded since; raises why it cannot be."""
        while self._store.last_event() > self._tree.size:
            grow = partial(self._grow, tree=self._tree)
            try:
                self._tree = await self._store.commit(grow)
            except StoreDamaged as error:
                log.critical("%s; nothing is sent until a person decided", error)
                self._store.condemn()
                raise

    async def close_store(self) -> None:
        """Append the last, if it can be, and close: nothing is recorded after it."""
        try:
            await self.look()
        except RecordsError as error:
            log.error("%s; the last records have not joined the log", error)
        self._store.close(self._last)

    def _last(self, tx: Transaction) -> None:
        """What was recorded meanwhile; the stop goes on either way."""
        try:
            self._grow(tx, self._tree)
        except RecordsError as error:
            log.error("%s; the last records have not joined the log", error)
            raise

    def _grow(self, tx: Transaction, tree: Frontier) -> Frontier:
        grown = tx.grow(tree)
        if grown.size > tree.size:
            note = self._key.head(grown.size, grown.root())
            tx.put_head(Head(grown.size, self._clock(), note))
        return grown


def stored_tree(store: StoreReader, key: Verifier) -> Frontier:
    """The tree as it is stored, to go on from; raises `StoreDamaged`.

    A head that an older key of this station signed is believed by its root alone. So is
    one of a log before the last restore, as long as that is the station's own.
    """
    head = store.log_head()
    if head is None:
        return Frontier()
    try:
        found = checkpoint.read(head.note)[0]
        try:
            checkpoint.verify(head.note, (as_of(key, found.origin),))
        except NotSigned:
            log.warning("the newest head of the log is signed by another key")
        tree = Frontier.of(head.size, store.log_hashes(head.size))
    except LogError as error:
        raise StoreDamaged(f"the log of the record ({error})") from None
    alike = hmac.compare_digest(found.root, tree.root())
    own = base_of(found.origin) == base_of(key.name)
    newer = generation_of(found.origin) > generation_of(key.name)
    if not alike or not own or newer or found.size != head.size:
        raise StoreDamaged("the log of the record, which its newest head does not sign")
    return tree
