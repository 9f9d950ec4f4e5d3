# SPDX-License-Identifier: Apache-2.0
"""What lies on a medium (電子記録媒体) where no line is used: a manifest and parts.

Law: a part holds one payload, signed and then sealed as an envelope is, and may be as
large as a payload; the manifest, signed and sealed too, names every part by the digest
of its file, in order. So nothing is used before its tag was checked, whoever opens it
needs no more memory than for one part, and no part can be left out, exchanged or taken
from another medium. Sender, receiver, output and time are the manifest's: a part by
itself says only who signed it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Annotated, Final

from pki import der
from pki.cms import Signed, Signer, parse_signed
from pki.errors import CmsError, PkiError
from pki.names import StationName
from pki.oids import ID_CT_MEDIA_MANIFEST, ID_CT_MEDIA_PART
from pki.sealing import Opener, Recipient
from pki.trust import Identity, Purpose
from protocols import limits
from protocols.directory import Directory
from protocols.errors import Unreadable
from protocols.header import station_named, whole_second

VERSION: Final = 1
ID_SIZE: Final = 16
"""Bytes of an output's id: random, so that it names nobody."""
MANIFEST: Final = "manifest.cms"
"""The name of the manifest's file."""
MAX_PARTS: Final = 4_096
"""1.6 million persons, when a part holds 400: more than any city."""
MAX_PERSONS: Final = 2**31 - 1
MAX_MANIFEST: Final = 1_048_576
"""Bytes of a manifest's file: that of `MAX_PARTS` takes half of it."""
MAX_PART: Final = limits.MAX_ENVELOPE
"""Bytes of a part's file."""
MAX_TAKE_IN: Final = timedelta(days=62)
"""From created to the last moment for taking in: a courier's way, and a holiday."""


@der.sequence
class _Part:
    message_type: str
    size: int
    digest: Annotated[bytes, der.Size.exact(limits.DIGEST_SIZE)]


@der.sequence
class _Manifest:
    version: int
    output_id: Annotated[bytes, der.Size.exact(ID_SIZE)]
    content: str
    legal_basis: str
    sender: str
    receiver: str
    created: der.GeneralizedTime
    take_in_by: der.GeneralizedTime
    sealing_certificate_digest: Annotated[bytes, der.Size.exact(limits.DIGEST_SIZE)]
    persons: int
    parts: list[_Part]


@dataclass(frozen=True, slots=True)
class Part:
    """One part, as the manifest tells of it."""

    message_type: str
    size: int
    """Bytes of the part's file."""
    digest: bytes
    """SHA-256 of it."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is on a medium (ASN.1 `MediaManifest`), read in one step."""

    output_id: bytes
    content: str
    legal_basis: str
    sender: StationName
    receiver: StationName
    created: datetime
    take_in_by: datetime
    """After it nobody takes the medium in any more."""
    sealing_certificate: bytes
    """SHA-256 of the certificate that everything here is sealed for."""
    persons: int
    parts: tuple[Part, ...]

    def encode(self) -> bytes:
        """The DER that is signed; `ValueError` for what a reader would refuse."""
        times = (whole_second(self.created), whole_second(self.take_in_by))
        if not _in_bounds(self):
            raise ValueError("a manifest is within its bounds")
        return der.tlv(
            der.SEQUENCE,
            der.encode(VERSION),
            der.octets(self.output_id, ID_SIZE),
            der.text(self.content),
            der.text(self.legal_basis),
            der.text(str(self.sender)),
            der.text(str(self.receiver)),
            *map(der.generalized, times),
            der.octets(self.sealing_certificate, limits.DIGEST_SIZE),
            der.encode(self.persons),
            der.tlv(der.SEQUENCE, *map(_written, self.parts)),
        )

    @classmethod
    def decode(cls, data: bytes) -> "Manifest":
        """Read DER; raises `Unreadable` (SK-U06)."""
        try:
            raw = der.decode(_Manifest, data)
            read = cls(
                output_id=raw.output_id,
                content=raw.content,
                legal_basis=raw.legal_basis,
                sender=station_named(raw.sender),
                receiver=station_named(raw.receiver),
                created=whole_second(raw.created.as_datetime()),
                take_in_by=whole_second(raw.take_in_by.as_datetime()),
                sealing_certificate=raw.sealing_certificate_digest,
                persons=raw.persons,
                parts=tuple(
                    Part(one.message_type, one.size, one.digest) for one in raw.parts
                ),
            )
            if raw.version != VERSION or not _in_bounds(read):
                raise Unreadable("SK-U06")
        except (PkiError, ValueError):
            raise Unreadable("SK-U06") from None
        return read

    def is_of_time(self, now: datetime) -> bool:
        """Whether it may be taken in at that moment."""
        made, over = self.created - limits.MAX_SKEW, self.take_in_by + limits.MAX_SKEW
        return made <= now <= over


