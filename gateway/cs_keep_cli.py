# SPDX-License-Identifier: Apache-2.0
"""`sekisho cs kept` and `cs dispose`: what a municipal CS keeps, and what it lets go.

The running station erases what is past its time by itself, as long as its clock is
beyond doubt (`gateway.services.keeping`). Where it is not, a person says what day it is
and why what is past its time may go; both are on record with their name (R-214), in the
transaction that erases it.
"""

import json
from datetime import datetime
from functools import partial
from pathlib import Path

import click
from rich.table import Table

from gateway.cs_base_cli import CONFIG, OPERATOR, at, console
from gateway.records.event import Event, EventKind, prepare
from gateway.records.history import SWEEP, Past
from gateway.records.jst import JST, jst
from gateway.records.store import StoreReader, commit_once
from gateway.records.transaction import Transaction
from gateway.services.keeping import UPDATE, said
from pki.keystore import load_secret

LONGEST_REASON = 200
"""Characters of a reason."""


@click.command()
@CONFIG
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def kept(path: Path, as_json: bool) -> None:
    """How much is kept, how long, and what is past its time."""
    with at(path) as (config, now):
        key = load_secret(config.store.key)
        with StoreReader.open(config.store.path, key) as store:
            held, past, look = store.kept(), store.past(now), store.last_look()
            extracts = store.every_destinations()
    ends = [one.until for one in extracts]
    told: dict[str, int | bool | datetime | None] = {
        "residents": held.residents,
        "removed persons": held.removed,
        "earlier states": held.earlier,
        "the first ends": held.ends,
        "past their time": sum(past),
        "wait for a person": look is not None and look.doubted,
        "sending-destination extracts": len(extracts),
        "the first of them ends": min(ends) if ends else None,
    }
    if as_json:
        named = {name.replace(" ", "_"): value for name, value in told.items()}
        click.echo(json.dumps(named, default=datetime.isoformat))
        return
    table = Table("kept", "", show_header=False)
    for name, value in told.items():
        table.add_row(name, _word(value))
    console().print(table)


def _word(value: int | bool | datetime | None) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case datetime():
            return f"{jst(value)[:10]} (JST)"
    return f"{value:,}"


def _reason(_context: click.Context, _option: click.Parameter, text: str) -> str:
    if not text.strip() or len(text) > LONGEST_REASON or not text.isprintable():
        raise click.BadParameter(f"1 to {LONGEST_REASON} characters, in one line")
    return text


@click.command()
@CONFIG
@OPERATOR
@click.option(
    "--reason",
    required=True,
    callback=_reason,
    help="Why it goes now; no personal data. Kept on record.",
)
@click.option(
    "--today",
    type=click.DateTime(["%Y-%m-%d"]),
    required=True,
    help="The date in Japan, as you know it and not as this machine says.",
)
@click.option("--dry-run", is_flag=True, help="Only say how many would go.")
def dispose(
    path: Path, operator: str, reason: str, today: datetime, dry_run: bool
) -> None:
    """Erase what is past its 150 years, where the clock was in doubt."""
    with at(path) as (config, now):
        clock = now.astimezone(JST).date()
        if clock != today.date():
            raise click.ClickException(
                f"the clock says {clock}: set it right, or the date; nothing is erased"
            )
        key = load_secret(config.store.key)
        with StoreReader.open(config.store.path, key) as store:
            past = store.past(now)
        if dry_run:
            click.echo(f"would erase {_counts(past)}")
            return
        gone, store_path = Past(0, 0), config.store.path
        while True:
            work = partial(_step, now=now, operator=operator, reason=reason)
            step = commit_once(store_path, key, work)
            gone = Past(gone.earlier + step.earlier, gone.removed + step.removed)
            if max(step) < SWEEP:
                break
    click.echo(f"erased {_counts(gone)}")


def _step(tx: Transaction, now: datetime, operator: str, reason: str) -> Past:
    """A bounded number of rows, and who let them go."""
    tx.note_look(now, doubted=False)
    gone = tx.erase_past(now, SWEEP)
    event = Event(
        kind=EventKind.ERASED,
        at=now,
        direction="local",
        message_type=UPDATE,
        operator=operator,
        detail=f"{said(gone)}: {reason}",
    )
    tx.record(prepare(event))
    return gone


def _counts(past: Past) -> str:
    return f"{past.earlier} earlier states, {past.removed} removed persons"
