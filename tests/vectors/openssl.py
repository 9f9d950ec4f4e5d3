# SPDX-License-Identifier: Apache-2.0
"""``openssl cms`` as a second reader of the vectors, and what it believes.

``openssl_believes.txt`` was taken with OpenSSL 3.0 and looked through by hand. Nearly
half of what we refuse stands there: such a vector is truly signed or sealed, and only
the profile is against it. The rest is broken for both readers, or unknown to this one.
"""

import subprocess
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding

from tests.vectors.stations import EXAMPLES, STRANGERS, strange_certificate
from tests.vectors.vector import SEALED, Vector

VERIFY: Final = (
    "-verify -inform DER -binary -noverify -certfile signers.pem -in in -out out"
)
"""Whose certificate it is and whether it is trusted is not asked: the shape is."""
DECRYPT: Final = (
    "-decrypt -inform DER -binary -recip core.pem -inkey core.key -in in -out out"
)
BELIEVED: Final = frozenset(
    Path(__file__).with_name("openssl_believes.txt").read_text("ascii").split()
)


class Judge:
    """A folder in which openssl finds the keys of the vectors."""

    def __init__(self, openssl: str, folder: Path) -> None:
        self._openssl = openssl
        self._folder = folder
        keys = EXAMPLES / "keys"
        known = [path.read_bytes() for path in sorted(keys.glob("*-signing.crt"))]
        known += [strange_certificate(n).public_bytes(Encoding.PEM) for n in STRANGERS]
        folder.joinpath("signers.pem").write_bytes(b"".join(known))
        for suffix, kind in (("pem", "crt"), ("key", "key")):
            data = (keys / f"core-sealing.{kind}").read_bytes()
            folder.joinpath(f"core.{suffix}").write_bytes(data)

    def believes(self, vector: Vector, data: bytes) -> bool:
        """Whether it verifies or opens the message."""
        self._folder.joinpath("in").write_bytes(data)
        words = (DECRYPT if vector.kind == SEALED else VERIFY).split()
        done = subprocess.run(
            [self._openssl, "cms", *words],
            cwd=self._folder,
            capture_output=True,
            timeout=30,
            check=False,
        )
        return done.returncode == 0
