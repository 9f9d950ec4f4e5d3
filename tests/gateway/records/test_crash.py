# SPDX-License-Identifier: Apache-2.0
"""Killed at any instruction, the store holds what it acknowledged, whole."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.gateway.records.helpers import Turns, open_store


@pytest.mark.parametrize("acknowledged", [1, 50, 700])
def test_what_was_acknowledged_before_a_kill_is_there_after_it(
    store_path: Path, turns: Turns, acknowledged: int
) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-m", "tests.gateway.records.crash_writer", str(store_path)],
        stdout=subprocess.PIPE,
    )
    assert writer.stdout is not None
    promised = [writer.stdout.readline().strip() for _ in range(acknowledged)]
    writer.kill()
    promised += writer.stdout.read().splitlines()
    writer.wait()
    writer.stdout.close()

    store = open_store(store_path, turns)
    assert all(len(line) == 32 for line in promised)
    for line in promised:
        text = line.decode()
        sent = store.outgoing(bytes.fromhex(text))
        assert sent is not None
        assert store.seen(sent.peer, sent.message_id) is not None
        assert len(store.events(message_id=text)) == 1
    events = sum(1 for _ in store.all_events())
    assert store.outgoing_counts() == {"waiting": events}, "all of a work, or nothing"
    assert store.verify_events() == []
    store.close()