def part_name(number: int) -> str:
    """The file of a part; numbers begin at 1. It names nobody."""
    return f"{number:04}.cms"


def sealed_part(
    payload: bytes, signer: Signer, receiver: Recipient, at: datetime
) -> bytes:
    """The file of one part."""
    return receiver.seal(signer.sign(payload, ID_CT_MEDIA_PART, at))


def part_of(message_type: str, data: bytes) -> Part:
    """How a manifest tells of a part's file."""
    return Part(message_type, len(data), sha256(data).digest())


def sealed_manifest(
    manifest: Manifest, signer: Signer, receiver: Recipient, at: datetime
) -> tuple[bytes, bytes]:
    """The file of a manifest, and what was signed of it: the evidence that is kept."""
    signed = signer.sign(manifest.encode(), ID_CT_MEDIA_MANIFEST, at)
    return receiver.seal(signed), signed


@dataclass(frozen=True, slots=True)
class OpenedManifest:
    """A manifest whose seal and signature held. Whether it may be here, rules say."""

    manifest: Manifest
    signer: Identity
    signed: bytes
    """The DER of its SignedData: the evidence that is kept."""


def open_manifest(
    data: bytes, opener: Opener, directory: Directory, at: datetime
) -> OpenedManifest:
    """Open, verify and read a manifest's file; raises `Unreadable`.

    SK-U01: too large, or not signed as a manifest. SK-U02: not sealed for us.
    SK-U03 to SK-U05: the signer. SK-U06: no manifest of this version, or its sender is
    not who signed it.
    """
    if len(data) > MAX_MANIFEST:
        raise Unreadable("SK-U01")
    plain = _unsealed(data, opener)
    signed = _signed(plain, ID_CT_MEDIA_MANIFEST)
    signer = directory.signer(signed, Purpose.SIGNING, at)
    manifest = Manifest.decode(signed.content)
    if manifest.sender != signer.station:
        raise Unreadable("SK-U06")
    return OpenedManifest(manifest, signer, plain)


def open_part(
    data: bytes,
    told: Part,
    sender: StationName,
    opener: Opener,
    directory: Directory,
    at: datetime,
) -> bytes:
    """The payload of the part that a manifest told of; raises `Unreadable`.

    SK-U07: not the file that it told of. Else as `open_manifest`; SK-U06 where another
    than the manifest's sender signed it.
    """
    if part_of(told.message_type, data) != told:
        raise Unreadable("SK-U07")
    signed = _signed(_unsealed(data, opener), ID_CT_MEDIA_PART)
    if directory.signer(signed, Purpose.SIGNING, at).station != sender:
        raise Unreadable("SK-U06")
    return signed.content


def _in_bounds(manifest: Manifest) -> bool:
    return (
        0 < len(manifest.parts) <= MAX_PARTS
        and 0 < manifest.persons <= MAX_PERSONS
        and all(0 < part.size <= MAX_PART for part in manifest.parts)
        and manifest.created <= manifest.take_in_by <= manifest.created + MAX_TAKE_IN
    )


def _written(part: Part) -> bytes:
    return der.tlv(
        der.SEQUENCE,
        der.text(part.message_type),
        der.encode(part.size),
        der.octets(part.digest, limits.DIGEST_SIZE),
    )


def _unsealed(data: bytes, opener: Opener) -> bytes:
    try:
        return opener.open(data)
    except CmsError:
        raise Unreadable("SK-U02") from None


def _signed(data: bytes, content_type: str) -> Signed:
    try:
        signed = parse_signed(data)
    except CmsError:
        raise Unreadable("SK-U01") from None
    if signed.content_type != content_type:
        raise Unreadable("SK-U01")
    return signed
