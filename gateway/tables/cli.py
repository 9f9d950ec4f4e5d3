# SPDX-License-Identifier: Apache-2.0
"""`sekisho tables …`: takes over official code tables and layouts, version by version.

Nothing is shipped and nothing is fetched: the customer has the official files. Loading
checks all of a file or takes nothing of it; a version, once there, is never changed.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from gateway import config as configs
from gateway.config import ConfigRefused
from gateway.records.jst import JST, jst
from gateway.services.clock import clock_of, system_clock
from gateway.tables import folder as folders
from gateway.tables import mapping as mappings
from gateway.tables import reading
from gateway.tables.errors import TablesRefused
from gateway.tables.folder import About, Version
from gateway.tables.kinds import KINDS, Kind, Row

FILE = click.Path(path_type=Path, dir_okay=False)
CONFIG = click.option("--config", type=FILE, help="The station whose tables they are.")
FOLDER = click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Instead: the folder of tables.",
)
SHOWN = 20
"""Keys that a difference names; the rest is a number."""


@click.group()
def tables() -> None:
    """Official code tables and layouts that you have and we may not ship."""


@tables.command()
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.argument("file", type=FILE)
@CONFIG
@FOLDER
@click.option("--operator", required=True, help="Who loads it; kept with the table.")
@click.option("--effective", help="In force from this day on, as 2030-04-01.")
@click.option("--mapping", type=FILE, help="How the file is laid out (TOML).")
def load(
    kind: str,
    file: Path,
    config: Path | None,
    folder: Path | None,
    operator: str,
    effective: str | None,
    mapping: Path | None,
) -> None:
    """Check an official CSV and take it over as a new version; all of it or nothing."""
    with _told():
        target, now = _place(config, folder)
        day = _day(effective) if effective else now.astimezone(JST).date()
        if not operator.strip():
            raise TablesRefused("--operator: a table has a name under it")
        known = KINDS[kind]
        laid = mappings.USUAL if mapping is None else mappings.load(mapping, known)
        found = reading.read(file, known, laid)
        before = folders.in_force(folders.versions(target, known), day)
        table = folders.encode(known, found)
        about = About(
            kind=kind,
            effective=day,
            digest=hashlib.sha256(table).hexdigest(),
            rows=len(found),
            operator=operator.strip(),
            loaded=now,
            source=file.name,
            source_digest=hashlib.sha256(file.read_bytes()).hexdigest(),
        )
        made = folders.write(target, about, table)
        old = () if before is None else folders.rows(before)
    click.echo(f"{kind}: {made.name}: {len(found)} rows from {day} on")
    if before is not None and before.name != made.name:
        click.echo("\n".join(_difference(known, old, found)))


@tables.command("list")
@CONFIG
@FOLDER
def list_tables(config: Path | None, folder: Path | None) -> None:
    """Every version, with who loaded it, and which one counts today."""
    table = Table("kind", "version", "rows", "from", "loaded (JST)", "by", "counts")
    with _told():
        target, now = _place(config, folder)
        today = now.astimezone(JST).date()
        for kind in KINDS.values():
            found = folders.versions(target, kind)
            counts = folders.in_force(found, today)
            for one in found:
                _add(table, one, one == counts)
    Console(width=140).print(table if table.row_count else "no tables")


def _add(table: Table, one: Version, counts: bool) -> None:
    about = one.about
    cells = (about.kind, one.name, str(about.rows), str(about.effective))
    loaded = jst(about.loaded)[:16]
    table.add_row(*cells, loaded, about.operator, "today" if counts else "")


@tables.command()
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.option("--code", help="Only rows that begin with this key.")
@click.option("--version", "name", help="Not the one that counts today.")
@CONFIG
@FOLDER
def show(
    kind: str,
    code: str | None,
    name: str | None,
    config: Path | None,
    folder: Path | None,
) -> None:
    """The rows of a table."""
    with _told():
        target, now = _place(config, folder)
        known = KINDS[kind]
        one = _version(target, known, name, now.astimezone(JST).date())
        found = folders.rows(one)
    for row in found:
        if code is None or row[0].startswith(code):
            cells = zip(known.columns, row, strict=True)
            click.echo("  ".join(f"{n}={value}" for n, value in cells if value))


@tables.command()
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.argument("old")
@click.argument("new")
@CONFIG
@FOLDER
def diff(
    kind: str, old: str, new: str, config: Path | None, folder: Path | None
) -> None:
    """What the version NEW says otherwise than OLD."""
    with _told():
        target, now = _place(config, folder)
        today = now.astimezone(JST).date()
        pair = [
            folders.rows(_version(target, KINDS[kind], one, today))
            for one in (old, new)
        ]
    click.echo("\n".join(_difference(KINDS[kind], *pair)))


@tables.command()
@CONFIG
@FOLDER
def check(config: Path | None, folder: Path | None) -> None:
    """Whether every version is still what was loaded, row by row."""
    with _told():
        target, _ = _place(config, folder)
        found = folders.versions(target)
        for one in found:
            kind = KINDS[one.about.kind]
            for number, row in enumerate(folders.rows(one), 2):
                fault = kind.fault(row)
                if fault:
                    raise TablesRefused(f"{one.path}: line {number}: {fault}")
    click.echo(f"{len(found)} versions are as they were loaded")


def _difference(kind: Kind, old: tuple[Row, ...], new: tuple[Row, ...]) -> list[str]:
    before = {row[: kind.key]: row for row in old}
    after = {row[: kind.key]: row for row in new}
    changed = {key for key in before.keys() & after.keys() if before[key] != after[key]}
    lines = []
    for word, keys in (
        ("new", after.keys() - before.keys()),
        ("gone", before.keys() - after.keys()),
        ("changed", changed),
    ):
        named = [" ".join(key) for key in sorted(keys)[:SHOWN]]
        more = f" and {len(keys) - SHOWN} more" if len(keys) > SHOWN else ""
        lines.append(f"{word}: {len(keys)} {', '.join(named)}{more}".rstrip())
    return lines


def _version(target: Path, kind: Kind, name: str | None, today: date) -> Version:
    found = folders.versions(target, kind)
    if name is None:
        one = folders.in_force(found, today)
    else:
        one = next((v for v in found if v.name.startswith(name)), None)
    if one is None:
        known = ", ".join(v.name for v in found) or "none"
        raise TablesRefused(f"{kind.name}: no such version; there are: {known}")
    return one


def _place(config: Path | None, folder: Path | None) -> tuple[Path, datetime]:
    """The folder of tables, and what time it is there."""
    if folder is not None:
        return folder, system_clock()
    if config is None:
        raise click.UsageError("give --config or --folder")
    found = configs.load(config)
    if found.tables is None:
        raise TablesRefused(f"{config}: tables: is missing; name the folder of tables")
    return found.tables, clock_of(found)()


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise TablesRefused("--effective: write a day such as 2030-04-01") from None


@contextmanager
def _told() -> Iterator[None]:
    """Says in one line why something was not done."""
    try:
        yield
    except (TablesRefused, ConfigRefused) as error:
        raise click.ClickException(str(error)) from None
