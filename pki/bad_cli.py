# SPDX-License-Identifier: Apache-2.0
"""``sekisho pki bad``: certificates for a verifier to refuse."""

from datetime import UTC, datetime
from pathlib import Path

import click

from pki import bad as bads
from pki.base_cli import Command


@click.command(cls=Command)
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help="The directory to make; must not exist yet.",
)
def bad(out: Path) -> None:
    """Make deliberately bad certificates, for trying a verifier.

    A TEST network of its own, and a folder for each case with key, certificate and
    revocation list. What is to be said of each stands in verdicts.json.
    """
    found = bads.write(out, datetime.now(UTC))
    refused = sum(case.verdict != bads.BELIEVED for case in found)
    click.echo(f"made {out}: {len(found)} certificates, {refused} to be refused")
    click.echo(f"what is to be said of each: {out / bads.VERDICTS}")
