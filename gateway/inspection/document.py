# SPDX-License-Identifier: Apache-2.0
"""Where and why is a document refused? Line, path and rule, without its content.

What the gate before the parser refuses is found again as bytes: line and column of the
first sign of it. What the XSD refuses is told by xmlschema, a second reader of the same
schema: every complaint, while libxml2 gives the first. A complaint may quote what a
sender wrote, so it is told from the schema's side: which element, which rule, what
would be allowed.
"""

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import as_file, files
from itertools import islice
from typing import Any, Final

import xmlschema
from xmlschema.validators import XMLSchemaChildrenValidationError

from schemas.catalogue import ROWS
from schemas.errors import XmlFault, XmlRefused
from schemas.payload import type_of
from schemas.xml import parse

MAX_COMPLAINTS: Final = 20
"""Complaints that are told: one slip can cause hundreds."""
MAX_ALLOWED: Final = 120
"""Characters of a rule that are told: some patterns spell out a calendar."""

_SIGNS: Final = {
    XmlFault.DOCTYPE: re.compile(rb"<!DOCTYPE", re.IGNORECASE),
    XmlFault.MARKUP: re.compile(
        rb"<!--|<!\[CDATA\[|<\?(?!xml[ \t\r\n])|<[a-z_]++[^<>=]*+="
    ),
    XmlFault.ENTITY: re.compile(
        rb"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});)"
    ),
}
"""What the gate refuses, as it can be found again."""
_NAMESPACE: Final = re.compile(r"\{[^{}]*\}|\bp:")


def may_be(data: bytes) -> bool:
    """Whether somebody meant this to be XML: a tag, perhaps in another encoding."""
    start = data.lstrip(b" \t\r\n\xef\xbb\xbf\xff\xfe\0")[:1]
    return start == b"<"


def explained(data: bytes, wanted: str | None, personal: bool) -> tuple[str, ...]:
    """Lines about a refused payload; its own words only if ``personal``."""
    try:
        root = parse(data)
        name = wanted if wanted in ROWS else type_of(data)
    except XmlRefused as error:
        return tuple(_place(data, error))
    if name is None:
        return ()
    complaints = islice(_complaints(name, root, personal), MAX_COMPLAINTS + 1)
    lines = list(complaints)
    if len(lines) > MAX_COMPLAINTS:
        lines[-1] = "… and more"
    return tuple(lines)


@cache
def meaning(name: str) -> str:
    """What the schema of a type says that it is, in Japanese where it does."""
    told = {
        part.get("{http://www.w3.org/XML/1998/namespace}lang"): part.text or ""
        for annotation in _schema(name).annotations
        for part in annotation.documentation
    }
    return told.get("ja") or told.get("en") or ""


@cache
def _schema(name: str) -> Any:
    """The schema of a type as xmlschema has it, from this package's own files."""
    with as_file(files("schemas").joinpath("xsd")) as folder:
        return xmlschema.XMLSchema(
            str(folder / f"{name}.xsd"), allow="local", defuse="always"
        )


def _place(data: bytes, error: XmlRefused) -> Iterator[str]:
    sign = _SIGNS.get(error.code)
    found = None if sign is None else sign.search(data)
    if error.code is XmlFault.MARKUP and found is not None:
        # The root may say its namespace; only what comes after it is meant.
        root_ends = data.find(b">", data.find(b"<", data.find(b"?>") + 1)) + 1
        found = re.compile(sign.pattern).search(data, root_ends) if sign else None
    if found is not None:
        line = data.count(b"\n", 0, found.start()) + 1
        column = found.start() - data.rfind(b"\n", 0, found.start())
        yield f"line {line}, byte {column} of the line: {error.code.value}"


def _complaints(name: str, root: Any, personal: bool) -> Iterator[str]:
    for error in _schema(name).iter_errors(root):
        path = _NAMESPACE.sub("", error.path or f"/{name}")
        said = _rule(error)
        if personal and error.reason:
            said = f"{said}; xmlschema says: {_NAMESPACE.sub('', error.reason)}"
        yield f"line {error.sourceline or 1}, {path}: {said}"


def _rule(error: Any) -> str:
    """What the schema wants there, in its own names."""
    if isinstance(error, XMLSchemaChildrenValidationError):
        expected = ", ".join(_expected(error)) or "nothing more"
        stands = _NAMESPACE.sub("", str(error.invalid_tag or "")) or "the end"
        return f"{stands} stands where the schema has {expected}"
    validator = error.validator
    rule = getattr(validator, "regexps", None) or getattr(
        validator, "enumeration", None
    )
    kind = type(validator).__name__.removeprefix("Xsd").removesuffix("Facet")
    if rule is None:
        rule = getattr(validator, "value", None)
    told = "" if rule is None else f" {rule}"
    return f"its text is not as the schema has it: {kind}{told}"[:MAX_ALLOWED]


def _expected(error: Any) -> Iterator[str]:
    for particle in error.expected or ():
        name = getattr(particle, "local_name", None) or getattr(particle, "name", None)
        if name:
            yield str(name)
