# SPDX-License-Identifier: Apache-2.0
"""Events as a file that other programs read: CSV for an office, JSON Lines for a tool.

Both are written event by event, so that a file of seven years needs no more memory than
one of a day. In CSV no cell begins as a formula does: what would is written behind an
apostrophe, as spreadsheets themselves write text, and so is what begins with one; so a
reader who takes a leading apostrophe away has what was recorded.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from gateway.records import tell
from gateway.records.event import StoredEvent
from gateway.records.jst import jst

FORMULA: Final = frozenset("=+-@\t\r\n＝＋－＠'")
"""What a spreadsheet may take for the beginning of a formula; the apostrophe is how it
marks text."""
BOM: Final = b"\xef\xbb\xbf"
"""By it some spreadsheets see that a file is UTF-8."""
COLUMNS: Final = (
    "station",
    "seq",
    "at_jst",
    "at",
    "kind",
    "direction",
    "peer",
    "message_type",
    "message_id",
    "processing_number",
    "item_no",
    "kinds",
    "person_tag",
    "permit_digest",
    "code",
    "operator",
    "detail",
    "verdicts",
    "header_digest",
    "evidence",
    "record_id",
    "commitment",
)


def csv_lines(
    events: Iterable[tuple[str, StoredEvent]], *, bom: bool = False
) -> Iterator[bytes]:
    """The lines of a CSV file (RFC 4180, UTF-8), its head first."""
    if bom:
        yield BOM
    yield _csv_line(COLUMNS)
    for station, stored in events:
        yield _csv_line([guarded(value) for value in cells(station, stored)])


def json_lines(events: Iterable[tuple[str, StoredEvent]]) -> Iterator[bytes]:
    """One JSON object a line, as `records list --json` has them."""
    for one in events:
        yield json.dumps(tell.event_json(*one), ensure_ascii=False).encode() + b"\n"


def cells(station: str, stored: StoredEvent) -> list[str]:
    """An event as texts, in the order of `COLUMNS`."""
    fields = {**tell.event_json(station, stored), "at_jst": jst(stored.event.at)}
    return [_text(fields[name]) for name in COLUMNS]


def guarded(cell: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell[:1] in FORMULA and cell else cell


def unguarded(cell: str) -> str:
    """What `guarded` was given."""
    return cell.removeprefix("'")


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str | int):
        return str(value)
    if isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
        return " ".join(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _csv_line(cells: Iterable[str]) -> bytes:
    line = io.StringIO(newline="")
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue().encode("utf-8", "surrogatepass")
