# SPDX-License-Identifier: Apache-2.0
"""What is asked of a desk, read strictly: JSON of a bounded size and depth, no more.

An object has each name once, exactly the names that the act has, and values of their
types at every depth. What is wrong is told as the register tells it: by field and rule,
and no value is repeated.
"""

import inspect
import json
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, get_type_hints

from simulators.register.basis import Operator, is_reference
from simulators.register.errors import EntryRefused, Fault, Rule
from simulators.register.paper import value_of

MAX_BODY: Final = 64 * 1024
"""Bytes of one request: the largest form, a household of many, is far below it."""
MAX_DEPTH: Final = 12
"""Objects and lists inside each other; a form has six."""


@dataclass(frozen=True, slots=True)
class Act:
    """Something that a desk can be asked for."""

    work: Callable[..., Any] = field(repr=False)
    right: str
    """The right that somebody needs who is to do it."""

    @property
    def hints(self) -> dict[str, Any]:
        """Each parameter with its type; the register itself is none."""
        hints = get_type_hints(self.work)
        hints.pop("return", None)
        del hints["register"]
        return hints

    @property
    def needed(self) -> frozenset[str]:
        """The parameters that have to be given."""
        parameters = inspect.signature(self.work).parameters
        return frozenset(
            name
            for name in self.hints
            if parameters[name].default is inspect.Parameter.empty
        )


def read(body: bytes) -> dict[str, Any]:
    """The JSON object of a request; raises `EntryRefused`."""
    try:
        found = json.loads(
            body or b"{}", object_pairs_hook=_once, parse_constant=_no_number
        )
    except (ValueError, RecursionError):
        raise EntryRefused(Fault("body", Rule.FORMAT)) from None
    if not isinstance(found, dict) or _depth(found) > MAX_DEPTH:
        raise EntryRefused(Fault("body", Rule.FORMAT))
    return found


def arguments(
    act: Act, given: Mapping[str, Any], known: Container[str] = ()
) -> dict[str, Any]:
    """What an act is called with, beside what is ``known``.

    Raises `EntryRefused` with every reason.
    """
    hints = {name: hint for name, hint in act.hints.items() if name not in known}
    faults = [Fault("body", Rule.NOT_ON_THE_FORM)] if set(given) - set(hints) else []
    faults += [Fault(name, Rule.MISSING) for name in hints if _lacks(name, act, given)]
    values: dict[str, Any] = {}
    for name in hints:
        if given.get(name) is not None:
            try:
                values[name] = value_of(hints[name], given[name], name)
            except EntryRefused as refused:
                faults += refused.faults
    faults += [
        Fault(name, Rule.FORMAT)
        for name, value in values.items()
        if isinstance(value, Operator) and not _is_operator(value)
    ]
    if faults:
        raise EntryRefused(*faults)
    return values


def _lacks(name: str, act: Act, given: Mapping[str, Any]) -> bool:
    return name in act.needed and given.get(name) is None


def _is_operator(by: Operator) -> bool:
    return is_reference(by.name) and is_reference(by.terminal)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object in which no name stands twice: which of the two would count?"""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _no_number(_: str) -> Any:
    raise ValueError("NaN and infinity are no JSON")


def _depth(value: Any) -> int:
    inside = value.values() if isinstance(value, dict) else value
    if not isinstance(value, dict | list):
        return 0
    return 1 + max(map(_depth, inside), default=0)
