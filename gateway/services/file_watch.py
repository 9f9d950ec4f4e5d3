# SPDX-License-Identifier: Apache-2.0
"""Whether a file is another one than before: changed, replaced, gone, or come back."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

Stamp = tuple[int, int, int, int] | None
"""What the file system says of a file; None where there is none to be read."""


def stamp(path: Path) -> Stamp:
    """Changes with content, owner and mode, and when another file takes the name."""
    with suppress(OSError):
        found = path.stat()
        return found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size
    return None


def stamps(paths: Iterable[Path]) -> tuple[Stamp, ...]:
    """Of several files, in their order."""
    return tuple(map(stamp, paths))
