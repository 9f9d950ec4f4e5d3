# SPDX-License-Identifier: Apache-2.0
"""Writes the tables of ``docs/protocol.md`` from the code, so that neither can drift.

    python docs/tables.py [--check]

A table stands between ``<!-- table: NAME -->`` and ``<!-- end -->``; everything else in
the document is written by hand. With ``--check`` nothing is written and the exit status
says whether the document is as the code is.
"""

import hashlib
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from functools import partial
from inspect import getclosurevars
from pathlib import Path
from typing import Any

from catalogue_tables import catalogue, flow_steps, information_kinds, requester_kinds
from markdown_table import Row, code, table
from payload_tables import payloads, text_types

from gateway.rules.check import Check
from gateway.rules.message import MESSAGE_CHECKS
from gateway.rules.pipelines import PIPELINES
from pki import algorithms, oids
from pki.cms_profile import PROFILE, Shape
from protocols import http_limits, limits
from protocols.http import HttpFault
from protocols.refusals import REFUSALS

HERE = Path(__file__).resolve().parent
DOCUMENT = HERE / "protocol.md"
_BLOCK = re.compile(r"<!-- table: ([^\n]*) -->\n.*?<!-- end -->", re.DOTALL)
_SIZES = {
    "SignerInfo.sid": algorithms.KEY_ID_BYTES,
    "RecipientEncryptedKey.rid": algorithms.KEY_ID_BYTES,
    "RecipientEncryptedKey.encryptedKey": algorithms.WRAPPED_KEY_BYTES,
    "GCMParameters.nonce": algorithms.NONCE_BYTES,
    "AuthEnvelopedData.mac": algorithms.TAG_BYTES,
}
_CODES = {
    "its numbers carry this network's check digits": ("SK-X03", "SK-X04"),
    "the permit is the core's and unchanged": ("SK-C06", "SK-C01", "SK-C02"),
    "the route is the permit's and in its time": ("SK-C07", "SK-C13"),
}
"""Of the checks that can refuse in more than one way."""


# --- identifiers and bounds -----------------------------------------------------------


def object_identifiers() -> str:
    ours = {name: value for name, value in vars(oids).items() if name.startswith("ID_")}
    rows = (
        (code(name.lower().replace("_", "-")), code(value.replace(oids.ARC, "ARC")))
        for name, value in ours.items()
    )
    return f"ARC is `{oids.ARC}`.\n\n" + table(("name", "identifier"), rows)


def bounds(module: Any) -> str:
    return table(("name", "value"), _constants(module))


def _constants(module: Any) -> Iterable[Row]:
    for name, value in vars(module).items():
        if name.isupper():
            yield code(name), _bound(value)


def _bound(value: Any) -> str:
    if isinstance(value, frozenset):
        return ", ".join(sorted(value))
    if isinstance(value, timedelta):
        return f"{value.total_seconds():.0f} seconds"
    return str(value)


def http_faults() -> str:
    by_status: dict[int, list[str]] = {}
    for fault in HttpFault:
        by_status.setdefault(fault.status, []).append(code(fault.reason))
    rows = ((str(status), ", ".join(by_status[status])) for status in sorted(by_status))
    return table(("status", "for"), rows)


# --- profile --------------------------------------------------------------------------


def profile(*, sealed: bool) -> str:
    places = list(PROFILE)
    cut = places.index("sealed contentType")
    chosen = places[cut:] if sealed else places[:cut]
    rows = ((code(place), _allowed(place), PROFILE[place].why) for place in chosen)
    return table(("place", "what may stand there", "because"), rows)


def _allowed(place: str) -> str:
    allowed = PROFILE[place].allowed
    if allowed is Shape.SIZED:
        return f"{_SIZES[place]} octets"
    if isinstance(allowed, Shape):
        return str(allowed.value)
    return " or ".join(_value(value) for value in allowed)


