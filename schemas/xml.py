# SPDX-License-Identifier: Apache-2.0
"""The one parser and the one schema compiler: the only module that imports lxml.

`parse` lets `markup.look` see the bytes first, then hands them to a shared parser that
expands nothing, loads nothing and knows no network. `compiled` makes the validator of
one message type from this package's own files, once; an include is served from the
package, never from a path or an address that a document names.

Anything but `XmlRefused` that comes out of `parse` is a bug.
"""

import re
from functools import cache
from importlib.resources import files
from typing import Any, Final, TypeAlias

from lxml import etree

from schemas import markup
from schemas.errors import XmlFault, XmlRefused

LIBXML2: Final = ".".join(map(str, etree.LIBXML_VERSION))
"""The version of the parser below lxml."""

__all__ = [
    "MAX_PAYLOAD",
    "Element",
    "XmlFault",
    "XmlRefused",
    "compiled",
    "parse",
    "root_name",
    "tag",
    "what_is_wrong",
]

Element: TypeAlias = Any
"""An `lxml.etree._Element`; lxml carries no types."""

MAX_PAYLOAD: Final = 1_048_576
"""Bytes of one payload: design.md says 1 MB; larger content goes in chunks."""

_INVALID_BYTES: Final = 81
_RESOURCE_LIMIT: Final = 114
_FAULTS: Final = {
    _INVALID_BYTES: XmlFault.NOT_UTF8,
    _RESOURCE_LIMIT: XmlFault.TOO_DEEP,
}
_DECLARED: Final = re.compile(rb'<xs:element name="([a-z_]+)"')
_COMPLAINT: Final = re.compile(
    r"Element '(?:\{[^}]*\})?([a-z_]{1,64})'(?:: \[facet '([A-Za-z]+)'\])?"
)

_PARSER: Final = etree.XMLParser(
    encoding="utf-8",
    resolve_entities=False,
    no_network=True,
    load_dtd=False,
    huge_tree=False,
    collect_ids=False,
)


def tag(name: str) -> str:
    """The name of an element of ours as lxml writes it."""
    return f"{{{markup.NAMESPACE}}}{name}"


def root_name(element: Element) -> str:
    """The name of a parsed root, without its namespace."""
    return str(element.tag).rpartition("}")[2]


def parse(data: bytes, *, limit: int = MAX_PAYLOAD) -> Element:
    """The root element of `data`; raises `XmlRefused`.

    What comes back is well-formed, has only elements that we declare and no
    attributes. Whether they stand where they may is for `payload.validate`.
    """
    if len(data) > limit:
        raise XmlRefused(XmlFault.TOO_LARGE, f"{len(data)} bytes, at most {limit}")
    markup.look(data, _vocabulary())
    try:
        root = etree.fromstring(data, _PARSER)
    except etree.XMLSyntaxError as error:
        code, line = error.code, error.lineno
    else:
        _refuse_doctype(root)
        return root
    # The parser's own words may quote the document: they end here.
    etree.clear_error_log()
    raise XmlRefused(_FAULTS.get(code, XmlFault.MALFORMED), f"at line {line}")


@cache
def compiled(type_name: str) -> Any:
    """The `lxml.etree.XMLSchema` of one message type of the catalogue."""
    parser = etree.XMLParser(no_network=True, resolve_entities=False, load_dtd=False)
    parser.resolvers.add(_PackageResolver())
    name = f"{type_name}.xsd"
    base = f"{_PackageResolver.base}{name}"
    return etree.XMLSchema(etree.fromstring(_xsd(name), parser, base_url=base))


def what_is_wrong(schema: Any) -> str:
    """The first complaint of `schema` about what it just refused, without content."""
    first = schema.error_log[0]
    found = _COMPLAINT.match(first.message)
    etree.clear_error_log()
    if found is None:
        return f"line {first.line}"
    facet = f", {found.group(2)}" if found.group(2) else ""
    return f"line {first.line}, element {found.group(1)}{facet}"


def _refuse_doctype(root: Element) -> None:
    """A second lock: no document type may have come past the gate."""
    if root.getroottree().docinfo.internalDTD is not None:
        raise XmlRefused(XmlFault.DOCTYPE, "a document type declaration")


@cache
def _vocabulary() -> frozenset[bytes]:
    names: set[str] = set()
    for entry in files("schemas").joinpath("xsd").iterdir():
        if entry.name.endswith(".xsd"):
            names.update(
                name.decode() for name in _DECLARED.findall(entry.read_bytes())
            )
    return markup.vocabulary(frozenset(names))


def _xsd(name: str) -> bytes:
    return files("schemas").joinpath("xsd", name).read_bytes()


class _PackageResolver(etree.Resolver):  # type: ignore[misc]
    """Serves the files of ``schemas/xsd/`` to the compiler, and nothing else."""

    base: Final = "package:/xsd/"

    def resolve(self, url: str, _public_id: str | None, context: Any) -> Any:
        return self.resolve_string(_xsd(url.removeprefix(self.base)), context)
