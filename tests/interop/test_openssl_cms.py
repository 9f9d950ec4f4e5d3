# SPDX-License-Identifier: Apache-2.0
"""``openssl cms`` as the judge: it reads what we write, and we read what it writes.

These commands make messages that stations accept (OpenSSL 3.0 and later)::

    openssl cms -sign -nodetach -binary -keyid -md sha256 -nosmimecap -nocerts -cades \\
        -econtent_type OID -signer CERT -inkey KEY -in FILE -outform DER -out SIGNED
    openssl cms -encrypt -binary -aes-256-gcm -keyid -recip CERT \\
        -keyopt ecdh_kdf_md:sha256 -in FILE -outform DER -out SEALED

``-cades`` adds signing-certificate-v2 (with issuer and serial, which we compare), and
``-nosmimecap`` leaves out the capabilities that would be a fifth attribute; every other
option of the two is needed as well, and the table of refused commands shows it. To
read ours it wants ``-purpose any``, because our extended key usages are our own, and
``-attime``, because the certificates here are of 2030.
"""

import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from pki import oids
from pki.cms import Signer, Verifier, parse_signed
from pki.errors import CmsError
from pki.sealing import Opener, Recipient
from tests.pki.keys import NOON, authority, leaf, sealing, signing
from tests.tools import need

CONTENT = bytes(range(256)) * 8 + b"\r\n\n\r\x1a."
"""2 KB in which any text mode would show."""

SIGN = (
    "-sign -nodetach -binary -keyid -md sha256 -nosmimecap -nocerts -cades "
    f"-econtent_type {oids.ID_CT_HEADER} -signer signer.pem -inkey signer.key"
)
ENCRYPT = (
    "-encrypt -binary -aes-256-gcm -keyid -recip receiver.pem "
    "-keyopt ecdh_kdf_md:sha256"
)
VERIFY = (
    "-verify -inform DER -binary -purpose any -CAfile root.pem -certfile signer.pem "
    f"-attime {int(NOON.timestamp())}"
)
DECRYPT = "-decrypt -inform DER -binary -recip receiver.pem -inkey receiver.key"


