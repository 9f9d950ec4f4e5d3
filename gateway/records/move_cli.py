# SPDX-License-Identifier: Apache-2.0
"""`sekisho records migrate`: a stopped station's store into the other database."""

from pathlib import Path

import click

from gateway import config as configs
from gateway.records.move_store import move
from gateway.records.postgres_place import Place
from gateway.records.proofs_cli import damages
from gateway.records.shared_cli import FILE, Opened, told
from gateway.records.store import StoreReader
from pki.keystore import load_secret


@click.command("migrate")
@click.option("--config", "path", type=FILE, required=True, help="Its TOML file.")
@click.option(
    "--to",
    "target",
    required=True,
    type=click.Path(path_type=Path),
    help="The new store's path; nothing may be there.",
)
@click.option("--postgresql", default="", help="Into PostgreSQL, reached like this.")
@click.option("--schema", default="", help="Which schema of it.")
def migrate_(path: Path, target: Path, postgresql: str, schema: str) -> None:
    """Move a stopped station's store from SQLite to PostgreSQL, or back.

    The store stays where it is, unchanged. What was copied is read back, and the record
    and its log are checked, before the new store stands. Then write its path into the
    station's configuration.
    """
    if bool(postgresql) != bool(schema):
        raise click.UsageError("--postgresql and --schema go together")
    with told():
        config = configs.load(path)

        def check(store: StoreReader) -> str:
            found = damages(Opened(str(config.station.name), store, config))
            return f"record {found[0].seq}: {found[0].what}" if found else ""

        place = Place(postgresql, schema) if postgresql else None
        key = load_secret(config.store.key)
        copied = move(config.store.path, key, target, place, check)
    for name, total in copied.items():
        if total.rows:
            click.echo(f"{name}: {total.rows} rows, SHA-256 {total.digest}")
    click.echo(f"{target}: holds all of it; write store.path into {path}")
