# SPDX-License-Identifier: Apache-2.0
"""`sekisho cs …`: what an operator of a municipal CS asks its running station for.

A command writes what is wanted into the store, with the name of who wants it, and the
station carries it out; a command itself sends nothing.
"""

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from gateway.config import Config
from gateway.cs_base_cli import CONFIG, OPERATOR, at, console
from gateway.cs_keep_cli import dispose, kept
from gateway.cs_load_cli import load
from gateway.cs_statistics_cli import statistics
from gateway.progress import shown
from gateway.records.checks import Check, CheckResult
from gateway.records.event import Event, EventKind, prepare
from gateway.records.jst import jst
from gateway.records.store import StoreReader, commit_once
from gateway.records.transaction import Transaction
from pki.keystore import load_secret
from pki.names import StationName
from protocols.header import new_id
from schemas.systems import NATIONAL, PREFECTURE

LOOK_SECONDS = 0.5
"""Between two looks at a check that goes on."""
SERVERS = 2
"""The prefectural and the national one: a check has the result of both (R-081)."""


@click.group()
def cs() -> None:
    """Ask a municipal CS to fill its file, to check it, or what it keeps."""


cs.add_command(load)
cs.add_command(kept)
cs.add_command(dispose)
cs.add_command(statistics)


@cs.command()
@CONFIG
@OPERATOR
@click.option(
    "--wait", is_flag=True, help="Show how far it is, until both servers have told."
)
def check(path: Path, operator: str, wait: bool) -> None:
    """Send the whole identity information file to both servers, to be compared.

    The running station sends it in the background and goes on where it was cut; so
    does this command with --wait, when it is called again as 'cs checks --follow'.
    """
    with at(path) as (config, now):
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
        if wait:
            with StoreReader.open(config.store.path, key) as store:
                _follow(store, config)


@cs.command()
@CONFIG
@click.option(
    "--follow", is_flag=True, help="Until both servers have told of the newest one."
)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def checks(path: Path, follow: bool, as_json: bool) -> None:
    """Every check that was asked for, how far it is, and how many differences."""
    with at(path) as (config, _):
        key = load_secret(config.store.key)
        with StoreReader.open(config.store.path, key) as store:
            if follow:
                _follow(store, config)
            people = store.identity_count()
            found = [_run(store, config, one) for one in store.checks()]
    if as_json:
        click.echo(json.dumps([_plain(one, people) for one in found]))
        return
    console().print(_table(found, people))


@dataclass(frozen=True, slots=True)
class Run:
    """A check, and what the servers have told of it."""

    check: Check
    results: tuple[CheckResult, ...]

    @property
    def state(self) -> str:
        """`sending`, `waiting` for results, or `done`: a check is open until then."""
        if not self.check.done:
            return "sending"
        whole = sum(one.is_whole for one in self.results)
        return "done" if whole == SERVERS else "waiting"


def _run(store: StoreReader, config: Config, check: Check) -> Run:
    """Only what this city's own servers told is a result of it."""
    assert config.prefecture is not None  # a CS does not start without
    near = str(StationName(config.prefecture, PREFECTURE))
    told = store.check_results(check.check_id)
    ours = [r for r in told if r.server == near or r.server.endswith(f"/{NATIONAL}")]
    return Run(check, tuple(ours))


def _follow(store: StoreReader, config: Config) -> None:
    """Show how far the newest check is, until it is over; nothing if there is none."""
    with shown(console()) as told:
        while found := store.checks()[:1]:
            run = _run(store, config, found[0])
            whole = [one for one in run.results if one.is_whole]
            if run.state == "sending":
                told(run.check.persons, store.identity_count(), "sent")
            else:
                told(len(whole), SERVERS, "servers have told their result")
            if run.state == "done":
                break
            time.sleep(LOOK_SECONDS)


def _table(found: list[Run], people: int) -> Table:
    table = Table(
        *("check", "asked for (JST)", "by", "sent", "of", "batches", "state"),
        "differences",
    )
    for one in found:
        check = one.check
        table.add_row(
            check.check_id.hex(),
            jst(check.requested),
            check.operator,
            f"{check.persons:,}",
            f"{check.persons if check.done else people:,}",
            str(check.batches),
            one.state,
            "\n".join(f"{r.server}: {r.differences:,}" for r in one.results),
        )
    return table


def _plain(run: Run, people: int) -> dict[str, Any]:
    check = run.check
    return {
        "check_id": check.check_id.hex(),
        "requested": check.requested.isoformat(),
        "operator": check.operator,
        "persons": check.persons,
        "of": check.persons if check.done else people,
        "batches": check.batches,
        "done": run.state == "done",
        "state": run.state,
        "results": [
            {
                "server": one.server,
                "whole": one.is_whole,
                "compared": one.compared,
                "equal": one.equal,
                "differences": one.differences,
            }
            for one in run.results
        ],
    }
