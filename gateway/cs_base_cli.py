# SPDX-License-Identifier: Apache-2.0
"""What every command for a municipal CS begins with: its configuration, and a name."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import click
from rich.console import Console

from gateway import config as configs
from gateway.config import Config
from gateway.operator_cli import operator
from gateway.records.shared_cli import FILE, told
from gateway.services.clock import clock_of
from schemas.systems import CS

CONFIG = click.option(
    "--config", "path", type=FILE, required=True, help="The CS's TOML file."
)
OPERATOR = operator("The name of the person who asks; kept on record.")

WIDE = 160
"""Columns of a table that is not shown on a terminal: nothing is cut off."""


def console() -> Console:
    """Where a command writes for people."""
    made = Console()
    return made if made.is_terminal else Console(width=WIDE)


@contextmanager
def at(path: Path) -> Iterator[tuple[Config, datetime]]:
    """A CS's configuration and the time there; faults in a sentence."""
    with told():
        config = configs.load(path)
        if config.station.role != CS:
            raise click.ClickException(f"{config.station.name} is no municipal CS")
        yield config, clock_of(config)()
