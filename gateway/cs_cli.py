# SPDX-License-Identifier: Apache-2.0
"""`sekisho cs …`: what an operator of a municipal CS asks its running station for.

A command writes what is wanted into the store, with the name of who wants it, and the
station carries it out; a command itself sends nothing.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from gateway import config as configs
from gateway.config import Config, ConfigRefused
from gateway.records.checks import Check
from gateway.records.errors import RecordsError
from gateway.records.event import Event, EventKind, prepare
from gateway.records.jst import jst
from gateway.records.store import StoreReader, commit_once
from gateway.records.transaction import Transaction
from gateway.services.clock import clock_of
from pki.errors import PkiError
from pki.keystore import load_secret
from protocols.header import new_id
from schemas.systems import CS

FILE = click.Path(path_type=Path, dir_okay=False)
CONFIG = click.option(
    "--config", "path", type=FILE, required=True, help="The CS's TOML file."
)


@click.group()
def cs() -> None:
    """Ask a municipal CS to check its file with the servers, and see how far it is."""


@cs.command()
@CONFIG
@click.option("--operator", required=True, help="The name of the person who asks.")
def check(path: Path, operator: str) -> None:
    """Send the whole identity information file to both servers, to be compared.

    The running station sends it in the background and goes on where it was cut.
    """
    if not operator.strip():
        raise click.BadParameter("a check has a name under it")
    with _at(path) as (config, now):
        asked = Check(new_id(now, os.urandom), now, operator)
        event = Event(
            kind=EventKind.OPERATOR,
            at=now,
            direction="local",
            operator=operator,
            detail="consistency check asked for",
        )

        def work(tx: Transaction) -> bool:
            opened = tx.open_check(asked)
            if opened:
                tx.record(prepare(event))
            return opened

        key = load_secret(config.store.key)
        if not commit_once(config.store.path, key, work):
            raise click.ClickException(
                "another check is going on: see `sekisho cs checks`"
            )
    click.echo(asked.check_id.hex())


@cs.command()
@CONFIG
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def checks(path: Path, as_json: bool) -> None:
    """Every check that was asked for, and how far it is."""
    with _at(path) as (config, _):
        key = load_secret(config.store.key)
        with StoreReader.open(config.store.path, key) as store:
            found, people = store.checks(), store.identity_count()
    if as_json:
        click.echo(json.dumps([_plain(one, people) for one in found]))
        return
    table = Table("check", "asked for (JST)", "by", "sent", "of", "batches", "done")
    for one in found:
        table.add_row(
            one.check_id.hex(),
            jst(one.requested),
            one.operator,
            f"{one.persons:,}",
            f"{one.persons if one.done else people:,}",
            str(one.batches),
            "yes" if one.done else "no",
        )
    Console().print(table)


def _plain(check: Check, people: int) -> dict[str, Any]:
    return {
        "check_id": check.check_id.hex(),
        "requested": check.requested.isoformat(),
        "operator": check.operator,
        "persons": check.persons,
        "of": check.persons if check.done else people,
        "batches": check.batches,
        "done": check.done,
    }


@contextmanager
def _at(path: Path) -> Iterator[tuple[Config, datetime]]:
    """A CS's configuration and the time there; faults in a sentence."""
    try:
        config = configs.load(path)
        if config.station.role != CS:
            raise click.ClickException(f"{config.station.name} is no municipal CS")
        yield config, clock_of(config)()
    except (ConfigRefused, RecordsError, PkiError) as error:
        raise click.ClickException(str(error)) from None
