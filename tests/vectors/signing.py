# SPDX-License-Identifier: Apache-2.0
"""The bench for signed vectors: the example ``inquiry``, changed and signed again.

What stands outside the signed attributes can be changed under the true signature;
what stands inside is signed anew by the same key. Either way the shape alone tells.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import HashAlgorithm

from pki import der
from tests.pki import forge
from tests.pki.forge import Change, Node
from tests.pki.signed_message import (
    attribute,
    attributes,
    ess_certificate,
    signed_data,
    signer_info,
)
from tests.vectors.stations import (
    DETERMINISTIC,
    certificate,
    der_of,
    example,
    key,
    key_id,
    strange_certificate,
    strange_key,
)
from tests.vectors.vector import Make

__all__ = [
    "CONTENT",
    "attribute",
    "attributes",
    "ess_certificate",
    "signed_data",
    "signer_info",
]

Sign = Callable[[bytes], bytes]
CONTENT: Final = example("inquiry-header.der")
GOOD: Final = example("inquiry-signed-header.cms")
SIGNER: Final = "requester-signing"


def by_requester(covered: bytes, digest: str = "sha256") -> bytes:
    signature: bytes = key(SIGNER).sign(covered, DETERMINISTIC[digest])
    return signature


def changed(*changes: Change) -> Make:
    """The message with changes outside what the signature covers."""

    def make() -> bytes:
        tree = forge.read(GOOD)
        for change in changes:
            change(tree)
        return tree.write()

    return make


def resigned(*changes: Change, sign: Sign = by_requester, sort: bool = True) -> Make:
    """The message with changes inside as well, under a true signature."""

    def make() -> bytes:
        tree = forge.read(GOOD)
        for change in changes:
            change(tree)
        if sort:
            attributes(tree).parts.sort(key=Node.write)
        covered = b"\x31" + attributes(tree).write()[1:]
        signer_info(tree)[5].octets = sign(covered)
        return tree.write()

    return make


def bare(sign: Sign = by_requester) -> Make:
    """The message without signed attributes: the signature covers the content."""

    def change(tree: Node) -> None:
        signer_info(tree).parts.pop(3)
        signer_info(tree)[4].octets = sign(CONTENT)

    return changed(change)


def by_stranger(name: str, sign: Sign, algorithm: bytes, *changes: Change) -> Make:
    """Signed by somebody else's key of another kind, all of it true."""

    def change(tree: Node) -> None:
        _named(tree, strange_certificate(name))
        signer_info(tree).parts[4] = forge.read(algorithm)

    return resigned(*changes, change, sign=sign)


def by_station(name: str) -> Make:
    """The same content, truly signed by another station."""

    def sign(covered: bytes) -> bytes:
        made: bytes = key(name).sign(covered, DETERMINISTIC["sha256"])
        return made

    return resigned(lambda tree: _named(tree, certificate(name)), sign=sign)


def _named(tree: Node, whose: x509.Certificate) -> None:
    signer_info(tree)[1].octets = key_id(whose)
    ess_certificate(tree)[0].octets = sha256(der_of(whose)).digest()


def rsa_pkcs1(name: str, digest: HashAlgorithm) -> Sign:
    def sign(covered: bytes) -> bytes:
        made: bytes = strange_key(name).sign(covered, padding.PKCS1v15(), digest)
        return made

    return sign


def digests(dotted: str, digest: Callable[[bytes], Any], signature: str) -> Change:
    """Another digest everywhere, as a signer who has it would write it."""

    def change(tree: Node) -> None:
        algorithm = forge.oid(dotted).octets
        tree.at(1, 0, 1, 0, 0).octets = algorithm
        info = signer_info(tree)
        info.at(2, 0).octets = algorithm
        info.at(4, 0).octets = forge.oid(signature).octets
        value = attribute(tree, "1.2.840.113549.1.9.4")[1][0]
        value.octets = digest(CONTENT).digest()

    return change


def also(dotted: str, *values: Node) -> Change:
    """One more signed attribute."""
    more = forge.sequence(forge.oid(dotted), Node(0x31, parts=list(values)))
    return lambda tree: attributes(tree).insert(0, more)


def without(dotted: str) -> Change:
    return lambda tree: attributes(tree).parts.remove(attribute(tree, dotted))


def again(dotted: str) -> Change:
    return lambda tree: attributes(tree).insert(0, attribute(tree, dotted))


def value(dotted: str, node: Node) -> Change:
    """The change that gives an attribute another value."""

    def change(tree: Node) -> None:
        attribute(tree, dotted)[1].parts = [node]

    return change


def signature(octets: bytes | Callable[[bytes], bytes]) -> Make:
    """The message with another signature value."""
    return changed(forge.to(lambda tree: signer_info(tree)[5], octets))


def numbers(r: int, s: int) -> bytes:
    """An ECDSA signature value of these two numbers, even impossible ones."""
    return der.tlv(der.SEQUENCE, der.encode(r), der.encode(s))


def embedded() -> Node:
    """The signer's certificate, as other writers put it into the message."""
    return forge.read(der_of(certificate(SIGNER)))
