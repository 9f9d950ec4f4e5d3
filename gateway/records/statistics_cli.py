# SPDX-License-Identifier: Apache-2.0
"""`sekisho records statistics`: the business totals of intermediate servers (R-150).

`sekisho cs statistics` shows the counts of a municipal CS in the same way.
"""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import click
from rich.table import Table

from gateway.records import statistics as counts
from gateway.records.shared_cli import opened_stores, show, where
from gateway.records.statistics import NAMES, Total
from pki.keystore import load_secret
from schemas.systems import INTERMEDIATE

Told = list[tuple[str, Total]]
"""Totals, each with the station that they are of."""

MONTH = click.option(
    "--month",
    type=click.DateTime(["%Y-%m"]),
    callback=lambda _context, _option, value: value and f"{value:%Y-%m}",
    help="This calendar month (in Japan) only, such as 2030-01.",
)


@click.command()
@where
@MONTH
@click.option("--items", is_flag=True, help="Each item of the matching list apart.")
def statistics(
    files: tuple[Path, ...],
    network: Path | None,
    as_json: bool,
    month: str | None,
    items: bool,
) -> None:
    """Totals of inquiries, provisions, refusals and holds, by month and item."""
    found: Told = []
    with opened_stores(files, network) as opened:
        ours = [one for one in opened if one.config.station.role == INTERMEDIATE]
        if not ours:
            raise click.ClickException(
                "none of these stations is an intermediate server"
            )
        for one in ours:
            store = one.config.store
            totals = counts.linkage(store.path, load_secret(store.key))
            found += [(one.station, total) for total in totals]
    give(found, as_json, month, items)


COMMANDS = (statistics,)


def give(found: Told, as_json: bool, month: str | None, items: bool) -> None:
    """Print totals, of all months or of one; without ``items`` all items as one."""
    kept = [one for one in found if month in (None, one[1].month)]
    told = kept if items else _summed(kept)
    as_data = [
        {
            "station": station,
            "month": total.month,
            **({"item_no": total.item_no} if items else {}),
            "what": total.name,
            "count": total.times,
        }
        for station, total in told
    ]
    show(as_json, as_data, _table(told, items))


def _summed(found: Told) -> Told:
    sums: Counter[tuple[str, str, str]] = Counter()
    for station, total in found:
        sums[station, total.month, total.name] += total.times
    told = [
        (station, Total(month, None, name, count))
        for (station, month, name), count in sums.items()
    ]
    return sorted(
        told, key=lambda one: (one[0], one[1].month, NAMES.index(one[1].name))
    )


def _table(told: Iterable[tuple[str, Total]], items: bool) -> Table:
    heads = ("station", "month", *(("item",) if items else ()), "what", "count")
    table = Table(*heads, box=None, pad_edge=False)
    table.columns[-1].justify = "right"
    for station, total in told:
        item = "-" if total.item_no is None else str(total.item_no)
        middle = (item,) if items else ()
        table.add_row(station, total.month, *middle, total.name, f"{total.times:,}")
    return table
