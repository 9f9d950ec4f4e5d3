# SPDX-License-Identifier: Apache-2.0
"""`sekisho records policy | stamps | believe-clock`: who vouches for a record.

`policy` writes whom to believe about a station's log in the form of C2SP tlog-policy,
and `stamps` lays out the time-stamps as `openssl ts` reads them, so that others can
check both without us. `believe-clock` is a person's word where a clock was wrong.
"""

from datetime import datetime
from pathlib import Path

import click
from rich.table import Table

from gateway.config import Config
from gateway.log_key import verifier_of, witness_verifiers
from gateway.operator_cli import operator as operator_option
from gateway.records import stamp_chain
from gateway.records.event import Event, EventKind, prepare
from gateway.records.jst import JST, jst
from gateway.records.shared_cli import FILE, FOLDER, Opened, opened_stores, show
from gateway.records.store import commit_once
from gateway.records.transaction import Transaction
from gateway.services.clock import clock_of
from gateway.services.witness import PREFIX
from gateway.station import load_directory
from pki.keystore import load_secret, replace
from protocols.directory import Directory
from protocols.tlog.policy import NONE

CONFIG = click.option(
    "--config", "file", type=FILE, required=True, help="The station's TOML."
)
GROUP = "witnesses"


@click.command()
@CONFIG
@click.option("--out", type=FILE, help="The file; otherwise it is printed.")
def policy(file: Path, out: Path | None) -> None:
    """Whom to believe about a station's log: its key, its witnesses, their quorum."""
    with opened_stores((file,), None) as (one,):
        now = clock_of(one.config)()
        text = policy_text(one, load_directory(one.config, now), now)
    if out is None:
        click.echo(text, nl=False)
        return
    replace(out, text.encode())
    click.echo(f"{out}: the policy of {one.station}")


@click.command()
@CONFIG
@click.option("--json", "as_json", is_flag=True, help="Plain JSON.")
@click.option("--out", type=FOLDER, help="Lay out what 'openssl ts -verify' reads.")
def stamps(file: Path, as_json: bool, out: Path | None) -> None:
    """The chain of time-stamps over a station's log."""
    with opened_stores((file,), None) as (one,):
        found = one.store.stamps()
    before = b""
    for stamp in found if out is not None else ():
        assert out is not None
        out.mkdir(parents=True, exist_ok=True)
        stem = out / f"{stamp.number:06}"
        covers = stamp_chain.covered(before, stamp.note)
        replace(stem.with_suffix(".data"), covers)
        replace(stem.with_suffix(".token"), stamp.token)
        before = stamp.token
    table = Table("stamp", "entries", "at (JST)", "co-signed", "authority ends")
    for stamp in found:
        word = "yes" if stamp.cosigned else "no"
        cells = (stamp.number, stamp.size, jst(stamp.at), word, jst(stamp.until))
        table.add_row(*map(str, cells))
    as_data = [
        {
            "number": stamp.number,
            "entries": stamp.size,
            "at": stamp.at.isoformat(),
            "cosigned": stamp.cosigned,
            "authority_ends": stamp.until.isoformat(),
        }
        for stamp in found
    ]
    show(as_json, as_data, table)


@click.command("believe-clock")
@CONFIG
@operator_option("The name of the person who says so; kept on record.")
@click.option(
    "--today",
    type=click.DateTime(["%Y-%m-%d"]),
    required=True,
    help="The date in Japan, as you know it and not as this machine says.",
)
def believe_clock(file: Path, operator: str, today: datetime) -> None:
    """Let a station go on whose clock was wrong before, and is right now."""
    with opened_stores((file,), None) as (one,):
        config, now = one.config, clock_of(one.config)()
        size, head = one.store.log_size(), one.store.log_head()
    if now.astimezone(JST).date() != today.date():
        said = (
            f"the clock says {now.astimezone(JST):%Y-%m-%d}: set it right, or the date"
        )
        raise click.ClickException(f"{said}; nothing was changed")
    if head is None or head.at <= now:
        click.echo("nothing was signed in this clock's future; nothing to decide")
        return
    _believe(config, size, now, operator)
    click.echo(f"{one.station} goes on by its clock; it is on record")


def _believe(config: Config, size: int, now: datetime, operator: str) -> None:
    event = Event(
        kind=EventKind.OPERATOR,
        at=now,
        direction="local",
        operator=operator,
        detail=f"the clock is right now; it was wrong up to entry {size} of the log",
    )
    record = prepare(event)

    def work(tx: Transaction) -> None:
        tx.believe_clock(size, now, operator)
        tx.record(record)

    commit_once(config.store.path, load_secret(config.store.key), work)


def policy_text(one: Opened, directory: Directory, now: datetime) -> str:
    """Whom to believe about a station's log, in the form of C2SP tlog-policy."""
    proof = one.config.proof
    key = verifier_of(one.config, one.store.log_generation())
    lines, names = [f"log {key.text}"], []
    for name in proof.names():
        endpoint = directory.peers[name].endpoint if name in directory.peers else None
        where = f" https://{endpoint.host}:{endpoint.port}{PREFIX}" if endpoint else ""
        for number, witness in enumerate(witness_verifiers(directory, name, now)):
            called = f"{name}#{number + 1}" if number else str(name)
            lines.append(f"witness {called} {witness.text}{where}")
            names.append(called)
    if names:
        lines.append(f"group {GROUP} {proof.quorum} {' '.join(names)}")
    lines.append(f"quorum {GROUP if names else NONE}")
    return "".join(f"{line}\n" for line in lines)


COMMANDS = (policy, stamps, believe_clock)
