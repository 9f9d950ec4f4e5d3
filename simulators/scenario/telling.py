# SPDX-License-Identifier: Apache-2.0
"""What the command line tells, as plain values and as files: no terminal here."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec

from simulators.scenario import svg_drawing, text_drawing
from simulators.scenario.model import Scenario
from simulators.scenario.player import Diagram, Told
from simulators.scenario.registry import Params, System


def texts(one: Diagram) -> tuple[str, str]:
    """The diagram as text, and as SVG."""
    parts = (one.title, one.parties, one.marks, one.labels)
    return text_drawing.draw(*parts), svg_drawing.draw(*parts)


def write(folder: Path, drawn: Mapping[str, Diagram]) -> None:
    """Write every diagram, as text and as SVG."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, one in drawn.items():
        text, svg = texts(one)
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
        (folder / f"{name}.svg").write_text(svg, encoding="utf-8")


def as_data(
    told: Iterable[Told], drawn: Mapping[str, Diagram], left_out: Mapping[str, str]
) -> dict[str, Any]:
    """What `run --json` tells."""
    return {
        "told": [{**asdict(one), "right": one.right} for one in told],
        "diagrams": {name: texts(one)[0] for name, one in drawn.items()},
        "not_run": dict(left_out),
    }


def head(one: Scenario) -> dict[str, Any]:
    """What `list --json` tells of each."""
    return {
        "id": one.id,
        "title": one.title,
        "title_ja": one.title_ja,
        "flow": one.flow,
        "needs": sorted(need.value for need in one.needs),
    }


def whole(one: Scenario) -> dict[str, Any]:
    """What `show --json` tells."""
    steps = [
        {"by": step.by, "action": step.action.name, "flow": step.flow,
         "expect": step.expect, "as": step.name, "note": step.note,
         **msgspec.to_builtins(step.params)}
        for step in one.steps
    ]  # fmt: skip
    checks = [
        {"party": check.party, "look": check.look.name, "note": check.note,
         **msgspec.to_builtins(check.params)}
        for check in one.checks
    ]  # fmt: skip
    parties = {name: str(station) for name, station in one.parties.items()}
    return {**head(one), "parties": parties, "step": steps, "afterwards": checks}


def words_of(one: System) -> dict[str, Any]:
    """What a scenario may name of a system."""
    return {
        "actions": {
            name: {"fields": fields(action.params), "ends": action.endings,
                   "tells": action.tells}
            for name, action in one.actions.items()
        },
        "looks": {
            name: {"fields": fields(look.params), "tells": look.tells}
            for name, look in one.looks.items()
        },
    }  # fmt: skip


def fields(kind: type[Params]) -> list[str]:
    """The fields of an action or a look."""
    return [one.encode_name for one in msgspec.structs.fields(kind)]
