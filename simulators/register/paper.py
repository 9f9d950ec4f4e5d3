# SPDX-License-Identifier: Apache-2.0
"""Forms as text: what a terminal sends, and what waits in the store for its check.

A form is JSON of exactly its own fields. What it does not have is refused by the name
of the form, never by repeating what was sent.
"""

from collections.abc import Mapping
from dataclasses import MISSING, fields
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
    faults = _field_faults(form, given) + list(_extra(form, given))
    if faults:
        raise EntryRefused(*faults)
    try:
        return msgspec.convert(given, form)
    except msgspec.ValidationError as error:
        raise EntryRefused(Fault(_path(str(error)), Rule.FORMAT)) from None


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


def _extra(form: type[Any], given: Mapping[str, Any]) -> list[Fault]:
    """Fields that the form does not have, at any depth; they are not repeated."""
    bare = encoded(given)
    try:
        kept = msgspec.to_builtins(msgspec.json.decode(bare, type=form))
    except msgspec.ValidationError:
        own = {field.name for field in fields(form)}
        return [] if set(given) <= own else [Fault("form", Rule.NOT_ON_THE_FORM)]
    return _beyond(msgspec.json.decode(bare), kept, "form")


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


def _path(error: str) -> str:
    """The field that a complaint of the decoder names: only names that we declare."""
    _, _, place = error.rpartition("`$.")
    return place.rstrip("`") or "form"
