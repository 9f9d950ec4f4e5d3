# SPDX-License-Identifier: Apache-2.0
"""A consistency check at the size of a city, over real links, and what it costs.

    python -m tests.simulators.peers.size 370000 FOLDER

Both ends are in this process: the prefectural server, and the CS that sends and hears
the result. One person in ten has another name at the server. Prints one JSON object.
"""

import json
import sys
import time
from collections.abc import Iterator
from hashlib import sha256
from itertools import count, islice
from pathlib import Path

from schemas.messages import write_payload
from schemas.resident_messages import EightItems
from schemas.stream_messages import (
    BATCH,
    ConsistencyCheckInformation,
    ConsistencyCheckManifest,
)
from tests.simulators.peers.desk import CITY, PREFECTURE, SECOND, Desk, made, person

RUN = bytes(range(16))
ONE_IN = 10


def kept(size: int) -> Iterator[tuple[EightItems, str]]:
    for n in range(size):
        changed = {} if n % ONE_IN else {"kanji_name": f"別　名{n}"}
        yield person(n, **changed), CITY.organisation


def send(desk: Desk, size: int) -> None:
    """Every batch, then the manifest; nothing but its digest is kept of a batch."""
    people, numbers, whole = map(person, range(size)), count(1), sha256()
    batches = 0
    while page := tuple(islice(people, BATCH)):
        batches = next(numbers)
        value = ConsistencyCheckInformation(check_id=RUN, batch=batches, persons=page)
        whole.update(sha256(write_payload(value)).digest())
        assert desk.tell(CITY, PREFECTURE, value) == "receipt"
    manifest = ConsistencyCheckManifest(
        check_id=RUN,
        municipality_code=CITY.organisation,
        taken_at=desk.time().replace(microsecond=0),
        batches=batches,
        records=size,
        digest=whole.digest(),
    )
    assert desk.tell(CITY, PREFECTURE, manifest) == "receipt"


def run(size: int, folder: Path) -> dict[str, float]:
    """One whole run; what came of it, and what it took."""
    desk = Desk(made(folder / "pki"), folder)
    ear = desk.listen(CITY, "consistency_check_result")
    desk.play(PREFECTURE)
    begun = time.monotonic()
    desk.hand(PREFECTURE).load(kept(size))
    loaded = time.monotonic()
    desk.time.ahead += SECOND
    send(desk, size)
    sent = time.monotonic()
    while len(ear.heard) == 0 or len(ear.heard) < ear.heard[0].value.parts:
        desk[PREFECTURE].settle()
    told = time.monotonic()
    results = [one.value for one in ear.heard]
    desk.close()
    return {
        "compared": results[0].compared,
        "equal": results[0].equal,
        "differences": sum(len(one.differences) for one in results),
        "parts": results[0].parts,
        "load_seconds": round(loaded - begun, 1),
        "send_seconds": round(sent - loaded, 1),
        "compare_and_tell_seconds": round(told - sent, 1),
        "megabytes": highest() // 1024,
    }


def highest() -> int:
    """The most that this program held, in KiB.

    `getrusage` would also count what its parent held when it forked.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (line,) = [one for one in status.splitlines() if one.startswith("VmHWM:")]
    return int(line.split()[1])


if __name__ == "__main__":
    print(json.dumps(run(int(sys.argv[1]), Path(sys.argv[2]))))
