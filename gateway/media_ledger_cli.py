# SPDX-License-Identifier: Apache-2.0
"""The ledger of media (媒体管理簿): look at it, print it, and tell it what happened.

Whoever carries a medium away, brings it back or destroys it is written down by name,
with the time and what was done, so that every medium can be followed from the asking
to its end.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from gateway import config as configs
from gateway import media_words as words
from gateway.config import ConfigRefused
from gateway.records.errors import RecordsError
from gateway.records.media import Act as Written
from gateway.records.media import Medium
from gateway.refusal_words import LANGUAGES, Language
from gateway.rules.media import (
    CONTENTS,
    Act,
    MediaRefused,
    is_over,
    is_overdue,
    waits,
)
from gateway.services.clock import clock_of
from gateway.services.media_desk import Desk, Done
from pki.errors import PkiError
from pki.keystore import load_secret

WIDE = 200
"""Columns of a table that is not shown on a terminal: nothing is cut off."""
FILE = click.Path(path_type=Path, dir_okay=False)
CONFIG = click.option(
    "--config", "path", type=FILE, required=True, help="The station's TOML file."
)
OPERATOR = click.option("--operator", required=True, help="Who does it, by name.")
REASON = click.option("--reason", required=True, help="Why; kept with the record.")
NUMBER = click.argument("number", type=click.IntRange(1, 2**62))
LANGUAGE = click.option(
    "--language", type=click.Choice(LANGUAGES), default="en", show_default=True
)


def ledger_commands() -> tuple[click.Command, ...]:
    """The commands of this module."""
    return (list_, show, ledger, handed_over, returned, destroyed)


@click.command("list")
@CONFIG
@click.option("--overdue", is_flag=True, help="Those on which somebody has to act.")
@click.option("--all", "every", is_flag=True, help="Also those that are over.")
@LANGUAGE
@click.option("--json", "as_json", is_flag=True)
def list_(
    path: Path, overdue: bool, every: bool, language: Language, as_json: bool
) -> None:
    """The media that are on their way, and where each stands."""
    with at_the_desk(path) as desk, desk.reader() as store:
        now, days = desk.clock(), desk.config.media.days_out
        found = [
            one
            for one in store.media()
            if is_overdue(one, days, now)
            or (not overdue and (every or not is_over(one, now)))
        ]
    if as_json:
        said = [_plain(one, days, now) for one in found]
        click.echo(json.dumps(said, ensure_ascii=False))
        return
    _print(_table(found, days, now, language) if found else "nothing is on its way")


@click.command()
@CONFIG
@NUMBER
@LANGUAGE
@click.option("--json", "as_json", is_flag=True)
def show(path: Path, number: int, language: Language, as_json: bool) -> None:
    """One medium with every act on it, and the selection that an approval is for."""
    with at_the_desk(path) as desk, desk.reader() as store:
        now, days = desk.clock(), desk.config.media.days_out
        medium, acts = desk.medium(number), store.media_acts(number)
    if as_json:
        said = {**_plain(medium, days, now), "acts": list(map(_plain_act, acts))}
        click.echo(json.dumps(said, ensure_ascii=False))
        return
    _print(*_entry(medium, acts, days, now, language))


@click.command()
@CONFIG
@LANGUAGE
def ledger(path: Path, language: Language) -> None:
    """The whole ledger, for paper: every medium with every act on it."""
    with at_the_desk(path) as desk, desk.reader() as store:
        now, days = desk.clock(), desk.config.media.days_out
        for medium in store.media():
            acts = store.media_acts(medium.number)
            _print(*_entry(medium, acts, days, now, language), "")


@click.command("handed-over")
@CONFIG
@NUMBER
@click.option("--carrier", required=True, help="Who carried it, by name.")
@click.option("--recipient", required=True, help="Who took it over there, by name.")
@click.option("--seal", required=True, help="The number of the seal on its cover.")
@OPERATOR
def handed_over(
    path: Path, number: int, carrier: str, recipient: str, seal: str, operator: str
) -> None:
    """It was carried to its receiver, and taken over there."""
    facts = {"carrier": carrier, "recipient": recipient, "seal": seal}
    move(path, number, Act.HAND_OVER, operator, facts)


@click.command()
@CONFIG
@NUMBER
@click.option("--carrier", required=True, help="Who carried it, by name.")
@click.option("--kept-at", required=True, help="Where it is now.")
@OPERATOR
def returned(
    path: Path, number: int, carrier: str, kept_at: str, operator: str
) -> None:
    """It went back to the one who wrote it."""
    facts = {"carrier": carrier, "place_of_keeping": kept_at}
    move(path, number, Act.RETURN, operator, facts)


@click.command()
@CONFIG
@NUMBER
@click.option("--method", required=True, help="How: shredded, degaussed, …")
@click.option("--witness", required=True, help="Who else saw it, by name.")
@OPERATOR
def destroyed(
    path: Path, number: int, method: str, witness: str, operator: str
) -> None:
    """It was made unreadable for good, and thrown away."""
    facts = {"method": method, "witness": witness}
    move(path, number, Act.DESTROY, operator, facts)


def move(
    path: Path,
    number: int,
    act: Act,
    operator: str,
    facts: Mapping[str, str],
    *,
    selection: str = "",
) -> None:
    """Have an act done at a station's desk, and say what it led to."""
    with at_the_desk(path) as desk:
        medium = desk.medium(number)
        if selection and selection != medium.selection.hex():
            raise click.ClickException(
                f"medium {number}: another selection was asked for; look at it again"
            )
        moved = desk.act(medium, Done(act, operator, facts))
    click.echo(f"medium {number}: {words.word(moved.state, 'en')}")


