# SPDX-License-Identifier: Apache-2.0
"""A hold ends once: by a named person on exactly that content, or by its time."""

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from twisted.python.failure import Failure

from gateway.records.event import EventKind, prepare
from gateway.records.rows import Hold
from gateway.records.store import Store
from gateway.records.transaction import Transaction
from tests.gateway.records.helpers import CODE, KEY, NOON, Turns, event, hold

__all__ = ["KEY"]
SHOWN = hold().payload_digest
LATER = NOON + timedelta(minutes=1)


def open_hold(store: Store, turns: Turns, one: Hold) -> None:
    turns.wait(store.commit(lambda tx: tx.open_hold(one)))


def decide(
    store: Store,
    turns: Turns,
    decision: str = "released",
    operator: str = "高崎 花子",
    shown: bytes = SHOWN,
    at: object = LATER,
) -> object:
    def work(tx: Transaction) -> bool:
        return tx.decide_hold("hold-one", decision, operator, "why", shown, at)  # type: ignore[arg-type]

    return turns.outcome(store.commit(work))


def close(store: Store, turns: Turns, state: str) -> bool:
    return turns.wait(store.commit(lambda tx: tx.close_hold("hold-one", state)))


def test_a_hold_is_given_back_as_it_was(store: Store, turns: Turns) -> None:
    open_hold(store, turns, hold())
    assert store.hold("hold-one") == hold()
    assert store.hold("hold-two") is None
    assert store.holds("open") == [hold()]
    assert store.holds() == [hold()]
    assert store.holds("released") == []
    assert store.decided_holds() == []


@pytest.mark.parametrize("decision", ["released", "refused"])
def test_a_decision_waits_until_it_is_carried_out(
    store: Store, turns: Turns, decision: str
) -> None:
    open_hold(store, turns, hold())
    assert decide(store, turns, decision) is True
    decided = replace(
        hold(), state=decision, operator="高崎 花子", reason="why", decided=LATER
    )
    assert store.decided_holds() == [decided]
    assert close(store, turns, decision)
    assert store.decided_holds() == []
    assert store.hold("hold-one") == replace(decided, done=True)


def test_a_decision_is_taken_once(store: Store, turns: Turns) -> None:
    open_hold(store, turns, hold())
    assert decide(store, turns, "refused") is True
    assert decide(store, turns, "released") is False
    (decided,) = store.decided_holds()
    assert decided.state == "refused"


def test_a_decision_is_bound_to_the_content_that_was_shown(
    store: Store, turns: Turns
) -> None:
    open_hold(store, turns, hold(payload=b"<other/>"))
    assert decide(store, turns, shown=SHOWN) is False
    assert store.decided_holds() == []


def test_a_decision_comes_too_late_after_the_last_moment(
    store: Store, turns: Turns
) -> None:
    open_hold(store, turns, hold())
    assert decide(store, turns, at=hold().release_by) is False


def test_nobody_cannot_decide(store: Store, turns: Turns) -> None:
    open_hold(store, turns, hold())
    found = decide(store, turns, operator="")
    assert isinstance(found, Failure)
    assert isinstance(found.value, ValueError)
    assert store.decided_holds() == []


def test_only_release_and_refusal_are_decisions(store: Store, turns: Turns) -> None:
    open_hold(store, turns, hold())
    assert isinstance(decide(store, turns, "lapsed"), Failure)


def test_a_hold_on_which_nobody_decided_lapses(store: Store, turns: Turns) -> None:
    open_hold(store, turns, hold())
    last = hold().release_by
    assert store.lapsed_holds(last - timedelta(microseconds=1)) == []
    assert store.lapsed_holds(last) == [hold()]
    assert close(store, turns, "lapsed")
    assert store.lapsed_holds(last) == []


def test_a_hold_is_carried_out_once(store: Store, turns: Turns) -> None:
    open_hold(store, turns, hold())
    decide(store, turns)
    assert close(store, turns, "released")
    assert not close(store, turns, "released")
    assert not close(store, turns, "lapsed")


def test_a_hold_under_a_digest_that_is_not_its_contents_is_not_opened(
    store: Store, turns: Turns
) -> None:
    wrong = replace(hold(), payload_digest=bytes(32))
    found = turns.outcome(store.commit(lambda tx: tx.open_hold(wrong)))
    assert isinstance(found, Failure)
    assert store.holds() == []


def test_a_decision_and_its_record_stand_together(store: Store, turns: Turns) -> None:
    open_hold(store, turns, hold())
    record = prepare(event(EventKind.RELEASED, operator="高崎 花子"))

    def work(tx: Transaction) -> None:
        tx.decide_hold("hold-one", "released", "高崎 花子", "", SHOWN, LATER)
        tx.record(record)
        raise LookupError

    turns.outcome(store.commit(work))
    assert store.decided_holds() == []
    assert store.events() == []


def test_what_is_held_and_about_whom_cannot_be_read_in_the_file(
    store: Store, turns: Turns, store_path: Path
) -> None:
    content = "<information_provision>髙崎　桃子</information_provision>".encode()
    one = hold(payload=content)
    open_hold(store, turns, one)
    assert CODE not in repr(one)
    assert "桃子" not in repr(one)
    for file in store_path.parent.glob("*.sqlite*[!s]"):
        data = file.read_bytes()
        assert content not in data
        assert "桃子".encode() not in data
        assert CODE.encode() not in data


def test_a_person_decides_in_another_process_while_the_daemon_runs(
    store: Store, turns: Turns, store_path: Path
) -> None:
    open_hold(store, turns, hold())
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from gateway.records.store import commit_once\n"
        "from tests.gateway.records.test_store_holds import KEY, LATER, SHOWN\n"
        "print(commit_once(Path(sys.argv[1]), KEY, lambda tx: tx.decide_hold(\n"
        "    'hold-one', 'released', 'operator', 'why', SHOWN, LATER)))\n"
    )
    for expected in ("True\n", "False\n"):
        done = subprocess.run(
            [sys.executable, "-c", program, str(store_path)],
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout == expected
    (decided,) = store.decided_holds()
    assert decided.operator == "operator"
    assert close(store, turns, "released")
