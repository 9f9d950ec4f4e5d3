# SPDX-License-Identifier: Apache-2.0
"""`sekisho outbox …`: what a station owes, and what a person decides about it.

A command never sends or settles anything itself. It writes the decision into the
station's store, with the record of who decided and why; the running daemon, which looks
twice a second, tries the message or settles it. No command shows what a message says or
whom it is about.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from gateway import config as configs
from gateway.operator_cli import operator, reason
from gateway.records.event import Event, EventKind, Prepared, prepare
from gateway.records.jst import jst
from gateway.records.outbox_acts import GivenUp, Owed
from gateway.records.rows import WAITING
from gateway.records.shared_cli import FILE, hexadecimal, show, told
from gateway.records.store import StoreReader, commit_once
from gateway.records.transaction import Transaction
from gateway.services.clock import clock_of
from pki.keystore import load_secret
from protocols.refusals import refusal

CONFIG = click.option(
    "--config", "path", type=FILE, required=True, help="The station's TOML file."
)
JSON = click.option("--json", "as_json", is_flag=True, help="Plain JSON.")
OPERATOR = operator("The name of the person who decides.")
REASON = reason()
IDS = click.argument("message_ids", nargs=-1, required=True)


@click.group()
def outbox() -> None:
    """Look at what this station owes to its peers, and decide about it."""


@outbox.command("list")
@CONFIG
@click.option("--peer", default="", help="ORGANISATION/ROLE.")
@click.option("--all", "every", is_flag=True, help="Also what was settled lately.")
@click.option("--after", default=0, help="Go on behind this turn.")
@click.option("--limit", default=200, show_default=True, type=click.IntRange(1, 10_000))
@JSON
def list_(
    path: Path, peer: str, every: bool, after: int, limit: int, as_json: bool
) -> None:
    """The messages that wait for a peer, the oldest first."""
    with told(), _store(path) as store:
        found = store.owed(peer=peer, settled=every, after=after, limit=limit)
    table = Table(
        "message", "to", "type", "owed since (JST)", "until (JST)", "tries",
        "next (JST)", "last", "state", box=None, pad_edge=False,
    )  # fmt: skip
    for one in found:
        table.add_row(
            one.message_id.hex(),
            one.peer,
            one.message_type,
            jst(one.created),
            jst(one.deadline),
            str(one.attempts),
            jst(one.next_at) if one.state == WAITING else "",
            one.last_code,
            _state(one),
        )
    show(as_json, [_public(one) for one in found], table if found else None)
    if not found and not as_json:
        click.echo("nothing waits" if not every else "nothing is kept")
    if len(found) == limit and not as_json:
        click.echo(f"there may be more: --after {found[-1].turn}")


@outbox.command("show")
@CONFIG
@click.argument("message_id")
@JSON
def show_one(path: Path, message_id: str, as_json: bool) -> None:
    """Everything about one message but what it says and whom it is about."""
    with told(), _store(path) as store:
        one = _owed(store, message_id)
        out = store.outgoing(one.message_id)
        turn = out is None or one.state != WAITING or store.is_its_turn(out)
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, value in _public(one).items():
        if value not in ("", None):
            table.add_row(name.replace("_", " "), str(value))
    if one.last_code:
        row = refusal(one.last_code)
        table.add_row("which means", row.en)
        table.add_row("as operator", row.operator)
    if not turn:
        table.add_row("it waits", "for an older message about the same person")
    show(as_json, {**_public(one), "its_turn": turn}, table)


@outbox.command()
@CONFIG
@IDS
@OPERATOR
@REASON
def retry(path: Path, message_ids: tuple[str, ...], operator: str, reason: str) -> None:
    """Try messages at once: the same bytes again, under the same id."""
    now = _now(path)
    _decide(
        path,
        message_ids,
        lambda one: _event(one, now, operator, f"outbox retry: {reason}"),
        lambda tx, one: tx.try_now(one.message_id, now),
    )
    click.echo(f"{len(message_ids)} due now, by {operator}; the station tries")


@outbox.command("give-up")
@CONFIG
@IDS
@OPERATOR
@REASON
def give_up(
    path: Path, message_ids: tuple[str, ...], operator: str, reason: str
) -> None:
    """Send messages no more, and tell whoever waits for them as if they had expired.

    What is on its way at this moment may still arrive; its receipt then stands.
    """
    now = _now(path)
    _decide(
        path,
        message_ids,
        lambda one: _event(one, now, operator, f"outbox give-up: {reason}"),
        lambda tx, one: tx.give_up(one.message_id, GivenUp(operator, reason, now)),
    )
    click.echo(f"{len(message_ids)} given up by {operator}; the station settles them")


def _decide(
    path: Path, message_ids: tuple[str, ...], event: Any, decision: Any
) -> None:
    """All of it or nothing: every message must still be owed."""
    with told():
        with _store(path) as store:
            chosen = [_owed(store, text) for text in dict.fromkeys(message_ids)]
        records: list[Prepared] = [prepare(event(one)) for one in chosen]

        def work(tx: Transaction) -> None:
            for one, record in zip(chosen, records, strict=True):
                if not decision(tx, one):
                    raise click.ClickException(
                        f"{one.message_id.hex()}: is settled or given up already; see "
                        "'sekisho outbox show'. Nothing was changed"
                    )
                tx.record(record)

        config = configs.load(path)
        commit_once(config.store.path, load_secret(config.store.key), work)


def _owed(store: StoreReader, text: str) -> Owed:
    found = store.owed_one(hexadecimal(text))
    if found is None:
        raise click.ClickException(
            f"{text}: no such message in the outbox; 'sekisho explain' tells of older"
        )
    return found


def _event(one: Owed, now: datetime, operator: str, detail: str) -> Event:
    number = one.processing_number
    return Event(
        kind=EventKind.OPERATOR,
        at=now,
        direction="local",
        peer=one.peer,
        message_type=one.message_type,
        message_id=one.message_id.hex(),
        header_digest=one.header_digest.hex(),
        processing_number="" if number is None else number.hex(),
        operator=operator,
        detail=detail,
    )


def _state(one: Owed) -> str:
    """A message that was given up still waits until the station settled it."""
    return "giving up" if one.given_up and one.state == WAITING else one.state


def _public(one: Owed) -> dict[str, object]:
    """A message without its content and without a person."""
    by = one.given_up
    return {
        "message_id": one.message_id.hex(),
        "turn": one.turn,
        "peer": one.peer,
        "message_type": one.message_type,
        "processing_number": ""
        if one.processing_number is None
        else one.processing_number.hex(),
        "handed_by": one.handed_by,
        "bytes": one.size,
        "created": one.created.isoformat(),
        "deadline": one.deadline.isoformat(),
        "attempts": one.attempts,
        "next_at": one.next_at.isoformat(),
        "last_code": one.last_code,
        "state": one.state,
        "given_up_by": None if by is None else by.operator,
        "given_up_at": None if by is None else by.at.isoformat(),
        "reason": None if by is None else by.reason,
    }


def _now(path: Path) -> datetime:
    """What time it is for the station."""
    with told():
        return clock_of(configs.load(path))()


@contextmanager
def _store(path: Path) -> Iterator[StoreReader]:
    config = configs.load(path)
    key = load_secret(config.store.key)
    with StoreReader.open(config.store.path, key) as store:
        yield store
