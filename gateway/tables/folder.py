# SPDX-License-Identifier: Apache-2.0
"""The folder of tables: versions that are written once and never changed.

    KIND/2030-04-01-3f2a…/table.csv    UTF-8, our columns, sorted by key
    KIND/2030-04-01-3f2a…/about.json   who loaded it, when, from which file

A version's name is the day from which it is in force and the first half of the SHA-256
of its table: a table that was changed no longer bears its name, and is refused. Of two
versions for one day the one that was loaded later counts.
"""

import csv
import hashlib
import io
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

import msgspec

from gateway.tables.errors import TablesRefused
from gateway.tables.kinds import KINDS, Kind, Row

TABLE, ABOUT = "table.csv", "about.json"
_NAME: Final = re.compile(r"(\d{4}-\d\d-\d\d)-([0-9a-f]{32})", re.ASCII)


class About(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a version comes from."""

    kind: str
    effective: date
    digest: str
    """SHA-256 of the table, in hexadecimal."""
    rows: int
    operator: str
    loaded: datetime
    source: str
    """The name of the official file, without its folder."""
    source_digest: str


@dataclass(frozen=True, slots=True)
class Version:
    """One version as it lies there."""

    path: Path
    about: About

    @property
    def name(self) -> str:
        return self.path.name


def encode(kind: Kind, rows: tuple[Row, ...]) -> bytes:
    """The one spelling of a table."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(kind.columns)
    writer.writerows(rows)
    return out.getvalue().encode()


def write(folder: Path, about: About, table: bytes) -> Version:
    """Keep a version, all of it or nothing; raises `TablesRefused`.

    Writing the same table for the same day again changes nothing.
    """
    home = folder / about.kind
    name = f"{about.effective}-{about.digest[:32]}"
    try:
        home.mkdir(mode=0o755, parents=True, exist_ok=True)
        if not (home / name).exists():
            _place(home, name, about, table)
    except OSError as error:
        raise TablesRefused(f"{home}: cannot be written ({error.strerror})") from None
    return version(home / name)


def _place(home: Path, name: str, about: About, table: bytes) -> None:
    made = Path(tempfile.mkdtemp(prefix=".new-", dir=home))
    try:
        for one, data in ((TABLE, table), (ABOUT, msgspec.json.encode(about))):
            with (made / one).open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        made.chmod(0o755)
        made.rename(home / name)
    except OSError:
        shutil.rmtree(made, ignore_errors=True)
        raise


def versions(folder: Path, kind: Kind | None = None) -> list[Version]:
    """Every version, by kind, day and loading; raises `TablesRefused`."""
    found = []
    for one in KINDS.values() if kind is None else (kind,):
        home = folder / one.name
        try:
            paths = sorted(home.iterdir()) if home.is_dir() else []
        except OSError as error:
            said = f"{home}: cannot be read ({error.strerror})"
            raise TablesRefused(said) from None
        of_kind = [version(path) for path in paths if not path.name.startswith(".")]
        found += sorted(of_kind, key=lambda v: (v.about.effective, v.about.loaded))
    return found


def version(path: Path) -> Version:
    """One version, by its folder; raises `TablesRefused`."""
    named = _NAME.fullmatch(path.name)
    try:
        about = msgspec.json.decode((path / ABOUT).read_bytes(), type=About)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        about = None
    fits = (
        named is not None
        and about is not None
        and (str(about.effective), about.digest[:32]) == named.groups()
        and about.kind == path.parent.name
        and about.loaded.tzinfo is not None
    )
    if about is None or not fits:
        raise TablesRefused(
            f"{path}: is no version of a table, or was changed; take it away and load "
            "the official file again"
        )
    return Version(path, about)


def rows(of: Version) -> tuple[Row, ...]:
    """What a version says, if it is what was loaded; raises `TablesRefused`."""
    kind = KINDS[of.about.kind]
    try:
        data = (of.path / TABLE).read_bytes()
    except OSError as error:
        said = f"{of.path / TABLE}: cannot be read ({error.strerror})"
        raise TablesRefused(said) from None
    if hashlib.sha256(data).hexdigest() != of.about.digest:
        raise TablesRefused(
            f"{of.path / TABLE}: was changed since it was loaded; take the version "
            "away and load the official file again"
        )
    lines = csv.reader(io.StringIO(data.decode(), newline=""))
    if tuple(next(lines)) != kind.columns:
        raise TablesRefused(f"{of.path / TABLE}: has other columns than {kind.name}")
    return tuple(tuple(line) for line in lines)


def in_force(found: list[Version], on: date) -> Version | None:
    """The version of a kind that counts on a day; ``found`` as `versions` sorts it."""
    past = [one for one in found if one.about.effective <= on]
    return past[-1] if past else None
