# SPDX-License-Identifier: Apache-2.0
"""What a person decides about a message, beside a station that runs."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.config import load
from gateway.records.store import commit_once
from pki.keystore import load_secret
from simulators.network import parties as people
from simulators.network.files import Files
from simulators.network.stage import wait_for
from tests.gateway.records.helpers import number, outgoing
from tests.operation.daemons import Daemon

Made = Callable[..., Daemon]
BY = ("--operator", "運用 花子", "--reason", "先方から連絡があった")
SLOW = 5.0
"""A machine that is busy with other tests may be late."""


def owe(files: Files, value: int) -> str:
    """A message that waits for an hour yet; its peer is down."""
    now = datetime.now(UTC)
    owed = outgoing(
        value,
        peer=str(people.CORE),
        message_type="provision_notice",
        created=now,
        deadline=now + timedelta(hours=12),
        next_at=now + timedelta(hours=1),
        guard_code=None,
        context=b"",
    )
    config = load(files.config(people.PROVIDER))
    key = load_secret(config.store.key)
    commit_once(config.store.path, key, lambda tx: tx.enqueue(owed))
    return number(value).hex()


def outbox(files: Files, *words: str) -> str:
    """A command of the operator."""
    config = str(files.config(people.PROVIDER))
    done = subprocess.run(
        [sys.executable, "-m", "sekisho", "outbox", *words, "--config", config],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def shown(files: Files, message_id: str) -> Any:
    return json.loads(outbox(files, "show", message_id, "--json"))


def test_a_decision_is_carried_out_by_the_running_station(
    daemon: Made, files: Files
) -> None:
    daemon("city").start()
    tried, ended = owe(files, 1), owe(files, 2)
    assert shown(files, tried)["attempts"] == 0
    outbox(files, "retry", tried, *BY)
    outbox(files, "give-up", ended, *BY)
    assert wait_for(lambda: "tried" if shown(files, tried)["attempts"] else "", SLOW)
    assert wait_for(
        lambda: "ended" if shown(files, ended)["state"] == "given_up" else "", SLOW
    )
    again = shown(files, tried)
    assert (again["state"], again["last_code"]) == ("waiting", "SK-T01")


def test_what_was_decided_while_it_was_down_is_done_when_it_is_up(
    daemon: Made, files: Files
) -> None:
    ended = owe(files, 1)
    outbox(files, "give-up", ended, *BY)
    assert shown(files, ended)["state"] == "waiting"
    daemon("city").start()
    assert wait_for(
        lambda: "ended" if shown(files, ended)["state"] == "given_up" else "", SLOW
    )
