# SPDX-License-Identifier: Apache-2.0
"""``docs/record.md``: its commands run as they stand, at a station that recorded."""

import re
import subprocess
import sys

import pytest
from twisted.internet.defer import Deferred

from gateway.records.event import LABEL, prepare
from gateway.services.merger import Merger
from tests.docs.document import DOCS, fenced
from tests.gateway.records.helpers import (
    CODE,
    LOG,
    NOON,
    PROVIDER,
    Turns,
    full_event,
    open_store,
)
from tests.gateway.records.test_records_cli import Network
from tests.gateway.vouched import vouched
from tests.tools import need

TEXT = (DOCS / "record.md").read_text("utf-8")
SEKISHO = f'sekisho() {{ "{sys.executable}" -m sekisho "$@"; }}\n'


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """Three stations; one has recorded, and its log holds it."""
    made = Network(tmp_path_factory.mktemp("record") / "network")
    made.write(PROVIDER, lambda tx: tx.record(prepare(full_event())))
    turns = Turns()
    store = open_store(made.place(PROVIDER) / "records.sqlite", turns)
    merger = Merger(store, LOG, lambda: NOON)
    turns.wait(Deferred.fromCoroutine(merger.look()))
    store.close()
    return made


@pytest.fixture(scope="module")
def witnessed(tmp_path_factory):
    """A station with witnesses and an authority, which was stamped twice."""
    made = vouched(tmp_path_factory.mktemp("witnessed"))
    made.record(1)
    return made


@pytest.mark.parametrize("block", fenced(TEXT, "sh"))
def test_the_commands_do_what_the_document_says(block, network, witnessed, tmp_path):
    station = network.place(PROVIDER) / "station.toml"
    if "records policy" in block or "records stamps" in block:
        need("openssl")
        station = witnessed.config
    (tmp_path / "person.txt").write_text(f"{CODE}\n", "utf-8")
    words = {
        "DIR": str(network.folder),
        "STATION.toml": str(station),
        "ROOT.crt": str(witnessed.timestamps.root),
    }
    script = SEKISHO + re.sub(
        r"\bDIR\b|\bSTATION\.toml|\bROOT\.crt", lambda found: words[found[0]], block
    )
    done = subprocess.run(
        ["sh", "-e", "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=tmp_path,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


def test_the_label_and_the_origin_are_those_that_are_used():
    assert f"`{LABEL.decode()}`" in TEXT
    assert LOG.origin == "sekisho.invalid/" + PROVIDER
    assert "`sekisho.invalid/ORGANISATION/ROLE`" in TEXT
