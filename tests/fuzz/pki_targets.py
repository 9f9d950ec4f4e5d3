# SPDX-License-Identifier: Apache-2.0
"""Targets of pki: CMS, DER, certificates, revocation lists, chains, plans and names.

Certificates and lists are taken twice: as they are, which ends at the signature, and
with their inside signed anew by the examples' authority, which ends further in.
"""

import base64
from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from pki import cms, der, plan
from pki.certified_key import CertifiedKey
from pki.cms_shapes import (
    EcdsaSignature,
    SealedContentInfo,
    SignedAttributes,
    SignedContentInfo,
    SigningCertificateV2,
)
from pki.errors import CmsError, DerError, UnusableCertificate
from pki.identity import IssuingAuthority
from pki.keystore import KeyFileError, load_certificates, load_p256_key
from pki.names import MALFORMED, BadStationName, StationName
from pki.plan import PlanError
from pki.revocation import RevocationList, TrustFileError
from pki.serials import AuthorityError, Entry, Index, RevocationReason
from pki.trust import Purpose, TrustStore, Untrusted
from tests.fuzz.files import FILE
from tests.fuzz.target import Broken, Target, same
from tests.vectors.read import opener
from tests.vectors.recipes import VECTORS
from tests.vectors.stations import (
    DETERMINISTIC,
    EXAMPLES,
    NOON,
    certificate,
    der_of,
    directory,
    example,
    issuing_key,
    revocation_list,
)
from tests.vectors.vector import SEALED, SIGNED

Read = Callable[[bytes], Any]
SEALED_WORDS: Final = "the message cannot be opened with our key"
VECTORS_KEPT: Final = 12
"""Vectors of a kind in the seeds; all of them are tested elsewhere."""


