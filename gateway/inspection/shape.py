# SPDX-License-Identifier: Apache-2.0
"""Where exactly is the forbidden shape of a CMS structure that was refused?

The daemon's reader has said no; here asn1crypto reads the same bytes with patience and
each place of the strict profile (``pki/cms_profile.py``) that is not as it must be is
named, with the byte where it begins and the profile's own reason. An encoding that DER
forbids comes first: it can make the rest unreadable.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from gateway.inspection import structures, tlv
from gateway.inspection.structures import BAFFLED
from gateway.inspection.tlv import NotDer
from pki import oids
from pki.algorithms import (
    KEY_ID_BYTES,
    NONCE_BYTES,
    POINT_BYTES,
    TAG_BYTES,
    WRAPPED_KEY_BYTES,
)
from pki.cms_profile import PROFILE, Shape

_FOUR: Final = {
    oids.ID_CONTENT_TYPE,
    oids.ID_MESSAGE_DIGEST,
    oids.ID_SIGNING_TIME,
    oids.ID_SIGNING_CERTIFICATE_V2,
}


@dataclass(frozen=True, slots=True)
class Odd:
    """A place of the profile that is not as it must be."""

    place: str
    found: str
    element: Any
    """What stands there, as asn1crypto has it; None where something is missing."""
    within: Any
    """What it stands in."""


def explained(data: bytes) -> tuple[str, ...]:
    """Lines for a person: what is forbidden and where, then the structure's listing."""
    fault = tlv.fault(data)
    found = [] if fault is None else [f"{fault}: the profile is DER only (RFC 5652 10)"]
    mark = None if fault is None else fault.at
    for odd in oddities(data):
        at = _position(data, odd)
        mark = at if mark is None else mark
        found.append(f"{'' if at is None else f'at byte {at}: '}{_sentence(odd)}")
    return (*found, *tlv.listing(data, mark))


def oddities(data: bytes) -> list[Odd]:
    """Every place that is not as the profile has it, as far as the bytes read."""
    found: list[Odd] = []
    if not tlv.is_simple(data):
        return found
    try:
        for odd in _every(data):
            found.append(odd)
    except (NotDer, *BAFFLED):
        pass  # what was found before it stands
    return found


def _every(data: bytes) -> Iterator[Odd]:
    outer = structures.AnyContent.load(data)
    kind = outer["content_type"]
    if kind.dotted == oids.ID_SIGNED_DATA:
        yield from _signed(structures.signed_data(data))
    elif kind.dotted == oids.ID_CT_AUTH_ENVELOPED_DATA:
        yield from _sealed(structures.enveloped_data(data))
    else:
        said = f"content type {kind.dotted}"
        place = "signed contentType" if _looks_signed(data) else "sealed contentType"
        yield Odd(place, said, kind, outer)


def _looks_signed(data: bytes) -> bool:
    """SignedData ends with its signers, a SET; no sealed content does."""
    members = [element.tag for depth, element in tlv.walk(data) if depth == 3]
    return members[-1:] == [0x31]


# --- signing --------------------------------------------------------------------------


def _signed(signed: Any) -> Iterator[Odd]:
    yield from _number("SignedData.version", signed, 3)
    digests = signed["digest_algorithms"]
    yield from _count("SignedData.digestAlgorithms count", digests, signed)
    for algorithm in digests:
        yield from _algorithm("SignedData.digestAlgorithms", algorithm, oids.ID_SHA256)
    inner = signed["encap_content_info"]
    if not _there(inner["content"]):
        yield Odd("encapContentInfo.eContent", "no content", None, inner)
    for name in ("certificates", "crls"):
        yield from _absent(f"SignedData.{name}", signed, name)
    yield from _count("SignedData.signerInfos", signed["signer_infos"], signed)
    for signer in signed["signer_infos"]:
        yield from _signer(signer)


