# SPDX-License-Identifier: Apache-2.0
"""The gate before the parser: the only markup that a payload may hold.

Law. A payload is UTF-8 without a byte order mark, with at most an XML declaration
that says so. Its root element carries one attribute, ``xmlns``, with our namespace.
Every other tag is a bare name that some schema of ours declares. There are no
comments, processing instructions, CDATA sections, prefixes or attributes, and no
references but XML's own five and character numbers.

Why before the parser, when the XSD would refuse most of it afterwards: libxml2, as
lxml drives it, keeps every name, namespace and long run of white space that it has
ever seen until its thread ends. A peer that invents a new name in each message makes
the process grow for ever. Behind this gate the set of words is finite. That document
types never reach the parser is a second gain: no bomb is left to defuse.

In UTF-8 every byte ``<`` that the XML grammar allows begins markup, so looking at bytes
is exact here. Adding an element to an XSD adds it to the vocabulary by itself.
"""

import codecs
import re
from typing import Final

from schemas.errors import XmlFault, XmlRefused

NAMESPACE: Final = "urn:x-sekisho:payload:1"

_SPACE = rb"[ \t\r\n]"
_DECLARATION: Final = re.compile(
    rb"<\?xml" + _SPACE + rb"+version=(?:'1\.0'|\"1\.0\")"
    rb"(?:" + _SPACE + rb"+encoding=(?:'utf-8'|\"utf-8\"))?"
    rb"(?:" + _SPACE + rb"+standalone=(?:'(?:yes|no)'|\"(?:yes|no)\"))?"
    + _SPACE + rb"*\?>",
    re.IGNORECASE,
)  # fmt: skip
_ROOT: Final = re.compile(
    rb"([a-z_]{1,64})"
    + _SPACE + rb"+xmlns" + _SPACE + rb"*=" + _SPACE + rb"*"
    rb"(?:'" + NAMESPACE.encode() + rb"'|\"" + NAMESPACE.encode() + rb"\")"
    + _SPACE + rb"*/?"
)  # fmt: skip
_TAG: Final = re.compile(rb"<([^<>]*+)>")
_DOCTYPE: Final = re.compile(rb"<!DOCTYPE", re.IGNORECASE)
_SPACED: Final = re.compile(rb"(/?[a-z_]{1,64})" + _SPACE + rb"+(/?)")
_REFERENCE: Final = re.compile(
    rb"&(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});"
)
_LONG_BLANK: Final = re.compile(rb">(" + _SPACE + rb"{16,})<")
_INDENT: Final = re.compile(rb"(?:\r?\n)?(?: *|\t*)")
_MARKS: Final = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def vocabulary(names: frozenset[str]) -> frozenset[bytes]:
    """The inside of every tag that the gate lets through, for element `names`."""
    forms = ("{}", "/{}", "{}/")
    return frozenset(form.format(name).encode() for name in names for form in forms)


def look(data: bytes, allowed: frozenset[bytes]) -> None:
    """Refuse `data` unless its encoding, tags, references and blanks are allowed.

    Does not check that tags match or that text is XML's: the parser does.
    """
    start = _look_at_encoding(data)
    tags = _TAG.findall(data, start)
    if len(tags) != data.count(b"<", start) or not tags:
        if _DOCTYPE.search(data):
            raise XmlRefused(XmlFault.DOCTYPE, "a document type declaration")
        raise XmlRefused(XmlFault.MALFORMED, "a tag is not closed, or there is none")
    _look_at_root(tags[0], allowed)
    del tags[0]
    if not allowed.issuperset(tags):
        _look_closer(tags, allowed)
    if b"&" in data and len(_REFERENCE.findall(data)) != data.count(b"&"):
        raise XmlRefused(XmlFault.ENTITY, "only XML's own references are known")
    if b"\n" in data or b"\t" in data or b"\r" in data:
        _look_at_blanks(data)


def _look_at_encoding(data: bytes) -> int:
    """Where the document begins behind its declaration."""
    if data.startswith(_MARKS):
        raise XmlRefused(XmlFault.NOT_UTF8, "begins with a byte order mark")
    try:
        data.decode()
    except UnicodeDecodeError as error:
        at = error.start
    else:
        at = data.find(b"\0")
    if at >= 0:
        raise XmlRefused(XmlFault.NOT_UTF8, f"not UTF-8 text at byte {at}")
    if not data.startswith(b"<?xml"):
        return 0
    declaration = _DECLARATION.match(data)
    if declaration is None:
        raise XmlRefused(XmlFault.NOT_UTF8, "the declaration is not XML 1.0 in UTF-8")
    return declaration.end()


def _look_at_root(tag: bytes, allowed: frozenset[bytes]) -> None:
    root = _ROOT.fullmatch(tag)
    if root is not None and root.group(1) in allowed:
        return
    _look_at_kind(tag)
    raise XmlRefused(XmlFault.WRONG_ROOT, "no known root in the payload namespace")


def _look_closer(tags: list[bytes], allowed: frozenset[bytes]) -> None:
    """The tags that are not allowed as they stand may only hold a space too many."""
    for tag in set(tags) - allowed:
        _look_at_kind(tag)
        spaced = _SPACED.fullmatch(tag)
        if spaced is not None and spaced.group(1) + spaced.group(2) in allowed:
            continue
        if b"=" in tag:
            raise XmlRefused(XmlFault.MARKUP, "an attribute on an element")
        raise XmlRefused(XmlFault.UNKNOWN_ELEMENT, "no schema declares this element")


def _look_at_kind(tag: bytes) -> None:
    if _DOCTYPE.match(b"<" + tag):
        raise XmlRefused(XmlFault.DOCTYPE, "a document type declaration")
    if tag.startswith((b"!", b"?")):
        raise XmlRefused(
            XmlFault.MARKUP, "a comment, CDATA section or processing instruction"
        )


def _look_at_blanks(data: bytes) -> None:
    """White space between tags is one line end and an indent, of one kind."""
    for blank in set(_LONG_BLANK.findall(data)):
        if _INDENT.fullmatch(blank) is None:
            raise XmlRefused(XmlFault.MARKUP, "white space that is no indentation")
