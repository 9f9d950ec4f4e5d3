# SPDX-License-Identifier: Apache-2.0
"""`sekisho records …`: look at the record of one station, or of a whole network.

Reads only, while the daemons may run. `reconcile` asks whether requester, provider
and core tell the same, and ends with status 1 if not. What others can check by
themselves is in `proofs_cli`.
"""

from pathlib import Path

import click

from gateway.records import (
    bundle_cli,
    disclose_cli,
    erase_cli,
    export_cli,
    move_cli,
    proofs_cli,
    review_cli,
    search_cli,
    statistics_cli,
    tell,
    vouched_cli,
)
from gateway.records.accounts import (
    Account,
    core_accounts,
    provider_accounts,
    requester_accounts,
)
from gateway.records.event import StoredEvent
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


for one in (
    *proofs_cli.COMMANDS,
    *vouched_cli.COMMANDS,
    *statistics_cli.COMMANDS,
    *erase_cli.COMMANDS,
    search_cli.search,
    export_cli.export,
    move_cli.migrate_,
    bundle_cli.bundle,
    disclose_cli.disclose,
    *review_cli.COMMANDS,
):
    records.add_command(one)


@records.command("list")
@where
@click.option("--limit", default=50, show_default=True, help="Newest events shown.")
def list_(
    files: tuple[Path, ...], network: Path | None, as_json: bool, limit: int
) -> None:
    """The newest events."""
    found: list[tuple[str, StoredEvent]] = []
    with opened_stores(files, network) as opened:
        for station, store, _ in opened:
            found += [(station, stored) for stored in store.events(limit=limit)]
    found.sort(key=lambda one: one[1].event.at)
    found = found[-limit:]
    show(as_json, [tell.event_json(*one) for one in found], tell.event_table(found))


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
