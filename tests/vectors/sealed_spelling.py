# SPDX-License-Identifier: Apache-2.0
"""Sealed messages in BER and with bytes around them."""

from typing import Final

from tests.pki.sealed_message import (
    agreement,
    content_info,
    encrypted_key,
    enveloped,
    point,
)
from tests.vectors import spelling
from tests.vectors.sealing import USUAL
from tests.vectors.vector import Vector
from tests.vectors.vector import sealed as make

INSIDE: Final = (
    (
        "outer-indefinite",
        "the message has no length",
        lambda t: t,
        spelling.indefinite,
        "",
    ),
    (
        "outer-long",
        "the message's length has octets too many",
        lambda t: t,
        spelling.long_length,
        "",
    ),
    (
        "data-indefinite",
        "AuthEnvelopedData has no length",
        enveloped,
        spelling.indefinite,
        "",
    ),
    (
        "receiver-indefinite",
        "the receiver's part has no length",
        agreement,
        spelling.indefinite,
        "",
    ),
    (
        "content-in-pieces",
        "the encrypted content is in two pieces",
        lambda t: content_info(t)[2],
        spelling.in_pieces,
        "",
    ),
    (
        "content-long",
        "the encrypted content's length has octets too many",
        lambda t: content_info(t)[2],
        spelling.long_length,
        "",
    ),
    (
        "version-padded",
        "the version has an octet too many",
        lambda t: enveloped(t)[0],
        spelling.padded,
        "",
    ),
    (
        "version-long",
        "the version's length has an octet too many",
        lambda t: enveloped(t)[0],
        spelling.one_more,
        "",
    ),
    (
        "tag-length-padded",
        "the tag's length has an octet too many",
        lambda t: content_info(t).at(1, 1, 1),
        spelling.padded,
        "",
    ),
    (
        "point-long",
        "the length of the sender's point has an octet too many",
        point,
        spelling.one_more,
        "",
    ),
    (
        "wrapped-in-pieces",
        "the wrapped key is in two pieces",
        lambda t: encrypted_key(t)[1],
        spelling.in_pieces,
        "",
    ),
    (
        "mac-in-pieces",
        "the tag is in two pieces",
        lambda t: enveloped(t)[3],
        spelling.in_pieces,
        "",
    ),
    (
        "tag-long",
        "a tag is in the form for numbers above 30",
        agreement,
        spelling.long_tag,
        "",
    ),
    (
        "set-as-sequence",
        "the receivers stand in a SEQUENCE",
        lambda t: enveloped(t)[1],
        spelling.as_sequence,
        "",
    ),
)
VECTORS: Final[tuple[Vector, ...]] = (
    *spelling.around(make, USUAL.sealed),
    *spelling.inside(make, USUAL.sealed, INSIDE),
)
