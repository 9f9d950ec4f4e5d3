# SPDX-License-Identifier: Apache-2.0
"""Where a store in PostgreSQL lies: the small file that stands at the store's path.

A store is known by one path, whichever database holds it. Where SQLite's file would
lie, this file says which server and which schema in it: its first bytes tell the two
apart. It holds no password (a passfile, a service, a certificate or the socket's peer
name does that) and is shorter than the smallest SQLite file there can be, so that
opening an SQLite store costs no look more than before.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.records.errors import Reason, StoreMismatch, StoreUnavailable

MAGIC: Final = "sekisho store: postgresql"
LARGEST: Final = 511
"""Bytes of such a file; SQLite's smallest has one more."""
_NAME: Final = re.compile(r"[a-z_][a-z0-9_]{0,50}\Z")
_SECRET: Final = re.compile(r"(?i)\bpassword\s*=|://[^/@]*:[^/@]*@")


@dataclass(frozen=True, slots=True)
class Place:
    """A schema on a server."""

    conninfo: str
    """As libpq reads it: `host=/run/postgresql dbname=records`, or `service=…`."""
    schema: str

    def __post_init__(self) -> None:
        if not _NAME.match(self.schema):
            raise StoreMismatch(
                f"{self.schema!r} is no name for a schema: small letters, digits and _"
            )
        if _SECRET.search(self.conninfo):
            raise StoreMismatch("no password here: use a passfile, or a service")
        if "\n" in self.conninfo or len(self.text().encode()) > LARGEST:
            raise StoreMismatch("the connection is too long: name a service instead")

    def text(self) -> str:
        """What the file says."""
        return f"{MAGIC}\n{self.schema}\n{self.conninfo}\n"


def told_place(path: Path) -> Place | None:
    """The place that a file tells of; None for SQLite's, an empty or no file."""
    try:
        with path.open("rb") as file:
            read = file.read(LARGEST + 1)
    except OSError:
        return None
    if not read.startswith(f"{MAGIC}\n".encode()):
        return None
    try:
        _, schema, conninfo, rest = read.decode().split("\n")
    except ValueError:
        raise StoreUnavailable(Reason.DAMAGED) from None
    if rest or len(read) > LARGEST:
        raise StoreUnavailable(Reason.DAMAGED)
    return Place(conninfo, schema)


def tell_place(path: Path, place: Place) -> None:
    """Lay the file down, for its owner only; raises `StoreMismatch` if one is there."""
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    try:
        descriptor = os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(place.text())
            file.flush()
            os.fsync(file.fileno())
        os.link(beside, path)  # unlike a rename, it replaces nothing
    except FileExistsError:
        raise StoreMismatch(f"{path}: exists already and is not overwritten") from None
    except OSError:
        raise StoreUnavailable(Reason.READ_ONLY) from None
    finally:
        beside.unlink(missing_ok=True)
