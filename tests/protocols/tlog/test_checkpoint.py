# SPDX-License-Identifier: Apache-2.0
"""The head of a log is its own log's, and says one thing."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.tlog import checkpoint, note
from protocols.tlog.checkpoint import Checkpoint
from protocols.tlog.errors import Malformed, NotSigned
from protocols.tlog.note import Kind, Note, Verifier
from tests.protocols.tlog.test_note import KEY, LOG, NOON, OTHER, WITNESS

HEAD = Checkpoint(LOG.name, 20_852_163, bytes(range(32)))
SIGNED = HEAD.signed(KEY)


def test_a_checkpoint_is_read_as_it_was_signed():
    cosigned = SIGNED.signed(note.cosign(HEAD.text, WITNESS.name, OTHER, NOON))
    found, signers = checkpoint.verify(cosigned.encode(), [LOG, WITNESS])
    assert (found, signers) == (HEAD, {LOG: None, WITNESS: NOON})


def test_it_has_three_lines():
    root = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    assert HEAD.text == f"sekisho.example/102024\n20852163\n{root}\n"


def test_another_logs_key_does_not_sign_for_this_one():
    """A log whose key is trusted for itself must not make heads of others."""
    other = Verifier.of("sekisho.example/112020", Kind.LOG, OTHER)
    false = Note(HEAD.text, (note.sign(HEAD.text, other.name, OTHER),))
    with pytest.raises(NotSigned):
        checkpoint.verify(false.encode(), [LOG, other])


def test_witnesses_alone_do_not_make_a_head():
    only = Note(HEAD.text, (note.cosign(HEAD.text, WITNESS.name, OTHER, NOON),))
    with pytest.raises(NotSigned):
        checkpoint.verify(only.encode(), [LOG, WITNESS])


def test_extension_lines_of_others_are_kept_as_they_are():
    extended = replace(HEAD, extensions=("something", "more"))
    assert checkpoint.verify(extended.signed(KEY).encode(), [LOG])[0] == extended


@given(st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32))
def test_every_head_is_read_as_it_was_written(size, root):
    head = Checkpoint("log.example", size, root)
    assert checkpoint.of_text(head.text) == head


@pytest.mark.parametrize(
    "text",
    ["", "\n", "a\n", "a\n1\n", "\n1\n" + "A" * 43 + "=\n", "a\n1\nAAAA\n"]
    + [f"a\n{size}\n{'A' * 43}=\n" for size in ("01", "-1", "+1", "", "1 ", "١", 2**63)]
    + [f"a\n1\n{'A' * 43}=\n\n", f"a\n1\n{'A' * 43}=\n\nb\n"],
)
def test_what_is_no_head_is_refused(text):
    with pytest.raises(Malformed):
        checkpoint.of_text(text)
