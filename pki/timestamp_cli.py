# SPDX-License-Identifier: Apache-2.0
"""``sekisho pki timestamps``: set up a time-stamp authority for tests, or renew it."""

from datetime import UTC, datetime
from pathlib import Path

import click

from pki import timestamp_authority as authority
from pki.base_cli import Command
from pki.plan import MAX_DAYS


@click.command(cls=Command)
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--name", default="sekisho", show_default=True, help="TEST is added.")
@click.option(
    "--days",
    default=authority.STAMP_DAYS,
    show_default=True,
    type=click.IntRange(1, MAX_DAYS),
    help="How long the key that stamps is good.",
)
@click.option("--renew", is_flag=True, help="A new key that stamps; same root.")
def timestamps(directory: Path, name: str, days: int, renew: bool) -> None:
    """Make a time-stamp authority (RFC 3161) for TEST networks in DIR."""
    now = datetime.now(UTC)
    if renew:
        made = authority.renew(directory, now, days)
        click.echo(f"renewed {directory}: good until {made.not_valid_after_utc:%F}")
        return
    files = authority.build(directory, name, now, days)
    click.echo(f"made {directory}; give stations {files.root}")
