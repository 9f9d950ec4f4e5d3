# SPDX-License-Identifier: Apache-2.0
"""A truly signed refusal with a boolean that only BER writes.

The profile itself has no boolean; the refusal, which travels inside it, has one.
"""

from hashlib import sha256
from typing import Final

from pki import oids
from tests.pki import forge
from tests.pki.signed_message import attribute, attributes, signer_info
from tests.vectors.stations import DETERMINISTIC, example, key
from tests.vectors.vector import REFUSAL, Make, Maker, Vector

RETRY: Final = -2
"""Where the boolean stands in the refusal."""
make: Final = Maker(REFUSAL, "_Refusal", "SK-T04")


def _with(octets: bytes) -> Make:
    """The example's refusal whose ``retry`` is these octets, signed by the core."""

    def build() -> bytes:
        tree = forge.read(example("refusal.cms"))
        content = forge.read(tree.at(1, 0, 2, 1, 0).octets)
        content[RETRY].octets = octets
        written = content.write()
        tree.at(1, 0, 2, 1, 0).octets = written
        digest = attribute(tree, oids.ID_MESSAGE_DIGEST)[1][0]
        digest.octets = sha256(written).digest()
        covered = b"\x31" + attributes(tree).write()[1:]
        signature = key("core-signing").sign(covered, DETERMINISTIC["sha256"])
        signer_info(tree)[5].octets = signature
        return tree.write()

    return build


VECTORS: Final[tuple[Vector, ...]] = (
    make.accepted("boolean-false", "the boolean is the octet 00", _with(b"\0")),
    make.accepted("boolean-true", "the boolean is the octet FF", _with(b"\xff")),
    *(
        make.by_answer(f"boolean-{name}", f"the boolean is {said}", _with(octets))
        for name, said, octets in (
            ("one", "the octet 01", b"\1"),
            ("high-bit", "the octet 80", b"\x80"),
            ("empty", "no octet", b""),
            ("long", "two octets FF", b"\xff\xff"),
        )
    ),
)