def _signer(signer: Any) -> Iterator[Odd]:
    yield from _number("SignerInfo.version", signer, 3)
    sid = signer["sid"]
    if sid.name != "subject_key_identifier":
        yield Odd("SignerInfo.sid", "issuer and serial number", sid, signer)
    elif len(sid.native) != KEY_ID_BYTES:
        yield Odd("SignerInfo.sid", f"{len(sid.native)} bytes", sid, signer)
    digest = signer["digest_algorithm"]
    yield from _algorithm("SignerInfo.digestAlgorithm", digest, oids.ID_SHA256)
    if tlv.tags(signer.dump())[3:4] not in ((0xA0,), (0x30,)):
        yield Odd("SignerInfo.signedAttrs", "another tag than [0]", signer, signer)
    attributes = signer["signed_attrs"]
    if not _there(attributes):
        yield Odd("SignerInfo.signedAttrs", "none", None, signer)
    else:
        yield from _attributes(attributes)
    signature = signer["signature_algorithm"]
    yield from _algorithm(
        "SignerInfo.signatureAlgorithm", signature, oids.ID_ECDSA_WITH_SHA256
    )
    if _there(signature["parameters"]):
        yield Odd("SignerInfo.signatureAlgorithm", "parameters", signature, signer)
    yield from _absent("SignerInfo.unsignedAttrs", signer, "unsigned_attrs")


def _attributes(attributes: Any) -> Iterator[Odd]:
    types = [attribute["type"].dotted for attribute in attributes]
    for attribute in attributes:
        dotted = attribute["type"].dotted
        if dotted not in _FOUR or types.count(dotted) > 1:
            yield Odd("signedAttrs types", f"{dotted}", attribute, attributes)
        yield from _count("signedAttrs values", attribute["values"], attribute)
        if dotted == oids.ID_SIGNING_CERTIFICATE_V2:
            yield from _named_certificate(attribute["values"][0])
    for dotted in sorted(_FOUR - set(types)):
        yield Odd("signedAttrs types", f"{dotted} is missing", None, attributes)


def _named_certificate(value: Any) -> Iterator[Odd]:
    yield from _count("SigningCertificateV2.certs", value["certs"], value)
    for named in value["certs"]:
        if tlv.tags(named.dump())[:1] != (0x04,):
            yield Odd("ESSCertIDv2.hashAlgorithm", "written out", named, value)
    yield from _absent("SigningCertificateV2.policies", value, "policies")


# --- sealing --------------------------------------------------------------------------


def _sealed(sealed: Any) -> Iterator[Odd]:
    yield from _number("AuthEnvelopedData.version", sealed, 0)
    yield from _absent("AuthEnvelopedData.originatorInfo", sealed, "originator_info")
    recipients = sealed["recipient_infos"]
    yield from _count("AuthEnvelopedData.recipientInfos", recipients, sealed)
    for recipient in recipients:
        if recipient.name == "kari":
            yield from _agreement(recipient.chosen)
        else:
            place = "AuthEnvelopedData.recipientInfos"
            yield Odd(place, f"a recipient of kind {recipient.name}", recipient, sealed)
    yield from _content(sealed["content_info"])
    yield from _absent("AuthEnvelopedData.authAttrs", sealed, "auth_attrs")
    yield from _size("AuthEnvelopedData.mac", sealed["mac"], TAG_BYTES, sealed)
    yield from _absent("AuthEnvelopedData.unauthAttrs", sealed, "unauth_attrs")


def _agreement(info: Any) -> Iterator[Odd]:
    yield from _number("KeyAgreeRecipientInfo.version", info, 3)
    originator = info["originator"]
    if originator.name != "originator_key":
        yield Odd("originator", originator.name.replace("_", " "), originator, info)
    else:
        yield from _originator(originator, info)
    yield from _absent("KeyAgreeRecipientInfo.ukm", info, "ukm")
    algorithm = info["key_encryption_algorithm"]
    yield from _algorithm(
        "keyEncryptionAlgorithm", algorithm, oids.ID_STD_DH_SHA256_KDF
    )
    wrap = tlv.dotted(_first(algorithm["parameters"].dump()))
    if wrap != oids.ID_AES256_WRAP:
        yield Odd("keyEncryptionAlgorithm wrap", wrap, algorithm, info)
    keys = info["recipient_encrypted_keys"]
    yield from _count("recipientEncryptedKeys", keys, info)
    for key in keys:
        if key["rid"].name != "r_key_id":
            found = key["rid"].name.replace("_", " ")
            yield Odd("RecipientEncryptedKey.rid", found, key["rid"], key)
        place = "RecipientEncryptedKey.encryptedKey"
        yield from _size(place, key["encrypted_key"], WRAPPED_KEY_BYTES, key)


