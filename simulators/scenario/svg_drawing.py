# SPDX-License-Identifier: Apache-2.0
"""A sequence diagram as SVG: no script, no style sheet, nothing loaded from anywhere.

It has a title and a description for those who do not see it, and says nothing by
colour alone: a refused message ends in a cross, a lost one breaks off, answers are
dashed, and each line has its words.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta, timezone
from xml.sax.saxutils import escape

from simulators.scenario.marks import Arrow, Mark, Note, Style

JST = timezone(timedelta(hours=9), "JST")
LEFT, LANE, TOP, ROW = 150, 230, 92, 36
"""Pixels: before the first lane, between lanes, above the first row, between rows."""
INK = {
    Style.SENT: "#1a1a1a",
    Style.ANSWER: "#1a1a1a",
    Style.REFUSED: "#a40000",
    Style.LOST: "#a40000",
}
WORDS = {Style.REFUSED: "refused: ", Style.LOST: "never arrived: "}


def draw(
    title: str,
    parties: Sequence[str],
    found: Sequence[Mark],
    labels: Mapping[str, str],
) -> str:
    """The diagram as a whole document."""
    width = LEFT + LANE * max(1, len(parties)) + 40
    height = TOP + ROW * (len(found) + 1)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
        f' width="{width}" height="{height}" role="img"'
        ' aria-labelledby="title description" font-family="sans-serif"'
        ' font-size="12">',
        f'<title id="title">{escape(title)}</title>',
        f'<desc id="description">{escape(_description(parties, found))}</desc>',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        _text(16, 24, title, size=15),
    ]
    for place, party in enumerate(parties):
        parts += _lane(place, party, labels.get(party, ""), height)
    for row, mark in enumerate(found):
        parts += _mark(mark, TOP + ROW * row + ROW // 2, parties)
    return "\n".join([*parts, "</svg>", ""])


def _description(parties: Sequence[str], found: Sequence[Mark]) -> str:
    told = [f"Parties: {', '.join(parties)}."]
    for mark in found:
        if isinstance(mark, Note):
            told.append(f"{_time(mark)} {mark.party or 'all'}: {mark.label}.")
        else:
            way = f"{mark.sender} to {mark.receiver}"
            told.append(
                f"{_time(mark)} {way}: {WORDS.get(mark.style, '')}{mark.label}."
            )
    return " ".join(told)


def _time(mark: Mark) -> str:
    return mark.at.astimezone(JST).strftime("%H:%M:%S.%f")[:-3]


def _text(
    x: float,
    y: float,
    words: str,
    *,
    size: int = 12,
    middle: bool = False,
    ink: str = "#1a1a1a",
) -> str:
    anchor = ' text-anchor="middle"' if middle else ""
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size}" fill="{ink}"{anchor}>'
        f"{escape(words)}</text>"
    )


def _line(ends: tuple[float, float, float, float], ink: str, dash: str = "") -> str:
    x1, y1, x2, y2 = ends
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}"'
        f' stroke="{ink}" stroke-width="1.5"{dashed}/>'
    )


def _x(place: int) -> float:
    return LEFT + LANE * place + LANE / 2


def _lane(place: int, party: str, label: str, height: int) -> list[str]:
    organisation, _, system = party.partition("/")
    return [
        _line((_x(place), TOP - 8, _x(place), height - 8), "#808080"),
        _text(_x(place), 52, label or organisation, middle=True),
        _text(_x(place), 68, system, size=11, middle=True),
        _text(_x(place), 81, organisation, size=10, middle=True),
    ]


def _mark(mark: Mark, y: int, parties: Sequence[str]) -> list[str]:
    time = _text(16, y + 4, _time(mark), size=11)
    if isinstance(mark, Note):
        return [time, *_note(mark, y, parties)]
    return [time, *_arrow(mark, y, parties)]


def _note(mark: Note, y: int, parties: Sequence[str]) -> list[str]:
    if mark.party not in parties:
        end = _x(len(parties) - 1)
        bar = _line((_x(0), y + 6, end, y + 6), "#1a1a1a", "2 3")
        return [bar, _text((_x(0) + end) / 2, y, mark.label, middle=True)]
    x = _x(parties.index(mark.party))
    dot = f'<circle cx="{x:g}" cy="{y}" r="4" fill="#1a1a1a"/>'
    return [dot, _text(x + 8, y + 4, mark.label, size=11)]


def _arrow(mark: Arrow, y: int, parties: Sequence[str]) -> list[str]:
    begin, end = (_x(parties.index(name)) for name in (mark.sender, mark.receiver))
    ink = INK[mark.style]
    words = WORDS.get(mark.style, "") + mark.label
    step = 1 if end >= begin else -1
    stop = (begin + end) / 2 if mark.style is Style.LOST else end - step * 3
    dash = "5 4" if mark.style is Style.ANSWER else ""
    drawn = [_line((begin, y + 6, stop, y + 6), ink, dash)]
    if mark.style in (Style.REFUSED, Style.LOST):
        x = stop - step * 5
        drawn += [
            _line((x - 5, y + 1, x + 5, y + 11), ink),
            _line((x - 5, y + 11, x + 5, y + 1), ink),
        ]
    else:
        back = stop - step * 8
        points = f"{stop:g},{y + 6} {back:g},{y + 2} {back:g},{y + 10}"
        drawn.append(f'<polygon points="{points}" fill="{ink}"/>')
    return [*drawn, _text((begin + end) / 2, y, words, size=11, middle=True, ink=ink)]
