# SPDX-License-Identifier: Apache-2.0
"""A month of the record: the calendar month in Japan in which something happened.

A record is kept for seven years from the day that it tells of (番号法第23条; the
source document says 「７年分保存する」, R-110). The first day is not counted and
the last one is whole (民法第140条, 第143条), so that the last record of a month is
over at the midnight that begins the month after, seven years on. Whole months are
erased, never a part.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple, Self

from gateway.records.jst import JST

KEPT_YEARS: Final = 7
_FOLDER: Final = ".months"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_TEXT_SIZE: Final = len("2026-11")


def key_folder(beside: Path) -> Path:
    """Where the months' keys lie if nobody says: beside the store's key."""
    return beside.with_name(f"{beside.name}{_FOLDER}")


class Month(NamedTuple):
    """A calendar month in Japan; months sort as they follow each other."""

    year: int
    number: int

    @classmethod
    def of(cls, at: datetime) -> Self:
        """The month in which a moment lies."""
        return cls.of_micros((at - _EPOCH) // _MICROSECOND)

    @classmethod
    def of_micros(cls, micros: int) -> Self:
        """The same, of a moment as its column."""
        local = (_EPOCH + timedelta(microseconds=micros)).astimezone(JST)
        return cls(local.year, local.month)

    @classmethod
    def read(cls, text: str) -> Self:
        """A month as it is written, such as 2026-11; raises `ValueError`."""
        year, dash, number = text.partition("-")
        written = len(text) == _TEXT_SIZE and dash and (year + number).isdecimal()
        if not written or not text.isascii() or len(number) != 2:
            raise ValueError("a month is written like 2026-11")
        found = cls(int(year), int(number))
        if not 1 <= found.number <= 12 or not 1 <= found.year <= 9000:
            raise ValueError("there is no such month")
        return found

    def __str__(self) -> str:
        return f"{self.year:04}-{self.number:02}"

    def following(self) -> "Month":
        """The month after."""
        years, number = divmod(self.number, 12)
        return Month(self.year + years, number + 1)

    def begins(self) -> datetime:
        """Its first moment, in UTC."""
        return datetime(self.year, self.number, 1, tzinfo=JST).astimezone(UTC)

    def ends(self) -> datetime:
        """The first moment after it, in UTC."""
        return self.following().begins()

    def span(self) -> tuple[int, int]:
        """Both as columns."""
        begins, ends = self.begins() - _EPOCH, self.ends() - _EPOCH
        return begins // _MICROSECOND, ends // _MICROSECOND

    def over_at(self) -> datetime:
        """The first moment at which no record of it has to be kept any more."""
        after = self.following()
        return Month(after.year + KEPT_YEARS, after.number).begins()
