# SPDX-License-Identifier: Apache-2.0
"""`sekisho scenario …`: the flows as data, listed, shown, and played for real.

`run` makes a network of its own on loopback, plays what it is asked to, and takes the
network away again; `--dir` joins one that `sekisho up --dir` runs. It ends with status
1 if anything was not as expected.
"""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from pki.errors import PkiError
from schemas.flows import STEPS
from simulators.network.ports import NoPorts
from simulators.network.processes import NotReady
from simulators.scenario.built import SYSTEMS
from simulators.scenario.chosen_cli import ALL, LeftOut, every, named, playable, spoiled
from simulators.scenario.model import Scenario
from simulators.scenario.player import Diagram, Told, diagram, play
from simulators.scenario.telling import (
    as_data,
    fields,
    head,
    texts,
    whole,
    words_of,
    write,
)
from simulators.scenario.world import World, joined_network, own_network

WIDE = 180
"""Columns of a table that is not shown on a terminal: nothing is cut off."""

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Plain JSON.")


@click.group()
def scenario() -> None:
    """Flows and failures as data: list them, show them, run them."""


@scenario.command("list")
@AS_JSON
def list_(as_json: bool) -> None:
    """Every scenario that can run today, and the flow steps that it covers."""
    found = every()
    if as_json:
        click.echo(json.dumps([head(one) for one in found], ensure_ascii=False))
        return
    table = Table("scenario", "", "flow steps", "own network", box=None, pad_edge=False)
    for one in found:
        needs = "needs one" if one.needs else ""
        table.add_row(one.id, f"{one.title}\n{one.title_ja}", " ".join(one.flow), needs)
    _console().print(table, highlight=False)
    covered = {step for one in found for step in one.flow}
    click.echo(f"{len(found)} scenarios, {len(covered)} of {len(STEPS)} flow steps")


@scenario.command()
@click.argument("name", metavar="ID|FILE")
@AS_JSON
def show(name: str, as_json: bool) -> None:
    """One scenario: its parties, steps, and what must be so afterwards."""
    for one in named((name,)):
        click.echo(
            json.dumps(whole(one), ensure_ascii=False) if as_json else one.source
        )


@scenario.command()
@AS_JSON
def words(as_json: bool) -> None:
    """What a scenario may name: each system's actions and looks, with their fields."""
    if as_json:
        found = {role: words_of(one) for role, one in SYSTEMS.items()}
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    table = Table("system", "", "fields", "ends", "", box=None, pad_edge=False)
    for role, one in SYSTEMS.items():
        for action in one.actions.values():
            keys = " ".join(fields(action.params))
            table.add_row(
                role, action.name, keys, ", ".join(action.endings), action.tells
            )
        for look in one.looks.values():
            keys = " ".join(fields(look.params))
            table.add_row(role, f"({look.name})", keys, "", look.tells)
    _console().print(table, highlight=False, markup=False)


@scenario.command()
@click.argument("names", nargs=-1, required=True, metavar="ID|FILE|all...")
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Join the network that 'sekisho up --dir' runs there, as a guest.",
)
@click.option(
    "--diagrams",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write each diagram there, as text and as SVG.",
)
@AS_JSON
def run(
    names: tuple[str, ...], folder: Path | None, diagrams: Path | None, as_json: bool
) -> None:
    """Play scenarios on a real network, and judge what came of them."""
    signal.signal(signal.SIGTERM, _interrupted)
    chosen, left_out = playable(named(names), folder, ALL in names)
    console = _console(stderr=as_json)
    told: list[Told] = []
    drawn: dict[str, Diagram] = {}
    try:
        with (
            _progress(console) as progress,
            _network(chosen, folder, progress) as world,
        ):
            for one in chosen:
                told += _played(one, world, progress)
                drawn[one.id] = diagram(one, world)
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except (NotReady, NoPorts, PkiError, OSError) as error:
        raise click.ClickException(str(error)) from None
    except msgspec.MsgspecError as error:
        raise spoiled(folder, error) from None
    if diagrams is not None:
        write(diagrams, drawn)
    if as_json:
        click.echo(json.dumps(as_data(told, drawn, left_out), ensure_ascii=False))
    else:
        _report(console, told, drawn, left_out)
    if not all(one.right for one in told):
        raise SystemExit(1)


# -- on which network -----------------------------------------------------------------


@contextmanager
def _network(
    chosen: list[Scenario], folder: Path | None, progress: Progress
) -> Iterator[World]:
    task = progress.add_task("", total=None)

    def tell(words: str) -> None:
        progress.update(task, description=words)

    if folder is not None:
        with joined_network(folder.absolute()) as world:
            yield world
        return
    parties = dict.fromkeys(p for one in chosen for p in one.parties.values())
    lines = dict.fromkeys(p for one in chosen for p in one.lines)
    with own_network(parties, lines, tell) as world:
        progress.remove_task(task)
        yield world


def _played(one: Scenario, world: World, progress: Progress) -> list[Told]:
    task = progress.add_task(one.id, total=len(one.steps) + len(one.checks))
    told = []
    for line in play(one, world):
        told.append(line)
        progress.update(task, advance=1, description=f"{one.id}  {line.what[:60]}")
    progress.remove_task(task)
    return told


# -- how it is shown -------------------------------------------------------------------


def _console(*, stderr: bool = False) -> Console:
    console = Console(stderr=stderr)
    return console if console.is_terminal else Console(stderr=stderr, width=WIDE)


def _progress(console: Console) -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.completed}"),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
        console=console,
        transient=True,
    )


def _report(
    console: Console,
    told: list[Told],
    drawn: dict[str, Diagram],
    left_out: LeftOut,
) -> None:
    table = Table("scenario", "", "what", "flow", "expected", "what happened", "")
    for one in told:
        table.add_row(
            one.scenario,
            one.part,
            one.what,
            " ".join(one.flow),
            one.expected,
            one.happened,
            "[green]✓[/]" if one.right else "[red]✗[/]",
        )
    console.print(table)
    if len(drawn) == 1:
        for name in drawn:
            click.echo(texts(drawn[name])[0])
    for name, why in left_out.items():
        console.print(f"{name} was not run: {why}", highlight=False)
    right = sum(one.right for one in told)
    console.print(f"{right} of {len(told)} as expected, {len(drawn)} scenarios")


def _interrupted(number: int, frame: object) -> None:
    raise KeyboardInterrupt
