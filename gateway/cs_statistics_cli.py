# SPDX-License-Identifier: Apache-2.0
"""`sekisho cs statistics`: what a municipal CS did, as counts and no more (R-206)."""

from pathlib import Path

import click

from gateway.cs_base_cli import CONFIG, at
from gateway.records import statistics as counts
from gateway.records.statistics_cli import MONTH, give
from pki.keystore import load_secret


@click.command()
@CONFIG
@MONTH
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def statistics(path: Path, month: str | None, as_json: bool) -> None:
    """Numbers of updates, searches, confirmations and check batches, by month."""
    with at(path) as (config, _):
        store = config.store
        totals = counts.identity(store.path, load_secret(store.key))
    name = str(config.station.name)
    give([(name, total) for total in totals], as_json, month, items=False)
