# SPDX-License-Identifier: Apache-2.0
"""A signed text is believed as it was signed, and not otherwise."""

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from protocols.tlog import note
from protocols.tlog.errors import FalseSignature, LogError, Malformed, NotSigned
from protocols.tlog.note import Kind, Note, Signature, Verifier

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
LOG = Verifier.of("sekisho.example/102024", Kind.LOG, KEY)
WITNESS = Verifier.of("witness.example/100005", Kind.WITNESS, OTHER)
TEXT = "sekisho.example/102024\n1\nAAAA\n"
NOTE = Note(TEXT, (note.sign(TEXT, LOG.name, KEY),)).signed(
    note.cosign(TEXT, WITNESS.name, OTHER, NOON)
)

# The example that golang.org/x/mod/sumdb/note is documented with.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgK"
    "vqfqdngotpRZb6KE6RyyBwJnAM=\n"
).encode()


def test_a_note_that_others_signed_is_believed():
    key = Verifier.read(GO_KEY)
    assert note.verify(note.read(GO_NOTE), [key]) == {key: None}
    assert key.text == GO_KEY
    assert note.read(GO_NOTE).encode() == GO_NOTE


def test_who_signed_and_when_a_witness_did_is_told():
    read = note.read(NOTE.encode())
    assert note.verify(read, [LOG, WITNESS]) == {LOG: None, WITNESS: NOON}


def test_a_signature_of_somebody_else_says_nothing():
    assert note.verify(NOTE, [LOG]) == {LOG: None}
    with pytest.raises(NotSigned):
        note.verify(NOTE, [Verifier.of("another", Kind.LOG, KEY)])
    with pytest.raises(NotSigned):
        note.verify(NOTE, [])


def test_a_key_signs_what_it_is_for():
    """The same key and name as a witness is another key."""
    with pytest.raises(NotSigned):
        note.verify(NOTE, [Verifier.of(LOG.name, Kind.WITNESS, KEY)])


@pytest.mark.parametrize("at", [0, 1])
def test_one_false_signature_spoils_the_note(at):
    spoiled = list(NOTE.signatures)
    data = bytearray(spoiled[at].data)
    data[-1] ^= 1
    spoiled[at] = Signature(spoiled[at].name, spoiled[at].key_id, bytes(data))
    with pytest.raises(FalseSignature):
        note.verify(Note(TEXT, tuple(spoiled)), [LOG, WITNESS])


def test_a_witness_is_believed_for_its_own_time_alone():
    line = NOTE.signatures[1]
    later = (int(NOON.timestamp()) + 1).to_bytes(8, "big") + line.data[8:]
    with pytest.raises(FalseSignature):
        note.verify(Note(TEXT, (Signature(*_named(line), later),)), [WITNESS])


@pytest.mark.parametrize("data", [b"1", bytes(7), bytes(71), bytes(73), b"\xff" * 72])
def test_a_co_signature_has_a_time_and_64_bytes(data):
    line = Signature(*_named(NOTE.signatures[1]), data)
    with pytest.raises(FalseSignature):
        note.verify(Note(TEXT, (line,)), [WITNESS])


def _named(line):
    return line.name, line.key_id


@given(st.data())
def test_a_changed_text_is_not_what_was_signed(data):
    whole = bytearray(NOTE.encode())
    at = data.draw(st.integers(0, len(TEXT.encode()) - 1))
    whole[at] ^= 1 << data.draw(st.integers(0, 6))
    with pytest.raises(LogError):
        note.verify(note.read(bytes(whole)), [LOG, WITNESS])


@given(st.binary(max_size=200))
def test_bytes_are_a_note_or_refused(data):
    try:
        found = note.read(data)
    except Malformed:
        return
    assert found.encode() == data


@given(st.data())
def test_a_note_that_is_changed_anywhere_is_another_one_or_none(data):
    whole = bytearray(NOTE.encode())
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] = data.draw(st.integers(0, 255))
    try:
        found = note.read(bytes(whole))
    except Malformed:
        return
    assert found.encode() == bytes(whole)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text\n",
        b"text\n\n",
        b"text\n\nno dash AAAAAAA=\n",
        "text\n\n— name AAAAAA==".encode(),
        "text\n\n— name AAAAAA==\n".encode(),
        "text\n\n— na+me AAAAAAA=\n".encode(),
        "text\n\n— name AAAAAAB=\n".encode(),
        "text\n\n— name  AAAAAAA=\n".encode(),
        "te\txt\n\n— name AAAAAAA=\n".encode(),
        "text\r\n\n— name AAAAAAA=\n".encode(),
        "text\n\n— name AAAAAAA=\n\n".encode(),
        b"text\n\n" + "— name AAAAAAA=\n".encode() * 65,
        b"\xfftext\n\n" + "— name AAAAAAA=\n".encode(),
        b"a" * 65_536 + "\n\n— name AAAAAAA=\n".encode(),
    ],
)
def test_what_is_no_note_is_refused(data):
    with pytest.raises(Malformed):
        note.read(data)


def test_a_note_may_have_empty_lines_in_its_text():
    data = "one\n\ntwo\n\n— name AAAAAAA=\n".encode()
    assert note.read(data).text == "one\n\ntwo\n"


def test_a_signature_stands_once():
    assert NOTE.signed(*NOTE.signatures) == NOTE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        LOG.text.replace("+A", "+B", 1),
        LOG.text[:-4],
        LOG.text.replace(LOG.key_id.hex(), "00000000"),
        LOG.text.upper(),
        "two words" + LOG.text[len(LOG.name) :],
        "name+00000000+" + GO_KEY.rpartition("+")[2].replace("A", "C", 1),
    ],
)
def test_what_is_no_key_is_refused(text):
    with pytest.raises(Malformed):
        Verifier.read(text)


@pytest.mark.parametrize("verifier", [LOG, WITNESS], ids=["log", "witness"])
def test_a_key_is_read_as_it_was_written(verifier):
    assert Verifier.read(verifier.text) == verifier
