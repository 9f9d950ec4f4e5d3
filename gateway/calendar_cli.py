# SPDX-License-Identifier: Apache-2.0
"""`sekisho gateway calendar`: the next days of a station, or whether a file is good."""

from datetime import datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from gateway import calendars
from gateway import config as configs
from gateway.calendar_file import CalendarRefused, load
from gateway.calendar_words import Language, days, standing
from gateway.config import ConfigRefused
from gateway.rules.calendar import Calendar
from gateway.services.clock import clock_of, system_clock

FILE = click.Path(path_type=Path, dir_okay=False)
_HEADS = {"en": ("day", "open (JST)", ""), "ja": ("日", "運用時間（日本時間）", "")}
_ALWAYS = {
    "en": "no calendar: always open",
    "ja": "暦の設定がない。常に開局している",
}


@click.command()
@click.option("--config", "path", type=FILE, help="The station's TOML file.")
@click.option("--check", "checked", type=FILE, help="Instead: read this calendar.")
@click.option("--days", "count", type=click.IntRange(1, 400), default=14)
@click.option("--peer", help="The calendar of this peer, organisation/role.")
@click.option("--language", type=click.Choice(["en", "ja"]), default="en")
def calendar(
    path: Path | None,
    checked: Path | None,
    count: int,
    peer: str | None,
    language: Language,
) -> None:
    """When a station is open on the next days.

    With --check only one file is read; a wrong one is told with its line, and the
    command ends with status 1.
    """
    try:
        found, now = _found(path, checked, peer)
    except ConfigRefused as error:
        raise click.ClickException(str(error)) from None
    if found is None:
        click.echo(_ALWAYS[language])
        return
    table = Table(*_HEADS[language])
    for day in days(found, now, count, language):
        table.add_row(*day)
    console = Console()
    console.print(standing(found, now, language), highlight=False, markup=False)
    console.print(table)


def _found(
    path: Path | None, checked: Path | None, peer: str | None
) -> tuple[Calendar | None, datetime]:
    """The calendar that is asked for, and what time it is there."""
    if checked is not None:
        return load(checked).calendar, system_clock()
    if path is None:
        raise click.UsageError("give --config or --check")
    config = configs.load(path)
    now = clock_of(config)()
    read = calendars.read(config)
    if peer is None:
        return read.own, now
    named = {str(name): one for name, one in read.peers.items()}
    if peer not in named:
        known = ", ".join(sorted(named)) or "none"
        raise CalendarRefused(f"{peer}: no calendar of this peer; there are: {known}")
    return named[peer], now
