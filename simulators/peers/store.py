# SPDX-License-Identifier: Apache-2.0
"""A peer's file. Each part of a peer brings its own tables (`part`), so that the parts
which a system has are the tables which its file has.
"""

from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Final

from simulators.peers.errors import StoreFault
from simulators.store import FileStore

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class Store(FileStore):
    """One open file of a peer."""

    application = 0x5E150002

    def fault(self, text: str) -> StoreFault:
        return StoreFault(text)

    def part(self, name: str) -> None:
        """See that the tables of one part are there."""
        self.script((files("simulators.peers") / f"{name}.sql").read_text("utf-8"))


def micros(moment: datetime) -> int:
    """A moment as it is kept; one without a zone is refused."""
    if moment.tzinfo is None:
        raise ValueError("a moment has a zone")
    return (moment - _EPOCH) // _MICROSECOND
