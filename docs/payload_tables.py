# SPDX-License-Identifier: Apache-2.0
"""What payloads hold, read from the XSDs, for ``docs/tables.py``."""

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

from lxml import etree

from schemas.catalogue import ROWS

_XS = "{http://www.w3.org/2001/XMLSchema}"
_WORDS = {
    "enumeration": "is",
    "pattern": "matches",
    "minLength": "at least",
    "maxLength": "at most",
}


def payloads() -> str:
    """Every payload's elements, in their order, from the XSDs."""
    return "".join(_payload(name) for name in ROWS)


def _payload(name: str) -> str:
    schema = _schema(f"{name}.xsd")
    root = schema.find(f"{_XS}element[@name='{name}']")
    lines = [f"{name}\n", *_elements(root, 1)]
    return f"```\n{''.join(lines)}```\n\n"


def _elements(parent: Any, depth: int) -> Iterable[str]:
    """A line for each element below; the alternatives of a choice begin with `or`."""
    for box in parent.iterfind(f"{_XS}complexType/*"):
        alternative = "or " if box.tag == f"{_XS}choice" else ""
        for place, element in enumerate(box.iterfind(f"{_XS}element")):
            yield from _element(element, depth, alternative if place else "")


def _element(element: Any, depth: int, before: str) -> Iterable[str]:
    kind = element.get("type", "").removeprefix("p:")
    times = (element.get("minOccurs", "1"), element.get("maxOccurs", "1"))
    occurs = "" if times == ("1", "1") else f"  {times[0]}..{times[1]}"
    inside = _complex_types().get(kind)
    shown = f": {kind}" if kind and inside is None else ""
    yield f"{'  ' * depth}{before}{element.get('name')}{shown}{occurs}\n"
    yield from _elements(element if inside is None else inside, depth + 1)


@cache
def _complex_types() -> dict[str, Any]:
    """The named types that hold elements, each as the only child of an element."""
    found = {}
    for name in ("record.xsd", "people.xsd"):
        for kind in _schema(name).iterfind(f"{_XS}complexType"):
            found[kind.get("name")] = holder = etree.Element("holder")
            holder.append(kind)
    return found


def text_types() -> str:
    """Every text type: its facets, one on a line."""
    lines = [
        line
        for name in ("common.xsd", "record.xsd", "people.xsd")
        for kind in _schema(name).iterfind(f"{_XS}simpleType")
        for line in _restriction(kind.get("name"), kind.find(f"{_XS}restriction"))
    ]
    return f"```\n{''.join(lines)}```\n"


def _restriction(name: str, facets: Any) -> Iterable[str]:
    if facets.get("base") == "xs:base64Binary":
        yield f"{name:<22}  base64Binary\n"
        name = ""
    for facet in facets:
        word = str(etree.QName(facet).localname)
        yield f"{name:<22}  {_WORDS.get(word, word)} {facet.get('value')}\n"
        name = ""


def _schema(name: str) -> Any:
    return etree.fromstring(files("schemas").joinpath("xsd", name).read_bytes())
