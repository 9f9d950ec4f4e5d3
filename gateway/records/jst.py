# SPDX-License-Identifier: Apache-2.0
"""Times as operators in Japan read and write them. The store keeps UTC."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Final

JST: Final = timezone(timedelta(hours=9), "JST")
"""Japan Standard Time; it has no summer time."""


def jst(at: datetime) -> str:
    """A moment as the operator reads it, to the millisecond."""
    local = at.astimezone(JST)
    return f"{local:%Y-%m-%d %H:%M:%S}.{local.microsecond // 1000:03}"


def from_jst(written: datetime) -> datetime:
    """What an operator wrote, without a zone, as the store's UTC."""
    return written.replace(tzinfo=JST).astimezone(UTC)
