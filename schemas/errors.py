# SPDX-License-Identifier: Apache-2.0
"""Every way in which this room says no.

`XmlRefused` is about bytes that somebody else made, `NotWritable` about a value that
we made, `UnknownType` about a name. None of them quotes content: a detail holds
names that the schemas declare, sizes and lines, nothing that a sender wrote.
"""

from enum import Enum
from typing import Final


class SchemaError(Exception):
    """Something said, or about to be said, does not fit the schemas."""


class XmlFault(Enum):
    """Why a payload was refused."""

    TOO_LARGE = "too_large"
    """More bytes than a payload may have; large content goes in chunks."""
    NOT_UTF8 = "not_utf8"
    """Not UTF-8, a byte order mark, or a declaration that names another encoding."""
    DOCTYPE = "doctype"
    """A document type declaration: the way in for entity bombs and file reading."""
    ENTITY = "entity"
    """A reference to an entity that XML itself does not define."""
    MARKUP = "markup"
    """A comment, a processing instruction, CDATA, an attribute, or a prefix."""
    UNKNOWN_ELEMENT = "unknown_element"
    """An element that no schema of this network declares."""
    TOO_DEEP = "too_deep"
    """Elements nested past the depth, or a name past the length, that is parsed."""
    MALFORMED = "malformed"
    """Not well-formed XML."""
    WRONG_ROOT = "wrong_root"
    """The root is not the message type that was announced, in its namespace."""
    NOT_VALID = "not_valid"
    """Well-formed, but not what the XSD of its message type allows."""


_SCHEMA_FAULTS: Final = frozenset(
    {XmlFault.UNKNOWN_ELEMENT, XmlFault.WRONG_ROOT, XmlFault.NOT_VALID}
)


class XmlRefused(SchemaError):
    """A payload was refused before anything in it was used.

    The sender's software wrote something that the schema does not allow, or somebody
    tries out the parser. Validate the payload against the XSD of its type; nothing
    that is sent again unchanged will be taken.
    """

    def __init__(self, code: XmlFault, detail: str) -> None:
        super().__init__(f"{code.value}: {detail}")
        self.code = code
        self.detail = detail

    @property
    def is_schema_fault(self) -> bool:
        """Readable XML, but not what the schema allows; else not readable at all."""
        return self.code in _SCHEMA_FAULTS


class NotWritable(SchemaError):
    """A value of ours cannot be written as a valid payload.

    The caller built it with something that the schema has no room for: a character
    that XML cannot carry, a text too long, a moment without a zone. This is a fault of
    this software or of the system that handed in the value, never of a peer.
    """


class UnknownType(SchemaError):
    """The catalogue has no message type of this name.

    The peer speaks another version or invents types. It is refused as a whole; there
    is no default treatment for what we do not know.
    """
