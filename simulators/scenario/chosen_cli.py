# SPDX-License-Identifier: Apache-2.0
"""Which scenarios are meant, and which of them a network can play.

An id stands for its family, `all` for every one that is shipped, and a path for the
file. A guest in somebody's network plays what has all its parties there and breaks
nothing; of the others it is said why not.
"""

from pathlib import Path

import click
import msgspec

from simulators.network import build as building
from simulators.network.build import NetworkFile
from simulators.network.files import Files
from simulators.scenario.loader import load, shipped
from simulators.scenario.model import Scenario
from simulators.scenario.refused import ScenarioRefused, one_of

ALL = "all"
LeftOut = dict[str, str]
"""Which scenarios are not run in a network, and why."""


def every() -> tuple[Scenario, ...]:
    try:
        return shipped()
    except ScenarioRefused as error:
        raise click.ClickException(str(error)) from None


def named(names: tuple[str, ...]) -> list[Scenario]:
    """By id, by the beginning of an id (`F1-12` and `F1-12-held`), or by file."""
    found: dict[str, Scenario] = {}
    for name in names:
        for one in _by_name(name):
            if found.setdefault(one.id, one) is not one and name.endswith(".toml"):
                raise click.ClickException(f"{name}: {one.id} is named twice")
    return list(found.values())


def _by_name(name: str) -> list[Scenario]:
    if name.endswith(".toml"):
        try:
            return [load(Path(name))]
        except ScenarioRefused as error:
            raise click.ClickException(str(error)) from None
    known = every()
    fits = [
        one
        for one in known
        if name == ALL or one.id == name or one.id.startswith(f"{name}-")
    ]
    if not fits:
        mend = one_of(name, [one.id for one in known])
        raise click.ClickException(f"{name}: there is no such scenario; {mend}")
    return fits


def playable(
    chosen: list[Scenario], folder: Path | None, all_of_them: bool
) -> tuple[list[Scenario], LeftOut]:
    """Those that a guest may play, and the others; all, in a network of our own."""
    if folder is None:
        return chosen, {}
    if not (folder / "network.json").is_file():
        raise click.ClickException(
            f"{folder} holds no network; start one with 'sekisho up --dir {folder}', "
            "or leave --dir out"
        )
    try:
        network = building.load(Files(folder.absolute()))
    except msgspec.MsgspecError as error:
        raise spoiled(folder, error) from None
    left_out = {one.id: why for one in chosen if (why := _why_not(one, network))}
    if left_out and not all_of_them:
        name, why = next(iter(left_out.items()))
        raise click.ClickException(f"{name} is not for this network: {why}")
    return [one for one in chosen if one.id not in left_out], left_out


def _why_not(one: Scenario, network: NetworkFile) -> str:
    """Why a guest may not play a scenario there; empty where one may."""
    there = {party.name for party in network.parties}
    missing = [str(party) for party in one.parties.values() if party not in there]
    if missing:
        half = network.half.value
        return f"it does not apply to --network {half}, which has no {missing[0]}"
    if one.needs:
        why = "; ".join(sorted(need.value for need in one.needs))
        return f"{why}; leave --dir out"
    return ""


def spoiled(folder: Path | None, error: Exception) -> click.ClickException:
    return click.ClickException(f"{folder}: network.json: {error}")
