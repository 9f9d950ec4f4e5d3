# SPDX-License-Identifier: Apache-2.0
"""``sekisho pki passphrase``: lock a private key, open it, or lock it anew."""

from pathlib import Path

import click

from pki import keystore
from pki.base_cli import SOURCE, Command, Source, opened_with


@click.command(cls=Command)
@click.argument("keyfile", type=click.Path(path_type=Path))
@click.option(
    "--old",
    type=SOURCE,
    help="What it is locked with; asked for if left out and needed.",
)
@click.option("--new", type=SOURCE, default="ask", help="What to lock it with.")
@click.option("--open", "to_open", is_flag=True, help="Leave it without a passphrase.")
def passphrase(keyfile: Path, old: Source | None, new: Source, to_open: bool) -> None:
    """Change the passphrase of a private key file, in one step.

    The key stays the same, so its certificate does. Backups made before can still be
    opened with the old passphrase.
    """
    key = keystore.load_private_key(keyfile, opened_with(keyfile, old, str(keyfile)))
    lock = None if to_open else new.take("the key from now on", new=True)
    keystore.replace(keyfile, keystore.private_pem(key, lock), private=True)
    click.echo(f"{keyfile} is {'open' if to_open else 'locked'} now")
