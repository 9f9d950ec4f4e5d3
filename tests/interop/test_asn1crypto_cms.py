# SPDX-License-Identifier: Apache-2.0
"""asn1crypto as the judge: another ASN.1 library sees the values that we meant.

It shares no code with the reader in ``cryptography``; written again by it, our
messages come out byte for byte, so both agree on what DER is.
"""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from asn1crypto import algos, cms, core, tsp
from cryptography.hazmat.primitives.serialization import Encoding

from pki import oids
from pki.algorithms import ECDSA_SHA256
from pki.cms import Signer, Verifier, parse_signed
from pki.sealing import Opener, Recipient
from tests.pki.keys import NOON, sealing, signing

CONTENT = b"<payload>one</payload>" * 100


def ours_signed(at: datetime = NOON) -> bytes:
    pair = signing()
    return Signer(pair.key, pair.certificate).sign(CONTENT, oids.ID_CT_HEADER, at)


def certificate_digest() -> bytes:
    return sha256(signing().certificate.public_bytes(Encoding.DER)).digest()


def key_id(pair: Any) -> bytes:
    return Recipient(pair.certificate).key_id


def read(data: bytes) -> cms.ContentInfo:
    """Every value looked at, and the whole written anew to the same bytes."""
    info = cms.ContentInfo.load(data, strict=True)
    assert info.native
    assert info.dump(force=True) == data
    return info


def test_asn1crypto_reads_a_signed_message_to_the_same_values() -> None:
    pair = signing()
    info = read(ours_signed())
    assert info["content_type"].native == "signed_data"
    signed = info["content"]
    assert signed["version"].native == "v3"
    assert [a["algorithm"].native for a in signed["digest_algorithms"]] == ["sha256"]
    assert signed["encap_content_info"]["content_type"].dotted == oids.ID_CT_HEADER
    assert signed["encap_content_info"]["content"].native == CONTENT
    assert len(signed["certificates"]) == len(signed["crls"]) == 0
    (signer,) = signed["signer_infos"]
    assert signer["version"].native == "v3"
    assert signer["sid"].name == "subject_key_identifier"
    assert signer["sid"].native == Signer(pair.key, pair.certificate).key_id
    assert signer["digest_algorithm"]["algorithm"].native == "sha256"
    assert signer["signature_algorithm"]["algorithm"].native == "sha256_ecdsa"
    assert len(signer["unsigned_attrs"]) == 0


def test_asn1crypto_reads_the_signed_attributes_to_the_same_values() -> None:
    (signer,) = read(ours_signed())["content"]["signer_infos"]
    values = {a["type"].native: a["values"] for a in signer["signed_attrs"]}
    assert set(values) == {
        "content_type",
        "message_digest",
        "signing_time",
        "signing_certificate_v2",
    }
    assert values["content_type"][0].dotted == oids.ID_CT_HEADER
    assert values["message_digest"][0].native == sha256(CONTENT).digest()
    assert values["signing_time"][0].native == NOON
    (named,) = values["signing_certificate_v2"][0]["certs"]
    assert named["cert_hash"].native == certificate_digest()
    assert named["hash_algorithm"]["algorithm"].native == "sha256"
    assert named["issuer_serial"].native is None


def test_asn1crypto_reads_a_signing_time_after_2049() -> None:
    at = datetime(2050, 1, 1, tzinfo=UTC)
    (signer,) = read(ours_signed(at))["content"]["signer_infos"]
    times = [a for a in signer["signed_attrs"] if a["type"].native == "signing_time"]
    assert times[0]["values"][0].name == "generalized_time"
    assert times[0]["values"][0].native == at


def test_what_asn1crypto_signs_is_verified_though_it_writes_null_parameters() -> None:
    sha_256 = algos.DigestAlgorithm({"algorithm": "sha256", "parameters": core.Null()})
    attributes = cms.CMSAttributes(
        [
            cms.CMSAttribute({"type": kind, "values": [value]})
            for kind, value in (
                ("content_type", oids.ID_CT_PERMIT),
                ("message_digest", sha256(CONTENT).digest()),
                ("signing_time", cms.Time({"utc_time": core.UTCTime(NOON)})),
                (
                    "signing_certificate_v2",
                    tsp.SigningCertificateV2(
                        {"certs": [{"cert_hash": certificate_digest()}]}
                    ),
                ),
            )
        ]
    )
    signer = {
        "version": "v3",
        "sid": cms.SignerIdentifier("subject_key_identifier", key_id(signing())),
        "digest_algorithm": sha_256,
        "signed_attrs": attributes,
        "signature_algorithm": {"algorithm": "sha256_ecdsa"},
        "signature": signing().key.sign(attributes.dump(), ECDSA_SHA256),
    }
    content = {
        "version": "v3",
        "digest_algorithms": [sha_256],
        "encap_content_info": {
            "content_type": oids.ID_CT_PERMIT,
            "content": core.ParsableOctetString(CONTENT),
        },
        "signer_infos": [signer],
    }
    info = cms.ContentInfo(
        {"content_type": "signed_data", "content": cms.SignedData(content)}
    )
    signed = parse_signed(info.dump())
    Verifier(signing().certificate).verify(signed)
    assert (signed.content, signed.signing_time) == (CONTENT, NOON)


def test_asn1crypto_reads_a_sealed_message_to_the_same_values() -> None:
    info = read(Recipient(sealing().certificate).seal(CONTENT))
    assert info["content_type"].native == "authenticated_enveloped_data"
    sealed = info["content"]
    assert sealed["version"].native == "v0"
    assert sealed["originator_info"].native is None
    assert len(sealed["auth_attrs"]) == len(sealed["unauth_attrs"]) == 0
    assert len(sealed["mac"].native) == 16
    content = sealed["auth_encrypted_content_info"]
    assert content["content_type"].native == "data"
    algorithm = content["content_encryption_algorithm"]
    assert algorithm["algorithm"].native == "aes256_gcm"
    nonce, tag_length = algorithm["parameters"].native.values()
    assert len(nonce) == 12
    assert tag_length == 16
    assert len(content["encrypted_content"].native) == len(CONTENT)


def test_asn1crypto_reads_the_key_agreement_to_the_same_values() -> None:
    info = read(Recipient(sealing().certificate).seal(CONTENT))
    (recipient,) = info["content"]["recipient_infos"]
    assert recipient.name == "kari"
    agreement = recipient.chosen
    assert agreement["version"].native == "v3"
    assert agreement["originator"].name == "originator_key"
    originator = agreement["originator"].chosen
    assert originator["algorithm"]["algorithm"].dotted == oids.ID_EC_PUBLIC_KEY
    assert agreement["ukm"].native is None
    key_encryption = agreement["key_encryption_algorithm"]
    assert key_encryption["algorithm"].dotted == oids.ID_STD_DH_SHA256_KDF
    (encrypted,) = agreement["recipient_encrypted_keys"]
    assert encrypted["rid"].name == "r_key_id"
    assert encrypted["rid"].chosen["subject_key_identifier"].native == key_id(sealing())
    assert len(encrypted["encrypted_key"].native) == 40


def test_a_sealed_message_written_anew_by_asn1crypto_is_opened() -> None:
    pair = sealing()
    data = read(Recipient(pair.certificate).seal(CONTENT)).copy().dump(force=True)
    assert Opener(pair.key, pair.certificate).open(data) == CONTENT
