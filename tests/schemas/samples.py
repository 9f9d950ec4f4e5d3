# SPDX-License-Identifier: Apache-2.0
"""Samples as tests ask for them, and every small way to spoil one.

A mutation changes one element of a sample. `spoiled` says for each whether the schema
has to refuse it: a sample holds every optional element, so all but the listed
exceptions are faults.
"""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from lxml import etree

from schemas.catalogue import ROWS
from schemas.markup import NAMESPACE
from schemas.record_fields import FIELDS

TYPES = tuple(ROWS)

MAY_BE_ABSENT = {field.english_name for field in FIELDS if field.optional}
MAY_BE_ABSENT |= {"rule", "processing_number", "message_id"}
MAY_BE_REPEATED = {"entry", "rule"}
CODE_MAY_BE_ABSENT = {"inquiry_status", "submission_status"}


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
        name = name_of(element)
        for how in ("drop", "double", "rename", "attribute", "empty", "nest"):
            changed = copy.deepcopy(root)
            _change(list(changed.iter())[index], how)
            data = etree.tostring(changed, encoding="UTF-8")
            yield Spoiled(f"{how} {name}", data, _is_fault(type_name, name, how))


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


def _is_fault(type_name: str, name: str, how: str) -> bool:
    if how == "drop" and name == "code":
        return type_name not in CODE_MAY_BE_ABSENT
    if how == "drop" and name in {"processing_number", "message_id"}:
        return type_name != "submission_accepted"
    if how == "drop" and name == "entry":
        return False  # the sample has two
    if how == "drop":
        return name not in MAY_BE_ABSENT
    return not (how == "double" and name in MAY_BE_REPEATED)
