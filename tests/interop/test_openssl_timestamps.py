# SPDX-License-Identifier: Apache-2.0
"""Time-stamps, both ways: ``openssl ts`` believes ours, and we believe its."""

import hashlib
import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from gateway.records import stamp_chain
from pki import timestamp, timestamp_authority
from pki.keystore import load_certificate
from pki.timestamp import StampRefused, Wanted
from tests.gateway.records.helpers import LOG
from tests.tools import need

NOW = datetime.now(UTC).replace(microsecond=0)
"""`openssl ts` judges by this machine's clock and cannot be told another."""
NONCE = 12345678901234567890
HEAD = LOG.head(3, hashlib.sha256(b"three").digest())
LATER = LOG.head(9, hashlib.sha256(b"nine").digest())

CONFIG = """
[tsa]
default_tsa = here
[here]
serial = {serial}
crypto_device = builtin
signer_cert = {certificate}
signer_key = {key}
signer_digest = {digest}
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1, millisecs:500
ordering = {ordering}
tsa_name = {name}
ess_cert_id_chain = {chain}
ess_cert_id_alg = {ess}
certs = {root}
"""


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ts") / "a"
    return timestamp_authority.build(folder, "A", NOW)


@pytest.fixture(scope="module")
def another(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ts") / "b"
    return timestamp_authority.build(folder, "B", NOW)


def openssl(*words, **options):
    return subprocess.run(
        [need("openssl"), "ts", *map(str, words)],
        capture_output=True,
        timeout=30,
        check=False,
        **options,
    )


def stamp(files, data):
    """A token of ours over some bytes."""
    query = timestamp.query(hashlib.sha256(data).digest(), NONCE)
    answer = timestamp_authority.load(files.directory).answer(query, NOW, 5)
    return timestamp.read_answer(answer)


def believed(folder, data, token, files):
    """Whether ``openssl ts`` believes a token over these bytes."""
    (folder / "data").write_bytes(data)
    (folder / "token").write_bytes(token)
    where = ("-data", folder / "data", "-in", folder / "token", "-token_in")
    done = openssl("-verify", *where, "-CAfile", files.root)
    return done.returncode == 0 and b"Verification: OK" in done.stdout + done.stderr


# -- ours, read by openssl -----------------------------------------------------------


def test_openssl_believes_our_token(authority, tmp_path):
    assert believed(tmp_path, HEAD, stamp(authority, HEAD), authority)


def test_openssl_believes_our_answer_to_its_query(authority, tmp_path):
    (tmp_path / "data").write_bytes(HEAD)
    query, answer = tmp_path / "query", tmp_path / "answer"
    asked = ("-data", tmp_path / "data", "-sha256", "-cert", "-out", query)
    assert openssl("-query", *asked).returncode == 0
    stamper = timestamp_authority.load(authority.directory)
    answer.write_bytes(stamper.answer(query.read_bytes(), NOW, 6))
    words = ("-queryfile", query, "-in", answer, "-CAfile", authority.root)
    done = openssl("-verify", *words)
    assert b"Verification: OK" in done.stdout + done.stderr


def test_openssl_believes_each_link_of_a_renewed_chain(authority, tmp_path):
    first = stamp(authority, stamp_chain.covered(b"", HEAD))
    covers = stamp_chain.covered(first, LATER)
    second = stamp(authority, covers)
    assert believed(tmp_path, HEAD, first, authority)
    assert believed(tmp_path, covers, second, authority)
    assert not believed(tmp_path, LATER, second, authority)


def test_openssl_and_we_refuse_the_same(authority, another, tmp_path):
    token, foreign = stamp(authority, HEAD), stamp(another, HEAD)
    wanted = Wanted(hashlib.sha256(HEAD).digest(), (load_certificate(authority.root),))
    cut = bytearray(token)
    cut[-5] ^= 1
    for data, shown in ((HEAD, foreign), (LATER, token), (HEAD, bytes(cut))):
        assert not believed(tmp_path, data, shown, authority)
        digest = hashlib.sha256(data).digest()
        with pytest.raises(StampRefused):
            timestamp.verify(shown, Wanted(digest, wanted.roots))


# -- openssl's, read by us -----------------------------------------------------------


@pytest.fixture
def replied(tmp_path):
    """What ``openssl ts -reply`` makes of our query, under an authority's key."""

    def reply(files, query, **changes):
        told = {
            "digest": "sha256",
            "ordering": "no",
            "name": "no",
            "chain": "no",
            "ess": "sha256",
            **changes,
        }
        (tmp_path / "serial").write_text("01\n")
        text = CONFIG.format(
            serial=tmp_path / "serial",
            certificate=files.certificate,
            key=files.key,
            root=files.root,
            **told,
        )
        (tmp_path / "ts.cnf").write_text(text)
        (tmp_path / "query").write_bytes(query)
        where = ("-queryfile", tmp_path / "query", "-out", tmp_path / "answer")
        done = openssl("-reply", "-config", tmp_path / "ts.cnf", *where)
        assert done.returncode == 0, done.stderr
        return (tmp_path / "answer").read_bytes()

    return reply


def verified(answer, files, digest):
    root = load_certificate(files.root)
    token = timestamp.read_answer(answer)
    return timestamp.verify(token, Wanted(digest, (root,), "", NONCE))


DIGEST = hashlib.sha256(HEAD).digest()
QUERY = timestamp.query(DIGEST, NONCE)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"digest": "sha384"},
        {"digest": "sha512", "ess": "sha512"},
        {"ordering": "yes", "name": "yes"},
        {"chain": "yes"},
    ],
)
def test_we_believe_openssls_token(authority, replied, changes):
    found = verified(replied(authority, QUERY, **changes), authority, DIGEST)
    assert abs(found.at - datetime.now(UTC)) < timedelta(minutes=5)
    assert found.accuracy == timedelta(seconds=1, milliseconds=500)
    assert found.policy == "1.2.3.4.1"


def test_openssls_token_of_another_authority_is_refused(another, authority, replied):
    answer = replied(another, QUERY)
    with pytest.raises(StampRefused, match="another authority"):
        verified(answer, authority, DIGEST)


def test_its_token_for_another_query_or_policy_is_refused(authority, replied):
    other = timestamp.query(DIGEST, NONCE + 1)
    with pytest.raises(StampRefused, match="another query"):
        verified(replied(authority, other), authority, DIGEST)
    root = load_certificate(authority.root)
    token = timestamp.read_answer(replied(authority, QUERY))
    with pytest.raises(StampRefused, match="another policy"):
        timestamp.verify(token, Wanted(DIGEST, (root,), "1.2.3.4.2", NONCE))


def test_its_old_attribute_over_sha_1_is_not_enough(authority, replied):
    answer = replied(authority, QUERY, ess="sha1")
    with pytest.raises(StampRefused, match=r"16\.2\.47 is missing"):
        verified(answer, authority, DIGEST)
