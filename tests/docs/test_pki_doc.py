# SPDX-License-Identifier: Apache-2.0
"""``docs/pki.md``: its commands are run as they stand, its figures are those in use."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from gateway import config
from gateway.config_tables import Keys
from pki import issuance, locking, plan
from pki.plan import Network, Plan, PlannedStation
from tests.docs.document import DOCS
from tests.tools import need

TEXT = (DOCS / "pki.md").read_text("utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
REAL = Plan(
    network=Network(name="Example", test=False),
    stations=(
        PlannedStation(organisation="102024", role="municipal_cs", name="高崎市"),
    ),
)


@pytest.mark.parametrize("block", BLOCKS, ids=["a network", "bad", "stamps"])
def test_the_commands_do_what_they_say(tmp_path: Path, block: str) -> None:
    need("openssl")
    (tmp_path / "plan.toml").write_text(plan.write(REAL), "utf-8")
    ours = f'sekisho() {{ "{sys.executable}" -m sekisho "$@" </dev/null; }}\n'
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", ours + block],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_figures_are_those_in_use() -> None:
    cost, block, lanes = locking.SCRYPT_COST, locking.SCRYPT_BLOCK, locking.SCRYPT_LANES
    assert f"scrypt (N {cost}, r {block}, p {lanes})" in TEXT
    assert f"{locking.MIN_BYTES} to {locking.MAX_BYTES} bytes" in TEXT
    assert f"newest {issuance.LINTED_LINES:,} lines" in TEXT


def test_the_configuration_is_one_that_a_station_takes() -> None:
    (shown,) = re.findall(r"^```toml\n\[keys\]\n(.*?)^```$", TEXT, re.M | re.DOTALL)
    keys = {line.partition(" = ")[0] for line in shown.splitlines()}
    assert keys == set(Keys.__struct_fields__)
    assert {f"keys.{key}" for key in keys} <= config.KEYS.keys()
