# SPDX-License-Identifier: Apache-2.0
"""`sekisho holds …`: a named person looks at what would be sent, and decides.

The decision is written into the station's store with the name and the reason, bound
to the content that was shown; the running daemon carries it out. A command never
sends anything itself.
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from gateway import calendars
from gateway import config as configs
from gateway.operator_cli import operator
from gateway.records.event import EventKind
from gateway.records.jst import jst
from gateway.records.rows import Hold
from gateway.records.shared_cli import FILE, told
from gateway.records.store import StoreReader, commit_once
from gateway.records.transaction import Transaction
from gateway.services.clock import clock_of
from gateway.services.holds import hold_event
from pki.keystore import load_secret

Write = Callable[[Callable[[Transaction], Any]], Any]
"""One work, durable when it returns."""


CONFIG = click.option(
    "--config", "path", type=FILE, required=True, help="The provider's TOML file."
)
OPERATOR = operator("The name of the person who decides.")
REASON = click.option("--reason", required=True, help="Why; kept with the record.")


@click.group()
def holds() -> None:
    """Look at held answers, and release or refuse them."""


@holds.command("list")
@CONFIG
@click.option("--all", "every", is_flag=True, help="Also those that are over.")
@click.option("--json", "as_json", is_flag=True)
def list_holds(path: Path, every: bool, as_json: bool) -> None:
    """What is waiting for a person."""
    with _store(path) as (store, _):
        found = store.holds("" if every else "open")
        calendar = calendars.read(configs.load(path)).own
    if as_json:
        click.echo(json.dumps([_public(hold) for hold in found], ensure_ascii=False))
        return
    table = Table("hold", "since (JST)", "until (JST)", "requester", "item", "state")
    for hold in found:
        end = hold.release_by
        if calendar is not None:  # the last moment at which somebody is at work
            end = calendar.last_open(end) or end
        table.add_row(
            hold.hold_id,
            jst(hold.opened),
            jst(end),
            hold.requester,
            str(hold.item_no),
            hold.state,
        )
    Console().print(table if found else "nothing is held")


@holds.command()
@CONFIG
@click.argument("hold_id")
@OPERATOR
@click.option("--xml", is_flag=True, help="Only the exact bytes.")
def show(path: Path, hold_id: str, operator: str, xml: bool) -> None:
    """Show exactly what would be sent. Looking is recorded, too."""
    with _store(path) as (store, write):
        hold = _hold(store, hold_id)
        viewed = hold_event(
            EventKind.OPERATOR,
            hold,
            _now(path),
            operator=operator,
            detail="hold viewed",
        )
        record = store.prepared(viewed)
        write(lambda tx: tx.record(record))
    if xml:
        sys.stdout.buffer.write(hold.payload)
        return
    console = Console()
    for name, value in _public(hold).items():
        console.print(f"{name:18} {value}", highlight=False)
    console.print("\nwhat would be sent:")
    console.print(hold.payload.decode(), markup=False, highlight=False)


@holds.command()
@CONFIG
@click.argument("hold_id")
@OPERATOR
@REASON
@click.option(
    "--digest", help="Release only this content (payload_digest of 'holds show')."
)
def release(
    path: Path, hold_id: str, operator: str, reason: str, digest: str | None
) -> None:
    """Let exactly the content that was shown go to the requester."""
    _decide(path, hold_id, EventKind.RELEASED, operator, reason, digest)


@holds.command()
@CONFIG
@click.argument("hold_id")
@OPERATOR
@REASON
def refuse(path: Path, hold_id: str, operator: str, reason: str) -> None:
    """Do not provide; the requester is told what every lapse tells."""
    _decide(path, hold_id, EventKind.DECLINED, operator, reason, None)


def _decide(
    path: Path,
    hold_id: str,
    kind: EventKind,
    operator: str,
    reason: str,
    digest: str | None,
) -> None:
    code = "SK-H01" if kind is EventKind.DECLINED else ""
    with _store(path) as (store, write):
        now = _now(path)
        hold = _hold(store, hold_id)
        shown = hold.payload_digest if digest is None else _digest(digest)
        event = hold_event(kind, hold, now, code, operator, reason)
        record = store.prepared(event)
        decision = "released" if kind is EventKind.RELEASED else "refused"

        def work(tx: Transaction) -> bool:
            done = tx.decide_hold(hold_id, decision, operator, reason, shown, now)
            if done:
                tx.record(record)
            return done

        if not write(work):
            raise click.ClickException(
                f"{hold_id}: is decided or over, or its content is not the one shown; "
                "look at it again with 'sekisho holds show'"
            )
    verb = "released" if kind is EventKind.RELEASED else "refused"
    click.echo(f"{hold_id}: {verb} by {operator}; the station carries it out")


def _digest(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise click.BadParameter(
            "payload_digest is hexadecimal", param_hint="--digest"
        ) from None


def _hold(store: StoreReader, hold_id: str) -> Hold:
    hold = store.hold(hold_id)
    if hold is None:
        raise click.ClickException(f"{hold_id}: no such hold; see 'sekisho holds list'")
    return hold


def _public(hold: Hold) -> dict[str, object]:
    """What may be shown of a hold without showing the person."""
    return {
        "hold": hold.hold_id,
        "processing_number": hold.processing_number.hex(),
        "requester": hold.requester,
        "item_no": hold.item_no,
        "kinds": list(hold.kinds),
        "opened": hold.opened.isoformat(),
        "answer_by": hold.answer_by.isoformat(),
        "release_by": hold.release_by.isoformat(),
        "state": hold.state,
        "operator": hold.operator,
        "payload_digest": hold.payload_digest.hex(),
    }


def _now(path: Path) -> datetime:
    """What time it is for the station."""
    return clock_of(configs.load(path))()


@contextmanager
def _store(path: Path) -> Iterator[tuple[StoreReader, Write]]:
    """The station's store, to look at and to write one work at a time."""
    with told():
        config = configs.load(path)
        key = load_secret(config.store.key)
        with StoreReader.open(config.store.path, key) as reader:
            yield reader, lambda work: commit_once(config.store.path, key, work)
