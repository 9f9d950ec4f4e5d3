# SPDX-License-Identifier: Apache-2.0
"""The readers that judge the vectors: the rooms of the house, whole and one by one."""

from functools import cache
from typing import Final

from pki.cms import Verifier, parse_signed
from pki.sealing import Opener
from protocols import answers, envelope
from protocols.answers import Offered
from tests.vectors.stations import NOON, certificate, directory, example, key
from tests.vectors.vector import REFUSAL, SEALED, SIGNED


@cache
def opener() -> Opener:
    return Opener(key("core-sealing"), certificate("core-sealing"))


@cache
def offered() -> Offered:
    """What the requester knows of its message that the core refused."""
    data = example("refused-envelope.cms")
    opened = envelope.unpack(data, opener(), directory(), NOON)
    header = opened.header
    return answers.offered(
        data, header.receiver, opened.header_digest, header.message_id
    )


def as_signed(data: bytes) -> None:
    """Shape and signature; raises `CmsError`."""
    signed = parse_signed(data)
    Verifier(certificate("requester-signing")).verify(signed)


def as_sealed(data: bytes) -> None:
    """Shape and seal; raises `CmsError`, the inner cause on ``__cause__``."""
    opener().open(data)


def as_refusal(data: bytes) -> None:
    answers.read(data, offered(), opener(), directory(), NOON)


def _header(data: bytes) -> None:
    envelope.read_signed_header(data, directory(), NOON)


def _envelope(data: bytes) -> None:
    envelope.unseal(data, opener())


SHAPE: Final = {SIGNED: as_signed, SEALED: as_sealed, REFUSAL: as_refusal}
"""What pki says of a vector, or for an answer its reader."""
WHOLE: Final = {SIGNED: _header, SEALED: _envelope, REFUSAL: as_refusal}
"""What the protocol says of it."""
