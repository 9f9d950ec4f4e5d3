# SPDX-License-Identifier: Apache-2.0
"""The folders of a drop: who may look into them, and steps that are whole or not done.

Law: folder and everything in it belong to the user who runs the drop, and nobody else
may enter (0700, files 0600). One process works in a folder at a time. A file is written
under another name, is on the disk, and then gets its own name in one step; so is
everything moved. What is read is a regular file with one name, opened without following
a link, that nobody has open for writing and that did not change meanwhile.
"""

import errno
import fcntl
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from pki.keystore import settle

PARTS: Final = ("in", "work", "wait", "out", "done", "refused")
SPARE: Final = 8 * 1024 * 1024
"""Bytes that must be free before anything is handed in: its answer must find room."""
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class FolderRefused(Exception):
    """A drop folder cannot be used.

    It is missing, belongs to another user, others may enter it, its parts lie on
    different disks, its disk is full, or another drop works in it. The message says
    which, and what to do. Nothing was taken.
    """


class NotPlain(Exception):
    """Something in the folder is not a plain file of our own."""


class NotStill(Exception):
    """A file is still being written, or changed while it was read."""


class Folder:
    """The folders below one drop."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def path(self, part: str, name: str = "") -> Path:
        """A part, or a file in it."""
        return self._root / part / name

    def check(self) -> None:
        """Make what is missing below; raises `FolderRefused`."""
        root = _own(self._root)
        for part in PARTS:
            path = self.path(part)
            with suppress(FileExistsError):
                path.mkdir(mode=0o700)
            if _own(path).st_dev != root.st_dev:
                raise FolderRefused(f"{path}: lies on another disk than its parent")

    def must_have_room(self) -> None:
        """Raises `FolderRefused` where an answer might find none."""
        disk = os.statvfs(self._root)
        if disk.f_bavail * disk.f_frsize < SPARE:
            raise FolderRefused(f"{self._root}: its disk is full; make room")

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else works here meanwhile; raises `FolderRefused`."""
        path = self._root / ".lock"
        lock = os.open(
            path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
        )
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            text = f"{self._root}: another drop works here; stop it first"
            raise FolderRefused(text) from None
        try:
            yield
        finally:
            os.close(lock)

    def names(self, part: str) -> list[str]:
        """What lies in a part, in the order of the names; hidden files apart."""
        with os.scandir(self.path(part)) as found:
            return sorted(one.name for one in found if not one.name.startswith("."))

    def has(self, part: str, name: str) -> bool:
        """Whether something of that name is there."""
        return os.path.lexists(self.path(part, name))

    def move(self, part: str, name: str, to: str, other: str = "") -> None:
        """Move in one step."""
        os.replace(self.path(part, name), self.path(to, other or name))

    def touch(self, part: str, name: str, now: datetime) -> None:
        """Let its time of keeping begin; a link's own, not its target's."""
        at = now.timestamp()
        os.utime(self.path(part, name), (at, at), follow_symlinks=False)

    def older(self, part: str, than: datetime) -> list[str]:
        """What lies in a part since before a moment."""
        with os.scandir(self.path(part)) as found:
            return [
                one.name
                for one in found
                if one.stat(follow_symlinks=False).st_mtime < than.timestamp()
            ]

    def erase(self, part: str, name: str) -> None:
        """Remove it, whatever it is; a link's target stays."""
        path = self.path(part, name)
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)

    def remove(self, part: str, name: str) -> None:
        """Remove it, if it is there."""
        self.path(part, name).unlink(missing_ok=True)

    def write(self, part: str, name: str, data: bytes) -> None:
        """A file, whole and on the disk, or none; its name is there after `settle`."""
        beside = self.path(part, f".{name}")
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            descriptor = os.open(beside, flags, 0o600)
            with open(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(descriptor)
            os.replace(beside, self.path(part, name))
        except BaseException:
            beside.unlink(missing_ok=True)
            raise

    def settle(self, *parts: str) -> None:
        """Return once the names in these parts are on the disk."""
        for part in parts:
            settle(self.path(part), deep=False)

    def clear(self, part: str) -> None:
        """Remove what a write left that was cut off."""
        with os.scandir(self.path(part)) as found:
            for name in [one.name for one in found if one.name.startswith(".")]:
                self.remove(part, name)

    def is_written(self, part: str, name: str) -> bool:
        """Whether somebody still has a file open for writing."""
        try:
            descriptor = _opened(self.path(part, name))
        except (NotPlain, OSError):
            return False
        try:
            return _is_written(descriptor)
        finally:
            os.close(descriptor)

    def read(self, part: str, name: str, largest: int) -> bytes:
        """A plain file's bytes, one more than ``largest`` at most.

        Raises `NotPlain`, `NotStill` and `OSError`.
        """
        descriptor = _opened(self.path(part, name))
        try:
            before = os.fstat(descriptor)
            plain = stat.S_ISREG(before.st_mode) and before.st_nlink == 1
            if not plain or before.st_uid != os.geteuid():
                raise NotPlain
            os.fchmod(descriptor, 0o600)
            if _is_written(descriptor):
                raise NotStill
            with open(descriptor, "rb", closefd=False) as file:
                data = file.read(largest + 1)
            after = os.fstat(descriptor)
        finally:
            os.close(descriptor)
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise NotStill
        return data


def _own(path: Path) -> os.stat_result:
    """What a folder is, which must be ours alone; raises `FolderRefused`."""
    try:
        found = path.lstat()
    except OSError as error:
        text = f"{path}: is not there ({error.strerror}); make it with mode 700"
        raise FolderRefused(text) from None
    if not stat.S_ISDIR(found.st_mode):
        raise FolderRefused(f"{path}: is no folder; a link to one is not taken either")
    if found.st_uid != os.geteuid():
        raise FolderRefused(f"{path}: belongs to another user; chown it")
    if found.st_mode & _OTHERS:
        raise FolderRefused(f"{path}: other users may enter it; chmod 700")
    return found


def _opened(path: Path) -> int:
    """A descriptor for reading; raises `NotPlain` and `OSError`."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        return os.open(path, flags)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):
            raise NotPlain from None
        raise


def _is_written(descriptor: int) -> bool:
    """Whether somebody has the file open for writing, where the system can say.

    A lease for reading is granted only where nobody has.
    """
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN
    fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False
