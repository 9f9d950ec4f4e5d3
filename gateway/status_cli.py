# SPDX-License-Identifier: Apache-2.0
"""`sekisho gateway status`: asks a running station how it stands.

Over its admin listener on this machine's loopback; nothing of the station's files but
the configuration is read, so no key is needed. Ends with status 1 if nobody answers,
and with 3 if something fails: a monitor need not read the text.
"""

import http.client
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gateway import config as configs
from gateway.config import Admin, ConfigRefused
from gateway.records.jst import jst

SECONDS = 10.0
LARGEST = 4 * 1024 * 1024
FAILING = 3
WIDE = 120
_COLOURS = {"ok": "green", "warning": "yellow", "failing": "red"}

Told = dict[str, Any]


@click.command()
@click.option(
    "--config",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The station's TOML file.",
)
@click.option("--json", "as_json", is_flag=True, help="Everything, as JSON.")
def status(path: Path, as_json: bool) -> None:
    """How a running station stands."""
    try:
        config = configs.load(path)
    except ConfigRefused as error:
        raise click.ClickException(str(error)) from None
    if config.admin is None:
        raise click.ClickException(
            f"{path}: admin.port: is missing, so nobody can be asked; "
            "add a table [admin] with a port, and restart the station"
        )
    told = _ask(config.admin, path)
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False, indent=1))
    else:
        _show(told)
    if not told["ready"]:
        raise SystemExit(FAILING)


def _ask(admin: Admin, path: Path) -> Told:
    line = http.client.HTTPConnection(admin.host, admin.port, timeout=SECONDS)
    try:
        line.request("GET", "/status")
        with line.getresponse() as answer:
            told = json.loads(answer.read(LARGEST))
        if answer.status == 200 and isinstance(told, dict) and "checks" in told:
            return told
    except (OSError, http.client.HTTPException, ValueError):
        pass
    finally:
        line.close()
    raise click.ClickException(
        f"{path}: no station answers at {admin.host} port {admin.port}: is it running? "
        "See 'systemctl status' and its log"
    )


def _show(told: Told) -> None:
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDE)
    word = "[green]ready[/]" if told["ready"] else "[red]not ready[/]"
    since = _time(told["since"])
    console.print(
        f"{told['station']}: {word}; version {told['version']}, since {since}",
        highlight=False,
    )
    for table in (_checks(told), _listeners(told), _certificates(told), _peers(told)):
        if table.row_count:
            console.print(table)
    console.print(_waiting(told), markup=False, highlight=False)
    if told["log"] is not None:
        console.print(log_lines(told["log"]), markup=False, highlight=False)
    console.print(_patches(told["patches"]), markup=False, highlight=False)


def _checks(told: Told) -> Table:
    table = Table("check", "", "what was found")
    for one in told["checks"]:
        state = Text(one["state"], style=_COLOURS.get(one["state"], ""))
        table.add_row(one["name"], state, Text(one["said"]))
    return table


def _listeners(told: Told) -> Table:
    table = Table("listener", "address", "open", "limit", "turned away")
    for one in told["listeners"]:
        numbers = (one["connections"], one["limit"], one["turned_away"])
        address = f"{one['host']} port {one['port']}"
        table.add_row(one["name"], address, *map(str, numbers))
    return table


def _certificates(told: Told) -> Table:
    table = Table("certificate", "ends (JST)", "days left")
    for one in sorted(told["certificates"], key=lambda one: float(one["days_left"])):
        table.add_row(one["name"], _time(one["ends"]), f"{one['days_left']:.1f}")
    return table


def _peers(told: Told) -> Table:
    table = Table("peer", "waiting", "last sent (JST)", "last received (JST)")
    for one in told["peers"]:
        table.add_row(
            one["name"],
            str(one["waiting"]),
            _time(one["last_sent"]),
            _time(one["last_received"]),
        )
    return table


def _waiting(told: Told) -> str:
    store = told["store"]
    size = "" if store["bytes"] is None else f", {store['bytes'] // 1024} KB"
    return (
        f"store {store['path']}: {store['commits']} commits{size}\n"
        f"outbox: {told['outbox_waiting']} waiting{_since(told['outbox_oldest'])}; "
        f"holds: {told['holds_waiting']} waiting{_since(told['holds_oldest'])}"
    )


def log_lines(log: Told) -> str:
    """The record's log, and who vouched for it when."""
    lines = [f"log: {log['entries']} entries, signed {_time(log['signed']) or '-'}"]
    by = ", ".join(f"{one['name']} ({one['entries']})" for one in log["witnesses"])
    if log["cosigned"]:
        at = _time(log["cosigned"])
        lines.append(f"co-signed: {log['cosigned_entries']} entries, {at}; by {by}")
    if log["stamped"]:
        at = _time(log["stamped"])
        lines.append(f"time-stamped: {log['stamped_entries']} entries, {at}")
    return "\n".join(lines)


def _patches(told: Told) -> str:
    """What is needed, and who looked last; each version is in the JSON."""
    by = "nobody confirmed the versions"
    if told["confirmed"]:
        by = f"confirmed by {told['operator']}, {_time(told['confirmed'])}"
        if not told["is_confirmed"]:
            by += " (other versions, or another list)"
    lines = [f"patches: {len(told['open'])} needed; {by}"]
    for one in told["open"]:
        late = "OVERDUE" if one["overdue"] else f"by {one['due'] or '-'}"
        lines.append(
            f"  {one['component']} {one['version']} needs {one['below']} "
            f"({one['severity']}, {one['id']}): {late}"
        )
    return "\n".join(lines)


def _since(text: str | None) -> str:
    return "" if text is None else f", the oldest since {_time(text)}"


def _time(text: str | None) -> str:
    return "" if text is None else jst(datetime.fromisoformat(text))
