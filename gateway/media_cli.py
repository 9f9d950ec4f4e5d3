# SPDX-License-Identifier: Apache-2.0
"""`sekisho media …`: put content on a medium (電子記録媒体), and take one in.

A named person asks for it, another approves it where it is much, and it is written with
a third person, or the second, as witness. What then happens to the medium is told to
the ledger by the commands of `gateway.media_ledger_cli`. A refusal is on record before
it is read.
"""

from pathlib import Path

import click

from gateway.media_ledger_cli import (
    CONFIG,
    FILE,
    NUMBER,
    OPERATOR,
    REASON,
    at_the_desk,
    ledger_commands,
    move,
)
from gateway.rules.media import CONTENTS, DEVICES, FLASH, Act
from gateway.services.media_intake import take_in
from gateway.services.media_output import Asked
from gateway.services.media_output import request as ask
from gateway.services.media_output import write as put_out

FOLDER = click.Path(path_type=Path, file_okay=False)
DEVICE = click.option(
    "--device",
    required=True,
    type=click.Choice([*DEVICES, FLASH]),
    help="What kind of medium it is; flash memory is refused, and that is recorded.",
)
CHOSEN = click.option(
    "--file",
    "file",
    type=FILE,
    help="The resident record codes of a check, one a line; or the extract of sending "
    "destinations. Without it, a check is of the whole file.",
)


@click.group()
def media() -> None:
    """Put content on media where the line is not used, and keep their ledger."""


@media.command()
@CONFIG
@click.option("--content", required=True, type=click.Choice(list(CONTENTS)))
@click.option("--to", required=True, help="ORGANISATION/ROLE of the receiver.")
@DEVICE
@CHOSEN
@REASON
@OPERATOR
def request(
    path: Path,
    content: str,
    to: str,
    device: str,
    file: Path | None,
    reason: str,
    operator: str,
) -> None:
    """Ask for a medium; above the configured count it waits for approval."""
    with at_the_desk(path) as desk:
        made = ask(desk, operator, Asked(content, to, device, reason, file))
    click.echo(f"medium {made.number}: {made.persons:,} persons for {made.peer}")
    if made.large:
        click.echo("it waits for an approver: 'sekisho media approve'")


@media.command()
@CONFIG
@NUMBER
@click.option(
    "--selection",
    default="",
    help="Approve only this selection, as 'sekisho media show' gives it.",
)
@REASON
@OPERATOR
def approve(
    path: Path, number: int, selection: str, reason: str, operator: str
) -> None:
    """Approve a large output, for a time and for exactly what was chosen."""
    move(path, number, Act.APPROVE, operator, {"reason": reason}, selection=selection)


@media.command()
@CONFIG
@NUMBER
@REASON
@OPERATOR
def decline(path: Path, number: int, reason: str, operator: str) -> None:
    """Decide that it is not written."""
    move(path, number, Act.DECLINE, operator, {"reason": reason})


@media.command()
@CONFIG
@NUMBER
@click.option("--witness", required=True, help="Who else is there, by name.")
@click.option(
    "--into", required=True, type=FOLDER, help="The folder that the medium is."
)
@CHOSEN
@OPERATOR
def write(
    path: Path, number: int, witness: str, into: Path, file: Path | None, operator: str
) -> None:
    """Write it: a new folder of sealed files, which only its receiver can open."""
    with at_the_desk(path) as desk:
        where = put_out(desk, number, operator, witness, into, file)
    click.echo(f"medium {number}: {where}")


@media.command()
@CONFIG
@click.argument("source", type=FOLDER)
@DEVICE
@click.option(
    "--to", required=True, type=FOLDER, help="A new folder, for its payloads in clear."
)
@OPERATOR
def read(path: Path, source: Path, device: str, to: Path, operator: str) -> None:
    """Take in the folder SOURCE of a medium that another station wrote, once."""
    with at_the_desk(path) as desk:
        taken = take_in(desk, source, to, operator, device)
    click.echo(
        f"medium {taken.number}: {taken.persons:,} persons from {taken.peer} in {to}"
    )


for command in ledger_commands():
    media.add_command(command)
