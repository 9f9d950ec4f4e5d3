# SPDX-License-Identifier: Apache-2.0
"""What can go wrong with a store, in the operator's words.

Two kinds, and they are never mixed up: the store cannot be used now (nothing is sent
until it can), or somebody asked for something that the store does not do.
"""

import enum


class RecordsError(Exception):
    """Base of everything that this room raises."""


class Reason(enum.Enum):
    """Why a store cannot be used, and what the operator should do."""

    FULL = "the disk is full: make room on the store's disk; work goes on by itself"
    MISSING = (
        "there is no store file: restore it, or check the path in the "
        "configuration; a new, empty one is made by 'sekisho gateway init' only"
    )
    REMOVED = (
        "the store's files were removed or replaced while the station runs: put the "
        "same files back or stop the station, and find out who did it"
    )
    READ_ONLY = (
        "the store cannot be written: check the owner and mode of the file and its "
        "directory, and whether the disk is mounted read-only"
    )
    LOCKED = (
        "another process holds the store: wait for a running import to end, or end "
        "the process that keeps the file locked"
    )
    DAMAGED = (
        "the store's file is damaged: stop the station, keep the file, and restore "
        "the last backup"
    )
    CONDEMNED = (
        "the log of the record does not fit the record: stop the station, keep the "
        "file, run 'sekisho records verify', and find out who changed what"
    )
    MONTH_KEY = (
        "a key of the record's months is missing or does not fit: stop the station, "
        "run 'sekisho records verify', and put the right key file back"
    )
    SERVER = (
        "the database server does not answer or does not let us in: look at it, its "
        "log and the network between; work goes on by itself"
    )
    DISK = "the disk does not read or write: look at the machine's disk and its log"
    CLOSED = "the station is stopping and takes no more work"


class StoreUnavailable(RecordsError):
    """The store cannot be written or read now, so nothing was recorded or sent.

    Usually the machine's fault (disk, mount, permissions), sometimes an operator's.
    ``reason`` says which and what to do; the station tries again by itself.
    """

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class MonthKeyFault(StoreUnavailable):
    """A month's key cannot be used, so its records can be neither read nor written.

    The file is missing, damaged, another month's or another store's, or the folder of
    the keys cannot be read; somebody moved files, or a disk is not mounted. Nothing was
    changed and no other key was made. Put the right file back from the copy of the
    keys, then start the station.
    """

    def __init__(self, month: str, fault: str) -> None:
        super().__init__(Reason.MONTH_KEY)
        self.month = month
        """Such as 2026-11; empty where all are concerned."""
        self.args = (f"the key of {month}: {fault}" if month else fault,)


class StoreDamaged(RecordsError):
    """Something in the store is not what this station wrote there.

    A row was changed, moved or cut, or the file was mixed with another's. Nothing of
    it was used. Keep the file as evidence and compare it with the last backup.
    """

    def __init__(self, where: str) -> None:
        super().__init__(f"{where}: not as this station wrote it")
        self.where = where


class StoreMismatch(RecordsError):
    """The file and this program, or the file and this key, do not belong together.

    Another program's database, a store written by a newer version, or the key file of
    another station. Nothing was changed. Correct the configuration, or update.
    """


class OutputRefused(RecordsError):
    """So many copies are not given out on one person's word; the attempt is on record.

    Have another person, who is responsible for the copies, approve it, and name them
    with ``--approved-by``.
    """

    def __init__(self, count: int) -> None:
        super().__init__(
            f"{count} copies are many: another person than the operator must approve "
            "it, by --approved-by; nothing was given out"
        )


class ImportRefused(RecordsError):
    """A file of copies was refused at one row; nothing was changed.

    ``row`` counts from 1. Correct that row at its source and import the file again.
    """

    def __init__(self, row: int, fault: str) -> None:
        super().__init__(f"row {row}: {fault}; nothing was imported")
        self.row = row
        self.fault = fault
