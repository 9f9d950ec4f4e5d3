# SPDX-License-Identifier: Apache-2.0
"""A sequence diagram as plain text: a lane for each party, a line for each mark.

A message ends in ``>``, a refused one in ``X``; what never arrived breaks off with an
``x`` half way; answers are dotted. The words beside say it as well.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta, timezone

from simulators.scenario.marks import Arrow, Mark, Note, Style

JST = timezone(timedelta(hours=9), "JST")
LANE = 10
"""Columns from one lane to the next."""
WORDS = {Style.REFUSED: "refused: ", Style.LOST: "never arrived: "}


def draw(
    title: str,
    parties: Sequence[str],
    found: Sequence[Mark],
    labels: Mapping[str, str],
) -> str:
    """The diagram; ``labels`` says who a station is."""
    lines = [title, ""]
    for number, party in enumerate(parties, 1):
        lines.append(f"{number:>3}  {party}  {labels.get(party, '')}".rstrip())
    head = "".join(f"{number:<{LANE}}" for number in range(1, len(parties) + 1))
    lines += ["", f"{'JST':<13}{head}".rstrip()]
    for mark in found:
        time = mark.at.astimezone(JST).strftime("%H:%M:%S.%f")[:-3]
        lines.append(f"{time} {_lanes(mark, parties)} {_words(mark)}".rstrip())
    return "\n".join(lines) + "\n"


def _words(mark: Mark) -> str:
    if isinstance(mark, Note):
        return f"({mark.label})"
    return WORDS.get(mark.style, "") + mark.label


def _lanes(mark: Mark, parties: Sequence[str]) -> str:
    cells = list(("|" + " " * (LANE - 1)) * len(parties))
    if isinstance(mark, Note):
        for place, party in enumerate(parties):
            if mark.party in ("", party):
                cells[place * LANE] = "*"
    else:
        _arrow(cells, mark, parties)
    return "".join(cells[: LANE * (len(parties) - 1) + 1])


def _arrow(cells: list[str], mark: Arrow, parties: Sequence[str]) -> None:
    begin, end = (parties.index(name) * LANE for name in (mark.sender, mark.receiver))
    if begin == end:
        cells[begin] = "@"
        return
    step = 1 if end > begin else -1
    stroke = "." if mark.style is Style.ANSWER else "-"
    stop = end
    if mark.style is Style.LOST:
        stop = (begin + end) // 2
    for place in range(begin + step, stop, step):
        cells[place] = stroke
    tip = ">" if step > 0 else "<"
    cells[stop - step] = {Style.REFUSED: "X", Style.LOST: "x"}.get(mark.style, tip)