def _vectors(kind: str) -> Iterator[bytes]:
    """A few, from all over the list."""
    found = [vector for vector in VECTORS if vector.kind == kind]
    for vector in found[:: len(found) // VECTORS_KEPT]:
        data = vector.make()
        if len(data) < 2000:
            yield data


# --- CMS and DER ----------------------------------------------------------------------


def _signed_holds(data: bytes, value: cms.Signed) -> None:
    same("signed", der.encode(der.decode(SignedContentInfo, data)), data)
    if data.count(value.content) == 0 or data.count(value.signature) == 0:
        raise Broken("signed: its content is nowhere in the message")


def _open(data: bytes) -> bytes:
    try:
        return opener().open(data)
    except CmsError as refused:
        if type(refused) is not CmsError or str(refused) != SEALED_WORDS:
            raise Broken("sealed: not every failure looks the same") from refused
        raise


def _sealed_holds(data: bytes, value: bytes) -> None:
    same("sealed", der.encode(der.decode(SealedContentInfo, data)), data)


def _structures(data: bytes) -> list[object]:
    """Every structure that reads these bytes; the others refuse with `DerError`."""
    found: list[object] = []
    for structure in STRUCTURES:
        try:
            value = der.decode(structure, data)
        except DerError:
            continue
        same("der", der.encode(value), data)
        found.append(value)
    if not found:
        raise DerError("no structure of ours", "")
    return found


STRUCTURES: Final[tuple[Any, ...]] = (
    SignedContentInfo,
    SealedContentInfo,
    SigningCertificateV2,
    SignedAttributes,
    EcdsaSignature,
    der.OID,
    bytes,
    int,
    str,
    bool,
)


def _der_seeds() -> Iterator[bytes]:
    yield example("inquiry-signed-header.cms")
    yield example("inquiry-envelope.cms")
    yield der.oid("2.999.1")
    yield from map(der.encode, (0, -1, 1 << 70, b"octets", "text", True))


def _moment(data: bytes) -> Any:
    return der.moment(der.decode(der.TLV, data))


def _moment_holds(data: bytes, value: Any) -> None:
    same("time", der.time(value), data)


def _moment_seeds() -> Iterator[bytes]:
    for year in (1950, 2000, 2049, 2050, 9999):
        yield der.time(NOON.replace(year=year))


# --- certificates and lists -----------------------------------------------------------


def _authority() -> IssuingAuthority:
    issuing, _ = directory().trust.authorities
    return IssuingAuthority.of(issuing)


def _signed_anew(data: bytes) -> bytes:
    """The first element of ``data`` under a signature of the examples' authority."""
    inside = _first(data)
    signature = issuing_key().sign(inside, DETERMINISTIC["sha256"])
    algorithm = der.tlv(der.SEQUENCE, der.oid("1.2.840.10045.4.3.2"))
    return der.tlv(der.SEQUENCE, inside, algorithm, der.tlv(0x03, b"\0", signature))


def _first(data: bytes) -> bytes:
    """What stands behind the outermost tag and length, as far as its own length."""
    at = _inside(data, 0)
    end = at + (_inside(data[at:], 0) + _length(data[at:]))
    return data[at:end]


def _inside(data: bytes, at: int) -> int:
    return at + 2 + (data[1] & 0x7F if len(data) > 1 and data[1] & 0x80 else 0)


def _length(data: bytes) -> int:
    if len(data) < 2 or not data[1] & 0x80:
        return data[1] if len(data) > 1 else 0
    return int.from_bytes(data[2 : 2 + (data[1] & 0x7F)][:4])


def _certificate(data: bytes) -> list[object]:
    """All that the house asks of a certificate that a peer or a file brings."""
    found: list[object] = []
    for spelled in (data, _signed_anew(data)):
        try:
            read = x509.load_der_x509_certificate(spelled)
        except MALFORMED:
            continue
        found += _asked(read)
    if not found:
        raise DerError("no certificate", "")
    return found


def _asked(read: x509.Certificate) -> Iterator[object]:
    store = directory().trust
    for purpose in Purpose:
        try:
            yield store.check(read, purpose, NOON)
        except Untrusted:
            yield purpose
    for ask, refusal in (
        (StationName.of_certificate, BadStationName),
        (CertifiedKey.of, UnusableCertificate),
    ):
        try:
            yield ask(read)
        except refusal:
            yield refusal


def _certificate_seeds() -> Iterator[bytes]:
    for name in ("core-signing", "provider-sealing", "core-permit"):
        yield der_of(certificate(name))
    yield from map(der_of, directory().trust.authorities)


def _list(data: bytes) -> list[RevocationList]:
    found: list[RevocationList] = []
    for spelled in (data, _signed_anew(data)):
        try:
            found.append(RevocationList.read(_pem(spelled), _authority()))
        except TrustFileError:
            continue
    if not found:
        raise TrustFileError("no list")
    return found


def _pem(data: bytes) -> bytes:
    body = base64.encodebytes(data)
    return b"-----BEGIN X509 CRL-----\n" + body + b"-----END X509 CRL-----\n"


def _list_seeds() -> Iterator[bytes]:
    yield revocation_list()
    builder = x509.CertificateRevocationListBuilder(
        directory().trust.authorities[0].subject, NOON, NOON
    )
    revoked = x509.RevokedCertificateBuilder(5, NOON).build()
    builder = builder.add_revoked_certificate(revoked)
    builder = builder.add_extension(x509.CRLNumber(7), critical=False)
    made = builder.sign(issuing_key(), hashes.SHA256(), ecdsa_deterministic=True)
    yield made.public_bytes(Encoding.DER)


def _chain(data: bytes) -> TrustStore:
    return TrustStore.load(FILE.holding(data), EXAMPLES / "pki/crl.pem")


def _crl_file(data: bytes) -> TrustStore:
    return TrustStore.load(EXAMPLES / "pki/chain.pem", FILE.holding(data))


def _files(*names: str) -> Callable[[], Iterator[bytes]]:
    return lambda: map(example, names)


# --- plans and names ------------------------------------------------------------------


def _plan(data: bytes) -> plan.Plan:
    return plan.load(FILE.holding(data))


def _plan_holds(data: bytes, value: plan.Plan) -> None:
    same("plan", plan.read(plan.write(value)), value)


def _plan_seeds() -> Iterator[bytes]:
    small = plan.example()
    yield plan.write(small).encode()[:1500].rpartition(b"\n\n")[0] + b"\n"
    yield b'[network]\nname = "a"\ntest = true\n'
    yield (
        b'[network]\nname = "a"\ntest = false\n[validity]\ncrl_days = 7\n'
        b'[[station]]\norganisation = "NWS000"\nname = "b"\n'
        b'role = "information_provision_network_system"\n'
        b'purposes = ["tls", "permit"]\nhosts = ["localhost", "::1"]\n'
    )


def _name(data: bytes) -> list[StationName]:
    text = data.decode("utf-8", "surrogateescape")
    found: list[StationName] = []
    for parse, written in (
        (StationName.parse, str),
        (StationName.parse_uri, lambda name: name.uri),
    ):
        try:
            name = parse(text)
        except BadStationName:
            continue
        same("name", written(name), text)
        found.append(name)
    if not found:
        raise BadStationName("neither spelling")
    return found


def _name_seeds() -> Iterator[bytes]:
    name = StationName("102024", "intermediate_server")
    yield str(name).encode()
    yield name.uri.encode()


def _index(data: bytes) -> Index:
    return Index.load(FILE.holding(data))


def _index_holds(data: bytes, value: Index) -> None:
    again = FILE.holding(b"")
    value.save(again)
    same("index", Index.load(again), value)


def _index_seeds() -> Iterator[bytes]:
    yield b"{}"
    name = StationName("102024", "intermediate_server")
    entry = Entry.of(name, Purpose.SEALING, certificate("provider-sealing"))
    revoked = msgspec.structs.replace(
        entry, revoked_at=NOON, reason=RevocationReason.KEY_COMPROMISE
    )
    yield msgspec.json.encode(Index(crl_number=2, certificates=(entry, revoked)))


TARGETS: Final = (
    Target(
        "signed",
        cms.parse_signed,
        (CmsError, DerError),
        lambda: _vectors(SIGNED),
        _signed_holds,
        2048,
        der=True,
    ),
    Target(
        "sealed",
        _open,
        (CmsError,),
        lambda: _vectors(SEALED),
        _sealed_holds,
        2048,
        der=True,
    ),
    Target("der", _structures, (DerError,), _der_seeds, longest=2048, der=True),
    Target("time", _moment, (DerError,), _moment_seeds, _moment_holds, 64),
    Target(
        "certificate",
        _certificate,
        (DerError,),
        _certificate_seeds,
        longest=2048,
        der=True,
    ),
    Target(
        "revocation-list", _list, (TrustFileError,), _list_seeds, longest=1024, der=True
    ),
    Target(
        "chain-file",
        _chain,
        (TrustFileError, KeyFileError),
        _files("pki/chain.pem"),
        words=(b"-----BEGIN CERTIFICATE-----\n", b"-----END CERTIFICATE-----\n"),
    ),
    Target(
        "revocation-file",
        _crl_file,
        (TrustFileError, KeyFileError),
        _files("pki/crl.pem"),
        words=(b"-----BEGIN X509 CRL-----\n", b"-----END X509 CRL-----\n"),
    ),
    Target(
        "certificate-file",
        lambda data: load_certificates(FILE.holding(data)),
        (KeyFileError,),
        _files("keys/core-signing.crt"),
        words=(b"-----BEGIN CERTIFICATE-----\n", b"-----END CERTIFICATE-----\n"),
    ),
    Target(
        "key-file",
        lambda data: load_p256_key(FILE.holding(data)),
        (KeyFileError,),
        _files("keys/core-signing.key"),
        longest=1024,
        words=(b"-----BEGIN PRIVATE KEY-----\n", b"-----BEGIN EC PRIVATE KEY-----\n"),
    ),
    Target(
        "plan",
        _plan,
        (PlanError,),
        _plan_seeds,
        _plan_holds,
        words=(b"[[station]]", b"purposes", b"hosts", b"validity", b"organisation"),
    ),
    Target("index", _index, (AuthorityError,), _index_seeds, _index_holds),
    Target("name", _name, (BadStationName,), _name_seeds, longest=160),
)
