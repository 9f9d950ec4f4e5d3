# SPDX-License-Identifier: Apache-2.0
"""Kills stations at seeded instants: ``python -m tests.kills --seeds 0-999``.

Tells what each seed does and what came of it, a line each; ends with status 1 if
anything was not true afterwards. A seed is replayed by its number alone.
"""

import argparse
import json
import multiprocessing
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Final

from tests.kills.children import Launcher
from tests.kills.database import database
from tests.kills.facts import Facts
from tests.kills.moments import STAGES
from tests.kills.network import NAMES, Network, running, template
from tests.kills.plan import SQLITE, STORES, Plan
from tests.kills.seed import Run, Told

NETWORK_OF: Final = 25
"""Seeds that share a network: then a new one begins, so that stores stay small."""
WHOLE_EVERY: Final = 5
"""Seeds between two verifications of whole logs; the last of a network is one."""


def seeds_of(text: str) -> list[int]:
    """``7``, ``0-49``, ``3,9,20-29``."""
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


def run_all(seeds: Sequence[int], store: str, folder: Path) -> Iterator[Told]:
    """One seed after another, a new network every so often, or after a fault."""
    waiting = list(seeds)
    with ExitStack() as stack:
        where = Path(stack.enter_context(TemporaryDirectory(prefix="kills-")))
        lies = stack.enter_context(database(store))
        launcher = stack.enter_context(closing(Launcher()))
        made = template(where / "template", lies)
        while waiting:
            some = waiting[:NETWORK_OF]
            with running(made, lies, launcher, some[0]) as network:
                for told in _in_one(network, [Plan.of(one, store) for one in some]):
                    waiting.remove(told.plan.seed)
                    if told.faults:
                        _keep(network, folder, told.plan.seed)
                    yield told


def _in_one(network: Network, plans: Sequence[Plan]) -> Iterator[Told]:
    """Seeds of one network; after a fault it is broken, and would say nothing."""
    known = Facts({title: str(name) for title, name in NAMES.items()})
    for turn, plan in enumerate(plans, 1):
        whole = turn % WHOLE_EVERY == 0 or turn == len(plans)
        told = Run(network, known, plan, turn).run(whole=whole)
        yield told
        if told.faults:
            return


def _keep(network: Network, folder: Path, seed: int) -> None:
    """Leave the stores and logs of a seed that failed, for whoever looks into it."""
    kept = folder / f"seed-{seed}"
    shutil.copytree(network.stage.files.root, kept, dirs_exist_ok=True)
    for daemon in network.daemons.values():
        shutil.copy(daemon.log, kept)


def summary(found: Sequence[Told], seconds: float) -> str:
    """One line for all of them."""
    ways = Counter(told.killed for told in found)
    stages = Counter(told.plan.stage for told in found if told.killed == "armed")
    failed = [told.plan.seed for told in found if told.faults]
    return (
        f"{len(found)} seeds, {len(failed)} with faults {failed or ''}; "
        f"{seconds / max(1, len(found)):.2f} s a seed; killed where it was planned"
        f" {ways['armed']}, by time {ways['time']}, elsewhere {ways['missed']}; "
        + ", ".join(f"{stage} {stages[stage]}" for stage in STAGES)
    )


def told_of(found: Sequence[Told], store: str) -> dict[str, object]:
    """A run as JSON."""
    return {"store": store, "seeds": [told.as_json for told in found]}


def _share(seeds: Sequence[int], asked: argparse.Namespace) -> list[Told]:
    """One job's seeds, each told as it ends."""
    found = []
    for told in run_all(seeds, asked.store, asked.found):
        found.append(told)
        lines = [f"{told.plan}: {told.killed}, {told.seconds:.2f} s"]
        lines += [f"  FAULT {fault}" for fault in told.faults]
        print("\n".join(lines), flush=True)
        if told.faults and asked.first:
            break
    return found


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m tests.kills", description=__doc__)
    parser.add_argument("--seeds", type=seeds_of, default="0-49", help="such as 0-999")
    parser.add_argument("--store", choices=STORES, default=SQLITE)
    parser.add_argument("--jobs", type=int, default=1, help="networks at a time")
    parser.add_argument("--json", type=Path, help="a file for what came of each")
    parser.add_argument(
        "--found",
        type=Path,
        default=Path(gettempdir()) / "sekisho-kills",
        help="where the networks of failed seeds are kept",
    )
    parser.add_argument("--first", action="store_true", help="end at the first fault")
    return parser.parse_args(words)


def main(words: Sequence[str]) -> int:
    asked = _arguments(words)
    begun = time.monotonic()
    shares = [asked.seeds[job :: asked.jobs] for job in range(asked.jobs)]
    if asked.jobs == 1:
        found = _share(asked.seeds, asked)
    else:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(asked.jobs, context) as pool:
            done = pool.map(_share, shares, [asked] * asked.jobs)
            found = [told for some in done for told in some]
    print(summary(found, time.monotonic() - begun))
    if asked.json:
        asked.json.write_text(json.dumps(told_of(found, asked.store), indent=1))
    if any(told.faults for told in found):
        print(f"the networks of failed seeds lie in {asked.found}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
