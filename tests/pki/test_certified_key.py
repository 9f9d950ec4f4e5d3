# SPDX-License-Identifier: Apache-2.0
"""A certificate's key is usable here, or `UnusableCertificate` says why not."""

from hashlib import sha256

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from pki.certified_key import CertifiedKey
from pki.cms import Signer, Verifier
from pki.errors import CmsError, UnusableCertificate
from pki.sealing import Opener, Recipient
from tests.pki.keys import Key, leaf, new_key, sealing, signing


def test_key_identifier_and_digest_are_those_of_the_certificate() -> None:
    certificate = signing().certificate
    certified = CertifiedKey.of(certificate)
    identifier = x509.SubjectKeyIdentifier.from_public_key(certificate.public_key())
    assert certified.key_id == identifier.digest
    assert certified.digest == sha256(certificate.public_bytes(Encoding.DER)).digest()


def test_signer_verifier_recipient_and_opener_name_a_key_alike() -> None:
    key, certificate = signing().key, signing().certificate
    everybody = (
        Signer(key, certificate),
        Verifier(certificate),
        Recipient(certificate),
        Opener(key, certificate),
    )
    assert {each.key_id for each in everybody} == {CertifiedKey.of(certificate).key_id}
    assert all(each.certificate is certificate for each in everybody)


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(ed25519.Ed25519PrivateKey.generate(), id="Ed25519"),
        pytest.param(ec.generate_private_key(ec.SECP384R1()), id="P-384"),
        pytest.param(ec.generate_private_key(ec.SECP256K1()), id="another 256 bits"),
        pytest.param(rsa.generate_private_key(65537, 2048), id="RSA"),
    ],
)
def test_a_key_of_another_kind_is_refused(key: Key) -> None:
    with pytest.raises(UnusableCertificate):
        Verifier(leaf(key))
    with pytest.raises(UnusableCertificate):
        Recipient(leaf(key))


@pytest.mark.parametrize("key_id", [None, bytes(19), bytes(21), bytes(32)])
def test_a_key_identifier_that_is_missing_or_of_other_length_is_refused(
    key_id: bytes | None,
) -> None:
    with pytest.raises(UnusableCertificate):
        Verifier(leaf(new_key(), key_id=key_id))


def test_the_private_key_must_be_the_certificates() -> None:
    with pytest.raises(UnusableCertificate):
        Signer(new_key(), signing().certificate)
    with pytest.raises(UnusableCertificate):
        Opener(new_key(), sealing().certificate)


def test_a_readers_promise_holds_for_certificates_too() -> None:
    assert issubclass(UnusableCertificate, CmsError)
