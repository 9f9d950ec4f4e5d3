# SPDX-License-Identifier: Apache-2.0
"""`sekisho batch inquire`: many inquiries from one CSV file (一括照会)."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import click
import msgspec

from client import batch_result
from client.batch import Batch, look
from client.batch_journal import Entry, Head, Journal, fingerprint
from client.batch_lines import BatchRefused, Sheet, read
from client.errors import InsideError
from client.inside import Inside
from client.link import machine
from client.patience import Patience
from client.settings import Station
from client.settings import read as read_settings
from pki.errors import PkiError
from protocols.header import new_id

_NAME: Final = re.compile(r"[0-9A-Za-z._-]{1,32}", re.ASCII)
_DIGITS: Final = re.compile(r"[0-9０-９]{11}")
LONGEST_REASON: Final = 200
WHOLE: Final = 0
"""Stands in the journal for the batch itself: the first line of a file is line 1."""
RESULT: Final = "result"
NOT_FINISHED: Final = 3
"""Exit code: run the same command again to go on."""


class BatchTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The table ``[batch]``."""

    per_second: Annotated[float, msgspec.Meta(gt=0, le=1000)] = 5.0
    """Inquiries handed in in a second, at most."""
    most_open: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 100
    """Inquiries without an answer at a time, at most."""
    large: Annotated[int, msgspec.Meta(ge=1)] = 100
    """Above so many lines another person approves the batch."""


class BatchSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole settings file of batch inquiries."""

    station: Station
    batch: BatchTable = BatchTable()


def _named(_: click.Context, __: click.Parameter, value: str | None) -> str:
    if value and not _NAME.fullmatch(value):
        raise click.BadParameter("letters A to Z, digits and . _ - , at most 32")
    return value or ""


def _reason(_: click.Context, __: click.Parameter, value: str) -> str:
    text = value.strip()
    if not text or len(text) > LONGEST_REASON or not text.isprintable():
        raise click.BadParameter(f"one line of at most {LONGEST_REASON} letters")
    if _DIGITS.search(text):
        raise click.BadParameter("no number of a person belongs into a record")
    return text


@click.group()
def batch() -> None:
    """Ask about many people at once, line by line of a file."""


@batch.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--config",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="TOML with [station], and [batch] if wanted.",
)
@click.option("--operator", required=True, callback=_named, help="Who asks.")
@click.option("--reason", required=True, callback=_reason, help="Why; kept on record.")
@click.option("--approved-by", callback=_named, help="Who else approved a large batch.")
@click.option(
    "--encoding", type=click.Choice(["auto", "utf-8", "cp932"]), default="auto"
)
@click.option(
    "--result",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The result; by default FILE.result.csv.",
)
@click.option("--wait", default=3600.0, help="Seconds before it stops, to go on later.")
@click.option("--give-up", is_flag=True, help="Write the result with what has come.")
@click.option("--dry-run", is_flag=True, help="Only look at the file.")
def inquire(
    file: Path,
    path: Path,
    operator: str,
    reason: str,
    approved_by: str,
    encoding: str,
    result: Path | None,
    wait: float,
    give_up: bool,
    dry_run: bool,
) -> None:
    """Ask each line of FILE once; run again, it goes on where it stopped.

    Exit code 0: the result is written. 3: not all have an answer yet.
    """
    with _told():
        settings = read_settings(path, BatchSettings)
        sheet = read(file, encoding)
        _show(sheet)
        large = len(sheet.lines) > settings.batch.large
        if dry_run:
            click.echo("approval needed" if large else "no approval needed")
            return
        _check_approval(large, operator, approved_by)
        target = result or file.with_name(f"{file.name}.result.csv")
        work = _Work(settings, sheet, target, Patience())
        done = work.run(
            file.with_name(f"{file.name}.journal"),
            (operator, approved_by, reason),
            wait,
            give_up,
        )
    sys.exit(0 if done else NOT_FINISHED)


class _Work:
    """One run of the command."""

    def __init__(
        self, settings: BatchSettings, sheet: Sheet, target: Path, patience: Patience
    ) -> None:
        self._settings = settings
        self._sheet = sheet
        self._target = target
        self._patience = patience

    def run(
        self, path: Path, who: tuple[str, str, str], wait: float, give_up: bool
    ) -> bool:
        """Whether the result is written."""
        operator, approved_by, reason = who
        taken = f"{self._target}: is there already; move it away to ask again"
        if self._target.exists() and not path.exists():
            raise BatchRefused(taken)
        journal = Journal.open(path, lambda: self._head(operator, approved_by))
        try:
            self._must_be_ours(journal.head, operator)
            if self._target.exists():
                if journal.standing(WHOLE).end != RESULT:
                    raise BatchRefused(taken)
                journal.remove()  # killed between the last two steps
                return True
            with Inside(self._settings.station, patience=self._patience) as station:
                if not journal.begun and self._sheet.lines:
                    self._announce(station, journal.head, reason)
                return self._ask(station, journal, wait, give_up)
        finally:
            journal.close()

    def _head(self, operator: str, approved_by: str) -> Head:
        batch = new_id(machine(), os.urandom).hex()
        station = self._settings.station.name
        made = fingerprint(batch, self._sheet.data)
        return Head(batch, made, station, operator, approved_by)

    def _must_be_ours(self, head: Head, operator: str) -> None:
        if head.input != fingerprint(head.batch, self._sheet.data):
            raise BatchRefused(
                "the file was changed since its batch began; put it back"
            )
        if (head.operator, head.station) != (operator, self._settings.station.name):
            raise BatchRefused(
                "another operator or station began this batch; go on as it began"
            )

    def _announce(self, station: Inside, head: Head, reason: str) -> None:
        station.announce_batch(
            bytes.fromhex(head.batch),
            len(self._sheet.lines),
            head.operator,
            reason,
            head.approved_by,
        )

    def _ask(
        self, station: Inside, journal: Journal, wait: float, give_up: bool
    ) -> bool:
        table = self._settings.batch
        work = Batch(
            journal,
            station,
            self._sheet.lines,
            machine,
            self._patience,
            per_second=table.per_second,
            most_open=table.most_open,
        )
        left = work.run(wait)
        click.echo(f"{len(self._sheet.lines) - left} ended, {left} without an answer")
        if left and not give_up:
            return False
        answers = {**self._earlier(station, journal, work.answers), **work.answers}
        asked = [(line, journal.standing(line.number)) for line in self._sheet.lines]
        data = batch_result.table(asked, self._sheet.bad, answers)
        journal.add(Entry(WHOLE, end=RESULT))
        batch_result.write(self._target, data)
        journal.remove()
        click.echo(f"{self._target}: written")
        return True

    def _earlier(
        self, station: Inside, journal: Journal, had: dict[int, bytes]
    ) -> dict[int, bytes]:
        """What was provided before this run: the journal keeps no answers."""
        found = {}
        for line in self._sheet.lines:
            provided = journal.standing(line.number).end == "provided"
            if provided and line.number not in had:
                ended = look(station, journal, line.number)
                if ended is not None and ended.answer is not None:
                    found[line.number] = ended.answer
        return found


def _show(sheet: Sheet) -> None:
    click.echo(
        f"{len(sheet.lines)} lines about {sheet.persons} people, {len(sheet.bad)} bad"
    )
    for bad in sheet.bad:
        where = f"{bad.column}: " if bad.column else ""
        click.echo(f"line {bad.number}: {where}{bad.en} ({bad.ja})", err=True)


def _check_approval(large: bool, operator: str, approved_by: str) -> None:
    """Raises `BatchRefused` for a large batch that nobody else approved."""
    if approved_by and approved_by.casefold() == operator.casefold():
        raise BatchRefused("a batch is approved by another person than who asks")
    if large and not approved_by:
        raise BatchRefused("a batch of this size needs --approved-by: another person")


@contextmanager
def _told() -> Iterator[None]:
    """What went wrong, in the operator's words."""
    try:
        yield
    except (InsideError, PkiError) as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(f"{error.strerror}; run it again to go on") from None