def _value(value: Any) -> str:
    if isinstance(value, frozenset):
        return ", ".join(sorted(_value(one) for one in value))
    if isinstance(value, tuple):
        first, second = value
        if isinstance(first, int):
            return f"{first} octets that begin with {second.hex()}"
        return f"{_value(first)}, {'parameters absent' if second is None else 'NULL'}"
    if isinstance(value, bytes):
        return f"tag {value.hex()}"
    if hasattr(value, "dotted_string"):
        names = {
            dotted: name for name, dotted in vars(oids).items() if name[:2] == "ID"
        }
        return code(names[value.dotted_string].lower().replace("_", "-"))
    return str(value)


# --- refusals -------------------------------------------------------------------------


def refusals(kind: str) -> str:
    """The rows of one class; what is told to a peer is shown where it is a code."""
    found = [row for row in REFUSALS.values() if row.kind.value == kind]
    told = kind in ("readable", "unreadable")
    wire = ("on the wire",) if told else ()
    head = ("code", *wire, "rule", "retry", "meaning", "日本語", "what to do")
    rows = (
        (
            code(row.code),
            *((code(row.wire),) if told else ()),
            row.rule,
            "yes" if row.retry else "no",
            row.en,
            row.ja,
            row.mend,
        )
        for row in found
    )
    return table(head, rows)


# --- checks ---------------------------------------------------------------------------


def checks(kind: str) -> str:
    """The checks of one message type in their order, or those of every message."""
    made = MESSAGE_CHECKS if kind == "message" else PIPELINES[kind]
    rows = (
        (str(place), check.name, check.rule, ", ".join(map(code, _codes(check))))
        for place, check in enumerate(made, 1)
    )
    return table(("", "check", "rule", "refused with"), rows)


def _codes(check: Check) -> tuple[str, ...]:
    found = getclosurevars(check.step).nonlocals.get("code")
    return (found,) if found else _CODES[check.name]


# --- examples -------------------------------------------------------------------------


def listing(name: str) -> str:
    text = (HERE / "examples" / "listings" / f"{name}.txt").read_text("utf-8")
    return f"```\n{text}```\n"


def example_files() -> str:
    found = sorted(HERE.joinpath("examples").glob("*.*"))
    rows = (
        (code(path.name), str(len(data)), code(hashlib.sha256(data).hexdigest()))
        for path in found
        if path.suffix in (".der", ".cms", ".xml", ".bin")
        for data in (path.read_bytes(),)
    )
    return table(("file", "bytes", "SHA-256"), rows)


TABLES: Mapping[str, Callable[[], str]] = {
    "object identifiers": object_identifiers,
    "bounds": partial(bounds, limits),
    "http bounds": partial(bounds, http_limits),
    "http faults": http_faults,
    "signed profile": partial(profile, sealed=False),
    "sealed profile": partial(profile, sealed=True),
    "catalogue": catalogue,
    "flow steps": flow_steps,
    "requester kinds": requester_kinds,
    "information kinds": information_kinds,
    "payloads": payloads,
    "text types": text_types,
    "example files": example_files,
}


def content(name: str) -> str:
    """The table of that name; raises KeyError for a name that nobody knows."""
    word, _, rest = name.partition(" ")
    if word == "refusals":
        return refusals(rest)
    if word == "listing":
        return listing(rest)
    if word == "checks":
        return checks(rest)
    return TABLES[name]()


def rendered(text: str) -> str:
    """The document with every table as the code has it now."""

    def block(found: re.Match[str]) -> str:
        made = content(found[1]).rstrip("\n")
        return f"<!-- table: {found[1]} -->\n{made}\n<!-- end -->"

    return _BLOCK.sub(block, text)


def main() -> int:
    old = DOCUMENT.read_text("utf-8")
    new = rendered(old)
    if "--check" in sys.argv[1:]:
        return int(old != new)
    DOCUMENT.write_text(new, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
