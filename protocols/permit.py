# SPDX-License-Identifier: Apache-2.0
"""The provision permit (情報提供許可証): one requester, one subject, once, in time.

Only the core issues permits, with a key that signs nothing else. A permit commits to
the request that asked for it (digest of the signed header), to the certificate for
which the answer must be sealed, to the route, and to the subject by a salted digest,
so that no part can be exchanged on the way. `read` answers "is this a permit of the
core?", the predicates below "is it a permit for this?". Single use is asked of the
store, which alone can know.
"""

import hashlib
import hmac
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Final

from pki import der
from pki.cms import Signed, Signer, parse_signed
from pki.errors import CmsError, PkiError
from pki.names import StationName
from pki.oids import ID_CT_PERMIT
from pki.trust import Purpose
from protocols import limits
from protocols.directory import Directory
from protocols.errors import Refused, Unreadable
from protocols.header import Header, station_named, whole_second
from protocols.master import CORE_ROLE

VERSION: Final = 1
_VERSION: Final = der.encode(VERSION)
_ID_SIZE: Final = 16
MAX_ITEM: Final = 999
"""The highest item number that the ASN.1 module allows."""


@der.sequence
class _Permit:
    version: int
    permit_id: Annotated[bytes, der.Size.exact(_ID_SIZE)]
    processing_number: Annotated[bytes, der.Size.exact(limits.PROCESSING_NUMBER_SIZE)]
    requester: str
    provider: str
    item_no: int
    kinds: list[str]
    subject_commitment: Annotated[bytes, der.Size.exact(limits.DIGEST_SIZE)]
    request_digest: Annotated[bytes, der.Size.exact(limits.DIGEST_SIZE)]
    sealing_certificate_digest: Annotated[bytes, der.Size.exact(limits.DIGEST_SIZE)]
    route_digest: Annotated[bytes, der.Size.exact(limits.DIGEST_SIZE)]
    issued: der.GeneralizedTime
    answer_by: der.GeneralizedTime
    release_by: der.GeneralizedTime


@dataclass(frozen=True, slots=True)
class Permit:
    """One permit (ASN.1 `Permit`), read in one step."""

    permit_id: bytes
    processing_number: bytes
    requester: StationName
    provider: StationName
    item_no: int
    kinds: tuple[str, ...]
    subject_commitment: bytes
    request_digest: bytes
    """SHA-256 of the requester's signed header."""
    sealing_certificate: bytes
    """SHA-256 of the certificate for which the answer must be sealed."""
    route_digest: bytes
    issued: datetime
    answer_by: datetime
    """The last moment for a provision that no person held."""
    release_by: datetime
    """The last moment at all; a release after `answer_by` needs a renewal."""

    def encode(self) -> bytes:
        """The DER that the core signs, as the declared structure would be written.

        Raises `ValueError` for an identifier or a digest of another length.
        """
        return der.tlv(
            der.SEQUENCE,
            _VERSION,
            der.octets(self.permit_id, _ID_SIZE),
            der.octets(self.processing_number, limits.PROCESSING_NUMBER_SIZE),
            der.text(str(self.requester)),
            der.text(str(self.provider)),
            der.encode(self.item_no),
            der.tlv(der.SEQUENCE, *map(der.text, self.kinds)),
            der.octets(self.subject_commitment, limits.DIGEST_SIZE),
            der.octets(self.request_digest, limits.DIGEST_SIZE),
            der.octets(self.sealing_certificate, limits.DIGEST_SIZE),
            der.octets(self.route_digest, limits.DIGEST_SIZE),
            der.generalized(self.issued),
            der.generalized(self.answer_by),
            der.generalized(self.release_by),
        )

    @classmethod
    def decode(cls, data: bytes) -> "Permit":
        """Read DER; raises `Refused` (SK-C06)."""
        try:
            raw = der.decode(_Permit, data)
            if raw.version != VERSION or not 0 < len(raw.kinds) <= limits.MAX_KINDS:
                raise Refused("SK-C06")
            if not 0 < raw.item_no <= MAX_ITEM:
                raise Refused("SK-C06")
            return cls(
                permit_id=raw.permit_id,
                processing_number=raw.processing_number,
                requester=station_named(raw.requester),
                provider=station_named(raw.provider),
                item_no=raw.item_no,
                kinds=tuple(raw.kinds),
                subject_commitment=raw.subject_commitment,
                request_digest=raw.request_digest,
                sealing_certificate=raw.sealing_certificate_digest,
                route_digest=raw.route_digest,
                issued=whole_second(raw.issued.as_datetime()),
                answer_by=whole_second(raw.answer_by.as_datetime()),
                release_by=whole_second(raw.release_by.as_datetime()),
            )
        except (PkiError, ValueError):
            raise Refused("SK-C06") from None


def issue(
    permit: Permit, signer: Signer, at: datetime, content: bytes | None = None
) -> bytes:
    """Sign ``permit`` with the core's permit key; ``content`` is its DER, if known."""
    return signer.sign(content or permit.encode(), ID_CT_PERMIT, at)


def read(data: bytes, directory: Directory, at: datetime) -> Permit:
    """Verify and read a permit; raises `Refused` (SK-C01, SK-C02, SK-C06)."""
    signed = _parse(data)
    try:
        identity = directory.signer(signed, Purpose.PERMIT, at)
    except Unreadable as error:
        code = "SK-C01" if error.code == "SK-U03" else "SK-C02"
        raise Refused(code) from None
    if identity.station.role != CORE_ROLE:
        raise Refused("SK-C02")
    return Permit.decode(signed.content)


def recall(data: bytes) -> Permit:
    """Read a permit that was verified when it came, from where we kept it ourselves.

    Whether its issuer is still trusted is to be asked anew (`Directory.trusted`).
    """
    return Permit.decode(_parse(data).content)


def renews(new: Permit, old: Permit) -> bool:
    """Whether ``new`` permits what ``old`` did, but for its time and its route."""
    return (
        replace(
            new,
            permit_id=old.permit_id,
            route_digest=old.route_digest,
            issued=old.issued,
            answer_by=old.answer_by,
        )
        == old
        and new.permit_id != old.permit_id
    )


def subject_commitment(salt: bytes, code: str) -> bytes:
    """What a permit says of its subject: nothing, to whoever lacks the salt."""
    return hashlib.sha256(salt + code.encode("ascii")).digest()


def is_for_subject(permit: Permit, salt: bytes, code: str) -> bool:
    """Whether ``code`` is the subject that the permit commits to."""
    return hmac.compare_digest(
        subject_commitment(salt, code), permit.subject_commitment
    )


def is_for_request(permit: Permit, signed_header_digest: bytes, header: Header) -> bool:
    """Whether the permit answers the request with this signed header, and in time.

    A request that had expired when the permit was made asks for nothing any more.
    """
    return (
        hmac.compare_digest(permit.request_digest, signed_header_digest)
        and header.sender == permit.requester
        and header.processing_number == permit.processing_number
        and permit.issued <= header.expires + limits.MAX_SKEW
    )


def _parse(data: bytes) -> Signed:
    try:
        signed = parse_signed(data)
    except CmsError:
        raise Refused("SK-C06") from None
    if signed.content_type != ID_CT_PERMIT:
        raise Refused("SK-C06")
    return signed
