# SPDX-License-Identifier: Apache-2.0
"""Months that were erased after a backup was made: erased in its copy, too.

Their keys are gone, so nothing of them can be read, and a store with such rows does not
start. The rows go as they went before, on record, under the name of who restores. Only
a month whose seven years are over by the clock, and whose key is not here: a key that
was merely lost is to be put back from its copy instead.
"""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from gateway.records import erasing
from gateway.records.manifest import BadBackup
from gateway.records.months import Month
from gateway.records.store import StoreReader, commit_once


def erase_again(
    store: Path, key: bytes, months: Iterable[Month], operator: str, now: datetime
) -> None:
    """Erase each of the months; raises `BadBackup` for one that may not be."""
    for month in months:
        with StoreReader.open(store, key) as reader:
            _must_be_erased(reader, month, now)
            commit_once(store, key, erasing.begin(reader, month, now, operator))
            begun = reader.unfinished_erasures()
            for erasure in begun:
                for step in erasing.steps(erasure):
                    commit_once(store, key, step)
                commit_once(store, key, erasing.destroy(reader, store, erasure))
            if not begun:
                raise BadBackup(f"{month}: holds nothing here, or is under legal hold")


def _must_be_erased(reader: StoreReader, month: Month, now: datetime) -> None:
    if now < month.over_at():
        raise BadBackup(f"{month}: has to be kept longer; put its key back")
    if reader.month_keys().file(month).exists():
        raise BadBackup(f"{month}: its key is here, so it was not erased")
