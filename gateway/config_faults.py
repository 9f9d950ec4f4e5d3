# SPDX-License-Identifier: Apache-2.0
"""From what msgspec says of a file to what an operator needs: key, fault, mend.

Pure; the values that were found are never repeated, because a file that is read by
mistake may hold anything.
"""

import difflib
import re
from typing import Final

from gateway.config_keys import KEYS

_PLACE: Final = re.compile(r"^(?P<what>.*?)(?: - at `\$\.?(?P<where>[^`]*)`)?$", re.S)
_NAME: Final = re.compile(r"`([^`]*)`")


def explain(said: str) -> str:
    """``key: what is wrong; what to do``, from one message of msgspec."""
    found = _PLACE.match(said)
    assert found is not None  # the pattern takes any text
    what, where = found["what"], re.sub(r"\[[^]]*\]", "", found["where"] or "")
    name = _NAME.search(what)
    if "unknown field" in what and name is not None:
        return _unknown(where, name[1])
    if "missing required field" in what and name is not None:
        return _missing(_joined(where, name[1]))
    if where in KEYS:
        return f"{where}: not what is wanted here; write {KEYS[where].wanted}"
    if where:
        return f"{where}: must be a table; write it as [{where}] with its keys below"
    return "must be a file of tables"


def _unknown(table: str, name: str) -> str:
    known = _keys_of(table)
    near = difflib.get_close_matches(name, known, 1)
    guess = f"did you mean {near[0]}? " if near else ""
    shown = re.sub(r"[^0-9A-Za-z_.-]", "?", name)[:40]
    return f"{_joined(table, shown)}: unknown key; {guess}known: {', '.join(known)}"


def _missing(key: str) -> str:
    if key in KEYS:
        return f"{key}: is missing; write {KEYS[key].wanted}"
    return f"[{key}]: this table is missing; its keys: {', '.join(_keys_of(key))}"


def _keys_of(table: str) -> list[str]:
    """The keys of one table; for the top of the file, its tables too."""
    if not table:
        return list(dict.fromkeys(key.partition(".")[0] for key in KEYS))
    return [key.partition(".")[2] for key in KEYS if key.startswith(f"{table}.")]


def _joined(table: str, key: str) -> str:
    return f"{table}.{key}" if table else key
