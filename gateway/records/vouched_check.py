# SPDX-License-Identifier: Apache-2.0
"""Do the co-signed head and every time-stamp belong to this log, and hold?

Each head that others vouched for is signed by the log and is the tree as it was at its
size; the chain of stamps is checked from its first to its last
(`gateway.records.stamp_chain`). Whose co-signatures are enough, a policy says; it is
not asked here.
"""

import hmac
from collections.abc import Iterator
from datetime import datetime

from cryptography import x509

from gateway.records import stamp_chain
from gateway.records.events import Damage
from gateway.records.store import StoreReader
from protocols.tlog import checkpoint, merkle
from protocols.tlog.errors import LogError
from protocols.tlog.generation import as_of
from protocols.tlog.note import Verifier
from protocols.tlog.tiles import TileHashes


def check_vouched(
    store: StoreReader,
    key: Verifier,
    roots: tuple[x509.Certificate, ...],
    policy: str,
    now: datetime,
) -> list[Damage]:
    """Everything that does not fit; an empty list where all holds, or nothing is."""
    newest, stamps = store.cosigned(), store.stamps()
    noted = [(one.size, one.note, "stamped") for one in stamps]
    if newest is not None:
        noted.append((newest.size, newest.note, "co-signed"))
    found = list(_heads(store, key, noted))
    for stamp, said in stamp_chain.faults(stamps, roots, policy, now):
        what = f"time-stamp {stamp.number}: {said}"
        found.append(Damage(stamp.size, b"", what))
    return found


def _heads(
    store: StoreReader, key: Verifier, noted: list[tuple[int, bytes, str]]
) -> Iterator[Damage]:
    hashes = store.log_hashes(store.log_size())
    for size, note, word in noted:
        try:
            said = _fault(size, note, key, hashes)
        except LogError as error:
            said = f"is not believed: {error}"
        if said:
            yield Damage(size, b"", f"a head that was {word} {said}")


def _fault(size: int, note: bytes, key: Verifier, hashes: TileHashes) -> str:
    told = checkpoint.read(note)[0]
    head = checkpoint.verify(note, (as_of(key, told.origin),))[0]
    if head.size != size:
        return "is of another size"
    if size > hashes.size:
        return "is of more entries than there are"
    same = hmac.compare_digest(head.root, merkle.root(size, hashes))
    return "" if same else "signs another tree"
