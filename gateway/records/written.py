# SPDX-License-Identifier: Apache-2.0
"""A file that leaves the station: whole under its name, or not there; mode 0600.

What is taken out is on record before it can be seen: the file is written and durable
under a name that nobody knows, then the act is recorded, then the file has its name.
Where the act cannot be recorded there is no file.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from pki.keystore import KeyFileError, settle


@contextmanager
def new_file(path: Path, record: Callable[[], None]) -> Iterator[IO[bytes]]:
    """Write a new file, mode 0600, and `record` it before it is there.

    Raises `KeyFileError` where it is there already or cannot be written, and what the
    body and ``record`` raise; then nothing is left.
    """
    if os.path.lexists(path):
        raise KeyFileError(path, "it is there already, and is not overwritten")
    beside = path.with_name(f".{path.name}.{os.urandom(6).hex()}")
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        with os.fdopen(os.open(beside, flags, 0o600), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        record()
        _name(beside, path)
        settle(path.parent, deep=False)
    except FileExistsError:
        told = "it is there already, and is not overwritten"
        raise KeyFileError(path, told) from None
    except OSError as error:
        raise KeyFileError(path, error.strerror or "it cannot be written") from None
    finally:
        with suppress(OSError):
            beside.unlink()


def _name(beside: Path, path: Path) -> None:
    """Give a file its name, never over another file."""
    try:
        os.link(beside, path)
    except PermissionError:  # a file system without second names
        if os.path.lexists(path):
            raise FileExistsError from None
        beside.rename(path)


def write_lines(file: IO[bytes], lines: Iterable[bytes]) -> None:
    """Write line by line; what is held in memory is one."""
    for line in lines:
        file.write(line)
