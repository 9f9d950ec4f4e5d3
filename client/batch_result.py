# SPDX-License-Identifier: Apache-2.0
"""The result of a batch inquiry: one row for each line of its file, in that order.

UTF-8 with BOM, because office programs look for it. First what was asked and what came
of it, in words where it was refused; then one column for each field of the answers,
named by its path in the payload. The file is personal data: its owner alone can read
it, and it gets its name only when it is whole.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from client.batch_journal import Standing
from client.batch_lines import BadLine, Line
from pki.keystore import settle, write_private
from protocols.refusals import REFUSALS
from schemas.payload import validate

HEAD: Final = (
    "line",
    "reference",
    "outcome",
    "code",
    "text_ja",
    "text_en",
    "what_to_do_ja",
    "what_to_do_en",
    "processing_number",
)
NOT_ASKED: Final = "not_asked"
_WORDS: Final[Mapping[str, tuple[str, str, str, str]]] = {
    "uncertain": (
        "照会されたかどうか確かめられない",
        "nobody can say whether it was asked",
        "局の記録を調べてから照会し直す。",
        "Look into the station's record before you ask again.",
    ),
    "forgotten": (
        "局が照会をもう覚えていない",
        "the station does not know the inquiry any more",
        "局の記録を調べてから照会し直す。",
        "Look into the station's record before you ask again.",
    ),
    "in_progress": (
        "まだ回答がない",
        "there is no answer yet",
        "処理通番で後から尋ねる。",
        "Ask later with the processing number.",
    ),
}


def fields_of(answer: bytes) -> dict[str, str]:
    """The texts of an answer, by their paths in the payload."""
    found: dict[str, str] = {}

    def walk(element: Any, path: str) -> None:
        if len(element) == 0:
            name, count = path, 1
            while name in found:
                count += 1
                name = f"{path}[{count}]"
            found[name] = element.text or ""
        for child in element:
            name = child.tag.rpartition("}")[2]
            walk(child, f"{path}/{name}" if path else name)

    walk(validate("information_provision", answer), "")
    return found


def table(
    asked: Iterable[tuple[Line, Standing]],
    bad: Iterable[BadLine],
    answers: Mapping[int, bytes],
) -> bytes:
    """The whole file."""
    told = {number: fields_of(answer) for number, answer in answers.items()}
    columns = list(dict.fromkeys(name for one in told.values() for name in one))
    rows = {line.number: _row(line, how) for line, how in asked}
    rows |= {line.number: _bad_row(line) for line in bad}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow((*HEAD, *columns))
    for number in sorted(rows):
        values = told.get(number, {})
        writer.writerow((*rows[number], *(values.get(name, "") for name in columns)))
    return text.getvalue().encode("utf-8-sig")


def write(path: Path, data: bytes) -> None:
    """A new file, whole and on the disk; raises `KeyFileError` if the name is taken.

    So is its name: what comes next is that the journal goes.
    """
    write_private(path, data)
    settle(path.parent, deep=False)


def _row(line: Line, how: Standing) -> tuple[str, ...]:
    outcome = how.end or "in_progress"
    words = _WORDS.get(outcome, ("", "", "", ""))
    with suppress(KeyError):
        row = REFUSALS[how.code]
        words = (row.ja, row.en, row.mend_ja, row.mend)
    return (str(line.number), line.reference, outcome, how.code, *words, how.number)


def _bad_row(bad: BadLine) -> tuple[str, ...]:
    where = f"{bad.column}: " if bad.column else ""
    words = ("行が正しくない", "the line is not right", where + bad.ja, where + bad.en)
    return (str(bad.number), bad.reference, NOT_ASKED, "batch_line", *words, "")
