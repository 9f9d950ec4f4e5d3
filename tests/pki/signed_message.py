# SPDX-License-Identifier: Apache-2.0
"""A signed message to try things on: made, checked, and changed at a known place."""

from collections.abc import Callable
from datetime import datetime

from pki import der, oids
from pki.algorithms import ECDSA_SHA256
from pki.cms import Signed, Signer, Verifier, parse_signed
from tests.pki import forge
from tests.pki.forge import Node
from tests.pki.keys import NOON, signing

CONTENT = b"<payload>one</payload>"


def sign(content: bytes = CONTENT, at: datetime = NOON) -> bytes:
    pair = signing()
    return Signer(pair.key, pair.certificate).sign(content, oids.ID_CT_HEADER, at)


def check(data: bytes) -> Signed:
    """Read and verify: the whole way that a message must come through."""
    signed = parse_signed(data)
    Verifier(signing().certificate).verify(signed)
    return signed


def signed_data(tree: Node) -> Node:
    return tree.at(1, 0)


def signer_info(tree: Node) -> Node:
    return tree.at(1, 0, -1, 0)


def attributes(tree: Node) -> Node:
    return signer_info(tree)[3]


def attribute(tree: Node, dotted: str) -> Node:
    wanted = der.oid(dotted)
    return next(a for a in attributes(tree).parts if a[0].write() == wanted)


def ess_certificate(tree: Node) -> Node:
    return attribute(tree, oids.ID_SIGNING_CERTIFICATE_V2).at(1, 0, 0, 0)


def signed_again(tree: Node) -> bytes:
    """The changed message under a true signature: only its shape can betray it."""
    attributes(tree).parts.sort(key=Node.write)
    covered = b"\x31" + attributes(tree).write()[1:]
    signer_info(tree)[5].octets = signing().key.sign(covered, ECDSA_SHA256)
    return tree.write()


def forged(change: Callable[[Node], object], *, resign: bool = True) -> bytes:
    tree = forge.read(sign())
    change(tree)
    return signed_again(tree) if resign else tree.write()
