# SPDX-License-Identifier: Apache-2.0
"""Replaces everything in a request that could be about a person.

`_TREATED` names the elements whose values are kept or replaced in a way of their own.
Each one that is not named is replaced as text: whatever is added to a message later is
replaced until somebody decides otherwise here. Element names that no schema knows,
attributes, and bytes that are no XML never pass; something of the same kind of wrong
stands in their place.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Final
from xml.sax.saxutils import escape

from protocols.identifiers import local_government_code_is_valid
from schemas.matching_list import REQUESTER_KINDS
from schemas.payload import NAMESPACE
from schemas.reference import rows
from schemas.transfer_affairs import AFFAIRS
from simulators.capture.fiction import Fiction
from simulators.capture.marks import JST, escaped
from simulators.capture.tree import Node, read

RECENT: Final = timedelta(days=400)
"""Dates within it are of the present: they count from the day of the replay."""
_FIRST_YEAR: Final = 1801
LONGEST_FILLER: Final = 2000
_DECLARED: Final = re.compile(r'<xs:element name="([a-z_]+)"')
_FLAG: Final = frozenset({"true", "false"})
_SMALL: Final = re.compile(r"[0-9]{1,4}", re.ASCII)
_ENUMERATED: Final = re.compile(r'<xs:enumeration value="([a-z_]+)"')
_REASON: Final = re.compile(r"[A-Z][0-9]{2}", re.ASCII)
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_PLACES: Final = frozenset(
    {
        "v1",
        "inside",
        "messages",
        "inquiries",
        "answer",
        "arrivals",
        "taken",
        "batches",
        "loads",
        "done",
    }
)
"""Words of the inside listener's own paths."""


class Replaced:
    """The replacements of one capture."""

    def __init__(
        self, fiction: Fiction, given: Mapping[str, str], at: datetime
    ) -> None:
        """``given``: ids that the station gave, each with its mark; it may grow."""
        self._fiction = fiction
        self._given = given
        self._now = at
        self._treated: dict[str, Callable[[str], str]] = {
            **dict.fromkeys(_KEPT_WORDS, self._word),
            **dict.fromkeys(_KEPT_NUMBERS, self._small),
            **dict.fromkeys(_KEPT_FLAGS, self._flag),
            **dict.fromkeys(_IDS, self._id),
            "individual_number": fiction.individual_number,
            "resident_record_code": fiction.resident_record_code,
            "old_resident_record_code": fiction.resident_record_code,
            "addressee_number": fiction.addressee_number,
            "update_sequence_number": self._serial,
            "sex": self._sex,
        }

    def body(self, body: bytes) -> str:
        """What is said instead of ``body``."""
        if not body:
            return ""
        root = read(body)
        if root is not None:
            return self._element(root, root=True)
        lines = body.splitlines()
        roots = [read(line) for line in lines]
        if len(lines) > 1 and all(one is not None for one in roots):
            told = [self._element(one, root=True) for one in roots if one is not None]
            return "\n".join(told) + "\n"
        return "x" * min(len(body), LONGEST_FILLER)

    def target(self, target: str) -> str:
        """The path, with ids by their marks."""
        path, mark, query = target.partition("?")
        parts = [self._part(one) for one in path.split("/")]
        if not mark:
            return "/".join(parts)
        pairs = [one.partition("=") for one in query.split("&")]
        said = [f"{self._name(k)}{eq}{self._organisation(v)}" for k, eq, v in pairs]
        return f"{'/'.join(parts)}?{'&'.join(said)}"

    # -- elements ------------------------------------------------------------------

    def _element(self, node: Node, *, root: bool = False) -> str:
        name = node.name if node.name in vocabulary() else "unknown"
        inner = "".join(self._element(child) for child in node.children)
        if not node.children:
            inner = self._value(name, node.text)
        space = f' xmlns="{NAMESPACE}"' if root else ""
        wrong = ' unknown="x"' if node.has_attributes else ""
        return f"<{name}{space}{wrong}>{inner}</{name}>"

    def _value(self, name: str, text: str) -> str:
        if not text:
            return ""
        if text in self._given:
            return self._given[text]
        treat = self._treated.get(name)
        if treat is not None:
            return escape(treat(text))
        if _DATE.fullmatch(text):
            return self._date(text)
        if _TIME.fullmatch(text):
            return self._time(text)
        return escape(escaped(self._fiction.text(text)))

    def _word(self, text: str) -> str:
        """A word or code of a closed list; anything else is replaced."""
        listed = _REASON.fullmatch(text) or text in words()
        if listed or self._is_organisation(text):
            return text
        return self._fiction.text(text)

    def _small(self, text: str) -> str:
        return text if _SMALL.fullmatch(text) else self._fiction.text(text)

    def _flag(self, text: str) -> str:
        return text if text in _FLAG else self._fiction.text(text)

    def _sex(self, text: str) -> str:
        """One of the two of most people, by chance, for every capture anew."""
        if text not in ("1", "2"):
            return self._fiction.text(text)
        same = self._fiction.shift("sex", 0, 1) == 0
        return text if same else "21"[int(text) - 1]

    def _id(self, text: str) -> str:
        return self._given.get(text) or self._fiction.code(text)

    def _serial(self, text: str) -> str:
        """Later ones stay later."""
        if not (text.isascii() and text.isdigit() and len(text) <= 15):
            return self._fiction.text(text)
        return str(int(text) + self._fiction.shift("serial", 1000, 999_999))

    def _date(self, text: str) -> str:
        try:
            day = date.fromisoformat(text)
        except ValueError:
            return self._fiction.text(text)
        today = self._now.astimezone(JST).date()
        if abs(day - today) <= RECENT:
            moved = (day - today).days - self._fiction.shift("recent", 1, 3)
            return f"${{day{moved:+d}}}"
        moved = self._fiction.shift("old", 30, 330)
        if day.year <= _FIRST_YEAR:
            return f"{_FIRST_YEAR}-01-01"
        return str(day - timedelta(days=moved))

    def _time(self, text: str) -> str:
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            return self._fiction.text(text)
        if abs(at - self._now) <= RECENT:
            moved = int((at - self._now).total_seconds())
            return f"${{now{moved - self._fiction.shift('time', 60, 3600):+d}}}"
        if at.year <= _FIRST_YEAR:
            return f"{_FIRST_YEAR}-01-01T00:00:00Z"
        old = at - timedelta(days=self._fiction.shift("old", 30, 330))
        return f"{old:%Y-%m-%dT%H:%M:%SZ}"

    # -- targets -------------------------------------------------------------------

    def _part(self, part: str) -> str:
        if not part or part in _PLACES:
            return part
        return self._given.get(part) or self._fiction.code(part)

    def _name(self, name: str) -> str:
        return name if name == "to" else self._fiction.text(name)

    def _organisation(self, text: str) -> str:
        return text if self._is_organisation(text) else self._fiction.text(text)

    def _is_organisation(self, text: str) -> bool:
        """The code of a body: public, and routes depend on it."""
        invented = re.fullmatch(r"[A-Z][0-9]{5}", text, re.ASCII) is not None
        return invented or local_government_code_is_valid(text)


