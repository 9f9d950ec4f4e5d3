# SPDX-License-Identifier: Apache-2.0
"""The shape of a scenario's tables: which keys there are, and of which type.

`msgspec` judges; what it says is told at the key that it means.
"""

import re
from collections.abc import Iterator
from typing import Any, NoReturn

import msgspec

from simulators.scenario.refused import Fault, Key, one_of


def fields(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    """The keys of a table, as they are written."""
    return tuple(one.encode_name for one in msgspec.structs.fields(kind))


def split(
    raw: dict[str, Any], head: type[msgspec.Struct]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The keys of a head, and those that are left for what it names."""
    own = fields(head)
    return (
        {key: value for key, value in raw.items() if key in own},
        {key: value for key, value in raw.items() if key not in own},
    )


def converted(raw: Any, kind: Any, key: Key, also: tuple[str, ...] = ()) -> Any:
    """``raw`` as ``kind``; raises `Fault` at the key that does not fit."""
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        _explain(str(error), kind, key, also)
    except (ValueError, OverflowError):
        raise Fault(
            key, "holds a number that is too large", "write it smaller"
        ) from None


def _explain(said: str, kind: Any, key: Key, also: tuple[str, ...]) -> NoReturn:
    what, _, where = said.partition(" - at `")
    path = (*key, *_path(where.rstrip("`")))
    unknown = re.search(r"unknown field `(.*)`", what, re.DOTALL)
    missing = re.search(r"missing required field `(.*)`", what)
    if unknown:
        allowed = (*fields(kind), *also) if path == key else ()
        mend = one_of(unknown[1], allowed) if allowed else "take it out"
        raise Fault((*path, unknown[1]), "is not known here", mend)
    if missing:
        raise Fault(path, f"'{missing[1]}' is missing", f"add {missing[1]} = …")
    raise Fault(path, what[0].lower() + what[1:], "write what is expected")


def _path(where: str) -> Iterator[str | int]:
    """``$.step[0].by`` as a key; ``[...]``, some key of a table, is left out."""
    for name, number in re.findall(
        r"\.([^.\[]+)|\[(\d+)\]", where.replace("[...]", "")
    ):
        yield int(number) if number else name
