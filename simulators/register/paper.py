# SPDX-License-Identifier: Apache-2.0
"""Forms as text: what a terminal sends, and what waits in the store for its check.

A form is JSON of exactly its own fields. What it does not have is refused by the name
of the form, never by repeating what was sent.
"""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from types import MappingProxyType
from typing import Any, Final, get_args

import msgspec

from simulators.register import forms
from simulators.register.errors import EntryRefused, Fault, Rule
from simulators.register.store import encoded

KINDS: Final[Mapping[str, type[forms.Form]]] = MappingProxyType(
    {kind.__name__: kind for kind in get_args(forms.AnyForm)}
)
"""Every form by its name."""


def form_of(kind: str, given: Mapping[str, Any]) -> forms.Form:
    """A form of what a terminal sends; raises `EntryRefused`."""
    form = KINDS.get(kind)
    if form is None:
        raise EntryRefused(Fault("form", Rule.UNKNOWN_CODE))
    made: forms.Form = value_of(form, given, "form")
    return made


def value_of(kind: Any, given: Any, place: str) -> Any:
    """A value of this type, and of nothing more; raises `EntryRefused`.

    ``place`` is what a refusal calls it where it has no field to name.
    """
    faults = []
    if is_dataclass(kind) and isinstance(kind, type):
        if not isinstance(given, Mapping):
            raise EntryRefused(Fault(place, Rule.FORMAT))
        faults = _field_faults(kind, given)
    faults += _extra(kind, given, place)
    if faults:
        raise EntryRefused(*faults)
    try:
        return msgspec.convert(given, kind)
    except msgspec.ValidationError as error:
        raise EntryRefused(Fault(_path(str(error), place), Rule.FORMAT)) from None


def written(form: forms.Form) -> bytes:
    """A form as it is kept until its check."""
    return encoded(form)


def read(kind: str, text: bytes) -> forms.Form:
    """A form that we wrote."""
    return msgspec.json.decode(text, type=KINDS[kind])


def _field_faults(form: type[Any], given: Mapping[str, Any]) -> list[Fault]:
    """A form without its basis, its day or its person is not a form."""
    return [
        Fault(field.name, Rule.MISSING)
        for field in fields(form)
        if field.default is MISSING and given.get(field.name) is None
    ]


def _extra(kind: Any, given: Any, place: str) -> list[Fault]:
    """Fields that the type does not have, at any depth; they are not repeated."""
    bare = encoded(given)
    try:
        kept = msgspec.to_builtins(msgspec.json.decode(bare, type=kind))
    except msgspec.ValidationError:
        if not is_dataclass(kind):
            return []
        own = {field.name for field in fields(kind)}
        return [] if set(given) <= own else [Fault(place, Rule.NOT_ON_THE_FORM)]
    return _beyond(msgspec.json.decode(bare), kept, place)


def _beyond(given: Any, kept: Any, place: str) -> list[Fault]:
    if isinstance(given, dict) and isinstance(kept, dict):
        faults = [Fault(place, Rule.NOT_ON_THE_FORM)] if set(given) - set(kept) else []
        for name in given.keys() & kept.keys():
            faults += _beyond(given[name], kept[name], name)
        return faults
    if isinstance(given, list) and isinstance(kept, list | tuple):
        pairs = zip(given, kept, strict=True)
        return [fault for one, other in pairs for fault in _beyond(one, other, place)]
    return []


def _path(error: str, otherwise: str) -> str:
    """The field that a complaint of the decoder names: only names that we declare."""
    _, found, place = error.rpartition("`$.")
    return place.rstrip("`") if found else otherwise