@cache
def vocabulary() -> frozenset[str]:
    """Every element name that a schema of this network declares."""
    return frozenset(_DECLARED.findall(_schemas()))


@cache
def words() -> frozenset[str]:
    """Every word of a closed list, as schemas and reference lists have them."""
    kinds = {row["id"] for row in rows("information_kinds")}
    enumerated = _ENUMERATED.findall(_schemas())
    return frozenset({*enumerated, *kinds, *REQUESTER_KINDS, *AFFAIRS})


def _schemas() -> str:
    folder = files("schemas").joinpath("xsd")
    found = [one for one in folder.iterdir() if one.name.endswith(".xsd")]
    return "".join(one.read_text("utf-8") for one in found)


_KEPT_WORDS: Final = (
    "kind",
    "provider",
    "affair_item",
    "certificate_kind",
    "change_reason",
    "municipality_code",
    "new_municipality_code",
    "previous_municipality_code",
    "domicile_municipality_code",
    "organisation",
)
"""Words of closed lists, and codes of bodies; they are kept if they are such."""
_KEPT_NUMBERS: Final = (
    "item_no",
    "name_external_character_count",
    "address_external_character_count",
    "previous_address_external_character_count",
    "former_surname_external_character_count",
    "record_status_flag",
    "part",
    "parts",
    "batch",
    "batches",
    "records",
)
_KEPT_FLAGS: Final = (
    "update_prohibited_flag",
    "planned_person_flag",
    "exclusive_lock_flag",
    "external_character_flag",
    "whole_household",
    "head_of_household",
    "show_individual_number",
    "show_resident_record_code",
    "show_relationship",
)
_IDS: Final = (
    "processing_number",
    "message_id",
    "batch_id",
    "check_id",
    "subject_code",
    "digest",
)
