# SPDX-License-Identifier: Apache-2.0
"""Where passphrases come from: a file that only we can read, or a descriptor.

Never the words of a command nor the environment: both can be read by others of the
machine, and stay in histories. One line is one passphrase; its bytes are taken as they
are, less the line's end. (Asking at the terminal is the command line's.)
"""

import os
from dataclasses import dataclass, field
from pathlib import Path

from pki.keystore import read_private
from pki.locking import MAX_BYTES, PassphraseError, check_length


@dataclass(frozen=True, slots=True)
class Passphrases:
    """What a new authority's keys are locked with; None leaves them open."""

    root: bytes | None = field(default=None, repr=False)
    issuing: bytes | None = field(default=None, repr=False)
    stations: bytes | None = field(default=None, repr=False)


OPEN = Passphrases()
"""No key is locked; only for a TEST network."""


def from_file(path: Path) -> bytes:
    """The one line of a private file; raises `KeyFileError` or `PassphraseError`."""
    line, *more = read_private(path).removesuffix(b"\n").split(b"\n")
    if more:
        raise PassphraseError(f"{path} holds more than one line")
    check_length(line)
    return line


def from_descriptor(descriptor: int) -> bytes:
    """The next line of an open descriptor; raises `PassphraseError`.

    Not a byte more is taken, so several can be handed in by one descriptor.
    """
    line = bytearray()
    try:
        while len(line) <= MAX_BYTES:
            byte = os.read(descriptor, 1)
            if byte in (b"", b"\n"):
                break
            line += byte
    except OSError as error:
        text = f"descriptor {descriptor} cannot be read: {error.strerror}"
        raise PassphraseError(text) from None
    check_length(line)
    return bytes(line)
