# SPDX-License-Identifier: Apache-2.0
"""`sekisho records export`: events as CSV or JSON Lines; who took them is on record."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from gateway.operator_cli import operator as operator_option
from gateway.records.event import Event, EventKind, StoredEvent, prepare
from gateway.records.export import csv_lines, json_lines
from gateway.records.search_cli import asked_of, asked_person, asking, told_of
from gateway.records.shared_cli import FILE, Opened, opened_stores, told
from gateway.records.store import commit_once
from gateway.records.written import new_file, write_lines
from gateway.services.clock import clock_of
from pki.keystore import load_secret

CONFIG = click.option(
    "--config", "path", type=FILE, required=True, help="The station's TOML file."
)
OPERATOR = operator_option("The name of the person who takes it out.")
OUT = click.option("--out", type=FILE, required=True, help="A new file, mode 0600.")


class Counted:
    """Events on their way into a file, and how many they were."""

    def __init__(self, station: str, events: Iterable[StoredEvent]) -> None:
        self._station = station
        self._events = events
        self.count = 0

    def __iter__(self) -> Iterator[tuple[str, StoredEvent]]:
        for stored in self._events:
            self.count += 1
            yield self._station, stored


def note_act(one: Opened, operator: str, detail: str, person_tag: str = "") -> None:
    """Record that a person took something out of the record."""
    event = Event(
        kind=EventKind.OPERATOR,
        at=clock_of(one.config)(),
        direction="local",
        operator=operator,
        detail=detail,
        person_tag=person_tag,
    )
    record = prepare(event)
    key = load_secret(one.config.store.key)
    commit_once(one.config.store.path, key, lambda tx: tx.record(record))


@click.command()
@CONFIG
@asking
@click.option("--format", "kind", type=click.Choice(["csv", "jsonl"]), default="csv")
@click.option("--bom", is_flag=True, help="CSV: mark it as UTF-8 for spreadsheets.")
@OPERATOR
@OUT
def export(
    path: Path, kind: str, bom: bool, operator: str, out: Path, **options: Any
) -> None:
    """Write the events that are meant into a new file, the oldest first.

    Who took them, what was asked for and how many they were is on record.
    """
    if bom and kind != "csv":
        raise click.UsageError("--bom is for --format csv")
    person = asked_person(options)
    with opened_stores((path,), None) as (one,), told():
        asked = asked_of(options, one.store, person)
        events = Counted(one.station, one.store.found(asked))

        def record() -> None:
            said = f"{events.count} events exported as {kind}: {told_of(options)}"
            note_act(one, operator, said)

        with new_file(out, record) as file:
            lines = csv_lines(events, bom=bom) if kind == "csv" else json_lines(events)
            write_lines(file, lines)
    click.echo(f"{one.station}: {events.count} events in {out}")
