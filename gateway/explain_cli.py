# SPDX-License-Identifier: Apache-2.0
"""`sekisho explain`: the whole path of a message, check by check, or one refusal.

For a message it is given an ID: a message id, a processing number, a record id or a
permit's digest. Instead it takes all that `sekisho records search` takes. Every
station whose configuration is given is asked, so that with `--network` the path is told
from all sides. What the record keeps of each check is joined here with the one table of
refusals and with the legal bases of catalogue and matching list.

For a code (``SK-C04``) it prints what ``docs/refusals.md`` says of it; nobody is asked.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from gateway import config as configs
from gateway.config import ConfigRefused
from gateway.records.errors import RecordsError
from gateway.records.event import StoredEvent
from gateway.records.finds import Asked
from gateway.records.jst import jst
from gateway.records.search_cli import (
    EVERYTHING,
    Person,
    asked_of,
    asked_person,
    asking,
    told_of,
)
from gateway.records.store import StoreReader
from gateway.refusal_words import LANGUAGES, lines, title
from pki.errors import PkiError
from pki.keystore import load_secret
from protocols.refusals import ON_THE_WIRE, Refusal, refusal
from schemas.catalogue import ROWS
from schemas.matching_list import ITEMS

_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{64}", re.ASCII)
_ID_DIGITS = 32
_MOST = 1000
"""Events told of at one station: the newest."""
_CODE = re.compile(r"SK-[A-Z][0-9]{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Told:
    """One event at one station."""

    station: str
    stored: StoredEvent


@click.command()
@click.argument("identifier", required=False, default="")
@click.option(
    "--config",
    "paths",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="A station's TOML file; may be given several times.",
)
@click.option(
    "--network",
    type=click.Path(path_type=Path, file_okay=False),
    help="Instead: every station of a network that 'sekisho up' made.",
)
@click.option("--json", "as_json", is_flag=True)
@asking
def explain(
    identifier: str,
    paths: tuple[Path, ...],
    network: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Tell what happened to a message and by which rules, or what a code means.

    IDENTIFIER is a message id, a processing number, a record id, a permit's digest, or
    a code (SK-C04). Without it, the options say which events are meant.
    """
    if _CODE.fullmatch(identifier.upper()):
        _explain_code(identifier.upper(), as_json)
        return
    wanted = identifier.lower()
    asked = told_of(options)
    if wanted and asked != EVERYTHING:
        raise click.UsageError("give an id, or what to search for; not both")
    if not wanted and asked == EVERYTHING:
        raise click.UsageError(
            "give an id (32 hexadecimal digits), a code, or what to search for"
        )
    if wanted and _ID.fullmatch(wanted) is None:
        raise click.UsageError(
            f"{identifier}: an id is 32 hexadecimal digits (a permit's digest 64), a "
            "code is like SK-C04"
        )
    try:
        chosen = list(paths) if network is None else configs.network_configs(network)
        if not chosen:
            raise click.UsageError("give --config or --network")
        person = asked_person(options)
        told = [one for path in chosen for one in _told(path, wanted, options, person)]
    except (ConfigRefused, PkiError, RecordsError) as error:
        raise click.ClickException(str(error)) from None
    if not told:
        raise click.ClickException(
            f"{identifier or asked}: no station asked has a record of it; "
            "'sekisho records list' shows what there is"
        )
    told.sort(key=lambda one: one.stored.event.at)
    if as_json:
        click.echo(json.dumps([_as_dict(t) for t in told], ensure_ascii=False))
        return
    console = Console(highlight=False)
    for one in told:
        for line in _lines(one):
            console.print(line, markup=False, soft_wrap=True)
        console.print()


def _explain_code(code: str, as_json: bool) -> None:
    row = _refusal(code)
    if row is None:
        raise click.ClickException(
            f"{code}: this version has no such code; docs/refusals.md lists them all"
        )
    if as_json:
        click.echo(json.dumps(_row_as_dict(row), ensure_ascii=False))
        return
    for language in LANGUAGES:
        click.echo(f"{title(row, language)}\n")
        click.echo("\n".join(lines(row, language)) + "\n")


