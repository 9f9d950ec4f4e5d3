# SPDX-License-Identifier: Apache-2.0
"""What the value classes say of the elements of a message, for tests.

Read from the types of the fields, not from the XSD: so that the two are held against
each other.
"""

from collections.abc import Iterator
from dataclasses import Field, dataclass, fields, is_dataclass
from types import NoneType
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from schemas.messages import MESSAGES
from schemas.people import AddresseeKey, ConfirmationKey, SearchKey

CHOICES = {SearchKey, ConfirmationKey, AddresseeKey}
"""Of these classes, exactly one field is there."""

_SINGULAR = {"kinds": "kind", "entries": "entry", "rules": "rule"}
"""Of the classes whose readers are written by hand."""


@dataclass(frozen=True)
class Part:
    """One field of a value class, as an element."""

    field: str
    element: str
    inside: Any
    """What one element holds: a value class, or the type of its text."""
    often: bool
    perhaps: bool

    @property
    def is_node(self) -> bool:
        return is_dataclass(self.inside)


def parts(kind: Any) -> Iterator[Part]:
    """The fields of a value class, in order."""
    hints = get_type_hints(kind, include_extras=True)
    for each in fields(kind):
        yield _part(each, hints[each.name])


def _part(each: "Field[Any]", hint: Any) -> Part:
    often = get_origin(hint) is tuple
    perhaps = NoneType in get_args(hint)
    if often:
        hint = get_args(hint)[0]
    elif perhaps:
        (hint,) = (one for one in get_args(hint) if one is not NoneType)
    if get_origin(hint) is Annotated:
        hint = bytes
    element = each.metadata.get("element", _SINGULAR.get(each.name, each.name))
    return Part(each.name, element, hint, often, perhaps)


def part_at(type_name: str, path: tuple[str, ...]) -> tuple[Any, Part | None]:
    """The class and the field at the end of a path below the root.

    No field where the class has a constant there.
    """
    kind: Any = MESSAGES[type_name].value
    for name in path[:-1]:
        kind = next(part.inside for part in parts(kind) if part.element == name)
    return kind, next((p for p in parts(kind) if p.element == path[-1]), None)


def elements(type_name: str) -> set[str]:
    """The names of all elements that a message of the type can hold."""
    found: set[str] = set()

    def walk(kind: Any) -> None:
        for part in parts(kind):
            found.add(part.element)
            if part.is_node:
                walk(part.inside)

    walk(MESSAGES[type_name].value)
    return found
