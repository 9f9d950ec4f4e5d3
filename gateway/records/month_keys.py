# SPDX-License-Identifier: Apache-2.0
"""The keys of the months: what a record says is sealed under the key of its month.

A key is 32 random bytes, made when the first record of its month is written, and never
made a second time (`month_key` is what is done with it). Whoever destroys a month's key
has erased what its records said, wherever a copy of the store may lie.

The keys lie in a folder of their own, which is in no backup of the store: one file for
each month, for its owner only, on the disk before the first record under it is written.
A file is wrapped with a key derived from the store's key and bound to its month: alone
it opens nothing, and a damaged one or another month's is known as such. A month that
was erased leaves a mark, so that no key is made for it again.

Nothing here is put right by itself: a key that is missing or does not fit is
`MonthKeyFault`, and a person decides.
"""

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.records.errors import MonthKeyFault
from gateway.records.month_key import KEY_SIZE, LABEL, NONCE_SIZE, MonthKey
from gateway.records.months import Month
from pki.errors import PkiError
from pki.keystore import read_private, settle

KEY: Final = ".key"
MARK: Final = ".erased"
_PUT_BACK: Final = "put the right file back from the copy of the keys"
_MAGIC: Final = b"sekisho month key v1\n"
_FILE_SIZE: Final = len(_MAGIC) + NONCE_SIZE + KEY_SIZE + 16


