# SPDX-License-Identifier: Apache-2.0
"""`sekisho inspect FILE`: what it is, layer by layer, and what a station says of it.

Exit status: 0 nothing was refused, 1 something was, 2 the file (or an option's file)
could not be read.
"""

import inspect as docs
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import click

from gateway.config import ConfigRefused
from gateway.inspection import known, tell
from gateway.inspection.carrier import NotReadable
from gateway.inspection.known import Asked, Unclear
from gateway.inspection.look import look
from gateway.inspection.report import UNREAD
from gateway.records.jst import from_jst
from pki.errors import PkiError

_FILE = click.Path(path_type=Path, dir_okay=False)
_FOLDER = click.Path(path_type=Path, file_okay=False, exists=True)


class Failure(click.ClickException):
    """An option's file that cannot be used: nothing was inspected."""

    exit_code = UNREAD

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.advice = docs.getdoc(type(error)) or ""

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(f"Error: {self.message}\n\n{self.advice}", file=file, err=True)


class Moment(click.ParamType[datetime]):
    """ISO 8601; without a zone it is Japan Standard Time, as in other commands."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        try:
            at = datetime.fromisoformat(value)
            return from_jst(at) if at.tzinfo is None else at.astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(f"{value} is not a time such as 2030-01-01T12:00:00Z", param, ctx)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--config", type=_FILE, help="A station's TOML file: all of what follows."
)
@click.option(
    "--keys", type=_FOLDER, help="A station's key folder; opens its messages."
)
@click.option("--key", type=_FILE, help="A sealing key, with --sealing-cert.")
@click.option("--sealing-cert", type=_FILE, help="The certificate of --key.")
@click.option("--passphrase-file", type=_FILE, help="What its keys are locked with.")
@click.option(
    "--cert",
    "certificates",
    type=_FILE,
    multiple=True,
    help="A certificate that may have signed it; may be given several times.",
)
@click.option("--trust", type=_FILE, help="chain.pem: whom to believe.")
@click.option("--crl", type=_FILE, help="crl.pem: whom no longer.")
@click.option("--master", type=_FILE, help="A signed master: who signs with which key.")
@click.option("--store-key", type=_FILE, help="store.key, for a record store.")
@click.option("--at", type=Moment(), help="As of this time; now unless given.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
@click.option(
    "--show-personal-data",
    "personal",
    is_flag=True,
    help="Also what is about a person; without it such text is never shown.",
)
def inspect(file: Path, as_json: bool, at: datetime | None, **options: Any) -> None:
    """Tell what FILE is, and what a station would say of each of its layers.

    Works offline on a message, permit, route, receipt, refusal, master, certificate,
    revocation list, key, payload or record, by its content; nothing is sent, changed or
    believed.
    """
    try:
        told = known.gather(Asked(at=at or datetime.now(UTC), **options))
    except (ConfigRefused, NotReadable, PkiError, Unclear) as error:
        raise Failure(error) from None
    report = look(file, told)
    if as_json:
        click.echo(json.dumps(tell.as_json(report), ensure_ascii=False))
    else:
        for line in tell.text(report):
            click.echo(line)
    raise SystemExit(report.status)
