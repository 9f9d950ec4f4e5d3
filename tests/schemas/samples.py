# SPDX-License-Identifier: Apache-2.0
"""Samples as tests ask for them, and every small way to spoil one.

A mutation changes one element of a sample. `spoiled` says for each whether the schema
has to refuse it: a sample holds every optional element, so whatever the value class has
to have exactly once is a fault where it is missing or twice.
"""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from lxml import etree

from schemas.catalogue import ROWS
from schemas.markup import NAMESPACE
from tests.schemas.shape_of import CHOICES, part_at, parts

TYPES = tuple(ROWS)

ALL_DIFFERENT = {"kind"}
"""Repeated elements whose texts may not be the same twice."""
NONE_IS_ENOUGH = {"rule"}
"""Repeated elements of which the sample has one, and that may be absent."""


def sample(type_name: str) -> bytes:
    return files("schemas").joinpath("samples", f"{type_name}.xml").read_bytes()


def xsd_path(type_name: str) -> Path:
    return Path(str(files("schemas").joinpath("xsd", f"{type_name}.xsd")))


def leaves(type_name: str) -> list[tuple[str, str]]:
    """The name and text of every element of the sample that holds text."""
    root = etree.fromstring(sample(type_name))
    return [(name_of(each), each.text) for each in root.iter() if not len(each)]


def name_of(element: etree._Element) -> str:
    return str(etree.QName(element).localname)


def with_text(type_name: str, leaf: str, text: str) -> bytes:
    """The sample with the first element called `leaf` holding `text`."""
    root = etree.fromstring(sample(type_name))
    root.find(f".//{{{NAMESPACE}}}{leaf}").text = text
    return bytes(etree.tostring(root, encoding="UTF-8"))


@dataclass(frozen=True)
class Spoiled:
    how: str
    data: bytes
    refused: bool


def spoiled(type_name: str) -> Iterator[Spoiled]:
    """The sample with one element dropped, doubled, renamed and so on, each."""
    root = etree.fromstring(sample(type_name))
    for index, element in enumerate(root.iter()):
        if element is root:
            continue
        for how in ("drop", "double", "rename", "attribute", "empty", "nest"):
            changed = copy.deepcopy(root)
            _change(list(changed.iter())[index], how)
            data = etree.tostring(changed, encoding="UTF-8")
            refused = _is_fault(type_name, element, how)
            yield Spoiled(f"{how} {name_of(element)}", data, refused)


def _change(element: etree._Element, how: str) -> None:
    parent = element.getparent()
    if how == "drop":
        parent.remove(element)
    elif how == "double":
        parent.insert(parent.index(element), copy.deepcopy(element))
    elif how == "rename":
        element.tag = f"{{{NAMESPACE}}}unheard_of"
    elif how == "attribute":
        element.set("unheard_of", "1")
    elif how == "empty":
        element.text = None
        del element[:]
    else:
        etree.SubElement(element, element.tag).text = element.text


def _is_fault(type_name: str, element: etree._Element, how: str) -> bool:
    if how not in ("drop", "double", "empty"):
        return True
    kind, part = part_at(type_name, _path(element))
    if part is None:
        return True
    if how == "double":
        return not part.often or part.element in ALL_DIFFERENT
    if how == "empty":
        return not (
            part.is_node and all(one.perhaps for one in parts(part.inside))
        ) or (part.inside in CHOICES)
    if part.often:
        alone = len(element.getparent().findall(element.tag)) == 1
        return alone and part.element not in NONE_IS_ENOUGH
    return not part.perhaps or kind in CHOICES


def _path(element: etree._Element) -> tuple[str, ...]:
    """The names from below the root down to the element."""
    above = [name_of(each) for each in element.iterancestors()]
    return (*reversed(above[:-1]), name_of(element))
