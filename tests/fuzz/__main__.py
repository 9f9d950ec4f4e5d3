# SPDX-License-Identifier: Apache-2.0
"""Fuzzes the parsers, guided by coverage: ``python -m tests.fuzz [TARGET …]``.

Needs atheris (``pip install .[test,fuzz]``). Without a target it takes one after the
other, each in its own process, and tells what each did. Inputs that broke a promise lie
in the folder of ``--found``; such a file, given to ``--try`` with one target, shows the
fault again. To keep it for ever, copy it to ``tests/fuzz/corpus/TARGET/fault-NAME``.
"""

import argparse
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.fuzz import engine

STATISTIC: Final = re.compile(r"stat::number_of_executed_units: +(\d+)")
COVERAGE: Final = re.compile(r"cov: (\d+) ft: (\d+)")
LAST_LINES: Final = 25
ROOT: Final = Path(__file__).resolve().parents[2]
ONE: Final = "--in-this-process"


@dataclass(frozen=True, slots=True)
class Told:
    """What one run did."""

    inputs: int
    kept_promise: bool


def _arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m tests.fuzz", description=__doc__)
    parser.add_argument("target", nargs="*", help="all of them if left out")
    parser.add_argument("--runs", type=int, default=10_000, help="of each target")
    parser.add_argument("--seconds", type=int, default=0, help="at most, each; 0: any")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--blind", action="store_true", help="change DER byte by byte")
    parser.add_argument("--found", type=Path, help="where broken inputs are put")
    parser.add_argument("--keep", action="store_true", help="keep some new inputs")
    parser.add_argument("--try", type=Path, dest="again", help="one input")
    parser.add_argument(ONE, type=Path, help=argparse.SUPPRESS)
    return parser.parse_args(words)


def main(words: list[str]) -> int:
    asked = _arguments(words)
    if asked.again:
        return _try(asked)
    if importlib.util.find_spec("atheris") is None:
        print("atheris is not installed: pip install .[test,fuzz]", file=sys.stderr)
        return 2
    found = asked.found or Path(tempfile.mkdtemp(prefix="sekisho-found-"))
    found.mkdir(parents=True, exist_ok=True)
    if asked.in_this_process:
        _here(asked, found)
    told = [_one(name, asked, found) for name in asked.target or _names()]
    broken = sum(not each.kept_promise for each in told)
    inputs = sum(each.inputs for each in told)
    print(f"{len(told)} targets, {inputs} inputs, {broken} broken; see {found}")
    return 1 if broken else 0


def _names() -> Iterator[str]:
    from tests.fuzz.targets import TARGETS

    yield from TARGETS


def _try(asked: argparse.Namespace) -> int:
    from tests.fuzz.targets import TARGETS

    (name,) = asked.target
    accepted = TARGETS[name].take(asked.again.read_bytes())
    print("accepted" if accepted else "refused, as it should be")
    return 0


def _here(asked: argparse.Namespace, found: Path) -> None:
    (name,) = asked.target
    new, work = asked.in_this_process / "new", asked.in_this_process / "work"
    new.mkdir()
    work.mkdir()
    engine.fuzz(
        engine.Asked(
            name,
            asked.runs,
            asked.seconds,
            asked.seed,
            asked.blind,
            found,
            new,
            work,
        )
    )


def _one(name: str, asked: argparse.Namespace, found: Path) -> Told:
    """One target in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="sekisho-fuzz-") as folder:
        done = subprocess.run(
            _command(name, asked, found, folder),
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": "0"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        told = _tell(name, done)
        if asked.keep and told.kept_promise:
            _keep(name, Path(folder) / "new")
    return told


def _command(
    name: str, asked: argparse.Namespace, found: Path, folder: str
) -> list[str]:
    command = [sys.executable, "-m", "tests.fuzz", name, ONE, folder]
    command += ["--runs", str(asked.runs), "--seconds", str(asked.seconds)]
    command += ["--seed", str(asked.seed), "--found", f"{found / name}-"]
    return command + ["--blind"] * asked.blind


def _tell(name: str, done: subprocess.CompletedProcess[str]) -> Told:
    inputs = STATISTIC.findall(done.stdout)
    reached, features = (COVERAGE.findall(done.stdout) or [("?", "?")])[-1]
    told = Told(int(inputs[-1]) if inputs else 0, done.returncode == 0)
    verdict = "kept its promise" if told.kept_promise else "BROKEN"
    print(
        f"{name:46} {told.inputs:>8} inputs {reached:>5} edges"
        f" {features:>6} features  {verdict}",
        flush=True,
    )
    if not told.kept_promise:
        print("\n".join(done.stdout.splitlines()[-LAST_LINES:]), flush=True)
    return told


def _keep(name: str, new: Path) -> None:
    from tests.fuzz import corpus

    corpus.keep(name, [path.read_bytes() for path in new.iterdir()])


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