@contextmanager
def at_the_desk(path: Path) -> Iterator[Desk]:
    """A station's desk; faults in a sentence."""
    try:
        config = configs.load(path)
        yield Desk(config, load_secret(config.store.key), clock_of(config))
    except (ConfigRefused, MediaRefused, PkiError, RecordsError) as error:
        raise click.ClickException(str(error)) from None


def _table(found: list[Medium], days: int, now: datetime, language: Language) -> Table:
    heads = [words.word(head, language) for head in words.HEADS]
    table = Table(*heads, box=None, pad_edge=False)
    for medium in found:
        table.add_row(*words.line(medium, days, now, language))
    return table


def _entry(
    medium: Medium,
    acts: list[Written],
    days: int,
    now: datetime,
    language: Language,
) -> tuple[Table, str]:
    head = _table([medium], days, now, language)
    told = {
        "id": medium.output_id.hex(),
        "law": CONTENTS[medium.content].law,
        "selection": medium.selection.hex(),
        "reason": medium.reason,
        "asked": medium.operator,
    }
    lines = [f"{words.word(name, language)}: {text}" for name, text in told.items()]
    lines += [words.act_line(act, language) for act in acts]
    return head, "\n".join(f"  {one}" for one in lines)


def _plain(medium: Medium, days: int, now: datetime) -> dict[str, Any]:
    return {
        "number": medium.number,
        "direction": medium.direction,
        "peer": medium.peer,
        "output_id": medium.output_id.hex(),
        "content": medium.content,
        "legal_basis": CONTENTS[medium.content].law,
        "device": medium.device,
        "scope": medium.scope,
        "selection": medium.selection.hex(),
        "persons": medium.persons,
        "large": medium.large,
        "reason": medium.reason,
        "operator": medium.operator,
        "opened": medium.opened.isoformat(),
        "until": medium.until.isoformat(),
        "state": medium.state,
        "since": medium.since.isoformat(),
        "waits": waits(medium, now),
        "over": is_over(medium, now),
        "overdue": is_overdue(medium, days, now),
    }


def _plain_act(act: Written) -> dict[str, Any]:
    facts = dict(act.facts)
    who = {"act": act.act, "at": act.at.isoformat(), "operator": act.operator}
    return {**who, "facts": facts}


def _print(*parts: Table | str) -> None:
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDE)
    for part in parts:
        console.print(part, highlight=False, markup=False, soft_wrap=True)
