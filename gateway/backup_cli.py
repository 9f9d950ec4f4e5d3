# SPDX-License-Identifier: Apache-2.0
"""`sekisho backup`: copy a station's store while it works, and look at such a copy."""

from datetime import datetime
from pathlib import Path

import click

from gateway import backup as backups
from gateway import config as configs
from gateway.config import ConfigRefused
from gateway.default_cli import DefaultGroup
from gateway.records.errors import RecordsError
from gateway.records.manifest import Manifest
from gateway.services.clock import clock_of
from pki.errors import PkiError

FILE = click.Path(path_type=Path, dir_okay=False)
FAULTS = (ConfigRefused, PkiError, RecordsError, OSError)


class _Backup(DefaultGroup):
    default = "make"


@click.group(cls=_Backup)
def backup() -> None:
    """Copy a station's record store while it works: --config FILE --to FILE."""


@backup.command(hidden=True)
@click.option(
    "--config", "path", type=FILE, required=True, help="The station's TOML file."
)
@click.option("--to", "target", type=FILE, required=True, help="The new file.")
def make(path: Path, target: Path) -> None:
    """Make the new file and its manifest, and read both again."""
    take(path, target)


@backup.command()
@click.option(
    "--config", "path", type=FILE, help="Its station's TOML file: look at everything."
)
@click.argument("file", type=FILE)
def check(path: Path | None, file: Path) -> None:
    """Is FILE what its manifest says? With --config also: is it sound, and ours?"""
    try:
        config = None if path is None else configs.load(path)
        found = backups.check(file.absolute(), config)
    except FAULTS as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{told(found)}; {'sound' if config else 'the bytes are its own'}")


def take(path: Path, target: Path) -> None:
    """Make a backup and say what it is; for both commands that do."""
    try:
        config = configs.load(path)
        made = backups.make(config, target.absolute(), clock_of(config)())
    except FAULTS as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{config.station.name}: {target} made, {made.size} bytes; {told(made)}")


def told(found: Manifest) -> str:
    """A backup in words."""
    when = when_of(found.made)
    return f"{found.station}, {when}, schema {found.schema}, {found.events} records"


def when_of(at: datetime) -> str:
    """A moment as backups tell it."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
