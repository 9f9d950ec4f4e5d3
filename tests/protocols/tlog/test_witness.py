# SPDX-License-Identifier: Apache-2.0
"""A witness co-signs a log that only grows, and tells what it knows otherwise."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.tlog import merkle, note, witness
from protocols.tlog.checkpoint import Checkpoint
from protocols.tlog.errors import Malformed
from protocols.tlog.note import Note
from protocols.tlog.witness import Known, Request
from tests.protocols.tlog.grown import Tree
from tests.protocols.tlog.test_note import KEY, LOG, NOON, OTHER, WITNESS

OLD, NEW = 37, 90
TREE = Tree(NEW)
KNOWN = Known(OLD, merkle.root(OLD, TREE))
LOGS = {LOG.name: LOG}


def head(size=NEW, root=None):
    found = Checkpoint(LOG.name, size, root or merkle.root(size, TREE))
    return found.signed(KEY).encode()


def request(old=OLD, new=NEW):
    return Request(old, tuple(merkle.consistency(old, new, TREE)), head(new))


def judged(asked, known=KNOWN):
    return witness.judge(asked.encode(), LOGS, known)


def test_a_log_that_grew_is_to_be_co_signed():
    verdict = judged(request())
    assert (verdict.status, verdict.head.size) == (200, NEW)
    assert verdict.head.root == merkle.root(NEW, TREE)


def test_a_log_that_stands_still_is_too():
    assert judged(request(OLD, OLD)).status == 200


def test_the_first_of_a_log_needs_no_proof():
    assert judged(Request(0, (), head()), Known()).status == 200


@pytest.mark.parametrize("old", [0, OLD - 1, OLD + 1])
def test_who_goes_on_from_elsewhere_is_told_from_where(old):
    verdict = judged(request(old))
    assert (verdict.status, verdict.body) == (409, b"37\n")
    assert verdict.content_type == "text/x.tlog.size"


def test_another_tree_of_the_same_size_is_a_conflict():
    asked = replace(request(OLD, OLD), checkpoint=head(OLD, bytes(32)))
    assert judged(asked).status == 409


def test_a_log_that_was_changed_is_not_co_signed():
    asked = replace(request(), checkpoint=head(NEW, bytes(32)))
    verdict = judged(asked)
    assert (verdict.status, verdict.head) == (422, None)


def test_a_proof_of_something_else_is_none():
    asked = replace(request(), proof=request().proof[:-1])
    assert judged(asked).status == 422


def test_an_unknown_log_is_not_found():
    verdict = witness.judge(request().encode(), {}, Known())
    assert verdict.status == 404


def test_a_head_that_the_log_did_not_sign_is_forbidden():
    text = Checkpoint(LOG.name, NEW, merkle.root(NEW, TREE)).text
    unsigned = Note(text, (note.cosign(text, WITNESS.name, OTHER, NOON),))
    assert judged(replace(request(), checkpoint=unsigned.encode())).status == 403
    forged = Note(text, (note.sign(text, LOG.name, OTHER),))
    assert judged(replace(request(), checkpoint=forged.encode())).status == 403


def test_a_log_does_not_shrink():
    assert judged(replace(request(), old=NEW + 1)).status == 400


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"old 1\n",
        b"new 1\n\n" + head(),
        b"old 01\n\n" + head(),
        b"old 1\nAAAA\n\n" + head(),
        b"old 1\n\nnothing",
        b"old 1\n\xff\n\n" + head(),
        b"old 1\n" + b"A" * 43 + b"=\n" * 64 + b"\n" + head(),
        b"old 1\n\n" + bytes(100_000),
    ],
)
def test_what_is_no_request_is_a_bad_one(data):
    assert witness.judge(data, LOGS, KNOWN).status == 400


@given(st.integers(0, NEW), st.integers(0, NEW))
def test_a_request_is_read_as_it_was_written(one, other):
    asked = request(*sorted((one, other)))
    assert witness.read(asked.encode()) == asked
    assert witness.origin_of(asked.encode()) == LOG.name


def test_an_answer_is_the_lines_of_its_signatures():
    text = Checkpoint(LOG.name, NEW, merkle.root(NEW, TREE)).text
    line = note.cosign(text, WITNESS.name, OTHER, NOON)
    assert witness.read_answer(line.line.encode() * 2) == [line, line]


@pytest.mark.parametrize("data", [b"", b"\n", b"37\n", b"\xff\n", b"a" * 70_000])
def test_what_is_no_answer_is_refused(data):
    with pytest.raises(Malformed):
        witness.read_answer(data)