def _originator(originator: Any, info: Any) -> Iterator[Odd]:
    key = originator.chosen
    kind = tlv.dotted(_first(_first(key.untag().dump())))
    if kind != oids.ID_EC_PUBLIC_KEY:
        yield Odd("originatorKey.algorithm", kind, None, info)
    point = key["public_key"]
    octets = point.contents
    if octets[:1] != b"\0":
        yield Odd("originatorKey.publicKey unused bits", f"{octets[0]}", point, key)
    if len(octets) != POINT_BYTES + 1 or octets[1:2] != b"\x04":
        found = f"{len(octets) - 1} bytes that begin with {octets[1:2].hex()}"
        yield Odd("originatorKey.publicKey", found, point, key)


def _content(info: Any) -> Iterator[Odd]:
    place = "EncryptedContentInfo.contentType"
    if info["content_type"].dotted != oids.ID_DATA:
        found = info["content_type"].dotted
        yield Odd(place, found, info["content_type"], info)
    algorithm = info["content_encryption_algorithm"]
    yield from _algorithm("contentEncryptionAlgorithm", algorithm, oids.ID_AES256_GCM)
    parameters = algorithm["parameters"].dump()
    parts = [one for depth, one in tlv.walk(parameters) if depth == 1]
    if parts and parts[0].end - parts[0].content != NONCE_BYTES:
        found = f"{parts[0].end - parts[0].content} bytes"
        yield Odd("GCMParameters.nonce", found, algorithm, info)
    if len(parts) < 2:
        yield Odd("GCMParameters.icvlen", "left out, which means 12", algorithm, info)
    elif parameters[parts[1].content : parts[1].end] != bytes((TAG_BYTES,)):
        yield Odd("GCMParameters.icvlen", "another length", algorithm, info)
    if not _there(info["encrypted_content"]):
        yield Odd("AuthEnvelopedData.encryptedContent", "none", None, info)


# --- both -----------------------------------------------------------------------------


def _there(value: Any) -> bool:
    return bool(value.dump())


def _number(place: str, within: Any, wanted: int) -> Iterator[Odd]:
    version = within["version"]
    found = int.from_bytes(version.contents, signed=True)
    if found != wanted:
        yield Odd(place, f"version {found}", version, within)


def _count(place: str, several: Any, within: Any) -> Iterator[Odd]:
    if len(several) != 1:
        yield Odd(place, f"{len(several)} of them", several, within)


def _absent(place: str, within: Any, name: str) -> Iterator[Odd]:
    if _there(within[name]):
        yield Odd(place, "it is there", within[name], within)


def _size(place: str, value: Any, wanted: int, within: Any) -> Iterator[Odd]:
    if len(value.native) != wanted:
        yield Odd(place, f"{len(value.native)} bytes", value, within)


def _algorithm(place: str, algorithm: Any, wanted: str) -> Iterator[Odd]:
    if algorithm["algorithm"].dotted != wanted:
        yield Odd(place, algorithm["algorithm"].dotted, algorithm, algorithm)


def _first(data: bytes) -> bytes:
    """The encoding of the first element inside one element."""
    for depth, inner in tlv.walk(data):
        if depth == 1:
            return data[inner.at : inner.end]
    raise ValueError("an empty element")


def _position(data: bytes, odd: Odd) -> int | None:
    """The byte where the odd element begins, or where it is missing from."""
    try:
        around = data.find(odd.within.dump())
        if odd.element is None or around < 0:
            return around if around >= 0 else None
        at = data.find(odd.element.dump(), around)
    except BAFFLED:
        return None
    return at if at >= 0 else None


def _sentence(odd: Odd) -> str:
    clause = PROFILE[odd.place]
    if isinstance(clause.allowed, Shape):
        wanted = f"the profile has it {clause.allowed.value}"
    else:
        wanted = "the profile has another value"
    return f"{odd.place}: {odd.found}; {wanted} ({clause.why})"
