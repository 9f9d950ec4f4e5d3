# SPDX-License-Identifier: Apache-2.0
"""`sekisho copies …`: a named person looks at the copies (副本) of a station.

One is shown on the terminal (R-147); all of them go into a file, as they were imported,
to be compared with the originals (R-148). Who looked is on record before anything is
seen. Copies get in by messages, and by `sekisho gateway import`.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from gateway import config as configs
from gateway.config import Config, ConfigRefused
from gateway.records.copies import Copy
from gateway.records.copies_out import MANY, export_copies, view_copy
from gateway.records.errors import RecordsError
from gateway.services.clock import clock_of
from pki.errors import PkiError
from pki.keystore import load_certificate, load_secret, write_private
from pki.sealing import Recipient


def _named(_context: click.Context, _option: click.Parameter, text: str) -> str:
    """Nobody is not a person: a blank name is refused."""
    if not text.strip():
        raise click.BadParameter("whoever looks has a name")
    return text


FILE = click.Path(path_type=Path, dir_okay=False)
CONFIG = click.option(
    "--config", "path", type=FILE, required=True, help="The station's TOML file."
)
OPERATOR = click.option(
    "--operator", required=True, callback=_named, help="Who looks; kept on record."
)


@click.group()
def copies() -> None:
    """Look at copies of residents' information; every look is on record."""


@copies.command()
@CONFIG
@click.option(
    "--addressee",
    prompt="addressee number",
    help="Whose copy; left out, it is asked for and stays out of the shell's history.",
)
@OPERATOR
@click.option("--json", "as_json", is_flag=True)
def show(path: Path, addressee: str, operator: str, as_json: bool) -> None:
    """Show one copy: personal data, for the eyes of the operator alone."""
    with _refusals():
        config, now = _station(path)
        key = load_secret(config.store.key)
        found = view_copy(config.store.path, key, addressee, at=now, operator=operator)
    if found is None:
        raise click.ClickException("no copy is held under this number; that is noted")
    facts = _facts(found)
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, value in facts.items():
        table.add_row(name.replace("_", " "), str(value))
    Console().print(table, highlight=False, markup=False)


@copies.command()
@CONFIG
@OPERATOR
@click.option("--to", "target", type=FILE, required=True, help="A new file, mode 0600.")
@click.option(
    "--seal-for",
    type=FILE,
    help="Seal it (CMS) for this P-256 certificate; 'openssl cms -decrypt' opens it.",
)
@click.option(
    "--approved-by",
    default="",
    help=f"Who else approves it; needed for more than {MANY} copies.",
)
def export(
    path: Path, operator: str, target: Path, seal_for: Path | None, approved_by: str
) -> None:
    """Write all copies into a new file, one JSON line each, as they were imported."""
    if target.exists():
        raise click.ClickException(f"{target}: exists already and is not overwritten")
    with _refusals():
        config, now = _station(path)
        key = load_secret(config.store.key)
        receiver = None if seal_for is None else _receiver(seal_for, now)
        way = "in the clear"
        if receiver is not None:
            way = f"sealed for certificate {receiver.digest.hex()}"
        rows = export_copies(
            config.store.path,
            key,
            at=now,
            operator=operator,
            approved_by=approved_by,
            way=way,
        )
        data = b"".join(row + b"\n" for row in rows)
        write_private(target, data if receiver is None else receiver.seal(data))
    click.echo(f"{config.station.name}: {len(rows)} copies in {target}, {way}")


def _receiver(path: Path, now: datetime) -> Recipient:
    certificate = load_certificate(path)
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise click.ClickException(f"{path}: the certificate is not of this time")
    return Recipient(certificate)


def _facts(copy: Copy) -> dict[str, Any]:
    """What is shown; the linkage code is for machines."""
    facts: dict[str, Any] = {
        "addressee_number": copy.addressee_number,
        "automatic_answer": "held for a person" if copy.suppressed else "allowed",
        "version": copy.flag_version,
    }
    for kind, content in copy.kinds.items():
        facts |= {
            f"{kind}.head_of_household": content.head_of_household,
            f"{kind}.head_name": content.head_name,
            f"{kind}.relationship": content.relationship,
        }
    return facts


def _station(path: Path) -> tuple[Config, datetime]:
    """A station's configuration, and what time it is for it."""
    config = configs.load(path)
    return config, clock_of(config)()


@contextmanager
def _refusals() -> Iterator[None]:
    """What went wrong, in the operator's words."""
    try:
        yield
    except (ConfigRefused, PkiError, RecordsError) as error:
        raise click.ClickException(str(error)) from None
