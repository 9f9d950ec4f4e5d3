# SPDX-License-Identifier: Apache-2.0
"""Bytes of a payload, in and out, held against the XSD of their message type.

`validate` is the door in: the readers of `messages` rely on it. `document` writes, and
`must_be_valid` holds what leaves against the same schema as what arrives, so that a
value which the peer would refuse fails here, where the cause is.
"""

from schemas.catalogue import ROWS, row
from schemas.errors import NotWritable, XmlFault, XmlRefused
from schemas.markup import NAMESPACE
from schemas.xml import Element, compiled, parse, root_name, tag, what_is_wrong

__all__ = ["NAMESPACE", "document", "must_be_valid", "type_of", "validate"]


def validate(type_name: str, data: bytes) -> Element:
    """The root of `data`, which is a valid payload of `type_name`.

    Raises `UnknownType` where the catalogue has no such row, `XmlRefused` on
    anything wrong with the bytes. Does not check what the law or the logic says.
    """
    schema = compiled(row(type_name).name)
    root = parse(data)
    if root.tag != tag(type_name):
        raise XmlRefused(XmlFault.WRONG_ROOT, f"the root is not {type_name}")
    if not schema.validate(root):
        raise XmlRefused(XmlFault.NOT_VALID, what_is_wrong(schema))
    return root


def type_of(data: bytes) -> str:
    """The message type that `data` is by its root, for whoever is not told it.

    Raises `XmlRefused`, also where the root is no type of the catalogue. The payload
    is parsed but not validated: `validate` comes next.
    """
    name = root_name(parse(data))
    if name not in ROWS:
        raise XmlRefused(XmlFault.WRONG_ROOT, "the root is no message type")
    return name


def document(type_name: str, *parts: str) -> bytes:
    """The payload `type_name` around `parts`, as UTF-8; raises `NotWritable`."""
    text = f'<{type_name} xmlns="{NAMESPACE}">{"".join(parts)}</{type_name}>'
    try:
        return text.encode()
    except UnicodeEncodeError:
        pass
    raise NotWritable(f"{type_name}: a text holds half of a surrogate pair")


def must_be_valid(type_name: str, data: bytes) -> None:
    """Raises `NotWritable` where a receiver would refuse `data`."""
    try:
        validate(type_name, data)
    except XmlRefused as refused:
        raise NotWritable(f"{type_name}: {refused}") from refused
