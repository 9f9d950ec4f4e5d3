# SPDX-License-Identifier: Apache-2.0
"""A folder that appears whole under its name, or not at all.

It is filled beside its place under a name that begins with a dot, each file on the disk
before the next begins, and gets its name when it is complete. Files are their owner's
alone. What was cut short is recognised by its name and removed by the next attempt.
"""

import glob
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex
from typing import Self

from gateway.rules.media import MediaRefused

_ENDING = ".unfinished"


class Folder:
    """One folder that is being made.

    ``mark`` tells apart what different media would lay under one name; it names nobody.
    """

    def __init__(self, target: Path, mark: str = "") -> None:
        self.target = target
        self.keep = False
        """Whether it stays beside its place where it cannot get its name."""
        self._beside = target.parent / f"{_start(target, mark)}{token_hex(4)}{_ENDING}"

    def __enter__(self) -> Self:
        """Raises `MediaRefused` where the name is taken or nothing can be made."""
        if os.path.lexists(self.target):
            raise MediaRefused(f"{self.target}: exists already and is not overwritten")
        try:
            self._beside.mkdir(mode=0o700)
        except OSError as error:
            raise _refusal(self.target, error) from None
        return self

    def __exit__(self, *_: object) -> None:
        if not self.keep:
            shutil.rmtree(self._beside, ignore_errors=True)

    def write(self, name: str, data: bytes) -> None:
        """One file, on the disk when this returns; raises `MediaRefused`."""
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC
        try:
            with open(os.open(self._beside / name, flags, 0o600), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise _refusal(self.target, error) from None

    def place(self) -> None:
        """Give it its name; raises `MediaRefused`."""
        _place(self._beside, self.target)


def remains(target: Path, mark: str = "") -> Iterator[Path]:
    """What attempts at this folder left behind that were cut short."""
    start = glob.escape(_start(target, mark))
    yield from target.parent.glob(f"{start}*{_ENDING}")


def clear(target: Path, mark: str = "") -> None:
    """Remove it."""
    for found in remains(target, mark):
        shutil.rmtree(found, ignore_errors=True)


def finish(found: Path, target: Path) -> None:
    """Give a whole folder of an attempt that was cut short its name."""
    if os.path.lexists(target):
        raise MediaRefused(f"{target}: exists already and is not overwritten")
    _place(found, target)


def read_file(folder: Path, name: str, most: int) -> bytes:
    """A file of a medium, at most so many bytes; raises `MediaRefused`."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        with open(os.open(folder / name, flags), "rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise MediaRefused(f"{name}: {_cause(error)}") from None
    if len(data) > most:
        raise MediaRefused(f"{name}: is larger than {most} bytes")
    return data


def _start(target: Path, mark: str) -> str:
    return f".{target.name}.{mark}." if mark else f".{target.name}."


def _place(beside: Path, target: Path) -> None:
    try:
        _sync(beside)
        beside.rename(target)
        _sync(target.parent)
    except OSError as error:
        raise _refusal(target, error) from None


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _refusal(target: Path, error: OSError) -> MediaRefused:
    return MediaRefused(f"{target}: {_cause(error)}")


def _cause(error: OSError) -> str:
    return error.strerror or type(error).__name__
