# SPDX-License-Identifier: Apache-2.0
"""Envelopes that cannot be opened, verified or read: one answer, whatever the cause.

The sender learns `SK-U00` and nothing else: the same class, the same fields, the same
length, in the same time. The record of the station has the exact cause.
"""

import os
from collections.abc import Callable, Iterator
from functools import partial
from statistics import median
from time import perf_counter

import pytest

from pki.cms import Signer
from pki.oids import ID_CT_HEADER, ID_CT_RECEIPT
from protocols.answers import SignedRefusal
from protocols.envelope import Packed
from protocols.limits import MAX_ENVELOPE, SALT_SIZE
from simulators.network import parties as people
from simulators.network.stage import Stage
from simulators.network.story_hostile import hostile, reshaped
from simulators.network.story_refusals import ASKER, OTHER, inquiry_payload
from simulators.peer import Keys
from simulators.shapes import SEALED, SIGNED, enclosed
from simulators.web import Client
from tests.hostile.desk import Said, Watch, lawful, say

Make = Callable[[Stage], Packed]


def bytes_of(stage: Stage, data: bytes) -> Packed:
    """Some bytes in the place of an envelope."""
    return reshaped(hostile(stage), lambda _: data)


def containing(stage: Stage, plain: bytes) -> Packed:
    """A good seal around something that is no content of ours."""
    sealed = stage.peer(ASKER).recipient(people.CORE).seal(plain)
    return bytes_of(stage, sealed)


def for_another(stage: Stage) -> Packed:
    payload = inquiry_payload(stage, ASKER)
    return stage.peer(ASKER).write(
        "information_inquiry", people.CORE, payload, sealed_for=people.PROVIDER
    )


def other_payload(stage: Stage) -> Packed:
    """A true header over another payload than the one beside it."""
    good = hostile(stage)
    plain = enclosed(good.signed_header, os.urandom(SALT_SIZE), b"<other/>")
    return containing(stage, plain)


def signed_by(stage: Stage, signer: Signer) -> Packed:
    return stage.peer(ASKER).write(
        "information_inquiry",
        people.CORE,
        inquiry_payload(stage, ASKER),
        signer=signer,
    )


def by_a_stranger(stage: Stage) -> Packed:
    """Signed by a station of another network."""
    keys = Keys(stage.files.other_pki.station(people.SECOND_PROVIDER))
    return signed_by(stage, keys.signer())


def by_a_tls_key(stage: Stage) -> Packed:
    """Signed by a true station, with its key for another purpose."""
    return signed_by(stage, stage.peer(ASKER).keys.signer("tls"))


def header_of(stage: Stage, content: bytes, kind: str = ID_CT_HEADER) -> Packed:
    """A true signature over something that is no header."""
    made = hostile(stage)
    signed = stage.peer(ASKER).signer.sign(content, kind, made.header.created)
    return containing(stage, enclosed(signed, os.urandom(SALT_SIZE), b"<a/>"))


UNREADABLE: dict[str, tuple[str, Make]] = {
    "nothing": ("SK-U02", lambda stage: bytes_of(stage, b"")),
    "no DER": ("SK-U02", lambda stage: bytes_of(stage, b"hello")),
    "a length that lies": ("SK-U02", lambda stage: bytes_of(stage, b"0\x84\xff" * 9)),
    "a kilobyte of nested sequences": (
        "SK-U02",
        lambda stage: bytes_of(stage, b"0\x80" * 100_000),
    ),
    "a byte more than the most": (
        "SK-U01",
        lambda stage: bytes_of(stage, b"0" * (MAX_ENVELOPE + 1)),
    ),
    "sealed for another": ("SK-U02", for_another),
    "sealed around nothing": ("SK-U01", lambda stage: containing(stage, b"")),
    "sealed around text": ("SK-U01", lambda stage: containing(stage, b"<a/>")),
    "another payload": ("SK-U07", other_payload),
    "signed by a stranger": ("SK-U04", by_a_stranger),
    "signed with a key for TLS": ("SK-U04", by_a_tls_key),
    "a header of nothing": ("SK-U06", lambda stage: header_of(stage, b"")),
    "a header of text": ("SK-U06", lambda stage: header_of(stage, b"hello")),
    "a receipt for a header": (
        "SK-U01",
        lambda stage: header_of(stage, b"hello", ID_CT_RECEIPT),
    ),
}
"""The code on record, and how it is made."""


def _sealed(stage: Stage, name: str) -> Packed:
    return reshaped(hostile(stage), SEALED[name])


def _signed(stage: Stage, name: str) -> Packed:
    return hostile(stage, reshape=SIGNED[name])


UNREADABLE |= {name: ("SK-U02", partial(_sealed, name=name)) for name in SEALED}
UNREADABLE |= {
    name: (
        "SK-U03" if name == "a signature with a bit turned" else "SK-U01",
        partial(_signed, name=name),
    )
    for name in SIGNED
}


@pytest.fixture(scope="module")
def link(network: Stage) -> Iterator[Client]:
    client = network.peer(ASKER).client(people.CORE)
    yield client
    client.close()


@pytest.mark.parametrize("shape", UNREADABLE)
def test_what_cannot_be_read_gets_one_answer_and_its_own_record(
    network: Stage, link: Client, shape: str
) -> None:
    code, make = UNREADABLE[shape]
    core = Watch(network, people.CORE)
    said = say(network, make(network), link)
    assert coarse(said)
    (event,) = core.refused()
    assert (event.code, event.peer) == (code, str(ASKER))
    assert (event.message_id, event.message_type) == ("", "")
    assert say(network, lawful(network), link).word == "reply"


def coarse(said: Said) -> bool:
    """Whether an answer says nothing but that it could not be read."""
    answer = said.answer
    assert isinstance(answer, SignedRefusal)
    told = (answer.code, answer.rule, answer.retry, answer.header_digest)
    return said.reply.status == 422 and told == ("SK-U00", "", False, None)


CAUSES = (
    "no DER",
    "sealed for another",
    "a tag of 12 bytes",
    "two signers",
    "a signature with a bit turned",
    "signed by a stranger",
    "another payload",
)
"""One for each step of the way that a message can fail at."""


def test_the_answers_cannot_be_told_apart_by_length_or_time(
    network: Stage, link: Client
) -> None:
    """A signature's DER varies by some bytes; a commit takes longer than all of it."""
    lengths: dict[str, set[int]] = {cause: set() for cause in CAUSES}
    times: dict[str, list[float]] = {cause: [] for cause in CAUSES}
    for _ in range(15):
        for cause in CAUSES:
            packed = UNREADABLE[cause][1](network)
            begun = perf_counter()
            said = say(network, packed, link)
            times[cause].append(perf_counter() - begun)
            lengths[cause].add(len(said.reply.body))
    everything = set().union(*lengths.values())
    assert max(everything) - min(everything) <= 6
    medians = [median(each) for each in times.values()]
    assert max(medians) < 3 * min(medians)


def test_a_known_station_that_signs_for_another_is_no_secret_to_it(
    network: Stage,
) -> None:
    """What could be read has its own code: it is not hidden among the unreadable."""
    said = say(network, signed_by(network, network.peer(OTHER).signer))
    assert said.word == "SK-M01"
