# SPDX-License-Identifier: Apache-2.0
"""`sekisho gateway …`: run stations, look at a configuration, import copies."""

import logging
import os
import sys
import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from gateway import config as configs
from gateway.config import ConfigRefused
from gateway.records.errors import RecordsError
from pki.errors import PkiError
from pki.keystore import load_secret

FILE = click.Path(path_type=Path, dir_okay=False)


@click.group()
def gateway() -> None:
    """Run and look after a station."""


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
@click.option("--verbose", is_flag=True, help="Log more.")
def run(paths: tuple[Path, ...], until_stdin_closes: bool, verbose: bool) -> None:
    """Run stations until SIGTERM or SIGINT."""
    from gateway.daemon import run as run_daemon

    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(message)s",
        stream=sys.stderr,
    )
    if until_stdin_closes:
        _stop_with_stdin()
    try:
        run_daemon(paths)
    except (ConfigRefused, PkiError, RecordsError, OSError) as error:
        raise click.ClickException(str(error)) from None


@gateway.command("check-config")
@click.argument("path", type=FILE)
def check_config(path: Path) -> None:
    """Read a configuration and its keys, master and store key; change nothing."""
    from gateway.services.clock import system_clock
    from gateway.station import load_codes, load_directory, load_keys

    try:
        config = configs.load(path)
        directory = load_directory(config, system_clock())
        load_keys(config)
        load_codes(config)
        load_secret(config.store.key)
    except (ConfigRefused, PkiError) as error:
        raise click.ClickException(str(error)) from None
    master = directory.master
    click.echo(
        f"{config.station.name}: good; network {master.network}, "
        f"master {master.version}, {len(master.stations)} stations"
    )


@gateway.command()
@click.option("--config", "path", type=FILE, help="The station's TOML file.")
@click.option(
    "--network",
    type=click.Path(path_type=Path, file_okay=False),
    help="Instead: every station of a network.",
)
def init(path: Path | None, network: Path | None) -> None:
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
    for one in paths:
        _make_store(one)


def _stations(network: Path) -> list[Path]:
    try:
        return configs.network_configs(network)
    except ConfigRefused as error:
        raise click.ClickException(str(error)) from None


def _make_store(path: Path) -> None:
    from gateway.records.store import Store

    try:
        config = configs.load(path)
        if config.store.path.exists():
            raise click.ClickException(f"{config.store.path} is there already")
        key = load_secret(config.store.key)
        Store.open(config.store.path, key, lambda call: call(), create=True).close()
    except (ConfigRefused, PkiError, RecordsError, OSError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{config.station.name}: {config.store.path} made")


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
    from gateway.records.copies import import_copies

    try:
        config = configs.load(path)
        key = load_secret(config.store.key)
        with file.open("rb") as rows:
            done = import_copies(
                config.store.path,
                key,
                rows,
                at=datetime.now(UTC),
                operator=operator,
                replace=replace,
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
