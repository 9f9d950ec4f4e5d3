# SPDX-License-Identifier: Apache-2.0
"""`sekisho master`: the next master of a TEST network, as its core would issue it.

Running stations take it within seconds. A real network's core issues its own.
"""

from datetime import UTC, datetime
from pathlib import Path

import click

from pki.errors import PkiError
from simulators.network import moves
from simulators.network.files import Files
from simulators.network.masters import Listing, NoSuchItem, issue_next


@click.command()
@click.option(
    "--network",
    "root",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="The folder of a network that 'sekisho up' made; else the current one.",
)
@click.option(
    "--without",
    "items",
    type=int,
    multiple=True,
    help="An item that is no longer on the matching list; may be given several times.",
)
@click.option(
    "--from", "begins", help="When the list begins: 2027-07-01T00:00:00+09:00; or now."
)
@click.option("--layout", default="", help="A version of the layouts that begins now.")
def master(root: Path, items: tuple[int, ...], begins: str | None, layout: str) -> None:
    """Issue the next master of a TEST network.

    With --without it carries a matching list that has these items no more.
    """
    files = Files(root.absolute())
    if not files.network.is_file():
        raise click.ClickException(
            f"{files.root} holds no network; give --network DIR, the folder that "
            "'sekisho up --dir DIR' made"
        )
    if begins and not items:
        raise click.UsageError("--from is the begin of a list: name --without as well")
    try:
        now = moves.clock_of(files)()
        listing = None
        if items:
            listing = Listing(_moment(begins) if begins else now, frozenset(items))
        version = issue_next(files, now, layout, listing)
    except NoSuchItem as error:
        raise click.UsageError(str(error)) from None
    except PkiError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"master {version}: running stations take it within seconds")


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise click.UsageError(
            f"{text}: write a moment with its zone, such as 2027-07-01T00:00:00+09:00"
        )
    return found.astimezone(UTC)
