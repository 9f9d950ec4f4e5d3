# SPDX-License-Identifier: Apache-2.0
"""What events are asked for: the options that search, explain and export share.

A person is never named on the command line, where every user of the machine sees it: a
code is asked for without echo, or read from a file or standard input. It finds the
keyed tags of the store, and is kept nowhere.
"""

import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

import click

from gateway.records import tell
from gateway.records.event import EventKind, StoredEvent
from gateway.records.finds import Asked
from gateway.records.jst import from_jst
from gateway.records.shared_cli import hexadecimal, opened_stores, show, where
from gateway.records.store import StoreReader

F = TypeVar("F", bound=Callable[..., Any])

OUTCOMES: Final[Mapping[str, tuple[EventKind, ...]]] = {
    "delivered": (EventKind.RECEIPTED, EventKind.ANSWERED),
    "taken": (EventKind.RECEIVED, EventKind.REPEATED),
    "held": (EventKind.HELD,),
    "released": (EventKind.RELEASED,),
    "refused": (EventKind.REFUSED, EventKind.DECLINED, EventKind.LINK_REFUSED),
    "failed": (EventKind.FAILED, EventKind.LAPSED, EventKind.WITHDRAWN),
}
"""What came of it, in one word, and the kinds of events that say so."""
EVERYTHING: Final = "everything"
MAX_CODE: Final = 200
"""Characters of what a person is known by."""


class Person(NamedTuple):
    """What a person is known by at a station. Shows nothing of it."""

    code: str

    def __repr__(self) -> str:
        return "Person(<hidden>)"


def asking(command: F) -> F:
    """The options that say which events are meant; everything given must hold."""
    options = [
        click.option("--message-id", default="", help="Hex."),
        click.option("--processing-number", default="", help="Hex."),
        click.option("--permit", default="", help="SHA-256 of a permit, hex."),
        click.option("--peer", default="", help="ORGANISATION/ROLE."),
        click.option(
            "--type", "message_type", default="", help="Such as provision_order."
        ),
        click.option("--item", "item_no", type=int, help="Of the matching list."),
        click.option(
            "--kind",
            "kinds",
            multiple=True,
            type=click.Choice([kind.value for kind in EventKind]),
        ),
        click.option("--outcome", type=click.Choice(list(OUTCOMES))),
        click.option("--code", default="", help="A refusal's code, such as SK-C04."),
        click.option("--by", default="", help="The operator who did it."),
        click.option("--person-tag", default="", help="As another record shows it."),
        click.option(
            "--person", is_flag=True, help="Asks for a code; it is not echoed or kept."
        ),
        click.option(
            "--person-file",
            type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
            help="Reads that code from a file; - is standard input.",
        ),
        click.option(
            "--since", type=click.DateTime(), help="From this moment on (JST)."
        ),
        click.option("--until", type=click.DateTime(), help="Before this moment."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def asked_person(options: Mapping[str, Any]) -> Person | None:
    """The person of the options, asked for once whatever the number of stations."""
    if options["person"] and options["person_file"] is not None:
        raise click.UsageError("--person or --person-file, not both")
    if options["person_file"] is not None:
        return read_person(options["person_file"])
    if options["person"]:
        return Person(click.prompt("linkage code", hide_input=True))
    return None


def read_person(file: Path) -> Person:
    """What a file (``-``: standard input) says on its one line."""
    try:
        if str(file) == "-":
            text = sys.stdin.readline(MAX_CODE + 2)
        else:
            with file.open(encoding="utf-8") as lines:
                text = lines.read(MAX_CODE + 2)
    except (OSError, UnicodeDecodeError):
        raise click.ClickException("the person's code cannot be read") from None
    code = text.strip()
    if not code or len(code) > MAX_CODE or "\n" in code:
        raise click.ClickException("the person's code is one line, and not empty")
    return Person(code)


def asked_of(
    options: Mapping[str, Any], store: StoreReader, person: Person | None
) -> Asked:
    """What the options ask of one store."""
    for name in ("message_id", "processing_number", "permit", "person_tag"):
        hexadecimal(options[name])
    tags = [options["person_tag"]] if options["person_tag"] else []
    if person is not None:
        tags += store.tags_of(person.code)
    kinds = [EventKind(kind) for kind in options["kinds"]]
    if options["outcome"]:
        meant = OUTCOMES[options["outcome"]]
        kinds = [kind for kind in meant if not kinds or kind in kinds]
        if not kinds:
            raise click.UsageError("no event of that --kind has that --outcome")
    return Asked(
        message_id=options["message_id"],
        processing_number=options["processing_number"],
        permit_digest=options["permit"],
        person_tags=tuple(tags) if tags else None,
        peer=options["peer"],
        message_type=options["message_type"],
        kinds=tuple(kinds),
        code=options["code"].upper(),
        item_no=options["item_no"],
        operator=options["by"],
        since=_moment(options["since"]),
        until=_moment(options["until"]),
    )


def _moment(told: datetime | None) -> datetime | None:
    return None if told is None else from_jst(told)


@click.command()
@where
@asking
@click.option("--after", type=click.IntRange(0), help="Go on behind this event.")
@click.option("--before", type=click.IntRange(1), help="Go on before this event.")
@click.option("--limit", default=1000, show_default=True, type=click.IntRange(1))
def search(
    files: tuple[Path, ...],
    network: Path | None,
    as_json: bool,
    after: int | None,
    before: int | None,
    limit: int,
    **options: Any,
) -> None:
    """Find events by what is known of them; refused ones included.

    The newest LIMIT, the oldest of them first; with --after the next LIMIT behind that
    event. A cursor belongs to one station.
    """
    person = asked_person(options)
    found: list[tuple[str, StoredEvent]] = []
    with opened_stores(files, network) as opened:
        if (after, before) != (None, None) and len(opened) != 1:
            raise click.UsageError("--after and --before need one --config")
        newest = after is None
        for one in opened:
            asked = asked_of(options, one.store, person)
            page = one.store.find(
                asked, limit, after=after or 0, before=before, newest=newest
            )
            found += [(one.station, stored) for stored in page]
        stations = len(opened)
    found.sort(key=lambda one: (one[1].event.at, one[0], one[1].seq))
    if stations == 1:
        found.sort(key=lambda one: one[1].seq)
    found = found[-limit:] if newest else found[:limit]
    show(as_json, [tell.event_json(*one) for one in found], tell.event_table(found))
    if not as_json and stations == 1 and len(found) == limit:
        on = f"--before {found[0][1].seq}" if newest else f"--after {found[-1][1].seq}"
        click.echo(f"there may be more: {on}")


def told_of(options: Mapping[str, Any]) -> str:
    """What was asked, for the record: names no person, whoever was asked for."""
    words = []
    for name in sorted(options):
        value = options[name]
        if name in ("person", "person_file", "person_tag"):
            continue
        if isinstance(value, tuple):
            value = "+".join(value)
        if value not in (None, "", ()):
            words.append(f"{name}={value}")
    if any(options[name] for name in ("person", "person_tag", "person_file")):
        words.append("one person")
    return ", ".join(words) or EVERYTHING
