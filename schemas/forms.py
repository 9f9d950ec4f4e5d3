# SPDX-License-Identifier: Apache-2.0
"""How a value is written as the text of an element, and read back.

Each form is the one that the XSD allows, so that writing what was read gives the same
text. Reading takes text that the XSD has already passed, so it checks nothing again,
base64 excepted.
Text is taken as it is: no trimming, no normalisation.
"""

from binascii import a2b_base64, b2a_base64
from datetime import UTC, datetime

from schemas.errors import NotWritable, XmlFault, XmlRefused


def leaf(name: str, text: str) -> str:
    """An element that holds only text."""
    # A bare CR would be read as LF: as a reference it stays CR, for the XSD to refuse.
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"<{name}>{escaped.replace(chr(13), '&#13;')}</{name}>"


def node(name: str, *parts: str) -> str:
    """An element that holds elements."""
    return f"<{name}>{''.join(parts)}</{name}>"


def flag(value: bool) -> str:
    """`true` or `false`."""
    return "true" if value else "false"


def flag_of(text: str) -> bool:
    """The reverse of `flag`."""
    return text == "true"


def moment(at: datetime) -> str:
    """UTC to the second, with Z; raises `NotWritable` on what that would change."""
    if at.tzinfo is None:
        raise NotWritable("a moment without a zone")
    if at.microsecond:
        raise NotWritable("a moment finer than a second")
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat()}Z"


def moment_of(text: str) -> datetime:
    """The reverse of `moment`; always aware, in UTC."""
    return datetime.fromisoformat(text)


def base64(value: bytes) -> str:
    """Base64 on one line."""
    return b2a_base64(value, newline=False).decode()


def base64_of(text: str) -> bytes:
    """The reverse of `base64`; lets white space be, as the XSD does.

    The one form that is looked at again, and so raises `XmlRefused`: libxml2 takes
    base64 with other characters strewn in, which XML Schema does not.
    """
    try:
        compact = b"".join(text.encode("ascii").split())
        value = a2b_base64(compact, strict_mode=True)
    except ValueError:
        value = compact = b""
    if not value or b2a_base64(value, newline=False) != compact:
        raise XmlRefused(XmlFault.NOT_VALID, "base64 with other characters in it")
    return value
