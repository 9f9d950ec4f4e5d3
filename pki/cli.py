# SPDX-License-Identifier: Apache-2.0
"""``sekisho pki``: set up, issue, renew, revoke; the operator's way to the authority.

Reads the wall clock, which no other module of this room does (a TEST network's, where
it has one), and says in one line each what was done. Every failure is a `PkiError`:
printed with what to do, exit code 1, and nothing changed that was not said.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from pki import authority, plan, show
from pki.authority import Authority
from pki.bad_cli import bad
from pki.base_cli import ASK, SOURCE, Command, Source, opened_with
from pki.keystore import load_certificate
from pki.layout import Layout
from pki.lint_cli import lint
from pki.names import StationName
from pki.network_clock import NetworkClock
from pki.passphrase import Passphrases
from pki.passphrase_cli import passphrase
from pki.profiles import Purpose
from pki.serials import RevocationReason, serial_text
from pki.timestamp_cli import timestamps
from pki.trust import TrustStore

_DIRECTORY = click.Path(exists=True, file_okay=False, path_type=Path)
_PURPOSE = click.option(
    "--purpose",
    type=click.Choice([purpose.value for purpose in Purpose]),
    help="One purpose only; else every one that applies.",
)
_ISSUING = click.option(
    "--passphrase",
    "source",
    type=SOURCE,
    help="The issuing key's; asked for if left out and needed.",
)
_STATION = click.option(
    "--station-passphrase",
    "station_source",
    type=SOURCE,
    help="The station's keys are locked with it; if left out, they are open.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def pki() -> None:
    """Keys and certificates: set up a network's authority, issue, renew, revoke.

    Passphrases are typed at the terminal ("ask"), or are the next line of an open
    descriptor ("fd:3"), or the one line of a file that only you can read.
    """


for _each in (lint, passphrase, bad, timestamps):
    pki.add_command(_each)


@pki.command(cls=Command)
@click.argument("plan_file", metavar="PLAN", type=click.Path(path_type=Path))
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help="The authority's directory; must not exist yet, or be empty.",
)
@click.option(
    "--root-passphrase",
    type=SOURCE,
    help="Locks the root key; asked for in a real network.",
)
@click.option(
    "--issuing-passphrase",
    type=SOURCE,
    help="Locks the issuing key; asked for in a real network.",
)
@_STATION
def init(
    plan_file: Path,
    out: Path,
    root_passphrase: Source | None,
    issuing_passphrase: Source | None,
    station_source: Source | None,
) -> None:
    """Make a network's authority and all stations of PLAN."""
    planned = plan.load(plan_file)
    must = None if planned.network.test else ASK
    passphrases = Passphrases(
        root=_new(root_passphrase or must, "the root key"),
        issuing=_new(issuing_passphrase or must, "the issuing key"),
        stations=_new(station_source, "the stations' keys"),
    )
    authority.build(planned, out, _now(out), passphrases=passphrases)
    layout = Layout(out)
    click.echo(f"made {out}: {len(planned.stations)} stations")
    click.echo(f"now move {layout.root_key} offline; no other command needs it")
    click.echo(
        f"before {planned.validity.crl_days} days are over: sekisho pki crl {out}"
    )
    for left in authority.cut_short(out):
        click.echo(
            f"left by an attempt that was cut short, keys and all: remove {left}"
        )


@pki.command(cls=Command)
@click.argument("directory", metavar="DIR", type=_DIRECTORY)
@click.argument("station_name", metavar="STATION")
@_PURPOSE
@_ISSUING
@_STATION
def issue(
    directory: Path,
    station_name: str,
    purpose: str | None,
    source: Source | None,
    station_source: Source | None,
) -> None:
    """First keys and certificates of a planned station.

    STATION is written as 102024/municipal_cs and stands in DIR/plan.toml: write a new
    one in there first. Without --purpose: all that the station does not have yet.
    """
    station = StationName.parse(station_name)
    opened = _opened(directory, source)
    purposes = _asked(purpose, opened.missing(station))
    if not purposes:
        click.echo(f"{station} has all that the plan gives it; see renew")
        return
    lock = _new(station_source, f"the keys of {station}")
    for each in purposes:
        opened.issue(station, each, _now(directory), passphrase=lock)
        click.echo(f"issued {opened.layout.certificate(station, each)}")


@pki.command(cls=Command)
@click.argument("directory", metavar="DIR", type=_DIRECTORY)
@click.argument("station_name", metavar="STATION")
@_PURPOSE
@_ISSUING
@_STATION
def renew(
    directory: Path,
    station_name: str,
    purpose: str | None,
    source: Source | None,
    station_source: Source | None,
) -> None:
    """New keys and certificates in the old ones' place.

    STATION is written as 102024/municipal_cs. The old files stay beside, with their
    serial in the name; the old certificate is good until it ends or is revoked. Locked
    keys are renewed with their passphrase; change it before or after with passphrase.
    """
    station = StationName.parse(station_name)
    opened = _opened(directory, source)
    purposes = _asked(purpose, opened.plan.find(station).needed)
    lock = _new(station_source, f"the keys of {station}")
    for each in purposes:
        opened.renew(station, each, _now(directory), passphrase=lock)
        click.echo(f"renewed {opened.layout.certificate(station, each)}")


@pki.command(cls=Command)
@click.argument("directory", metavar="DIR", type=_DIRECTORY)
@click.argument("which", metavar="SERIAL|CERTFILE")
@click.option(
    "--reason",
    required=True,
    type=click.Choice([reason.value for reason in RevocationReason]),
    help="Stands in the list, for all to read.",
)
@_ISSUING
def revoke(directory: Path, which: str, reason: str, source: Source | None) -> None:
    """Take a certificate back for ever."""
    opened = _opened(directory, source)
    serial = _serial(opened, which)
    opened.revoke(serial, RevocationReason(reason), _now(directory))
    click.echo(
        f"revoked {serial_text(serial)}; bring {opened.layout.crl} to every station"
    )


@pki.command(cls=Command)
@click.argument("directory", metavar="DIR", type=_DIRECTORY)
@_ISSUING
def crl(directory: Path, source: Source | None) -> None:
    """Write a fresh revocation list, before the old one ends."""
    opened = _opened(directory, source)
    made = opened.publish_crl(_now(directory))
    ends = made.next_update_utc
    click.echo(f"made {opened.layout.crl}, good until {ends:%Y-%m-%d %H:%MZ}")


@pki.command("show", cls=Command)
@click.argument("path", metavar="FILE_OR_DIR", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON array, for programs.")
def show_(path: Path, as_json: bool) -> None:
    """What certificates and revocation lists say."""
    found = show.rows(path, _now(path))
    click.echo(msgspec.json.encode(found) if as_json else show.table(found))


def _opened(directory: Path, source: Source | None) -> Authority:
    layout = Layout(directory)
    if not layout.issuing_key.is_file():
        return Authority.open(directory)  # which says what is missing
    return Authority.open(
        directory, opened_with(layout.issuing_key, source, "the issuing key")
    )


def _new(source: Source | None, whose: str) -> bytes | None:
    return None if source is None else source.take(whose, new=True)


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


def _now(directory: Path) -> datetime:
    """What time it is for an authority: a TEST network may have a clock of its own."""
    layout = Layout(directory)
    if not layout.clock.exists():
        return datetime.now(UTC)
    trust = TrustStore.load(layout.chain, layout.crl)
    return NetworkClock(layout.clock, trust, lambda: datetime.now(UTC))()
