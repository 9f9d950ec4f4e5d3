# SPDX-License-Identifier: Apache-2.0
"""Reads what a vendor's system posted, more gently than a station would.

A station refuses what it does not know; here it must be read to be replaced. Elements
and attributes are kept as they stand, whatever they are called; comments and processing
instructions are left out. A document type is not read at all: what has one, or is no
XML, gives None.
"""

from dataclasses import dataclass, field
from xml.parsers import expat

from schemas.payload import NAMESPACE

DEEPEST = 64


@dataclass(slots=True)
class Node:
    """One element."""

    name: str
    """Its local name; empty where it is of another namespace than ours."""
    has_attributes: bool
    text: str = field(default="", repr=False)
    children: list["Node"] = field(default_factory=list, repr=False)


class _Stopped(Exception):
    """What must not be read any further."""


def read(body: bytes) -> Node | None:
    """The root; None where it is no XML that can be read safely."""
    parser = expat.ParserCreate("utf-8", namespace_separator=" ")
    made = _Maker()
    parser.StartDoctypeDeclHandler = _stop
    parser.StartElementHandler = made.begin
    parser.EndElementHandler = made.end
    parser.CharacterDataHandler = made.characters
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, _Stopped, ValueError):
        return None
    return made.root


def _stop(*_: object) -> None:
    raise _Stopped


class _Maker:
    def __init__(self) -> None:
        self.root: Node | None = None
        self._open: list[Node] = []

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition(" ")
        node = Node(local if space == NAMESPACE else "", bool(attributes))
        if len(self._open) >= DEEPEST:
            raise _Stopped
        if self._open:
            self._open[-1].children.append(node)
        else:
            self.root = node
        self._open.append(node)

    def end(self, _: str) -> None:
        self._open.pop()

    def characters(self, text: str) -> None:
        self._open[-1].text += text
