# SPDX-License-Identifier: Apache-2.0
"""``sekisho pki``: set up, issue, renew, revoke; the operator's way to the authority.

Reads the wall clock, which no other module of this room does, and says in one line
each what was done. Every failure is a `PkiError`: printed with what to do, exit code 1,
and nothing changed that was not said.
"""

import inspect
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import click
import msgspec

from pki import authority, plan, show
from pki.authority import Authority
from pki.errors import PkiError
from pki.keystore import load_certificate
from pki.layout import Layout
from pki.names import StationName
from pki.profiles import Purpose
from pki.serials import RevocationReason, serial_text


class Failure(click.ClickException):
    """An error of this room as the operator reads it: the fact, then what to do."""

    def __init__(self, error: PkiError) -> None:
        super().__init__(str(error))
        self.advice = inspect.getdoc(type(error)) or ""

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(f"Error: {self.message}\n\n{self.advice}", file=file, err=True)


class _Command(click.Command):
    """A command whose `PkiError` becomes a `Failure`."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except PkiError as error:
            raise Failure(error) from None


_DIRECTORY = click.Path(exists=True, file_okay=False, path_type=Path)
_PURPOSE = click.option(
    "--purpose",
    type=click.Choice([purpose.value for purpose in Purpose]),
    help="One purpose only; else every one that applies.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def pki() -> None:
    """Keys and certificates: set up a network's authority, issue, renew, revoke."""


@pki.command(cls=_Command)
@click.argument("plan_file", metavar="PLAN", type=click.Path(path_type=Path))
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help="The authority's directory; must not exist yet, or be empty.",
)
def init(plan_file: Path, out: Path) -> None:
    """Make a network's authority and all stations of PLAN."""
    planned = plan.load(plan_file)
    authority.build(planned, out, _now())
    layout = Layout(out)
    click.echo(f"made {out}: {len(planned.stations)} stations")
    click.echo(f"now move {layout.root_key} offline; no other command needs it")
    click.echo(
        f"before {planned.validity.crl_days} days are over: sekisho pki crl {out}"
    )


@pki.command(cls=_Command)
@click.argument("directory", metavar="DIR", type=_DIRECTORY)
@click.argument("station_name", metavar="STATION")
@_PURPOSE
def issue(directory: Path, station_name: str, purpose: str | None) -> None:
    """First keys and certificates of a planned station.

    STATION is written as 102024/municipal_cs and stands in DIR/plan.toml: write a new
    one in there first. Without --purpose: all that the station does not have yet.
    """
    opened, station = Authority.open(directory), StationName.parse(station_name)
    purposes = _asked(purpose, opened.missing(station))
    if not purposes:
        click.echo(f"{station} has all that the plan gives it; see renew")
    for each in purposes:
        opened.issue(station, each, _now())
        click.echo(f"issued {opened.layout.certificate(station, each)}")


@pki.command(cls=_Command)
@click.argument("directory", metavar="DIR", type=_DIRECTORY)
@click.argument("station_name", metavar="STATION")
@_PURPOSE
def renew(directory: Path, station_name: str, purpose: str | None) -> None:
    """New keys and certificates in the old ones' place.

    STATION is written as 102024/municipal_cs. The old files stay beside, with their
    serial in the name; the old certificate is good until it ends or is revoked.
    """
    opened, station = Authority.open(directory), StationName.parse(station_name)
    for each in _asked(purpose, opened.plan.find(station).needed):
        opened.renew(station, each, _now())
        click.echo(f"renewed {opened.layout.certificate(station, each)}")


@pki.command(cls=_Command)
@click.argument("directory", metavar="DIR", type=_DIRECTORY)
@click.argument("which", metavar="SERIAL|CERTFILE")
@click.option(
    "--reason",
    required=True,
    type=click.Choice([reason.value for reason in RevocationReason]),
    help="Stands in the list, for all to read.",
)
def revoke(directory: Path, which: str, reason: str) -> None:
    """Take a certificate back for ever."""
    opened = Authority.open(directory)
    serial = _serial(opened, which)
    opened.revoke(serial, RevocationReason(reason), _now())
    click.echo(
        f"revoked {serial_text(serial)}; bring {opened.layout.crl} to every station"
    )


@pki.command(cls=_Command)
@click.argument("directory", metavar="DIR", type=_DIRECTORY)
def crl(directory: Path) -> None:
    """Write a fresh revocation list, before the old one ends."""
    opened = Authority.open(directory)
    made = opened.publish_crl(_now())
    ends = made.next_update_utc
    click.echo(f"made {opened.layout.crl}, good until {ends:%Y-%m-%d %H:%MZ}")


@pki.command("show", cls=_Command)
@click.argument("path", metavar="FILE_OR_DIR", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON array, for programs.")
def show_(path: Path, as_json: bool) -> None:
    """What certificates and revocation lists say."""
    found = show.rows(path, _now())
    click.echo(msgspec.json.encode(found) if as_json else show.table(found))


def _asked(purpose: str | None, otherwise: Iterable[Purpose]) -> Sequence[Purpose]:
    return tuple(otherwise) if purpose is None else (Purpose(purpose),)


def _serial(opened: Authority, which: str) -> int:
    """A serial as `show` prints it (colons allowed), or the serial of a file's."""
    path = Path(which)
    if path.exists():
        return opened.serial_of(load_certificate(path))
    try:
        return int(which.replace(":", ""), 16)
    except ValueError:
        raise click.BadParameter(f"{which} is neither a file nor a serial") from None


def _now() -> datetime:
    return datetime.now(UTC)
