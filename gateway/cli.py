# SPDX-License-Identifier: Apache-2.0
"""`sekisho gateway …`: run stations, look at a configuration, import copies."""

import os
import threading
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import click

from gateway import config as configs
from gateway.calendar_cli import calendar
from gateway.config import ConfigRefused
from gateway.patches_cli import patches_group
from gateway.records.errors import RecordsError
from gateway.status_cli import status
from pki.errors import PkiError
from pki.keystore import load_secret
from pki.network_clock import ClockRefused

FILE = click.Path(path_type=Path, dir_okay=False)


@click.group()
def gateway() -> None:
    """Run and look after a station."""


gateway.add_command(status)
gateway.add_command(calendar)
gateway.add_command(patches_group)


@gateway.command()
@click.option(
    "--config",
    "paths",
    type=FILE,
    multiple=True,
    required=True,
    help="A station's TOML file; several make one process host several.",
)
@click.option(
    "--until-stdin-closes",
    is_flag=True,
    help="Stop when standard input ends, so that no parent leaves a daemon.",
)
@click.option("--verbose", is_flag=True, help="Log everything, whatever [log] says.")
def run(paths: tuple[Path, ...], until_stdin_closes: bool, verbose: bool) -> None:
    """Run stations until SIGTERM or SIGINT."""
    from gateway.daemon import NotStarted
    from gateway.daemon import run as run_daemon

    try:
        stations = {path: configs.load(path) for path in paths}
        if until_stdin_closes:
            _stop_with_stdin()
        run_daemon(stations, verbose=verbose)
    except (ConfigRefused, NotStarted, ClockRefused) as error:
        raise click.ClickException(str(error)) from None


@gateway.command("check-config")
@click.argument("path", type=FILE)
def check_config(path: Path) -> None:
    """Read a configuration and every file that it names; change nothing.

    Ends with status 1 if a station could not start with it. Warnings are what should be
    seen to soon.
    """
    from gateway.examine import examine
    from gateway.services.clock import clock_of

    try:
        config = configs.load(path)
    except ConfigRefused as error:
        raise click.ClickException(str(error)) from None
    try:
        now = clock_of(config)()
    except ConfigRefused as error:
        raise click.ClickException(f"{path}: {error}") from None
    found = examine(config, now)
    for warning in found.warnings:
        click.echo(f"{path}: warning: {warning}", err=True)
    for fault in found.faults:
        click.echo(f"{path}: {fault}", err=True)
    if found.faults:
        raise SystemExit(1)
    click.echo(f"{config.station.name}: good; {found.about}")


@gateway.command()
@click.option("--config", "path", type=FILE, help="The station's TOML file.")
@click.option(
    "--network",
    type=click.Path(path_type=Path, file_okay=False),
    help="Instead: every station of a network.",
)
@click.option(
    "--postgresql", default="", help="In PostgreSQL, reached like this; no password."
)
@click.option("--schema", default="", help="Which schema of it; one for each station.")
def init(path: Path | None, network: Path | None, postgresql: str, schema: str) -> None:
    """Make a station's empty record store, once.

    A running station never makes one: if its store is gone, it has forgotten which
    permits were used, and only a person may decide what then.
    """
    if network is not None:
        paths = _stations(network)
    elif path is not None:
        paths = [path]
    else:
        raise click.UsageError("give --config or --network")
    if bool(postgresql) != bool(schema) or (schema and path is None):
        raise click.UsageError("--postgresql, --schema and --config go together")
    for one in paths:
        _make_store(one, postgresql, schema)


def _stations(network: Path) -> list[Path]:
    try:
        return configs.network_configs(network)
    except ConfigRefused as error:
        raise click.ClickException(str(error)) from None


def _make_store(path: Path, postgresql: str, schema: str) -> None:
    from gateway.records.postgres_place import Place, tell_place
    from gateway.records.store import Store

    try:
        config = configs.load(path)
        if config.store.path.exists():
            raise click.ClickException(f"{config.store.path} is there already")
        key = load_secret(config.store.key)
        months = config.store.month_keys
        with ExitStack() as undo:
            if schema:
                tell_place(config.store.path, Place(postgresql, schema))
                undo.callback(config.store.path.unlink)
            made = Store.open(
                config.store.path, key, lambda call: call(), create=True, months=months
            )
            undo.pop_all()
        made.close()
    except (ConfigRefused, PkiError, RecordsError, OSError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{config.station.name}: {config.store.path} made")


@gateway.command()
@click.option(
    "--config", "path", type=FILE, required=True, help="The station's TOML file."
)
@click.argument("target", type=FILE)
def backup(path: Path, target: Path) -> None:
    """The same as 'sekisho backup --config FILE --to TARGET'.

    The copy is sealed as the store is: keep the store's key, too, and elsewhere.
    """
    from gateway.backup_cli import take

    take(path, target)


@gateway.command("import")
@click.option("--config", "path", type=FILE, help="The station's TOML file.")
@click.option(
    "--network",
    type=click.Path(path_type=Path, file_okay=False),
    help="Instead: every station of a network, each its own copies.jsonl.",
)
@click.option("--operator", required=True, help="Who imports; kept with the record.")
@click.option("--replace", is_flag=True, help="Drop the copies that are not in FILE.")
@click.argument("file", type=FILE, required=False)
def import_file(
    path: Path | None,
    network: Path | None,
    operator: str,
    replace: bool,
    file: Path | None,
) -> None:
    """Import copies (副本) and flags from a JSON Lines FILE, all rows or none."""
    if network is not None:
        for config in _stations(network):
            copies = config.parent / "copies.jsonl"
            if copies.exists():
                _import(config, copies, operator, replace)
    elif path is not None and file is not None:
        _import(path, file, operator, replace)
    else:
        raise click.UsageError("give --config and FILE, or --network")


def _import(path: Path, file: Path, operator: str, replace: bool) -> None:
    from rich.console import Console

    from gateway.progress import shown
    from gateway.records.copies import import_copies
    from gateway.services.clock import clock_of

    try:
        config = configs.load(path)
        now = clock_of(config)()
        key = load_secret(config.store.key)
        with file.open("rb") as rows, shown(Console(stderr=True)) as told:
            count = sum(1 for _ in rows)
            rows.seek(0)
            done = import_copies(
                config.store.path,
                key,
                rows,
                at=now,
                operator=operator,
                replace=replace,
                told=lambda number: told(number, count, "rows checked"),
            )
    except (ConfigRefused, PkiError, RecordsError, OSError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{config.station.name}: {done.rows} rows, {done.changed} changed")


def _stop(reactor: Any) -> None:
    from twisted.internet.error import ReactorNotRunning

    with suppress(ReactorNotRunning):  # a signal was faster
        reactor.stop()


def _stop_with_stdin() -> None:
    def wait() -> None:
        while os.read(0, 4096):
            pass
        from twisted.internet import reactor

        core: Any = reactor
        core.callFromThread(_stop, core)

    threading.Thread(target=wait, daemon=True, name="stdin").start()
