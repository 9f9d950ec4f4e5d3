# SPDX-License-Identifier: Apache-2.0
"""`sekisho gateway patches …`: which versions are in use, and who looked at them.

`show` tells of the program that lies on the disk, held against the operator's list;
what a running station has loaded is told by `sekisho gateway status`. `confirm` keeps,
with the record, that a named person looked at exactly this.
"""

from datetime import date, datetime
from pathlib import Path

import click
from rich.table import Table

from gateway import config as configs
from gateway import patches
from gateway.config import Config
from gateway.operator_cli import operator, reason
from gateway.patches import Advisories
from gateway.records.event import Event, EventKind, prepare
from gateway.records.jst import jst
from gateway.records.patches import Confirmation
from gateway.records.shared_cli import FILE, show, told
from gateway.records.store import StoreReader, commit_once
from gateway.records.transaction import Transaction
from gateway.rules.calendar import JST
from gateway.rules.patches import Open
from gateway.services.clock import clock_of
from pki.keystore import load_secret

OVERDUE = 3
"""The status that `show` ends with where a patch is overdue, as for a monitor."""
CONFIG = click.option(
    "--config", "path", type=FILE, required=True, help="The station's TOML file."
)


@click.group("patches")
def patches_group() -> None:
    """Look at the versions in use, and confirm that somebody did."""


@patches_group.command("show")
@CONFIG
@click.option("--json", "as_json", is_flag=True, help="Plain JSON.")
def show_(path: Path, as_json: bool) -> None:
    """Every component with its version and what it needs; status 3 if overdue."""
    with told():
        config = configs.load(path)
        listed = patches.read(config.patches.advisories)
        key = load_secret(config.store.key)
        with StoreReader.open(config.store.path, key) as store:
            made = store.patches_confirmed()
        now = clock_of(config)()
    found = patches.open_ones(listed, config.patches)
    today = now.astimezone(JST).date()
    show(as_json, _plain(found, listed, made), _table(found, today))
    if not as_json:
        click.echo(_about_list(config, listed))
        click.echo(_about_confirmation(made, listed))
    if any(one.is_overdue(today) for one in found):
        raise SystemExit(OVERDUE)


@patches_group.command()
@CONFIG
@operator("The name of the person who looked.")
@reason()
def confirm(path: Path, operator: str, reason: str) -> None:
    """Keep that a person looked at these versions, held against this list."""
    with told():
        config = configs.load(path)
        listed = patches.read(config.patches.advisories)
        found = patches.open_ones(listed, config.patches)
        now = clock_of(config)()
        made = Confirmation(
            now, operator, reason, listed.digest, dict(patches.versions())
        )
        record = prepare(_event(made, found))

        def work(tx: Transaction) -> None:
            tx.confirm_patches(made)
            tx.record(record)

        commit_once(config.store.path, load_secret(config.store.key), work)
    click.echo(f"confirmed by {operator}; {len(found)} advisories are not met")


def _event(made: Confirmation, found: list[Open]) -> Event:
    names = ", ".join(one.advisory.id for one in found) or "none"
    return Event(
        kind=EventKind.OPERATOR,
        at=made.at,
        direction="local",
        operator=made.operator,
        detail=f"patches confirmed: not met: {names}; {made.reason}",
    )


def _table(found: list[Open], today: date) -> Table:
    table = Table("component", "version", "needs", "by", box=None, pad_edge=False)
    for name, version in patches.versions().items():
        needs = [one for one in found if one.advisory.package == name]
        table.add_row(
            name,
            version,
            "; ".join(_needed(one) for one in needs),
            "; ".join(_by(one, today) for one in needs),
        )
    return table


def _needed(one: Open) -> str:
    advisory = one.advisory
    return f"{advisory.below} ({advisory.severity}, {advisory.id})"


def _by(one: Open, today: date) -> str:
    if one.due is None:
        return "-"
    return f"{one.due}{' OVERDUE' if one.is_overdue(today) else ''}"


def _about_list(config: Config, listed: Advisories) -> str:
    if config.patches.advisories is None:
        return "no list of advisories: patches.advisories names none"
    number = len(listed.advisories)
    return f"list of advisories: {number}, SHA-256 {listed.digest.hex()}"


def _about_confirmation(made: Confirmation | None, listed: Advisories) -> str:
    if made is None:
        return "nobody ever confirmed these versions"
    same = (made.list_digest, made.versions) == (
        listed.digest,
        dict(patches.versions()),
    )
    word = "these versions and this list" if same else "other versions or another list"
    return f"{made.operator} confirmed {word}, {jst(made.at)} JST"


def _plain(
    found: list[Open], listed: Advisories, made: Confirmation | None
) -> dict[str, object]:
    return {
        "versions": dict(patches.versions()),
        "list": listed.digest.hex(),
        "open": [
            {
                "id": one.advisory.id,
                "component": one.advisory.package,
                "version": one.version,
                "below": one.advisory.below,
                "severity": str(one.advisory.severity),
                "due": None if one.due is None else str(one.due),
            }
            for one in found
        ],
        "confirmed": None if made is None else _confirmed(made),
    }


def _confirmed(made: Confirmation) -> dict[str, object]:
    at: datetime = made.at
    return {
        "at": at.isoformat(),
        "operator": made.operator,
        "reason": made.reason,
        "list": made.list_digest.hex(),
        "versions": dict(made.versions),
    }