class MonthKeys:
    """All of one store. Shows none of them."""

    __slots__ = ("_folder", "_held", "_last", "_wrap")

    def __init__(self, wrap: bytes) -> None:
        self._wrap = wrap
        self._folder: Path | None = None
        self._held: dict[Month, MonthKey] = {}
        self._last: MonthKey | None = None
        """The one that was used last: nearly always the one that is wanted next."""

    def __repr__(self) -> str:
        return "MonthKeys(<hidden>)"

    @property
    def folder(self) -> Path:
        """Where they lie; raises `MonthKeyFault` before that is known."""
        if self._folder is None:
            raise MonthKeyFault("", "nobody has told where this store's keys lie")
        return self._folder

    def lie_in(self, folder: Path) -> None:
        """Look for them there."""
        self._folder = folder
        self.forget()

    def make_folder(self) -> None:
        """Make the folder if it is not there; raises `MonthKeyFault`."""
        try:
            self.folder.mkdir(mode=0o700, exist_ok=True)
            settle(self.folder.parent, deep=False)
        except OSError as error:
            raise MonthKeyFault("", _unreadable(self.folder, error)) from None

    def forget(self) -> None:
        """Hold none in memory: each is read anew when it is wanted."""
        self._held.clear()
        self._last = None

    def key_of(self, at: int) -> MonthKey:
        """The key of the month of a moment (a column); raises `MonthKeyFault`."""
        last = self._last
        if last is not None and last.begins <= at < last.ends:
            return last
        month = Month.of_micros(at)
        found = self._held.get(month)
        if found is None:
            found = self._held[month] = MonthKey(month, self.read(month))
        self._last = found
        return found

    def writing(self, at: int, is_new: Callable[[Month], bool]) -> MonthKey:
        """The same, for a new record: the key is made where it is the month's first.

        ``is_new`` tells whether the store has no record of that month yet.
        """
        last = self._last
        if last is not None and last.begins <= at < last.ends:
            return last
        month = Month.of_micros(at)
        if month not in self._held and not self.file(month).exists():
            self._make(month, is_new)
        return self.key_of(at)

    def file(self, month: Month) -> Path:
        """Where the key of a month lies."""
        return self.folder / f"{month}{KEY}"

    def mark(self, month: Month) -> Path:
        """What lies there when that month was erased."""
        return self.folder / f"{month}{MARK}"

    def months(self) -> list[Month]:
        """The months that have a key, in order; raises `MonthKeyFault`."""
        try:
            names = [path.name for path in self.folder.iterdir()]
        except OSError as error:
            raise MonthKeyFault("", _unreadable(self.folder, error)) from None
        return sorted(
            Month.read(name.removesuffix(KEY))
            for name in names
            if name.endswith(KEY) and not name.startswith(".")
        )

    def tags(self, store_tag: str) -> tuple[str, ...]:
        """What the records of every month that has a key call a person."""
        return tuple(
            self.key_of(month.span()[0]).tag(store_tag) for month in self.months()
        )

    def read(self, month: Month) -> bytes:
        """A month's key from its file; raises `MonthKeyFault`."""
        path = self.file(month)
        if not path.exists():
            raise MonthKeyFault(str(month), self._missing(month))
        try:
            data = read_private(path)
        except PkiError as error:
            raise MonthKeyFault(str(month), str(error)) from None
        nonce = data[len(_MAGIC) : len(_MAGIC) + NONCE_SIZE]
        if len(data) != _FILE_SIZE or not data.startswith(_MAGIC):
            raise MonthKeyFault(str(month), _damaged(path))
        try:
            wrapped = data[len(_MAGIC) + NONCE_SIZE :]
            return AESGCM(self._wrap).decrypt(nonce, wrapped, _bound(month))
        except InvalidTag:
            raise MonthKeyFault(str(month), _damaged(path)) from None

    def look(self, recorded: Iterable[Month]) -> None:
        """Are the keys of these months there, and those that are held still the same?

        Those of erased months are held no more. Raises `MonthKeyFault`.
        """
        for month in list(self._held):
            if self.mark(month).exists():
                del self._held[month]
                self._last = None
            elif self._held[month] != MonthKey(month, self.read(month)):
                path = self.file(month)
                raise MonthKeyFault(str(month), f"{path} was changed: {_PUT_BACK}")
        for month in recorded:
            if not self.file(month).exists() and not self.mark(month).exists():
                raise MonthKeyFault(str(month), self._missing(month))

    def destroy(self, month: Month) -> None:
        """Destroy a month's key, so that nothing can be sealed or read under it.

        Overwritten, removed, and a mark laid in its place; durable when this returns,
        and done again does no harm. Raises `MonthKeyFault` where it cannot be.
        """
        try:
            if not self.mark(month).exists():
                _lay(self.mark(month), b"")
            settle(self.folder, deep=False)
            for path in (self.file(month), *self.folder.glob(f".{month}{KEY}.*")):
                _destroy(path)
            settle(self.folder, deep=False)
        except OSError as error:
            raise MonthKeyFault(str(month), _unreadable(self.folder, error)) from None
        self.forget()

    def _make(self, month: Month, is_new: Callable[[Month], bool]) -> None:
        if self.mark(month).exists():
            raise MonthKeyFault(
                str(month),
                "the clock stands in a month whose records are erased: set the clock",
            )
        if not is_new(month):
            raise MonthKeyFault(str(month), self._missing(month))
        nonce, key = os.urandom(NONCE_SIZE), os.urandom(KEY_SIZE)
        wrapped = AESGCM(self._wrap).encrypt(nonce, key, _bound(month))
        path = self.file(month)
        try:
            _lay(path, _MAGIC + nonce + wrapped)
            settle(self.folder, deep=False)
        except OSError as error:
            raise MonthKeyFault(str(month), _unreadable(path, error)) from None

    def _missing(self, month: Month) -> str:
        if self.mark(month).exists():
            return "its records are erased, and the key with them"
        if not self.folder.is_dir():
            return f"{self.folder}: there is no such folder: mount or restore it"
        return (
            f"{self.file(month)} is missing: without it nobody can read that month; "
            f"{_PUT_BACK}"
        )


def _lay(path: Path, data: bytes) -> None:
    """A new file, whole and on the disk; one that is there already stays."""
    beside = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(beside, flags, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another process made it meanwhile
            os.link(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def _destroy(path: Path) -> None:
    """Overwrite a file on its disk, then remove it."""
    with suppress(FileNotFoundError):
        with path.open("r+b") as file:
            file.write(os.urandom(max(_FILE_SIZE, path.stat().st_size)))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()


def _damaged(path: Path) -> str:
    return f"{path} is damaged, or is another month's or another store's: {_PUT_BACK}"


def _unreadable(path: Path, error: OSError) -> str:
    said = error.strerror or type(error).__name__
    return f"{path}: {said}: check the owner and mode of the folder, and its disk"


def _bound(month: Month) -> bytes:
    return LABEL + b"key of " + str(month).encode()
