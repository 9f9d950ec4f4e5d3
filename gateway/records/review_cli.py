# SPDX-License-Identifier: Apache-2.0
"""`sekisho records review`: a person looks the acts of people through, and says so.

Each review is on record with its date, its span, who looked and what was found. The
next one begins where the last one ended, so that nothing stays unread; an act that was
recorded late, after its span was reviewed, is read with the next.
"""

import re
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

import click
import msgspec
from rich.table import Table

from gateway import calendars
from gateway.operator_cli import operator as operator_option
from gateway.records.event import Event, EventKind
from gateway.records.export_cli import CONFIG, note_act
from gateway.records.finds import Asked
from gateway.records.jst import jst
from gateway.records.review import Counted
from gateway.records.shared_cli import Opened, opened_stores, show
from gateway.records.store import StoreReader
from gateway.rules.hours import Hours

BEGINS: Final = "review of acts"
_SAID: Final = re.compile(
    rf"{BEGINS} in the records ([0-9]+) to ([0-9]+): ([0-9]+) acts, ([0-9]+) findings"
    r"(?:; (.*))?",
    re.DOTALL,
)


class Review(msgspec.Struct, frozen=True):
    """One review that was made."""

    at: datetime
    operator: str
    first: int
    last: int
    acts: int
    findings: int
    note: str


@click.command()
@CONFIG
@operator_option("The name of the person who reviews.")
@click.option("--note", required=True, help="What came of it; kept with the record.")
@click.option("--all", "every", is_flag=True, help="From the first record on, again.")
@click.option("--json", "as_json", is_flag=True, help="Plain JSON.")
def review(path: Path, operator: str, note: str, every: bool, as_json: bool) -> None:
    """List acts of people that somebody should ask about, and record the review.

    Read is what was recorded since the last review.
    """
    if not note.strip():
        raise click.UsageError("a review ends with a word on what came of it: --note")
    with opened_stores((path,), None) as (one,):
        made = reviews(one.store)
        after = made[-1].last if made and not every else 0
        last = one.store.last_event()
        counted = Counted(partial(_had_looked, one.store), _at_work(one))
        acts = one.store.found(Asked(), after=after, before=last + 1)
        found = list(counted.findings(acts))
        said = f"{BEGINS} in the records {after + 1} to {last}"
        told = f"{said}: {counted.acts} acts, {len(found)} findings; {note.strip()}"
        note_act(one, operator, told)
    table = Table("at (JST)", "operator", "act", "sign", "why", "event", box=None)
    for each in found:
        cells = (each.operator, each.act, each.sign, each.why, str(each.seq))
        table.add_row(jst(each.at), *cells)
    show(
        as_json, [msgspec.to_builtins(each) for each in found], table if found else None
    )
    if not as_json:
        click.echo(f"{counted.acts} acts, {len(found)} to ask about; it is on record")


@click.command("reviews")
@CONFIG
@click.option("--json", "as_json", is_flag=True, help="Plain JSON.")
def list_reviews(path: Path, as_json: bool) -> None:
    """The reviews that were made, by whom and when."""
    with opened_stores((path,), None) as (one,):
        made = reviews(one.store)
    table = Table("at (JST)", "operator", "records", "acts", "found", "note", box=None)
    for each in made:
        span = f"{each.first}-{each.last}"
        counts = (span, str(each.acts), str(each.findings))
        table.add_row(jst(each.at), each.operator, *counts, each.note)
    show(as_json, [msgspec.to_builtins(each) for each in made], table)
    if not made and not as_json:
        click.echo("no review was made yet")


def reviews(store: StoreReader) -> list[Review]:
    """Every review on record, the oldest first."""
    found = []
    for stored in store.found(Asked(kinds=(EventKind.OPERATOR,))):
        said = _SAID.fullmatch(stored.event.detail)
        if said is not None:
            first, last, acts, findings = map(int, said.groups()[:4])
            at, by = stored.event.at, stored.event.operator
            note = said[5] or ""
            found.append(Review(at, by, first, last, acts, findings, note))
    return found


def _had_looked(store: StoreReader, released: Event) -> bool:
    asked = Asked(
        processing_number=released.processing_number,
        operator=released.operator,
        kinds=(EventKind.OPERATOR,),
        until=released.at,
    )
    looks = (stored.event.detail for stored in store.found(asked))
    return any(detail.startswith("hold viewed") for detail in looks)


def _at_work(one: Opened) -> Callable[[datetime], bool] | None:
    """When the station is open, where its calendar says so."""
    own = calendars.read(one.config).own
    return None if own is None else Hours(own).is_open


COMMANDS = (review, list_reviews)
