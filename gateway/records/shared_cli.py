# SPDX-License-Identifier: Apache-2.0
"""What every command on records shares: whose they are, opening, and showing."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import click
from rich.console import Console
from rich.table import Table

from gateway import config as configs
from gateway.config import Config, ConfigRefused
from gateway.records.errors import RecordsError
from gateway.records.store import StoreReader
from pki.errors import PkiError
from pki.keystore import load_secret
from protocols.errors import ProtocolError

F = TypeVar("F", bound=Callable[..., Any])

WIDE = 200
"""Columns of a table that is not shown on a terminal: nothing is cut off."""
FILE = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)


class Opened(NamedTuple):
    """A station's store, opened for reading."""

    station: str
    """``organisation/role``."""
    store: StoreReader
    config: Config


Stores = list[Opened]


def where(command: F) -> F:
    """The options that say whose records are meant."""
    options = [
        click.option(
            "--config", "files", type=FILE, multiple=True, help="A station's TOML file."
        ),
        click.option(
            "--network", type=FOLDER, help="The folder of a network: all its stations."
        ),
        click.option("--json", "as_json", is_flag=True, help="Plain JSON."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@contextmanager
def opened_stores(files: tuple[Path, ...], network: Path | None) -> Iterator[Stores]:
    """The stores of these stations, closed afterwards; what is wrong is told."""
    with told():
        opened = _stores(files, network)
        try:
            yield opened
        finally:
            _close(opened)


@contextmanager
def told() -> Iterator[None]:
    """Tell what is wrong in a sentence, as commands do."""
    try:
        yield
    except (ConfigRefused, PkiError, RecordsError, ProtocolError) as error:
        raise click.ClickException(str(error)) from None


def _stores(files: tuple[Path, ...], network: Path | None) -> Stores:
    paths = list(files)
    if network is not None:
        paths += configs.network_configs(network)
    if not paths:
        raise click.UsageError("say whose records: --config FILE or --network DIR")
    opened: Stores = []
    try:
        for path in paths:
            config = configs.load(path)
            store = StoreReader.open(config.store.path, load_secret(config.store.key))
            opened.append(Opened(str(config.station.name), store, config))
    except BaseException:
        _close(opened)
        raise
    return opened


def _close(opened: Stores) -> None:
    for one in opened:
        one.store.close()


def show(as_json: bool, as_data: object, table: Table | None) -> None:
    """Print JSON, or a table that fits what it is shown on."""
    if as_json:
        click.echo(json.dumps(as_data, ensure_ascii=False))
    elif table is not None:
        console = Console()
        if not console.is_terminal:
            console = Console(width=WIDE)
        console.print(table, highlight=False, markup=False)


def hexadecimal(text: str) -> bytes:
    """Bytes as somebody wrote them."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise click.ClickException(f"{text}: is not hexadecimal") from None
