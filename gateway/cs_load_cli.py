# SPDX-License-Identifier: Apache-2.0
"""`sekisho cs load …`: an operator lets the register fill the file of a municipal CS.

Two persons open it, for so many persons. Then the existing resident system hands the
city in at the inside listener (`gateway.services.cs_load`), and ends it when all are
there; an operator may end it before.
"""

import json
import os
import time
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from gateway.cs_base_cli import CONFIG, OPERATOR, at, console
from gateway.progress import shown
from gateway.records.copies_out import is_another
from gateway.records.event import Event, EventKind, prepare
from gateway.records.jst import jst
from gateway.records.loads import ENDED, Load
from gateway.records.store import StoreReader, commit_once
from gateway.records.transaction import Transaction
from pki.keystore import load_secret
from protocols.header import new_id

LOOK_SECONDS = 0.5
"""Between two looks at a filling that goes on."""


@click.group()
def load() -> None:
    """Let the register fill the identity information file, the first time."""


@load.command("open")
@CONFIG
@OPERATOR
@click.option("--approved-by", required=True, help="Who else approves it.")
@click.option(
    "--persons",
    type=click.IntRange(1, 10_000_000),
    required=True,
    help="How many may be handed in, at most.",
)
def open_(path: Path, operator: str, approved_by: str, persons: int) -> None:
    """Open a filling; the running station takes the city from the register then."""
    if not is_another(approved_by, operator):
        raise click.BadParameter("another person than the operator approves it")
    with at(path) as (config, now):
        asked = Load(new_id(now, os.urandom), now, operator, approved_by, persons)
        event = Event(
            kind=EventKind.OPERATOR,
            at=now,
            direction="local",
            operator=operator,
            detail=f"filling opened for {persons} persons, approved by {approved_by}",
        )

        def work(tx: Transaction) -> bool:
            opened = tx.begin_load(asked)
            if opened:
                tx.record(prepare(event))
            return opened

        key = load_secret(config.store.key)
        if not commit_once(config.store.path, key, work):
            raise click.ClickException(
                "another filling is open: see `sekisho cs load show`"
            )
    click.echo(asked.load_id.hex())


@load.command()
@CONFIG
@click.option("--follow", is_flag=True, help="Until the one that is open is over.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def show(path: Path, follow: bool, as_json: bool) -> None:
    """Every filling, and how far it is."""
    with at(path) as (config, _):
        key = load_secret(config.store.key)
        with StoreReader.open(config.store.path, key) as store:
            if follow:
                _follow(store)
            found = store.loads()
    if as_json:
        click.echo(json.dumps([_plain(one) for one in found]))
        return
    console().print(_table(found))


@load.command()
@CONFIG
@OPERATOR
def end(path: Path, operator: str) -> None:
    """End the filling that is open; whom it brought stays."""
    with at(path) as (config, now):
        key = load_secret(config.store.key)
        with StoreReader.open(config.store.path, key) as store:
            found = store.open_load()
        if found is None:
            raise click.ClickException("no filling is open")
        load_id, detail = found.load_id, f"filling ended after {found.taken} persons"
        event = Event(
            kind=EventKind.OPERATOR,
            at=now,
            direction="local",
            operator=operator,
            detail=detail,
        )

        def work(tx: Transaction) -> bool:
            ended = tx.close_load(load_id, ENDED)
            if ended:
                tx.record(prepare(event))
            return ended

        if not commit_once(config.store.path, key, work):
            raise click.ClickException("it ended by itself meanwhile")
    click.echo(f"{load_id.hex()}: {detail}")


def _follow(store: StoreReader) -> None:
    """Show how far the filling is until it is over, or none is open."""
    with shown(console()) as told:
        while (going := store.open_load()) is not None:
            told(going.taken, going.persons, _words(going))
            time.sleep(LOOK_SECONDS)
        over = store.loads()
        if over:
            told(over[0].taken, over[0].taken, f"filling {over[0].state}")


def _words(load: Load) -> str:
    """What is being done; the refused are told as soon as there are any."""
    return f"filling, {load.refused} refused" if load.refused else "filling"


def _table(found: list[Load]) -> Table:
    table = Table(
        "filling",
        "opened (JST)",
        "by",
        "approved by",
        "taken",
        "of",
        "refused",
        "state",
    )
    for one in found:
        table.add_row(
            one.load_id.hex(),
            jst(one.opened),
            one.operator,
            one.approved_by,
            f"{one.taken:,}",
            f"{one.persons:,}",
            f"{one.refused:,}",
            one.state,
        )
    return table


def _plain(load: Load) -> dict[str, Any]:
    return {
        "load_id": load.load_id.hex(),
        "opened": load.opened.isoformat(),
        "operator": load.operator,
        "approved_by": load.approved_by,
        "persons": load.persons,
        "taken": load.taken,
        "again": load.again,
        "refused": load.refused,
        "batches": load.batches,
        "state": load.state,
    }
