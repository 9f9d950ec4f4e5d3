# SPDX-License-Identifier: Apache-2.0
"""The catalogue, the flow steps and the matching list, for ``docs/tables.py``."""

from collections.abc import Iterable

from markdown_table import code, table

from schemas.catalogue import ROWS, Network, Way
from schemas.flows import STEPS
from schemas.matching_list import KINDS, REQUESTER_KINDS


def catalogue() -> str:
    rows = (
        (
            code(row.name),
            _ways(row.outside),
            _ways(row.inside),
            row.network.value,
            "yes" if row.personal else "no",
            "yes" if row.needs_permit else "no",
            code(row.reply_type) if row.reply_type else row.answer.value,
            "" if row.network is Network.INSIDE else f"{row.lifetime_seconds} s",
            row.legal_basis,
        )
        for row in ROWS.values()
    )
    head = ("type", "between stations", "inside", "network", "personal", "permit")
    return table((*head, "answer", "lifetime", "legal basis"), rows)


def _ways(ways: Iterable[Way]) -> str:
    return ", ".join(f"{code(by)} → {code(to)}" for by, to in sorted(ways))


def flow_steps() -> str:
    """What each step of the assessment document is here."""
    rows = (
        (
            step.name,
            step.act.value,
            code(step.message) if step.message else "",
            " → ".join(map(code, step.path)),
        )
        for step in STEPS.values()
    )
    return table(("step", "act", "message", "systems"), rows)


def requester_kinds() -> str:
    rows = (
        (code(kind.requester_id), kind.japanese, _numbers(kind.item_nos))
        for kind in REQUESTER_KINDS.values()
    )
    return table(("requester kind", "情報照会者", "items"), rows)


def information_kinds() -> str:
    rows = (
        (
            code(kind.kind_id),
            kind.japanese,
            "yes" if kind.provided_by_this_affair else "no",
            _numbers(kind.item_nos),
        )
        for kind in KINDS.values()
    )
    head = ("kind of information", "利用特定個人情報", "provided here", "items")
    return table(head, rows)


def _numbers(numbers: Iterable[int]) -> str:
    return " ".join(map(str, numbers))
