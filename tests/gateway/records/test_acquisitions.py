# SPDX-License-Identifier: Apache-2.0
"""A processing number is kept while its code is waited for, and no longer."""

from datetime import timedelta
from pathlib import Path

from gateway.records.acquisitions import Acquisition
from gateway.records.store import Store, commit_once
from tests.gateway.records.helpers import KEY, NOON

WEEK = timedelta(days=7)
NUMBER, OTHER = b"processing num 1", b"processing num 2"
ADDRESSEE, MINE = f"{4711:015}", "123456789018"
MADE = Acquisition(NOON + WEEK, NUMBER, ADDRESSEE)


def begin(store: Store, path: Path, made: Acquisition = MADE) -> bytes:
    subject = store.subject_tag(made.addressee_number, MINE)
    commit_once(path, KEY, lambda tx: tx.open_acquisition(made, subject))
    return subject


def test_it_is_found_by_number_by_tag_and_by_what_was_handed_in(
    store: Store, store_path: Path
) -> None:
    subject = begin(store, store_path)
    tag = store.acquisition_tag(NUMBER)
    assert store.acquisition(NUMBER) == MADE == store.acquisition(tag)
    assert store.open_acquisition_of(subject, NOON) == MADE
    assert store.acquisition(OTHER) is None
    assert store.open_acquisition_of(store.subject_tag(ADDRESSEE, ""), NOON) is None


def test_the_number_is_erased_with_the_end_and_the_tag_tells_of_it(
    store: Store, store_path: Path
) -> None:
    subject = begin(store, store_path)
    assert commit_once(store_path, KEY, lambda tx: tx.end_acquisition(NUMBER))
    known = store.acquisition(store.acquisition_tag(NUMBER))
    assert known == Acquisition(NOON + WEEK)
    assert not known.is_open
    assert store.open_acquisition_of(subject, NOON) is None
    assert not commit_once(store_path, KEY, lambda tx: tx.end_acquisition(NUMBER))


def test_what_is_over_by_time_is_not_used_again(store: Store, store_path: Path) -> None:
    subject = begin(store, store_path)
    assert store.open_acquisition_of(subject, NOON + WEEK) == MADE
    late = NOON + WEEK + timedelta(microseconds=1)
    assert store.open_acquisition_of(subject, late) is None
    assert store.overdue_acquisitions(NOON + WEEK) == []
    (tag,) = store.overdue_acquisitions(late)
    assert tag == store.acquisition_tag(NUMBER)
    assert commit_once(store_path, KEY, lambda tx: tx.forget_acquisition(tag))
    assert store.acquisition(NUMBER) is None
    assert not commit_once(store_path, KEY, lambda tx: tx.forget_acquisition(tag))


def test_forgetting_one_whose_code_came_is_nothing_to_tell_of(
    store: Store, store_path: Path
) -> None:
    begin(store, store_path)
    commit_once(store_path, KEY, lambda tx: tx.end_acquisition(NUMBER))
    tag = store.acquisition_tag(NUMBER)
    assert not commit_once(store_path, KEY, lambda tx: tx.forget_acquisition(tag))
    assert store.acquisition(NUMBER) is None


def test_nothing_of_it_can_be_read_in_the_files_or_in_words(
    store: Store, store_path: Path
) -> None:
    begin(store, store_path)
    files = b"".join(p.read_bytes() for p in store_path.parent.glob("*.sqlite*[!s]"))
    for secret in (NUMBER, NUMBER.hex().encode(), ADDRESSEE.encode(), MINE.encode()):
        assert secret not in files
    assert ADDRESSEE not in repr(MADE)
    assert NUMBER.hex() not in repr(MADE)
    assert store.acquisition_tag(NUMBER) != NUMBER
