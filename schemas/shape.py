# SPDX-License-Identifier: Apache-2.0
"""Messages whose reader and writer follow from the types of their fields alone.

A value class is a frozen dataclass; each of its fields is an element of the same name,
in the order of the class, and the field's type says how it is written:

    str, int, bool, date, datetime   text, by `forms`
    bytes, Base64                    small hexadecimal digits, or base64
    X | None                         an element that is left out where it is None
    tuple[X, ...] = many("entry")    an element `entry` for each
    another value class              an element that holds that class's fields
    ClassVar[str]                    an element with this one text, never another

What the XSD says beyond that (a choice, a length, how many) is not said again here:
`validate` holds it on the way in and `must_be_valid` on the way out.
"""

from collections.abc import Callable
from dataclasses import field, fields, is_dataclass
from datetime import date, datetime
from functools import partial
from operator import attrgetter
from types import NoneType
from typing import (
    Annotated,
    Any,
    ClassVar,
    Final,
    Generic,
    NamedTuple,
    TypeAlias,
    TypeVar,
    get_args,
    get_origin,
    get_type_hints,
)

from schemas import forms
from schemas.hidden import SHOWN
from schemas.payload import document
from schemas.xml import Element, tag

__all__ = ["Base64", "Message", "Personal", "Shape", "many", "shaped"]

T = TypeVar("T")

Base64: TypeAlias = Annotated[bytes, "base64"]
"""Bytes too long for hexadecimal digits."""

_ELEMENT: Final = "element"


class Message(NamedTuple):
    """What the index knows of one message type."""

    name: str
    value: type[Any]
    read: Callable[[Any], Any]
    """From the element that `payload.validate` gave back."""
    write: Callable[[Any], bytes]


class Personal:
    """Base of a value that tells about a person: its repr shows its class alone."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({SHOWN})"


def many(element: str) -> Any:
    """A field that is a tuple: one `element` for each of its members."""
    return field(metadata={_ELEMENT: element})


class Shape(Generic[T]):
    """How one value class is read and written; made once, when a module is imported."""

    def __init__(self, kind: type[T]) -> None:
        given = {each.name: each for each in fields(kind)}  # type: ignore[arg-type]
        elements = {
            name: each.metadata.get(_ELEMENT, name) for name, each in given.items()
        }
        self._kind = kind
        self._written = tuple(
            _field(name, elements.get(name, name), hint)
            for name, hint in get_type_hints(kind, include_extras=True).items()
        )
        self._read = tuple(one for one in self._written if one.name in given)

    def read(self, element: Element) -> T:
        """The value of an element that the XSD has passed."""
        found = {child.tag: child for child in element}
        return self._kind(**{one.name: one.of(element, found) for one in self._read})

    def parts(self, value: T) -> str:
        """The elements of a value, one after the other."""
        return "".join([one.text(getattr(value, one.name)) for one in self._written])


def shaped(name: str, kind: type[Any]) -> Message:
    """The message type `name`, whose value class says by its types how it is read."""
    shape = Shape(kind)
    return Message(
        name, kind, shape.read, lambda value: document(name, shape.parts(value))
    )


class _Form(NamedTuple):
    """How what one element holds is read, and how that element is written."""

    read: Callable[[Element], Any]
    write: Callable[[str], Callable[[Any], str]]
    """From the element's name to its writer."""


class _Field(NamedTuple):
    name: str
    of: Callable[[Element, dict[Any, Element]], Any]
    """From the parent and its children by tag."""
    text: Callable[[Any], str]


def _field(name: str, element: str, hint: Any) -> _Field:
    if get_origin(hint) is tuple:
        return _often(name, element, _form(get_args(hint)[0]))
    plain = [part for part in get_args(hint) if part is not NoneType]
    if NoneType in get_args(hint):
        return _perhaps(name, element, _form(plain[0]))
    form, at = _form(plain[0] if get_origin(hint) is ClassVar else hint), tag(element)
    return _Field(name, lambda _, found: form.read(found[at]), form.write(element))


def _perhaps(name: str, element: str, form: _Form) -> _Field:
    at, write = tag(element), form.write(element)
    return _Field(
        name,
        lambda _, found: form.read(found[at]) if at in found else None,
        lambda value: "" if value is None else write(value),
    )


def _often(name: str, element: str, form: _Form) -> _Field:
    at, write = tag(element), form.write(element)
    return _Field(
        name,
        lambda parent, _: tuple(map(form.read, parent.iterchildren(at))),
        lambda value: "".join(map(write, value)),
    )


def _text(read: Callable[[str], Any], write: Callable[[Any], str]) -> _Form:
    return _Form(
        lambda element: read(element.text),
        lambda name: lambda value: forms.leaf(name, write(value)),
    )


_BY_TYPE: Final = {
    str: _Form(attrgetter("text"), lambda name: partial(forms.leaf, name)),
    int: _text(int, str),
    bool: _text(forms.flag_of, forms.flag),
    date: _text(date.fromisoformat, date.isoformat),
    datetime: _text(forms.moment_of, forms.moment),
    bytes: _text(bytes.fromhex, bytes.hex),
    Base64: _text(forms.base64_of, forms.base64),
}


def _form(hint: Any) -> _Form:
    if not is_dataclass(hint):
        return _BY_TYPE[hint]
    shape: Shape[Any] = Shape(hint)  # type: ignore[arg-type]
    return _Form(
        shape.read, lambda name: lambda value: forms.node(name, shape.parts(value))
    )
