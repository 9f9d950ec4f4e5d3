# SPDX-License-Identifier: Apache-2.0
"""`sekisho records disclose`: a person's own record, at their request (開示請求).

The person is read from standard input or a file, as what the station knows people by.
Where a flag keeps the information back (自動応答不可フラグ), or ever did as the record
tells, only the person themself gets it, and somebody other than the operator has
confirmed who they are. What was given out, and what was not, is on record.
"""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

import click
import msgspec

from gateway.operator_cli import operator as operator_option
from gateway.records.copies_out import is_another
from gateway.records.disclosure import Disclosure, gathered, matters
from gateway.records.disclosure_html import page
from gateway.records.event import Event, EventKind, StoredEvent
from gateway.records.jst import from_jst
from gateway.records.search_cli import read_person
from gateway.records.shared_cli import FILE, Opened, opened_stores, told
from gateway.records.store import StoreReader, commit_once
from gateway.records.transaction import Transaction
from gateway.records.written import new_file
from gateway.services.clock import clock_of
from pki.keystore import load_secret
from schemas.systems import CS, INTERMEDIATE

KNOWN_BY: Final = {
    INTERMEDIATE: ("addressee-number", "linkage-code"),
    CS: ("resident-record-code", "individual-number"),
}
"""What a role knows people by; the first where nothing is said."""


class Known(NamedTuple):
    """Under which codes a station's record speaks of a person. Shows nothing."""

    codes: tuple[str, ...]
    flagged: bool

    def __repr__(self) -> str:
        return "Known(<hidden>)"


@click.command()
@click.option(
    "--config", "path", type=FILE, required=True, help="The station's TOML file."
)
@click.option(
    "--known-by",
    type=click.Choice([way for ways in KNOWN_BY.values() for way in ways]),
    help="What is given of the person.",
)
@click.option(
    "--person-file",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    default="-",
    show_default=True,
    help="Where that is read from; - is standard input.",
)
@click.option(
    "--applicant",
    type=click.Choice(["self", "representative"]),
    required=True,
    help="Who asks.",
)
@click.option(
    "--confirmed-by", default="", help="Who else confirmed the applicant's identity."
)
@operator_option("The name of the person who gives it out.")
@click.option("--since", type=click.DateTime(), help="From this moment on (JST).")
@click.option("--until", type=click.DateTime(), help="Before this moment (JST).")
@click.option("--out", type=FILE, required=True, help="A new HTML file, mode 0600.")
@click.option("--json-out", type=FILE, help="A new file with the same as JSON.")
def disclose(
    path: Path,
    known_by: str | None,
    person_file: Path,
    applicant: str,
    confirmed_by: str,
    operator: str,
    since: datetime | None,
    until: datetime | None,
    out: Path,
    json_out: Path | None,
) -> None:
    """Write all that the record says of one person into one document to print."""
    begins = None if since is None else from_jst(since)
    ends = None if until is None else from_jst(until)
    with opened_stores((path,), None) as (one,), told():
        known = _known(one, known_by, read_person(person_file).code)
        tags = [tag for code in known.codes for tag in one.store.tags_of(code)]
        events = gathered(one.store, tags, begins, ends)
        flagged = known.flagged or any(_was_held(stored) for stored in events)
        confirmed = is_another(confirmed_by, operator)
        by = f"; identity confirmed by {confirmed_by}" if confirmed_by.strip() else ""
        if flagged and not (applicant == "self" and confirmed):
            _note(one, known, operator, f"disclosure refused: to {applicant}{by}")
            raise click.ClickException(
                "only the person themself may have this, and --confirmed-by names "
                "another person than the operator who confirmed who they are; that it "
                "was asked for is on record"
            )
        made = Disclosure(
            station=one.station,
            made_at=clock_of(one.config)(),
            since=begins,
            until=ends,
            applicant=applicant,
            events=len(events),
            matters=matters(one.station, events, _asked(one.store, events)),
        )
        said = f"disclosure: to {applicant}, {len(events)} events{by}"
        _write(made, out, json_out, lambda: _note(one, known, operator, said))
    click.echo(f"{out}: {len(made.matters)} matters, {len(events)} events")


def _write(
    made: Disclosure, out: Path, json_out: Path | None, record: Callable[[], None]
) -> None:
    text = page(made).encode()
    if json_out is None:
        with new_file(out, record) as file:
            file.write(text)
        return
    data = msgspec.json.format(msgspec.json.encode(made), indent=1) + b"\n"
    with new_file(json_out, lambda: None) as other, new_file(out, record) as file:
        other.write(data)
        file.write(text)


def _known(one: Opened, known_by: str | None, text: str) -> Known:
    """The codes of the person whom the station knows so."""
    role = one.station.rpartition("/")[2]
    ways = KNOWN_BY.get(role)
    if ways is None:
        raise click.ClickException(
            f"{one.station}: its record speaks of nobody; ask the stations at both ends"
        )
    way = known_by or ways[0]
    if way not in ways:
        raise click.UsageError(f"here people are known by {' or '.join(ways)}")
    if role == INTERMEDIATE:
        return _at_intermediate(one.store, way, text)
    return _at_cs(one.store, way, text)


def _at_intermediate(store: StoreReader, way: str, text: str) -> Known:
    if way == "addressee-number":
        copy = store.copy_by_addressee(text)
        if copy is None or not copy.linkage_code:
            raise click.ClickException(
                "no copy with a linkage code is held under this number; if the code is "
                "known, give it with --known-by linkage-code"
            )
        return Known((copy.linkage_code,), copy.suppressed)
    copy = store.copy_by_code(text)
    return Known((text,), copy is not None and copy.suppressed)


def _at_cs(store: StoreReader, way: str, text: str) -> Known:
    """The present code, and those that the person had before."""
    record = (
        store.identity_by_number(text)
        if way == "individual-number"
        else store.identity_by_code(text)
    )
    codes = [text] if way == "resident-record-code" else []
    if record is not None:
        codes.append(record.resident_record_code)
        earlier = store.earlier_by_number(record.individual_number)
        codes += [one.record.resident_record_code for one in earlier]
        codes += [record.old_resident_record_code or ""]
    if not codes:
        raise click.ClickException("nobody is in the file under this number")
    return Known(tuple(dict.fromkeys(code for code in codes if code)), flagged=False)


def _was_held(stored: StoredEvent) -> bool:
    return stored.event.kind is EventKind.HELD


def _asked(store: StoreReader, events: list[StoredEvent]) -> dict[str, str]:
    """Whom this station asked, by processing number."""
    numbers = {stored.event.processing_number for stored in events} - {""}
    found = {number: store.inquiry(bytes.fromhex(number)) for number in numbers}
    return {n: inquiry.provider for n, inquiry in found.items() if inquiry is not None}


def _note(one: Opened, known: Known, operator: str, detail: str) -> None:
    event = Event(
        kind=EventKind.OPERATOR,
        at=clock_of(one.config)(),
        direction="local",
        person_tag=one.store.person_tag(known.codes[0]),
        operator=operator,
        detail=detail,
    )

    def work(tx: Transaction) -> None:
        tx.record(tx.prepared(event))

    commit_once(one.config.store.path, load_secret(one.config.store.key), work)
