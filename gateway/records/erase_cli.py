# SPDX-License-Identifier: Apache-2.0
"""`sekisho records erase` and `records legal-hold`: what goes, and what may not.

The station erases by itself what is past its seven years (`gateway.services.eraser`);
`erase` does the same at once, or only says what would go (`--dry-run`). A legal hold is
set and ended by a named person with a reason, both on record.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import click
from rich.table import Table

from gateway.operator_cli import operator, reason
from gateway.records import erasing
from gateway.records.erasures import Erasure
from gateway.records.event import prepare
from gateway.records.jst import jst
from gateway.records.legal_holds import hold_event
from gateway.records.months import Month
from gateway.records.shared_cli import FILE, Opened, opened_stores, show
from gateway.records.stamp_chain import faults, roots_of
from gateway.records.store import commit_once
from gateway.records.transaction import Transaction
from gateway.services.clock import clock_of
from pki.keystore import load_secret

T = TypeVar("T")

CONFIG = click.option(
    "--config", "file", type=FILE, required=True, help="The station's TOML."
)


class _Written(click.ParamType[Month]):
    """A month, such as 2026-11."""

    name = "month"

    def convert(
        self,
        value: str | Month,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Month:
        """The month; fails with what is wanted."""
        try:
            return value if isinstance(value, Month) else Month.read(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.command()
@CONFIG
@click.option("--dry-run", is_flag=True, help="Only tell what would go, and why not.")
@click.option("--operator", "who", default="", help="Who erases; kept with the record.")
@click.option("--json", "as_json", is_flag=True, help="For a program.")
def erase(file: Path, dry_run: bool, who: str, as_json: bool) -> None:
    """Erase the months of the record that are past their seven years."""
    if not dry_run and not who.strip():
        raise click.UsageError("whoever erases has a name: --operator, or --dry-run")
    with _station(file) as (one, now):
        store = one.store
        found = [(m, erasing.why_not(store, m, now)) for m in store.recorded_months()]
        counts = {month: len(store.numbers_of(month)) for month, _ in found}
        if not dry_run:
            for erasure in store.unfinished_erasures():
                _end(one, erasure)
            _must_be_stamped(one, now)
            for month in [month for month, said in found if not said]:
                _erase(one, month, now, who)
    table = Table("month", "records", "", box=None, pad_edge=False)
    verb = "would be erased" if dry_run else "erased"
    for month, said in found:
        table.add_row(str(month), str(counts[month]), said or verb)
    data = [
        {"month": str(month), "records": counts[month], "kept_because": said}
        for month, said in found
    ]
    show(as_json, data, table if found else None)


@click.group("legal-hold")
def legal_hold() -> None:
    """Keep months of the record beyond their seven years."""


@legal_hold.command("add")
@CONFIG
@click.option(
    "--from", "first", type=_Written(), required=True, help="Such as 2026-11."
)
@click.option("--until", "last", type=_Written(), help="Included; without: that month.")
@operator("Who holds them.")
@reason()
def add(
    file: Path, first: Month, last: Month | None, operator: str, reason: str
) -> None:
    """Erase nothing of those months until the hold is ended."""
    last = last or first
    if last < first:
        raise click.UsageError("--until is before --from")
    with _station(file) as (one, now):
        event = hold_event("set", (first, last), operator, reason, now)
        record = prepare(event)

        def work(tx: Transaction) -> int:
            tx.record(record)
            return tx.put_legal_hold(first, last, operator, reason, now)

        number = _commit(one, work)
        gone = [e.extent.month for e in one.store.erasures()]
    click.echo(f"legal hold {number}: {first} to {last}")
    for month in gone:
        if first <= month <= last:
            click.echo(f"{month} was erased before")


@legal_hold.command("list")
@CONFIG
@click.option("--json", "as_json", is_flag=True, help="For a program.")
def list_(file: Path, as_json: bool) -> None:
    """Every hold, the ended ones too."""
    with _station(file) as (one, _):
        holds = one.store.legal_holds()
    table = Table(
        "", "months", "set", "by", "reason", "ended", box=None, pad_edge=False
    )
    for hold in holds:
        ended = "" if hold.ended is None else f"{jst(hold.ended)} {hold.ended_by}"
        months = f"{hold.first} to {hold.last}"
        table.add_row(
            str(hold.number), months, jst(hold.at), hold.operator, hold.reason, ended
        )
    data = [
        {
            "number": hold.number,
            "first": str(hold.first),
            "last": str(hold.last),
            "operator": hold.operator,
            "reason": hold.reason,
            "set": jst(hold.at),
            "ended": None if hold.ended is None else jst(hold.ended),
            "ended_by": hold.ended_by,
            "ended_reason": hold.ended_reason,
        }
        for hold in holds
    ]
    show(as_json, data, table if holds else None)


@legal_hold.command("end")
@CONFIG
@click.argument("number", type=int)
@operator("Who ends it.")
@reason()
def end(file: Path, number: int, operator: str, reason: str) -> None:
    """Let those months go when their time is over."""
    with _station(file) as (one, now):
        held = [h for h in one.store.legal_holds() if h.number == number]
        if not held or held[0].ended is not None:
            raise click.ClickException(f"{number}: no such hold; see 'legal-hold list'")
        months = (held[0].first, held[0].last)
        record = prepare(hold_event("ended", months, operator, reason, now))

        def work(tx: Transaction) -> bool:
            done = tx.end_legal_hold(number, operator, reason, now)
            if done:
                tx.record(record)
            return done

        if not _commit(one, work):
            raise click.ClickException(f"{number}: somebody else has just ended it")
    click.echo(f"legal hold {number} ended")


COMMANDS = (erase, legal_hold)


@contextmanager
def _station(file: Path) -> Iterator[tuple[Opened, datetime]]:
    with opened_stores((file,), None) as (one,):
        yield one, clock_of(one.config)()


def _commit(one: Opened, work: Callable[[Transaction], T]) -> T:
    store = one.config.store
    return commit_once(store.path, load_secret(store.key), work)


def _must_be_stamped(one: Opened, now: datetime) -> None:
    proof = one.config.proof
    roots = roots_of(proof.authority_root)
    for stamp, said in faults(one.store.stamps(), roots, proof.authority_policy, now):
        raise click.ClickException(
            f"nothing is erased: time-stamp {stamp.number}: {said}"
        )


def _erase(one: Opened, month: Month, now: datetime, who: str) -> None:
    _commit(one, erasing.begin(one.store, month, now, who))
    for erasure in one.store.unfinished_erasures():
        _end(one, erasure)


def _end(one: Opened, erasure: Erasure) -> None:
    for step in erasing.steps(erasure):
        _commit(one, step)
    _commit(one, erasing.destroy(one.store, one.config.store.path, erasure))
