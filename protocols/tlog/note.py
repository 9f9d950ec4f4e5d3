# SPDX-License-Identifier: Apache-2.0
"""A text with signatures beneath it: C2SP signed-note, and its co-signatures.

    text, of lines
                                        <- one empty line
    — name base64(key id || signature)  <- one line for each signature

Two kinds of key are used here, both Ed25519: what a log signs with (kind 1, over the
text), and what a witness co-signs with (kind 4, C2SP tlog-cosignature, over the text
and the time). Signatures of keys that are not asked for are left alone; one that is
false under a key that is asked for spoils the note.
"""

import base64
import binascii
import hashlib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from protocols.tlog.errors import FalseSignature, Malformed, NotSigned

MAX_NOTE: Final = 64 * 1024
MAX_SIGNATURES: Final = 64
"""Sixteen must be taken; each witness of a large quorum gives one."""
ID_SIZE: Final = 4
KEY_SIZE: Final = 32
TIME_SIZE: Final = 8
_DASH: Final = "\N{EM DASH} "
_LAST: Final = 2**63 - 1
"""The last second that a co-signature may name."""


class Kind(IntEnum):
    """What a key signs; the number stands in its id."""

    LOG = 1
    WITNESS = 4


@dataclass(frozen=True, slots=True)
class Verifier:
    """Somebody's public key, as notes name it."""

    name: str
    kind: Kind
    public: bytes
    """32 bytes (RFC 8032)."""

    def __post_init__(self) -> None:
        if not name_is_valid(self.name) or len(self.public) != KEY_SIZE:
            raise Malformed("a key has a name without space or plus, and 32 bytes")

    @property
    def key_id(self) -> bytes:
        """Names the key; not secure by itself."""
        named = self.name.encode() + b"\n" + bytes((self.kind,)) + self.public
        return hashlib.sha256(named).digest()[:ID_SIZE]

    @property
    def text(self) -> str:
        """As policies and other tools write a key (a *vkey*)."""
        material = base64.b64encode(bytes((self.kind,)) + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{material}"

    @classmethod
    def of(cls, name: str, kind: Kind, key: Ed25519PrivateKey) -> "Verifier":
        """The public half of a key."""
        return cls(name, kind, key.public_key().public_bytes_raw())

    @classmethod
    def read(cls, text: str) -> "Verifier":
        """A key as `text` writes it; `Malformed` otherwise."""
        name, _, rest = text.partition("+")
        key_id, _, material = rest.partition("+")
        data = from_base64(material)
        if not data or data[0] not in (Kind.LOG, Kind.WITNESS):
            raise Malformed("the key is of a kind that is not used here")
        found = cls(name, Kind(data[0]), data[1:])
        if found.key_id.hex() != key_id:
            raise Malformed("the key's id is another key's")
        return found


@dataclass(frozen=True, slots=True)
class Signature:
    """One line beneath a text."""

    name: str
    key_id: bytes
    data: bytes

    @property
    def line(self) -> str:
        data = base64.b64encode(self.key_id + self.data).decode()
        return f"{_DASH}{self.name} {data}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text and what stands beneath it."""

    text: str
    """Ends with a newline."""
    signatures: tuple[Signature, ...]

    def encode(self) -> bytes:
        lines = "".join(one.line for one in self.signatures)
        return f"{self.text}\n{lines}".encode()

    def signed(self, *more: Signature) -> "Note":
        """The same with more signatures; one that is there already stays once."""
        fresh = [one for one in more if one not in self.signatures]
        return Note(self.text, (*self.signatures, *fresh))


def read(data: bytes) -> Note:
    """A note as it was written; `Malformed` for anything else. Nothing is verified."""
    if len(data) > MAX_NOTE:
        raise Malformed("a note of that length is not read")
    try:
        whole = data.decode()
    except UnicodeDecodeError:
        raise Malformed("a note is UTF-8") from None
    if any(one < " " and one != "\n" for one in whole):
        raise Malformed("a note has no control characters")
    text, gap, below = whole.rpartition("\n\n")
    if not gap or not below.endswith("\n"):
        raise Malformed("a note has an empty line and signatures beneath it")
    lines = below[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise Malformed("a note of so many signatures is not read")
    return Note(f"{text}\n", tuple(map(read_line, lines)))


def read_line(line: str) -> Signature:
    """One signature's line, without its newline."""
    name, _, data = line.removeprefix(_DASH).partition(" ")
    raw = from_base64(data)
    if not line.startswith(_DASH) or not name_is_valid(name) or len(raw) <= ID_SIZE:
        raise Malformed("a signature is a dash, a name, and base64")
    return Signature(name, raw[:ID_SIZE], raw[ID_SIZE:])


def sign(text: str, name: str, key: Ed25519PrivateKey) -> Signature:
    """A log's signature over a text that ends with a newline."""
    key_id = Verifier.of(name, Kind.LOG, key).key_id
    return Signature(name, key_id, key.sign(text.encode()))


def cosign(text: str, name: str, key: Ed25519PrivateKey, at: datetime) -> Signature:
    """A witness's: this was the newest consistent tree of that log at that time."""
    key_id = Verifier.of(name, Kind.WITNESS, key).key_id
    seconds = int(at.timestamp())
    signature = key.sign(_cosigned(text, seconds))
    return Signature(name, key_id, seconds.to_bytes(TIME_SIZE, "big") + signature)


def verify(note: Note, keys: Iterable[Verifier]) -> dict[Verifier, datetime | None]:
    """Whose signatures are there; when, where a witness says when.

    Raises `FalseSignature` if one under a given key is not its own, and `NotSigned` if
    none of them has signed.
    """
    by_id = {(one.name, one.key_id): one for one in keys}
    found: dict[Verifier, datetime | None] = {}
    for signature in note.signatures:
        key = by_id.get((signature.name, signature.key_id))
        if key is not None:
            found[key] = _checked(note.text, key, signature.data)
    if not found:
        raise NotSigned("none of the keys that are trusted has signed")
    return found


def _checked(text: str, key: Verifier, data: bytes) -> datetime | None:
    at, message, signature = None, text.encode(), data
    if key.kind is Kind.WITNESS:
        seconds = int.from_bytes(data[:TIME_SIZE], "big")
        message, signature = _cosigned(text, seconds), data[TIME_SIZE:]
        at = _moment(seconds)
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, message)
    except (InvalidSignature, ValueError):
        raise FalseSignature("a signature is not that of the key it names") from None
    return at


def _moment(seconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(min(seconds, _LAST), UTC)
    except (OverflowError, ValueError, OSError):
        raise FalseSignature("a co-signature names no time that there is") from None


def _cosigned(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def name_is_valid(name: str) -> bool:
    """Neither empty, nor with a space of any kind, a plus or a control character.

    Nor with what is no character: bytes that were no UTF-8 are read as such (Cs).
    """
    return bool(name) and not any(
        one.isspace() or one == "+" or unicodedata.category(one) in ("Cc", "Cs")
        for one in name
    )


def from_base64(text: str) -> bytes:
    """Standard base64 in its one spelling; `Malformed` otherwise."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("base64 is expected here") from None
    if base64.b64encode(data).decode() != text:
        raise Malformed("base64 has one spelling here")
    return data
