# SPDX-License-Identifier: Apache-2.0
"""`sekisho time`: the one clock of a TEST network, shown or moved.

Every station and simulator of the network moves in the same moment, running or not. A
real network has no such clock, and this command cannot give it one.
"""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Final

import click
import msgspec

from pki.errors import PkiError
from simulators.network import moves
from simulators.network.files import Files
from simulators.network.moves import BadMove, Choice, Moved

JST: Final = timezone(timedelta(hours=9), "JST")


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("step", metavar="[+30d]", required=False)
@click.option(
    "--network",
    "root",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="The folder of a network that 'sekisho up' made; else the current one.",
)
@click.option("--to", "moment", help="Move to a moment: 2027-01-01T00:00:00+09:00.")
@click.option("--renew", is_flag=True, help="Make certificates anew that are over.")
@click.option("--keep-list", is_flag=True, help="Let the revocation list get old.")
@click.option("--json", "as_json", is_flag=True)
def time(
    step: str | None,
    root: Path,
    moment: str | None,
    renew: bool,
    keep_list: bool,
    as_json: bool,
) -> None:
    """Show what time it is in a TEST network, or move all of it ahead.

    +30d, +2h, +90s or +1w12h. What waits for a time is done at once: holds lapse,
    permits, messages and certificates end. The network's authority makes a fresh
    revocation list with each move, unless told to keep the old one.
    """
    if step is not None and moment is not None:
        raise click.UsageError("give one: a step, or --to")
    files = Files(root.absolute())
    if not files.network.is_file():
        raise click.ClickException(
            f"{files.root} holds no network; give --network DIR, the folder that "
            "'sekisho up --dir DIR' made"
        )
    try:
        told = _done(files, step, moment, Choice(renew, keep_list))
    except BadMove as error:
        raise click.UsageError(str(error)) from None
    except PkiError as error:
        raise click.ClickException(str(error)) from None
    click.echo(msgspec.json.encode(told).decode() if as_json else _words(told))


def _done(files: Files, step: str | None, moment: str | None, choice: Choice) -> Moved:
    if step is not None:
        return moves.move(files, moves.step(step), choice)
    if moment is not None:
        by = moves.until(moves.clock_of(files), moment)
        return moves.move(files, by, choice)
    if choice.renew:
        return moves.move(files, timedelta(0), choice)
    return moves.shown(files)


def _words(told: Moved) -> str:
    lines = [
        f"{told.now.astimezone(JST):%Y-%m-%d %H:%M:%S} JST",
        f"{told.now.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC",
        f"{_ahead(told.ahead_seconds)} of this machine's clock",
        f"revocation list: good until {_utc(told.list_ends)}",
    ]
    if told.list_ends < told.now:
        lines[-1] = f"revocation list: out of time since {_utc(told.list_ends)}"
    if told.renewed:
        lines.append(f"certificates made anew: {told.renewed}")
    if told.restart:
        lines.append(
            "a new master: restart every station ('sekisho up' does it itself)"
        )
    if told.over:
        mend = "'sekisho time --renew' makes new ones"
        lines.append(f"certificates out of time: {told.over}; {mend}")
    return "\n".join(lines)


def _ahead(seconds: int) -> str:
    return f"{timedelta(seconds=seconds)} ahead" if seconds else "not ahead"


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
