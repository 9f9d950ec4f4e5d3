# SPDX-License-Identifier: Apache-2.0
"""`sekisho restore`: bring a station back from a backup, and see it open again.

The restored station starts closed. It asks every peer what it has on record since the
backup and opens by itself when all have answered. For a peer that cannot answer, a
named person decides, on record.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from gateway import config as configs
from gateway import restore as restores
from gateway.backup_cli import FAULTS, FILE, when_of
from gateway.config import Config
from gateway.default_cli import DefaultGroup
from gateway.operator_cli import operator, reason
from gateway.records.event import Event, EventKind, prepare
from gateway.records.months import Month
from gateway.records.restoring import DECIDED, SETTLED, PeerTold, Restore
from gateway.records.shared_cli import show
from gateway.records.store import StoreReader, commit_once
from gateway.records.transaction import Transaction
from gateway.services.clock import clock_of
from pki.keystore import load_secret

CONFIG = click.option(
    "--config", "path", type=FILE, required=True, help="The station's TOML file."
)
OPERATOR = operator("Who does it; kept with the record.")
REASON = reason()
MOMENT = click.DateTime(["%Y-%m-%dT%H:%M:%SZ"])


class _Restore(DefaultGroup):
    default = "from"


@click.group(cls=_Restore)
def restore() -> None:
    """Bring a station back from a backup: --config FILE BACKUP --operator NAME."""


@restore.command("from", hidden=True)
@CONFIG
@OPERATOR
@click.option("--aside", is_flag=True, help="Move a store that is there away first.")
@click.option(
    "--erased", multiple=True, help="A month that was erased since, such as 2026-11."
)
@click.argument("backup", type=FILE)
def from_(
    path: Path, operator: str, aside: bool, erased: tuple[str, ...], backup: Path
) -> None:
    """Put BACKUP in the place of the store of a station that is stopped."""
    try:
        config, months = configs.load(path), tuple(map(Month.read, erased))
        now, file = clock_of(config)(), backup.absolute()
        done = restores.restore(config, file, operator, now, aside=aside, erased=months)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--erased") from None
    except FAULTS as error:
        raise click.ClickException(str(error)) from None
    _tell_closed(config, done)


@restore.command()
@CONFIG
@OPERATOR
@click.option("--made", type=MOMENT, required=True, help="When that state was taken.")
def adopt(path: Path, operator: str, made: datetime) -> None:
    """Close a store that was put back by other means, such as a disk's snapshot."""
    try:
        config = configs.load(path)
        now = clock_of(config)()
        done = restores.adopt(config, made.replace(tzinfo=UTC), operator, now)
    except FAULTS as error:
        raise click.ClickException(str(error)) from None
    _tell_closed(config, done)


@restore.command()
@CONFIG
@click.option("--json", "as_json", is_flag=True, help="Plain JSON.")
def status(path: Path, as_json: bool) -> None:
    """Whom a closed station still waits for."""
    try:
        config = configs.load(path)
        with _store(config) as store:
            found, told = store.last_restore(), store.peers_told()
    except FAULTS as error:
        raise click.ClickException(str(error)) from None
    table = Table("peer", "state", "messages", "problem or decision", box=None)
    for one in told.values():
        said = f"{one.operator}: {one.reason}" if one.operator else one.problem
        table.add_row(one.peer, one.state, str(one.messages), said)
    show(as_json, _public(found, told), table if told else None)
    if not as_json:
        click.echo(_standing(found, told))


@restore.command()
@CONFIG
@OPERATOR
@REASON
@click.option(
    "--peer", "peers", multiple=True, help="ORGANISATION/ROLE, of one that is silent."
)
@click.option("--every-silent", is_flag=True, help="All that have not answered yet.")
def decide(
    path: Path, operator: str, reason: str, peers: tuple[str, ...], every_silent: bool
) -> None:
    """Open without what a peer has on record. What it knows is not reconciled."""
    if bool(peers) == every_silent:
        raise click.UsageError("say which peers: --peer, or --every-silent")
    try:
        config = configs.load(path)
        now = clock_of(config)()
        with _store(config) as store:
            chosen = _chosen(store, peers)
        for one in chosen:
            _decide(config, one, operator, reason, now)
            click.echo(f"{one.peer}: decided by {operator}")
    except FAULTS as error:
        raise click.ClickException(str(error)) from None


def _store(config: Config) -> StoreReader:
    return StoreReader.open(config.store.path, load_secret(config.store.key))


def _chosen(store: StoreReader, peers: tuple[str, ...]) -> list[PeerTold]:
    if store.closed_restore() is None:
        raise click.ClickException("the station is not closed by a restore")
    told = store.peers_told()
    waited = [one for one in told.values() if one.state not in SETTLED]
    if not peers:
        return waited
    silent = {one.peer: one for one in waited}
    for name in peers:
        if name not in silent:
            raise click.ClickException(
                f"{name}: is not waited for; see 'sekisho restore status'"
            )
    return [silent[name] for name in peers]


def _decide(
    config: Config, one: PeerTold, operator: str, reason: str, now: datetime
) -> None:
    record = prepare(
        Event(
            kind=EventKind.OPERATOR,
            at=now,
            direction="local",
            peer=one.peer,
            operator=operator,
            detail=f"restore: the station opens without this peer's word: {reason}",
        )
    )

    def work(tx: Transaction) -> None:
        known = tx.peer_told_now(one.peer) or one
        if known.state in SETTLED:
            return
        told = PeerTold(
            known.peer, DECIDED, known.place, known.messages, "", operator, reason
        )
        tx.put_peer_told(told, now)
        tx.record(record)

    commit_once(config.store.path, load_secret(config.store.key), work)


def _tell_closed(config: Config, done: Restore) -> None:
    click.echo(
        f"{config.station.name}: restored to {when_of(done.made)}, and closed until "
        f"its peers have told what they have on record since {when_of(done.since)}; "
        "start it now, then see 'sekisho restore status'"
    )


def _standing(found: Restore | None, told: dict[str, PeerTold]) -> str:
    if found is None:
        return "never restored from a backup"
    if found.opened is not None:
        return f"restored to {when_of(found.made)}, open since {when_of(found.opened)}"
    waited = sum(one.state not in SETTLED for one in told.values())
    if not told:
        return "closed; the station has not asked anybody yet: start it"
    return f"closed: {waited} of {len(told)} peers have not told everything"


def _public(found: Restore | None, told: dict[str, PeerTold]) -> dict[str, Any]:
    if found is None:
        return {"restored": None, "closed": False, "peers": []}
    return {
        "restored": when_of(found.at),
        "backup": when_of(found.made),
        "since": when_of(found.since),
        "closed": found.opened is None,
        "opened": found.opened and when_of(found.opened),
        "log": found.log,
        "size": found.size,
        "generation": found.generation,
        "peers": [
            {
                "peer": one.peer,
                "state": one.state,
                "messages": one.messages,
                "problem": one.problem,
                "operator": one.operator,
                "reason": one.reason,
            }
            for one in told.values()
        ],
    }
