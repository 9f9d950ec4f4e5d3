# SPDX-License-Identifier: Apache-2.0
"""What a city costs in memory does not grow with it: measured where nothing else is.

Two sizes in one child process, by what that process itself held. The caches of SQLite
are bounded by numbers of their own, and are full after the first size.
"""

import json
import subprocess
import sys

import pytest

FEW, MANY = 5_000, 10_000
"""Residents; the first is more than any cache or batch holds."""
BYTES = 500
"""More for each resident more: a record takes three times as much in memory."""

REGISTER = """
from datetime import UTC, datetime
from secrets import token_bytes
from simulators.register import Register
from simulators.register.handing_in import batches
from simulators.residents import generate

def work(folder, count):
    path = folder / f"{count}.sqlite"
    register = Register.open(path, lambda: datetime.now(UTC), token_bytes)
    register.loading.load(generate("memory", count))
    sent = sum(batch.persons for batch in batches(register.consistency.stream()))
    assert register.consistency.digest().count == sent == count
    register.close()
"""
SERVER = """
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pki.names import StationName
from schemas.messages import write_payload
from schemas.stream_messages import *
from simulators.peers.checks import Checks
from simulators.peers.persons import PersonFile
from simulators.peers.store import Store
from tests.simulators.peers.desk import person

NOW = datetime(2030, 1, 1, tzinfo=UTC)
CITY = StationName("102024", "municipal_cs")

def work(folder, count):
    store = Store(folder / f"{count}.sqlite")
    persons, checks = PersonFile(store), Checks(store)
    persons.load(((person(n), "102024") for n in range(0, count, 2)), 0)
    whole, batch, run = sha256(), 0, count.to_bytes(16)
    for start in range(0, count, BATCH):
        batch += 1
        people = tuple(map(person, range(start, min(start + BATCH, count))))
        value = ConsistencyCheckInformation(check_id=run, batch=batch, persons=people)
        payload = write_payload(value)
        whole.update(sha256(payload).digest())
        checks.batch(value, payload, CITY, NOW)
    checks.manifest(ConsistencyCheckManifest(
        check_id=run, municipality_code="102024", taken_at=NOW, batches=batch,
        records=count, digest=whole.digest()), CITY, NOW)
    told = 0
    while (owed := checks.work(NOW)) is not None:
        told += sum(len(one.payload.differences) for one in owed)
    assert told == count // 2
    store.close()
"""
MEASURE = """
import json, sys
from pathlib import Path

def highest():
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.split("VmHWM:")[1].split()[0])

peaks = []
for count in map(int, sys.argv[2:]):
    work(Path(sys.argv[1]), count)
    peaks.append(highest())
print(json.dumps(peaks))
"""


@pytest.mark.parametrize("work", [REGISTER, SERVER], ids=["register", "server"])
def test_a_larger_city_takes_no_more_memory(tmp_path, work):
    program = [sys.executable, "-c", work + MEASURE, str(tmp_path)]
    run = subprocess.run(
        [*program, str(FEW), str(MANY)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    few, many = json.loads(run.stdout)
    assert (many - few) * 1024 / (MANY - FEW) < BYTES
