# SPDX-License-Identifier: Apache-2.0
"""Signed messages in BER and with bytes around them."""

from typing import Final

from pki import oids
from tests.pki.forge import Node
from tests.vectors import spelling
from tests.vectors.signing import (
    GOOD,
    attribute,
    attributes,
    resigned,
    signed_data,
    signer_info,
)
from tests.vectors.vector import Vector
from tests.vectors.vector import signed as make

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
        "SignedData has no length",
        signed_data,
        spelling.indefinite,
        "",
    ),
    (
        "content-in-pieces",
        "the content is in two pieces",
        lambda t: t.at(1, 0, 2, 1, 0),
        spelling.in_pieces,
        "",
    ),
    (
        "content-long",
        "the content's length has octets too many",
        lambda t: t.at(1, 0, 2, 1, 0),
        spelling.long_length,
        "",
    ),
    (
        "version-long",
        "the version's length has an octet too many",
        lambda t: signed_data(t)[0],
        spelling.one_more,
        "",
    ),
    (
        "version-padded",
        "the version has an octet too many",
        lambda t: signed_data(t)[0],
        spelling.padded,
        "",
    ),
    (
        "tag-long",
        "a tag is in the form for numbers above 30",
        signer_info,
        spelling.long_tag,
        "",
    ),
    (
        "set-as-sequence",
        "the signers stand in a SEQUENCE",
        lambda t: t.at(1, 0, 3),
        spelling.as_sequence,
        "",
    ),
    (
        "key-id-in-pieces",
        "the signer's key identifier is in two pieces",
        lambda t: signer_info(t)[1],
        spelling.in_pieces,
        "",
    ),
    (
        "attributes-indefinite",
        "the signed attributes have no length",
        attributes,
        spelling.indefinite,
        "",
    ),
    (
        "attribute-long",
        "the length of one signed attribute has an octet too many",
        lambda t: attribute(t, oids.ID_SIGNING_TIME),
        spelling.one_more,
        "SignedAttributes",
    ),
    (
        "digest-long",
        "the length of messageDigest has an octet too many",
        lambda t: attribute(t, oids.ID_MESSAGE_DIGEST)[1][0],
        spelling.one_more,
        "SignedAttributes",
    ),
    (
        "signature-in-pieces",
        "the signature is in two pieces",
        lambda t: signer_info(t)[5],
        spelling.in_pieces,
        "",
    ),
)


def _reversed(tree: Node) -> None:
    attributes(tree).parts.reverse()


def _swapped(tree: Node) -> None:
    parts = attributes(tree).parts
    parts[0], parts[1] = parts[1], parts[0]


UNSORTED: Final = (
    make.by_shape(
        "attributes-reversed",
        "the signed attributes stand in the wrong order, and are signed so",
        resigned(_reversed, sort=False),
        place="SignedAttributes",
    ),
    make.by_shape(
        "attributes-swapped",
        "two signed attributes have changed places, and are signed so",
        resigned(_swapped, sort=False),
        place="SignedAttributes",
    ),
)
VECTORS: Final[tuple[Vector, ...]] = (
    *spelling.around(make, lambda: GOOD),
    *spelling.inside(make, lambda: GOOD, INSIDE),
    *UNSORTED,
)