def _row_as_dict(row: Refusal) -> dict[str, Any]:
    return {
        **asdict(row),
        "kind": row.kind.value,
        "causes": [cause.value for cause in row.causes],
        "wire": row.wire if row.kind in ON_THE_WIRE else "",
    }


def _told(
    path: Path, wanted: str, options: dict[str, Any], person: Person | None
) -> Iterator[Told]:
    config = configs.load(path)
    if not config.store.path.exists():
        return
    key = load_secret(config.store.key)
    with StoreReader.open(config.store.path, key) as store:
        if wanted:
            found = _known_by(store, wanted)
        else:
            asked = asked_of(options, store, person)
            found = store.find(asked, _MOST, newest=True)
    for _, stored in sorted({stored.seq: stored for stored in found}.items()):
        yield Told(str(config.station.name), stored)


def _known_by(store: StoreReader, wanted: str) -> list[StoredEvent]:
    """What an id stands for: everything under it, a permit's whole transaction."""
    if len(wanted) > _ID_DIGITS:
        under = store.find(Asked(permit_digest=wanted), _MOST, newest=True)
        numbers = {stored.event.processing_number for stored in under} - {""}
        asked = [Asked(processing_number=number) for number in sorted(numbers)]
    else:
        one = store.event(bytes.fromhex(wanted))
        under = [] if one is None else [one]
        asked = [Asked(message_id=wanted), Asked(processing_number=wanted)]
    return [*under, *(s for a in asked for s in store.find(a, _MOST, newest=True))]


def _lines(told: Told) -> Iterator[str]:
    event = told.stored.event
    yield f"{jst(event.at)}  {told.station}  {event.kind.value}  {event.message_type}"
    arrow = {"in": "from", "out": "to"}.get(event.direction, "about")
    yield f"    {arrow} {event.peer}"
    basis = _basis(event.message_type, event.item_no)
    if basis:
        yield f"    legal basis: {basis}"
    for rule, check, outcome in event.verdicts:
        mark = "✓" if outcome == "passed" else "✗"
        yield f"    {mark} {rule:9} {check}"
    if event.operator:
        yield f"    by {event.operator}: {event.detail}"
    row = _refusal(event.code)
    if row is not None:
        yield f"    {event.code} {row.ja} / {row.en} (rule {row.rule})"
        yield f"    what to do: {row.mend}"
        yield f"    as operator: {row.operator}"
        if row.wire != row.code and event.direction == "in":
            yield f"    the peer was told {row.wire}"


def _basis(message_type: str, item_no: int | None) -> str:
    row = ROWS.get(message_type)
    parts = [] if row is None else [row.legal_basis]
    if item_no is not None and item_no in ITEMS:
        item = ITEMS[item_no]
        parts.append(f"主務省令第2条の表 項{item.item_no} ({item.requester[:20]})")
    return "; ".join(parts)


def _refusal(code: str) -> Refusal | None:
    """None where nothing was refused, or for a reason that this version lacks."""
    try:
        return refusal(code)
    except KeyError:
        return None


def _as_dict(told: Told) -> dict[str, Any]:
    event = told.stored.event
    row = _refusal(event.code)
    return {
        "station": told.station,
        "at": event.at.isoformat(),
        "kind": event.kind.value,
        "message_type": event.message_type,
        "message_id": event.message_id,
        "processing_number": event.processing_number,
        "peer": event.peer,
        "direction": event.direction,
        "legal_basis": _basis(event.message_type, event.item_no),
        "checks": [
            {"rule": rule, "check": check, "outcome": outcome}
            for rule, check, outcome in event.verdicts
        ],
        "code": event.code,
        "told": "" if row is None else row.wire,
        "text": "" if row is None else row.en,
        "what_to_do": "" if row is None else row.mend,
        "what_operators_do": "" if row is None else row.operator,
        "operator": event.operator,
        "detail": event.detail,
    }
