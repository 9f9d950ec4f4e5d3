# SPDX-License-Identifier: Apache-2.0
"""What every command for a municipal CS begins with: its configuration, and a name."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import click
from rich.console import Console

from gateway import config as configs
from gateway.config import Config, ConfigRefused
from gateway.records.errors import RecordsError
from gateway.services.clock import clock_of
from pki.errors import PkiError
from schemas.systems import CS


def _named(_context: click.Context, _option: click.Parameter, text: str) -> str:
    """Nobody is not a person: a blank name is refused."""
    if not text.strip():
        raise click.BadParameter("whoever asks has a name")
    return text


FILE = click.Path(path_type=Path, dir_okay=False)
CONFIG = click.option(
    "--config", "path", type=FILE, required=True, help="The CS's TOML file."
)
OPERATOR = click.option(
    "--operator",
    required=True,
    callback=_named,
    help="The name of the person who asks; kept on record.",
)


WIDE = 160
"""Columns of a table that is not shown on a terminal: nothing is cut off."""


def console() -> Console:
    """Where a command writes for people."""
    made = Console()
    return made if made.is_terminal else Console(width=WIDE)


@contextmanager
def at(path: Path) -> Iterator[tuple[Config, datetime]]:
    """A CS's configuration and the time there; faults in a sentence."""
    try:
        config = configs.load(path)
        if config.station.role != CS:
            raise click.ClickException(f"{config.station.name} is no municipal CS")
        yield config, clock_of(config)()
    except (ConfigRefused, RecordsError, PkiError) as error:
        raise click.ClickException(str(error)) from None
