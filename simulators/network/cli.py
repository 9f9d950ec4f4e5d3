# SPDX-License-Identifier: Apache-2.0
"""`sekisho up`: the whole network with one command, and a story that is played on it.

Makes a folder, starts every process, waits until all are ready, plays the story with
live progress, prints the table. It exits with 1 if any expectation failed.
"""

import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from simulators.network import build as building
from simulators.network import copies, moves, ports
from simulators.network import parties as people
from simulators.network.build import Choices
from simulators.network.files import Files
from simulators.network.house import fill
from simulators.network.parties import Half
from simulators.network.player import story_of
from simulators.network.ports import NoPorts
from simulators.network.processes import NotReady, Processes
from simulators.network.shown import shown, tenths
from simulators.register.service.starting import fill_beforehand

Line = dict[str, Any]

WIDE = 160
"""Columns of a table that is not shown on a terminal: nothing is cut off."""


@click.command()
@click.option(
    "--network",
    "half",
    type=click.Choice([one.value for one in Half]),
    default=Half.ALL.value,
    show_default=True,
    help="Which half: the register network, information linkage, or both.",
)
@click.option("--once", is_flag=True, help="Play the story, then stop everything.")
@click.option("--seed", default="1", show_default=True, help="Which residents.")
@click.option(
    "--residents",
    default=1000,
    show_default=True,
    help="How many in 高崎市.",
    type=click.IntRange(100, 370_000),
)
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the network lives; a temporary folder if not given.",
)
@click.option("--json", "as_json", is_flag=True, help="The table as JSON.")
def up(
    half: str,
    once: bool,
    seed: str,
    residents: int,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Bring up a whole network on this machine and play its story."""
    console = Console(stderr=as_json)
    if not console.is_terminal:
        console = Console(stderr=as_json, width=WIDE)
    signal.signal(signal.SIGTERM, _interrupted)
    with _folder(folder) as root:
        files = Files(root)
        choices = Choices(seed=seed, residents=residents, half=Half(half))
        network = Processes(files)
        try:
            _bring_up(console, files, choices, network)
            told = _play(console, files, network, len(story_of(choices.half)))
            _report(console, told, as_json)
            if not once:
                _keep_running(console, files, network, choices.half)
        except KeyboardInterrupt:
            raise SystemExit(130) from None
        except (NotReady, NoPorts) as error:
            raise click.ClickException(str(error)) from None
        finally:
            network.stop()
    if not _all_right(told):
        raise SystemExit(1)


def _bring_up(
    console: Console, files: Files, choices: Choices, network: Processes
) -> None:
    begun = time.monotonic()
    is_made = files.network.exists()
    if files.unfinished.exists():
        raise click.ClickException(
            f"the network in {files.root} was cut off while it was being made, and is "
            "none; remove the folder, or choose another --dir"
        )
    if is_made:
        _same_network(files, choices)
        ports.claim(building.load(files).first_port)
        console.print(f"going on with the network in {files.root}")
    else:
        console.print(f"making a network in {files.root}")
        files.unfinished.touch(mode=0o600)
        building.build(files, choices, console.print)
        count = choices.residents
        city = copies.stream(choices.seed, count, people.CITY)
        fill(files, shown(city, count, "addressee system", console.print))
        told = tenths(count, "register", console.print)
        fill_beforehand(files.root, people.CITY, told)
    console.print(f"  files after {time.monotonic() - begun:.1f} s; starting stations")
    network.start((lambda: None) if is_made else partial(_complete, console, files))
    console.print(f"  all stations ready after {time.monotonic() - begun:.1f} s")


def _same_network(files: Files, choices: Choices) -> None:
    made = building.load(files)
    held = made.seed, made.residents, made.half
    if held != (choices.seed, choices.residents, choices.half):
        raise click.ClickException(
            f"{files.root} holds a network of seed {made.seed} with {made.residents} "
            f"residents, of which there is: {made.half.value}; choose another --dir, "
            "or the same --seed, --residents and --network"
        )


def _complete(console: Console, files: Files) -> None:
    """The last of making it: from then on it can be gone on with."""
    console.print("  the stations import their copies")
    import_copies(files)
    files.unfinished.unlink()


def import_copies(files: Files) -> None:
    """Every station makes its store and imports its copies by its own commands."""
    network = ["--network", str(files.root)]
    _gateway("init", *network)
    _gateway("import", "--operator", "sekisho up", *network)
    for plain in files.root.glob("stations/*/copies.jsonl"):
        plain.unlink()  # what is imported is encrypted; the plain rows must not stay


def _gateway(*words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sekisho", "gateway", *words],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise click.ClickException(f"gateway {words[0]}: {done.stderr.strip()}")


def _play(console: Console, files: Files, network: Processes, steps: int) -> list[Line]:
    command = [
        sys.executable,
        "-m",
        "sekisho",
        "simulate",
        "story",
        "--network",
        str(files.root),
    ]
    told: list[Line] = []
    player = subprocess.Popen(
        command, stdout=subprocess.PIPE, start_new_session=True, text=True
    )
    try:
        with _progress(console) as progress:
            task = progress.add_task("", total=steps)
            for line in _lines(player):
                told.append(line)
                progress.update(task, advance=1, description=line["title"][:40])
    finally:
        if player.poll() is None:
            player.terminate()
        player.wait()
    if len(told) < steps:
        ended = network.ended()
        where = f"; process {ended.title} ended, see {ended.log}" if ended else ""
        raise click.ClickException(f"the story broke off{where}")
    return told


def _progress(console: Console) -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
        console=console,
        transient=True,
    )


def _lines(player: "subprocess.Popen[str]") -> Iterator[Line]:
    assert player.stdout is not None
    for text in player.stdout:
        yield json.loads(text)


def _report(console: Console, told: list[Line], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False, indent=1))
        return
    table = Table("step", "", "expected", "what happened", "")
    for line in told:
        mark = "[green]✓[/]" if line["right"] else "[red]✗[/]"
        table.add_row(
            line["key"], line["title"], line["expected"], line["happened"], mark
        )
    console.print(table)
    right = sum(1 for line in told if line["right"])
    console.print(f"{right} of {len(told)} as expected")


def _all_right(told: list[Line]) -> bool:
    return all(line["right"] for line in told)


def _keep_running(
    console: Console, files: Files, network: Processes, half: Half
) -> None:
    console.print(
        "\nThe network runs until Ctrl-C. Try next, in another terminal:",
        *(f"  sekisho {words}" for words in _next(files, half)),
        sep="\n",
        highlight=False,
    )
    master = files.master.stat().st_ino
    while True:
        time.sleep(0.5)
        fresh = files.master.stat().st_ino
        if fresh != master and not moves.is_moving(files):
            console.print("a new master: starting every station again")
            network.stop()
            network.start()
            master = fresh
        ended = network.ended()
        if ended is not None:
            raise click.ClickException(
                f"{ended.title} ended by itself; its log is {ended.log}"
            )


def _next(files: Files, half: Half) -> Iterator[str]:
    """What to try while the network runs."""
    root = files.root
    yield f"records list --network {root}"
    if half is not Half.RESIDENT:
        yield f"records reconcile --network {root}"
        yield f"holds list --all --config {files.config(people.PROVIDER)}"
        yield f"explain --network {root} PROCESSING-NUMBER"
    if half is not Half.LINKAGE:
        yield f"cs checks --config {files.config(people.CITY_CS)}"
    yield f"scenario run all --dir {root}"
    yield f"time +30d --network {root}"
    yield f"pki show {files.pki.directory}"


@contextmanager
def _folder(chosen: Path | None) -> Iterator[Path]:
    if chosen is not None:
        chosen.mkdir(parents=True, exist_ok=True)
        yield chosen.absolute()
        return
    made = Path(tempfile.mkdtemp(prefix="sekisho-network-"))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _interrupted(number: int, frame: object) -> None:
    raise KeyboardInterrupt
