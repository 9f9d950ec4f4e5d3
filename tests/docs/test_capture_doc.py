# SPDX-License-Identifier: Apache-2.0
"""``docs/capture.md``: its commands run as they stand, on a running network."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

from pki.names import StationName
from simulators.network.stage import Stage
from simulators.web import Client, client_context
from tests.docs.document import DOCS, fenced

CAPTURE, REPLAY = fenced((DOCS / "capture.md").read_text("utf-8"), "sh")
SYSTEM = StationName("102024", "existing_resident_system")


def words(block: str, network: Stage) -> list[str]:
    line = block.strip().replace("DIR", str(network.files.root))
    return [sys.executable, "-m", *shlex.split(line)]


def test_the_commands_do_what_the_document_says(network: Stage, tmp_path: Path) -> None:
    capturing = [*words(CAPTURE, network), "--until-stdin-closes"]
    with subprocess.Popen(
        capturing,
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout is not None
        assert running.stdin is not None
        port = re.search(r"port (\d+)", running.stdout.readline())
        assert port is not None
        keys = network.files.pki.station(SYSTEM)
        pair = keys / "tls.crt", keys / "tls.key"
        chain = network.files.pki.chain
        context = client_context(chain, *pair, belief=network.belief)
        link = Client("127.0.0.1", int(port[1]), context)
        link.get("/v1/inside/arrivals")
        link.close()
        running.stdin.close()
        assert running.wait(20) == 0
    replay = words(REPLAY, network)
    done = subprocess.run(
        replay, cwd=tmp_path, capture_output=True, text=True, timeout=90, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
