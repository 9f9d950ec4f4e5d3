# SPDX-License-Identifier: Apache-2.0
"""The inputs of a target: its seeds, and a few kilobytes that fuzzing found.

A seed is made from samples, examples and vectors as they are now. A kept file is named
by its digest; what showed a fault is named ``fault-…`` and stays for ever.
"""

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Final

from tests.fuzz.target import Target

FOLDER: Final = Path(__file__).resolve().parent / "corpus"
FAULT: Final = "fault-"
LARGEST: Final = 4096
"""Bytes that are kept of one target, its faults not counted."""
MOST: Final = 16
"""Inputs that are kept of one target at once, spread over all lengths."""


def inputs(target: Target) -> list[bytes]:
    """Every input, in a fixed order, each once."""
    return list(dict.fromkeys([*target.seeds(), *kept(target.name)]))


def kept(name: str) -> list[bytes]:
    """The files of one target."""
    return [path.read_bytes() for path in sorted((FOLDER / name).glob("*"))]


def keep(name: str, found: Iterable[bytes]) -> int:
    """Keep some of ``found``, as many as fit; how many inputs that were."""
    folder = FOLDER / name
    room = LARGEST - _taken(name)
    count = 0
    by_length = sorted(found, key=len)
    for data in by_length[:: len(by_length) // MOST + 1]:
        room -= len(data)
        if room < 0:
            break
        folder.mkdir(parents=True, exist_ok=True)
        (folder / sha256(data).hexdigest()[:16]).write_bytes(data)
        count += 1
    return count


def _taken(name: str) -> int:
    files = (FOLDER / name).glob("*")
    return sum(p.stat().st_size for p in files if not p.name.startswith(FAULT))


def dictionary(words: Iterable[bytes]) -> str:
    """Words as libFuzzer reads them."""
    quoted = ("".join(f"\\x{octet:02x}" for octet in word) for word in words)
    return "".join(f'"{word}"\n' for word in quoted)
