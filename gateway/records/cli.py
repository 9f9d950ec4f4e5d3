# SPDX-License-Identifier: Apache-2.0
"""`sekisho records …`: look at the record of one station, or of a whole network.

Reads only, while the daemons may run. `reconcile` asks whether requester, provider
and core tell the same; `verify` whether a store is as it was written. Both end with
status 1 if not.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.table import Table

from gateway import config as configs
from gateway.config import ConfigRefused
from gateway.records import tell
from gateway.records.accounts import (
    Account,
    core_accounts,
    provider_accounts,
    requester_accounts,
)
from gateway.records.errors import RecordsError
from gateway.records.event import EventKind, StoredEvent
from gateway.records.jst import from_jst
from gateway.records.reconcile import reconcile
from gateway.records.store import StoreReader
from pki.errors import PkiError
from pki.keystore import load_secret

F = TypeVar("F", bound=Callable[..., Any])

WIDE = 200
"""Columns of a table that is not shown on a terminal: nothing is cut off."""
CORE = "information_provision_network_system"
INTERMEDIATE = "intermediate_server"

Stores = list[tuple[str, StoreReader]]
"""Station (``organisation/role``) and its store."""


def _where(command: F) -> F:
    """The options that say whose records are meant."""
    file = click.Path(path_type=Path, dir_okay=False)
    folder = click.Path(path_type=Path, file_okay=False)
    options = [
        click.option(
            "--config", "files", type=file, multiple=True, help="A station's TOML file."
        ),
        click.option(
            "--network", type=folder, help="The folder of a network: all its stations."
        ),
        click.option("--json", "as_json", is_flag=True, help="Plain JSON."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@click.group()
def records() -> None:
    """Look at the record of what was sent, received and refused."""


@records.command("list")
@_where
@click.option("--limit", default=50, show_default=True, help="Newest events shown.")
def list_(
    files: tuple[Path, ...], network: Path | None, as_json: bool, limit: int
) -> None:
    """The newest events."""
    _show_events(files, network, as_json, {}, limit)


@records.command()
@_where
@click.option("--message-id", default="", help="Hex.")
@click.option("--processing-number", default="", help="Hex.")
@click.option("--peer", default="", help="ORGANISATION/ROLE.")
@click.option("--kind", type=click.Choice([k.value for k in EventKind]))
@click.option("--code", default="", help="A refusal's code, such as SK-C04.")
@click.option("--person-tag", default="", help="The tag as another record shows it.")
@click.option(
    "--person", is_flag=True, help="Asks for a linkage code; it is not echoed or kept."
)
@click.option("--since", type=click.DateTime(), help="From this moment on (JST).")
@click.option("--until", type=click.DateTime(), help="Before this moment (JST).")
@click.option("--limit", default=1000, show_default=True)
def search(
    files: tuple[Path, ...],
    network: Path | None,
    as_json: bool,
    kind: str | None,
    person: bool,
    since: datetime | None,
    until: datetime | None,
    limit: int,
    **ids: str,
) -> None:
    """Find events by what is known of them; refused ones included."""
    filters: dict[str, Any] = {
        **ids,
        "kind": None if kind is None else EventKind(kind),
        "since": None if since is None else from_jst(since),
        "until": None if until is None else from_jst(until),
    }
    code = click.prompt("linkage code", hide_input=True) if person else None
    _show_events(files, network, as_json, filters, limit, code)


@records.command()
@_where
@click.argument("record_id")
def show(
    files: tuple[Path, ...], network: Path | None, as_json: bool, record_id: str
) -> None:
    """One record in full: every check, and the digests of its evidence."""
    with _open(files, network) as opened:
        for station, store in opened:
            stored = store.event(_hex(record_id))
            if stored is not None:
                _print(
                    as_json,
                    tell.event_json(station, stored),
                    tell.event_in_full(station, stored),
                )
                return
    raise click.ClickException(f"{record_id}: no such record; see 'records list'")


@records.command("reconcile")
@_where
def reconcile_(files: tuple[Path, ...], network: Path | None, as_json: bool) -> None:
    """Do requester, provider and core agree on every processing number?"""
    with _open(files, network) as opened:
        parties = _accounts(opened)
        differences = reconcile(*parties)
    count = len({account.processing_number for party in parties for account in party})
    as_data = [tell.difference_json(one) for one in differences]
    _print(as_json, as_data, tell.difference_table(differences) if as_data else None)
    final = sum(one.final for one in differences)
    if not as_json:
        click.echo(
            f"{count} processing numbers, {final} differences, "
            f"{len(differences) - final} that may still settle"
        )
    if final:
        raise SystemExit(1)


@records.command()
@_where
def verify(files: tuple[Path, ...], network: Path | None, as_json: bool) -> None:
    """Is every record as it was written, and none gone?"""
    with _open(files, network) as opened:
        found = [(name, one) for name, store in opened for one in store.verify_events()]
    table = Table("station", "record", "what", box=None, pad_edge=False)
    for station, damage in found:
        table.add_row(station, str(damage.seq), damage.what)
    as_data = [tell.damage_json(*one) for one in found]
    _print(as_json, as_data, table if found else None)
    if not as_json:
        click.echo(f"{len(opened)} stores, {len(found)} damaged or missing")
    if found:
        raise SystemExit(1)


def stores(files: tuple[Path, ...], network: Path | None) -> Stores:
    """Open the stores of these stations for reading; the caller closes them."""
    paths = list(files)
    if network is not None:
        paths += configs.network_configs(network)
    if not paths:
        raise click.UsageError("say whose records: --config FILE or --network DIR")
    opened: Stores = []
    try:
        for path in paths:
            config = configs.load(path)
            key = load_secret(config.store.key)
            station = str(config.station.name)
            opened.append((station, StoreReader.open(config.store.path, key)))
    except BaseException:
        _close(opened)
        raise
    return opened


@contextmanager
def _open(files: tuple[Path, ...], network: Path | None) -> Iterator[Stores]:
    try:
        opened = stores(files, network)
        try:
            yield opened
        finally:
            _close(opened)
    except (ConfigRefused, PkiError, RecordsError) as error:
        raise click.ClickException(str(error)) from None


def _close(opened: Stores) -> None:
    for _, store in opened:
        store.close()


def _show_events(
    files: tuple[Path, ...],
    network: Path | None,
    as_json: bool,
    filters: dict[str, Any],
    limit: int,
    person: str | None = None,
) -> None:
    for name in ("message_id", "processing_number", "person_tag"):
        _hex(filters.get(name, ""))
    found: list[tuple[str, StoredEvent]] = []
    with _open(files, network) as opened:
        for station, store in opened:
            if person is not None:
                filters["person_tag"] = store.person_tag(person)
            events = store.events(**filters, limit=limit)
            found += [(station, stored) for stored in events]
    found.sort(key=lambda one: one[1].event.at)
    found = found[-limit:]
    as_data = [tell.event_json(*one) for one in found]
    _print(as_json, as_data, tell.event_table(found))


def _accounts(opened: Stores) -> tuple[list[Account], list[Account], list[Account]]:
    """Requesters', providers' and the core's accounts, by the stations' roles."""
    requesters: list[Account] = []
    providers: list[Account] = []
    core: list[Account] = []
    for station, store in opened:
        if station.endswith(f"/{INTERMEDIATE}"):
            events = store.all_events()
            requesters += requester_accounts(station, store.inquiries(), events)
            providers += provider_accounts(station, store.all_events())
        elif station.endswith(f"/{CORE}"):
            core += core_accounts(station, store.transactions(), store.all_events())
    return requesters, providers, core


def _print(as_json: bool, as_data: object, table: Table | None) -> None:
    if as_json:
        click.echo(json.dumps(as_data, ensure_ascii=False))
    elif table is not None:
        console = Console()
        if not console.is_terminal:
            console = Console(width=WIDE)
        console.print(table, highlight=False, markup=False)


def _hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise click.ClickException(f"{text}: is not hexadecimal") from None
