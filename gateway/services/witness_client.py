# SPDX-License-Identifier: Apache-2.0
"""How a witness is asked for a co-signature of our log's newest head.

C2SP tlog-witness over a peer's client. What comes back is read here and believed by
nobody yet: `gateway.services.cosigners` holds it against the witness's key.
"""

from typing import Protocol

from twisted.internet.defer import Deferred

from gateway.records.log import Head
from gateway.records.store import StoreReader
from gateway.services.witness import TARGET, TEXT
from protocols.http import Response
from protocols.tlog import merkle, witness
from protocols.tlog.note import Signature
from protocols.tlog.witness import Request


class WitnessError(Exception):
    """A witness did not co-sign our newest head.

    It may be away, may not know our record key yet (the master names it), or its clock
    and ours are apart. The next round asks again; its operator knows more.
    """


class LogDiffers(WitnessError):
    """A witness saw another log under our name than the one that is stored here.

    An older state was brought back over a newer one, or the store was changed. The
    station sends nothing until a person has found out which.
    """


class Client(Protocol):
    """What is needed of a client of one peer."""

    def post(self, path: str, content_type: str, body: bytes) -> Deferred[Response]: ...


async def cosigned_by(
    client: Client, store: StoreReader, head: Head, old: int
) -> list[Signature]:
    """What a witness answers to a head of ours, asked from the size ``old`` on.

    A witness that is elsewhere says where, and is asked once more from there. Raises
    `LogDiffers`, `WitnessError`, `PeerError` and `LogError`.
    """
    for _ in range(2):
        path = merkle.consistency(old, head.size, store.log_hashes(head.size))
        answer = await _posted(client, Request(old, tuple(path), head.note))
        if answer.status == 200:
            return witness.read_answer(answer.body)
        if answer.status == witness.UNFIT:
            raise LogDiffers("its tree of our log is not the beginning of ours")
        if answer.status != 409:
            raise WitnessError(f"it answered {answer.status}")
        told = witness.read_size(answer.body)
        if told > head.size:
            raise LogDiffers(f"it has co-signed {told} entries, we have {head.size}")
        if told == old:
            raise LogDiffers(f"it knows another tree of our {told} entries")
        old = told
    raise WitnessError("its answers do not fit together")


async def _posted(client: Client, asked: Request) -> Response:
    return await client.post(TARGET, TEXT, asked.encode())
