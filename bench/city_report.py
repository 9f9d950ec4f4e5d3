# SPDX-License-Identifier: Apache-2.0
"""What `bench.city` found, as a table: a row for each figure, a column for each size.

In each cell stands the figure, its share of the limit of the same run, and how the cost
of one person compares with that in the smallest city: 1.0 is a cost that does not grow.
"""

from collections.abc import Sequence
from typing import Any

from rich.table import Table

from bench.city import Figure, Measured

RATE, SECONDS, MILLISECONDS = "/s", "s", "ms"


def as_data(found: Sequence[Measured]) -> list[dict[str, Any]]:
    """For programs: each size with its figures."""
    first = found[0]
    return [
        {
            "residents": one.residents,
            "figures": {
                figure.name: {
                    "value": round(figure.value, 3),
                    "unit": figure.unit,
                    "limit": None if figure.limit is None else round(figure.limit, 3),
                    "growth": growth(first, one, place),
                }
                for place, figure in enumerate(one.figures)
            },
        }
        for one in found
    ]


def growth(first: Measured, other: Measured, place: int) -> float | None:
    """What one person, or one search, costs beside the smallest city; None: no cost."""
    before, after = first.figures[place], other.figures[place]
    if not before.value or not after.value:
        return None
    if before.unit == RATE:
        return round(before.value / after.value, 2)
    if before.unit == SECONDS:
        each = after.value / other.residents
        return round(each / (before.value / first.residents), 2)
    return round(after.value / before.value, 2)


def table(
    found: Sequence[Measured], title: str = "a city through its systems"
) -> Table:
    """The same for people."""
    made = Table(title=title, title_justify="left")
    made.add_column("figure")
    for one in found:
        made.add_column(f"{one.residents:,}", justify="right")
    for place, figure in enumerate(found[0].figures):
        cells = [_cell(found[0], one, place) for one in found]
        made.add_row(f"{figure.name} [{figure.unit}]".replace("[", "\\["), *cells)
    return made


def _cell(first: Measured, one: Measured, place: int) -> str:
    figure = one.figures[place]
    lines = [_number(figure)]
    if figure.limit is not None:
        lines.append(_beside(figure.value, figure.limit, figure.unit))
    grown = growth(first, one, place)
    if one is not first and grown is not None:
        lines.append(f"cost x {grown:g}")
    return "\n".join(lines)


def _beside(value: float, limit: float, unit: str) -> str:
    """A share of the limit; of a time, how many times as long."""
    if unit in (SECONDS, MILLISECONDS):
        return f"{value / limit:.1f} x {limit:,.4g}"
    return f"{value / limit:.1%} of {limit:,.0f}"


def _number(figure: Figure) -> str:
    if figure.unit == MILLISECONDS:
        return f"{figure.value:.3f}"
    return f"{figure.value:,.1f}" if figure.value < 100 else f"{figure.value:,.0f}"
