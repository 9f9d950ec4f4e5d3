# SPDX-License-Identifier: Apache-2.0
"""Key files are named and judged, and never shown."""

import base64
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from gateway.inspection.look import look
from gateway.inspection.report import Verdict
from tests.gateway.inspection.desk import (
    EXAMPLES,
    NOTHING,
    facts,
    findings,
    inspected,
    layer,
    personal,
    said,
)
from tests.pki.keys import new_key

KEYS = sorted((EXAMPLES / "keys").glob("*.key"))
PKCS8 = (Encoding.PEM, PrivateFormat.PKCS8)


@pytest.mark.parametrize("path", KEYS, ids=lambda path: path.stem)
def test_no_part_of_a_key_is_ever_shown(path: Path) -> None:
    data = path.read_bytes()
    report = inspected(data, personal(NOTHING))
    assert facts(report, "key")["kind"] == "P-256"
    body = b"".join(data.splitlines()[1:-1])
    told = said(report)
    assert not any(line.decode() in told for line in data.splitlines()[1:-1])
    assert base64.b64decode(body).hex() not in told


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(KEYS[0].read_bytes())
    path.chmod(0o644)
    report = look(path, NOTHING)
    assert report.status == 1
    assert "chmod 600" in said(report)


def test_a_locked_key_needs_its_passphrase() -> None:
    pem = new_key().private_bytes(*PKCS8, BestAvailableEncryption(b"the word"))
    report = inspected(pem)
    assert report.status == 0
    assert layer(report, "key").verdict is Verdict.UNCHECKED
    opened = inspected(pem, replace(NOTHING, passphrase=b"the word"))
    assert facts(opened, "key")["kind"] == "P-256"
    assert inspected(pem, replace(NOTHING, passphrase=b"another")).status == 1


def test_a_key_of_another_kind_is_refused() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    report = inspected(key.private_bytes(*PKCS8, NoEncryption()))
    assert report.status == 1
    assert "neither P-256 nor Ed25519" in said(report)


@pytest.mark.parametrize(
    "form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL]
)
def test_a_key_in_der_is_known_and_not_usable(form: PrivateFormat) -> None:
    report = inspected(new_key().private_bytes(Encoding.DER, form, NoEncryption()))
    assert report.kind == "private key"
    assert "in PEM only" in said(report)


def test_a_public_key_is_named() -> None:
    public = new_key().public_key()
    for encoding in (Encoding.PEM, Encoding.DER):
        data = public.public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)
        assert inspected(data).kind == "public key"


def test_thirty_two_bytes_may_be_a_stores_key_and_are_not_shown() -> None:
    secret = bytes(range(200, 232))
    report = inspected(secret)
    assert layer(report, "key").verdict is Verdict.UNCHECKED
    assert findings(report, Verdict.REFUSED) == []
    assert secret.hex() not in said(report)


def test_a_damaged_key_is_refused_without_a_word_of_it() -> None:
    damaged = KEYS[0].read_bytes().replace(b"M", b"N", 1)
    report = inspected(damaged)
    assert report.status == 1
    assert damaged.splitlines()[1].decode() not in said(report)
