# SPDX-License-Identifier: Apache-2.0
"""Reads the reference lists: CSV files of this package, unchanged from their source.

They were put back in order from the published assessment document of a city
(特定個人情報保護評価書). Their digests are pinned by a test: a list changes when the
law does, not by the way.
"""

import csv
from importlib.resources import files


def rows(name: str) -> list[dict[str, str]]:
    """The rows of ``data/<name>.csv`` in file order, keyed by the header line."""
    text = files("schemas").joinpath("data", f"{name}.csv").read_text("utf-8")
    return list(csv.DictReader(text.splitlines(keepends=True)))


def numbers(cell: str) -> tuple[int, ...]:
    """A cell that lists item numbers, separated by one space."""
    return tuple(int(number) for number in cell.split(" "))
