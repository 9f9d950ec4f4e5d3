# SPDX-License-Identifier: Apache-2.0
"""`sekisho drop`: a folder as the way in for a system that can write files."""

import json
import logging
import os
import signal
import sys
import threading
import time
from functools import partial
from pathlib import Path

import click

from client.drop_rounds import DropSettings, Rounds, load
from client.errors import NotReached, SettingsRefused
from client.folder import PARTS, Folder, FolderRefused
from client.inside import Inside
from client.link import machine
from client.patience import Patience

CONFIG = click.option(
    "--config",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The drop's TOML file.",
)


@click.group()
def drop() -> None:
    """Hand in files that a system lays into a folder, and lay out what comes back."""


@drop.command()
@CONFIG
@click.option("--once", is_flag=True, help="One round; exit code 1 if it went wrong.")
def run(path: Path, once: bool) -> None:
    """Watch the folder until told to stop (SIGTERM, SIGINT)."""
    settings = _settings(path)
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(message)s"
    )
    signal.signal(signal.SIGIO, signal.SIG_IGN)  # a lease of `folder` met a writer
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        folder = Folder(settings.drop.folder)
        folder.check()
        patience = Patience(partial(_wait, stop))
        with folder.alone(), Inside(settings.station, patience=patience) as station:
            rounds = Rounds(settings, station, machine, time.monotonic, os.urandom)
            if once:
                sys.exit(0 if rounds.round() else 1)
            click.echo("watching")
            rounds.run(stop.wait)
    except (FolderRefused, OSError) as error:
        raise click.ClickException(str(error)) from None


@drop.command()
@CONFIG
def status(path: Path) -> None:
    """How many files lie in each part of the folder, as JSON."""
    folder = Folder(_settings(path).drop.folder)
    try:
        folder.check()
        counts = {part: len(folder.names(part)) for part in PARTS}
    except (FolderRefused, OSError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(json.dumps(counts))


def _wait(stop: threading.Event, seconds: float) -> None:
    """Wait before the station is asked again; whoever is to stop does not."""
    if stop.wait(seconds):
        raise NotReached("told to stop while the station was away")


def _settings(path: Path) -> DropSettings:
    try:
        return load(path)
    except SettingsRefused as error:
        raise click.ClickException(str(error)) from None
