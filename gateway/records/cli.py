# SPDX-License-Identifier: Apache-2.0
"""`sekisho records …`: look at the record of one station, or of a whole network.

Reads only, while the daemons may run. `reconcile` asks whether requester, provider
and core tell the same, and ends with status 1 if not. What others can check by
themselves is in `proofs_cli`.
"""

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from gateway.records import proofs_cli, statistics_cli, tell
from gateway.records.accounts import (
    Account,
    core_accounts,
    provider_accounts,
    requester_accounts,
)
from gateway.records.event import EventKind, StoredEvent
from gateway.records.jst import from_jst
from gateway.records.reconcile import reconcile
from gateway.records.shared_cli import (
    Stores,
    hexadecimal,
    opened_stores,
    show,
    where,
)

CORE = "information_provision_network_system"
INTERMEDIATE = "intermediate_server"


@click.group()
def records() -> None:
    """Look at the record of what was sent, received and refused."""


for one in (*proofs_cli.COMMANDS, *statistics_cli.COMMANDS):
    records.add_command(one)


@records.command("list")
@where
@click.option("--limit", default=50, show_default=True, help="Newest events shown.")
def list_(
    files: tuple[Path, ...], network: Path | None, as_json: bool, limit: int
) -> None:
    """The newest events."""
    _show_events(files, network, as_json, {}, limit)


@records.command()
@where
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


@records.command("show")
@where
@click.argument("record_id")
def show_one(
    files: tuple[Path, ...], network: Path | None, as_json: bool, record_id: str
) -> None:
    """One record in full: every check, and the digests of its evidence."""
    with opened_stores(files, network) as opened:
        for station, store, _ in opened:
            stored = store.event(hexadecimal(record_id))
            if stored is not None:
                show(
                    as_json,
                    tell.event_json(station, stored),
                    tell.event_in_full(station, stored),
                )
                return
    raise click.ClickException(f"{record_id}: no such record; see 'records list'")


@records.command("reconcile")
@where
def reconcile_(files: tuple[Path, ...], network: Path | None, as_json: bool) -> None:
    """Do requester, provider and core agree on every processing number?"""
    with opened_stores(files, network) as opened:
        parties = _accounts(opened)
        differences = reconcile(*parties)
    count = len({account.processing_number for party in parties for account in party})
    as_data = [tell.difference_json(one) for one in differences]
    show(as_json, as_data, tell.difference_table(differences) if as_data else None)
    final = sum(one.final for one in differences)
    if not as_json:
        click.echo(
            f"{count} processing numbers, {final} differences, "
            f"{len(differences) - final} that may still settle"
        )
    if final:
        raise SystemExit(1)


def _show_events(
    files: tuple[Path, ...],
    network: Path | None,
    as_json: bool,
    filters: dict[str, Any],
    limit: int,
    person: str | None = None,
) -> None:
    for name in ("message_id", "processing_number", "person_tag"):
        hexadecimal(filters.get(name, ""))
    found: list[tuple[str, StoredEvent]] = []
    with opened_stores(files, network) as opened:
        for station, store, _ in opened:
            if person is not None:
                filters["person_tag"] = store.person_tag(person)
            events = store.events(**filters, limit=limit)
            found += [(station, stored) for stored in events]
    found.sort(key=lambda one: one[1].event.at)
    found = found[-limit:]
    as_data = [tell.event_json(*one) for one in found]
    show(as_json, as_data, tell.event_table(found))


def _accounts(opened: Stores) -> tuple[list[Account], list[Account], list[Account]]:
    """Requesters', providers' and the core's accounts, by the stations' roles."""
    requesters: list[Account] = []
    providers: list[Account] = []
    core: list[Account] = []
    for station, store, _ in opened:
        if station.endswith(f"/{INTERMEDIATE}"):
            events = store.all_events()
            requesters += requester_accounts(station, store.inquiries(), events)
            providers += provider_accounts(station, store.all_events())
        elif station.endswith(f"/{CORE}"):
            core += core_accounts(station, store.transactions(), store.all_events())
    return requesters, providers, core