class Bench:
    """A directory with keys and certificates, in which ``openssl cms`` works."""

    def __init__(self, openssl: str, folder: Path) -> None:
        self._openssl = openssl
        self._folder = folder
        folder.joinpath("root.pem").write_bytes(authority().certificate_pem)
        for name, pair in (
            ("signer", signing()),
            ("second", signing("second")),
            ("receiver", sealing()),
            ("other", sealing("other")),
        ):
            folder.joinpath(f"{name}.pem").write_bytes(pair.certificate_pem)
            folder.joinpath(f"{name}.key").write_bytes(pair.key_pem)

    def put(self, name: str, data: bytes) -> None:
        self._folder.joinpath(name).write_bytes(data)

    def cms(self, options: str, data: bytes) -> bytes:
        """What the command writes; the test fails if the command does."""
        self.put("in", data)
        out = self._folder.joinpath("out")
        out.unlink(missing_ok=True)
        command = [self._openssl, "cms", *options.split(), "-in", "in", "-out", "out"]
        done = subprocess.run(
            command, cwd=self._folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return out.read_bytes()

    def make(self, options: str) -> bytes:
        return self.cms(f"{options} -outform DER", CONTENT)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(need("openssl"), tmp_path)


def ours_signed(content: bytes = CONTENT) -> bytes:
    pair = signing()
    return Signer(pair.key, pair.certificate).sign(content, oids.ID_CT_HEADER, NOON)


# --- ours, read by openssl ------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 200, 2054, 70_000])
def test_openssl_verifies_what_we_sign_and_gets_every_byte(
    bench: Bench, size: int
) -> None:
    content = (CONTENT * 35)[:size]
    assert bench.cms(VERIFY, ours_signed(content)) == content


def test_openssl_finds_our_signing_certificate_attribute_right(bench: Bench) -> None:
    assert bench.cms(f"{VERIFY} -cades", ours_signed()) == CONTENT


def test_openssl_refuses_ours_when_one_bit_is_turned(bench: Bench) -> None:
    changed = ours_signed().replace(b"\r\n\n\r\x1a.", b"\r\n\n\r\x1b.")
    with pytest.raises(AssertionError, match="verification failure"):
        bench.cms(VERIFY, changed)


@pytest.mark.parametrize("size", [0, 1, 200, 2054, 70_000])
def test_openssl_opens_what_we_seal_and_gets_every_byte(
    bench: Bench, size: int
) -> None:
    content = (CONTENT * 35)[:size]
    sealed = Recipient(sealing().certificate).seal(content)
    assert bench.cms(DECRYPT, sealed) == content


def test_openssl_reads_what_we_sign_and_then_seal(bench: Bench) -> None:
    sealed = Recipient(sealing().certificate).seal(ours_signed())
    assert bench.cms(VERIFY, bench.cms(DECRYPT, sealed)) == CONTENT


# --- openssl's, read by us ------------------------------------------------------------


def test_we_verify_what_openssl_signs_and_get_every_byte(bench: Bench) -> None:
    signed = parse_signed(bench.make(SIGN))
    Verifier(signing().certificate).verify(signed)
    assert signed.content == CONTENT
    assert signed.content_type == oids.ID_CT_HEADER


def test_we_open_what_openssl_encrypts_and_get_every_byte(bench: Bench) -> None:
    sealed = bench.make(ENCRYPT)
    assert Opener(sealing().key, sealing().certificate).open(sealed) == CONTENT


def test_we_read_what_openssl_signs_and_then_encrypts(bench: Bench) -> None:
    sealed = bench.cms(f"{ENCRYPT} -outform DER", bench.make(SIGN))
    signed = parse_signed(Opener(sealing().key, sealing().certificate).open(sealed))
    Verifier(signing().certificate).verify(signed)
    assert signed.content == CONTENT


@pytest.mark.parametrize(
    ("without", "instead", "place"),
    [
        pytest.param("-cades", "", "SignedAttributes", id="no signing certificate"),
        pytest.param("-nosmimecap", "", "SignedAttributes", id="capabilities"),
        pytest.param("-nocerts", "", "SignedContentInfo", id="certificates inside"),
        pytest.param("-keyid", "", "SignedContentInfo", id="named by issuer"),
        pytest.param("-nodetach", "", "SignedContentInfo", id="content apart"),
        pytest.param("-cades", "-noattr", "SignedContentInfo", id="no attributes"),
        pytest.param("-sign", "-sign -stream", "SignedContentInfo", id="BER"),
        pytest.param(
            "-signer",
            "-signer second.pem -inkey second.key -signer",
            "SignedContentInfo",
            id="two signers",
        ),
        pytest.param(
            "sha256", "sha384", "SignedData.digestAlgorithms", id="another digest"
        ),
    ],
)
def test_what_openssl_signs_in_any_other_way_is_refused(
    bench: Bench, without: str, instead: str, place: str
) -> None:
    made = bench.make(SIGN.replace(without, instead, 1))
    with pytest.raises(CmsError) as refused:
        parse_signed(made)
    assert refused.value.place == place


def test_what_openssl_signs_with_rsa_is_refused(bench: Bench) -> None:
    key = rsa.generate_private_key(65537, 2048)
    certificate = leaf(key, "signer", digital_signature=True)
    bench.put("signer.pem", certificate.public_bytes(Encoding.PEM))
    bench.put(
        "signer.key",
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )
    with pytest.raises(CmsError) as refused:
        parse_signed(bench.make(SIGN))
    assert refused.value.place == "SignerInfo.signatureAlgorithm"


@pytest.mark.parametrize(
    ("without", "instead", "place"),
    [
        pytest.param("-keyid", "", "SealedContentInfo", id="named by issuer"),
        pytest.param("256-gcm", "256-cbc", "SealedContentInfo", id="CBC"),
        pytest.param("256-gcm", "128-gcm", "SealedContentInfo", id="AES-128"),
        pytest.param("-encrypt", "-encrypt -stream", "SealedContentInfo", id="BER"),
        pytest.param(
            "-recip", "-recip other.pem -recip", "SealedContentInfo", id="two receivers"
        ),
        pytest.param("sha256", "sha1", "keyEncryptionAlgorithm", id="SHA-1 derivation"),
        pytest.param(
            "-aes",
            "-wrap aes128-wrap -aes",
            "keyEncryptionAlgorithm wrap",
            id="a weaker wrap",
        ),
        pytest.param("receiver", "other", "RecipientEncryptedKey.rid", id="not for us"),
    ],
)
def test_what_openssl_encrypts_in_any_other_way_is_refused(
    bench: Bench, without: str, instead: str, place: str
) -> None:
    sealed = bench.make(ENCRYPT.replace(without, instead, 1))
    with pytest.raises(CmsError) as refused:
        Opener(sealing().key, sealing().certificate).open(sealed)
    cause = refused.value.__cause__
    assert isinstance(cause, CmsError)
    assert cause.place == place


def test_openssl_and_we_name_a_certificate_by_the_same_digest(bench: Bench) -> None:
    theirs, ours = parse_signed(bench.make(SIGN)), parse_signed(ours_signed())
    assert theirs.certificate_digest == ours.certificate_digest
    assert theirs.key_id == ours.key_id
