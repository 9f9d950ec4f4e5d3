# SPDX-License-Identifier: Apache-2.0
"""A real network's stations, as existing systems reach them: files and commands."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from pki.names import StationName
from schemas.messages import IdentityInformationUpdate, write_payload
from schemas.people import ConfirmationKey
from schemas.search_messages import IdentityConfirmationRequest
from schemas.systems import BUSINESS, EXISTING
from simulators.network import parties as people
from simulators.network.stage import Stage
from simulators.network.story_refusals import ASKER
from simulators.network.story_register import record_of

TERMINAL = people.terminal_of(people.SECOND_CITY)
REGISTER = StationName(people.NEIGHBOUR_CITY, EXISTING)
ASKERS = StationName(ASKER.organisation, BUSINESS)
ITEM = 15
KIND = "resident_record_information"


def config(
    network: Stage,
    folder: Path,
    station: StationName,
    system: StationName,
    tables: str = "",
    **changes: object,
) -> Path:
    """The settings file of a system; ``tables`` stands behind its station."""
    pki = network.files.pki
    keys = pki.station(system)
    values: dict[str, object] = {
        "name": str(station),
        "host": "127.0.0.1",
        "port": network.network.inside[str(station)],
        "chain": str(pki.chain),
        "crl": str(pki.crl),
        "certificate": str(keys / "tls.crt"),
        "key": str(keys / "tls.key"),
        "clock": str(pki.clock),
        "patience_seconds": 10.0,
    }
    lines = [
        f"{name} = {value if isinstance(value, int | float) else repr(str(value))}"
        for name, value in {**values, **changes}.items()
        if value is not None
    ]
    path = folder / f"{system.organisation}-{system.role}.toml"
    path.write_text("\n".join(["[station]", *lines, tables]), "utf-8")
    return path


def sekisho(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command as its user does."""
    return subprocess.run(
        [sys.executable, "-m", "sekisho", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def drop_folder(folder: Path) -> Path:
    """A folder as a drop wants it."""
    root = folder / "drop"
    root.mkdir(mode=0o700)
    for part in ("in", "out"):
        (root / part).mkdir(mode=0o700)
    return root


def put(root: Path, name: str, payload: bytes) -> None:
    """As a system does it: another name first."""
    beside = root / "in" / f"{name}.part"
    beside.write_bytes(payload)
    os.rename(beside, root / "in" / name)


def question(network: Stage, who: int = 0) -> bytes:
    """Is this person of the first city registered?"""
    code = network.city[who].resident_record_code
    key = ConfirmationKey(resident_record_code=code)
    return write_payload(IdentityConfirmationRequest(key=key))


def update(network: Stage, who: int = 0, number: int = 1) -> bytes:
    """A resident's record, as the register reports it."""
    record = record_of(network.city[who])
    if number > 1:
        record = replace(
            record,
            update_sequence_number=number,
            change_reason="S02",
            address=f"{record.address}{number}",
        )
    return write_payload(IdentityInformationUpdate(record=record))
